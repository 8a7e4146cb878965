"""The scan viewer against pythreejs, k3d and pyvista's client: first image, bytes, memory.

``MUSEION_BENCH_TRIANGLES`` names the sizes, ``1000000`` by default; the real run is
``1000000,10000000,50000000``. Stored scans are made, or taken from ``MUSEION_BENCH_SCANS`` where
a folder ``<triangles>`` holds a library with the dataset ``bench/ring``; making 50 million
triangles needs an hour of one processor. ``MUSEION_BENCH_ROUNDS`` is 3 by default.

All run in JupyterLab in the same Chromium, with WebGL on the processor, one after the other in
random order (`tests.support.viewer_trials`). Peers get what they need for a picture with measured
colours and no more: 32-bit positions and indices, flat shading. Reaches are ratios of medians.
"""

import os
import random
import statistics
from pathlib import Path

import numpy as np
import pytest

from museion_datasets import connect
from museion_datasets.ingest.scans.scan import ScanInfo, put_scan
from tests.support.scans import rough_ring
from tests.support.side_by_side import say
from tests.support.viewer_trials import Subject, Trial, run_trial

pytestmark = [pytest.mark.timeout(4 * 3600), pytest.mark.filterwarnings("ignore")]

SIZES = [int(each) for each in os.environ.get("MUSEION_BENCH_TRIANGLES", "1000000").split(",")]
ROUNDS = int(os.environ.get("MUSEION_BENCH_ROUNDS", "3"))
ONLY = os.environ.get("MUSEION_BENCH_VIEWERS", "ours,pythreejs,k3d,pyvista").split(",")
COARSE = 1000  # triangles that our first image has at least
RAW_BYTES = 12 + 0.5 * 15  # of a triangle: three indices, half a vertex with its colour

ARRAYS = """
import numpy as np
mesh = np.load(os.environ["MESH"])
vertices, faces, colors = mesh["vertices"], mesh["faces"], mesh["colors"]
"""
OURS = """
import museion, museion.widgets.scan
scan = museion.open("bench/ring")["scan"]
"""
SHOW_OURS = "museion.view(scan, height=400, max_triangles=5_000_000)"
PYTHREEJS = """
import pythreejs as p
colors = colors.astype(np.float32) / np.float32(255)
index = faces.ravel()
"""
SHOW_PYTHREEJS = """
attributes = {"position": p.BufferAttribute(vertices), "color": p.BufferAttribute(colors)}
geometry = p.BufferGeometry(attributes={**attributes, "index": p.BufferAttribute(index)})
material = p.MeshLambertMaterial(vertexColors="VertexColors", flatShading=True)
camera = p.PerspectiveCamera(position=[1, -1, 0.7], up=[0, 0, 1], aspect=1.6)
lights = [p.AmbientLight(intensity=0.5), p.DirectionalLight(position=[3, -5, 5])]
scene = p.Scene(children=[p.Mesh(geometry, material), camera, *lights])
controls = [p.OrbitControls(camera)]
p.Renderer(camera=camera, scene=scene, controls=controls, width=640, height=400)
"""
K3D = """
import k3d
packed = (colors.astype(np.uint32) << [16, 8, 0]).sum(axis=1).astype(np.uint32)
"""
SHOW_K3D = """
plot = k3d.plot(height=400)
plot += k3d.mesh(vertices, faces, colors=packed, flat_shading=True)
plot.display()
"""
PYVISTA = """
import pyvista
pyvista.set_jupyter_backend("client")
"""
SHOW_PYVISTA = """
plotter = pyvista.Plotter(notebook=True, window_size=(640, 400))
surface = pyvista.PolyData.from_regular_faces(vertices, faces)
plotter.add_mesh(surface, scalars=colors, rgb=True)
plotter.show()
"""
SUBJECTS = {
    "ours": Subject(OURS, SHOW_OURS, streams=True, most=10**9),
    "pythreejs": Subject(ARRAYS + PYTHREEJS, SHOW_PYTHREEJS),
    "k3d": Subject(ARRAYS + K3D, SHOW_K3D, most=20_000_000),
    "pyvista": Subject(ARRAYS + PYVISTA, SHOW_PYVISTA, most=10_000_000),
}
REACH_S = {"pythreejs": "≤ 1/8 (50 M: 1/30)", "k3d": "≤ 1/20", "pyvista": "≤ 1/60"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    named = os.environ.get("MUSEION_BENCH_SCANS")
    return Path(named) if named else tmp_path_factory.mktemp("scans")


def prepare(folder: Path, triangles: int) -> dict[str, str]:
    """Have a stored scan of a size, and the same mesh as arrays; give what names them."""
    place = folder / str(triangles)
    if not (place / "mesh.npz").exists():
        place.mkdir(parents=True, exist_ok=True)
        rows = int(np.sqrt(triangles / 3))
        mesh = rough_ring(rows * 3 // 2, rows)
        arrays = {"vertices": mesh.vertices.astype(np.float32), "colors": mesh.colors}
        np.savez(place / "mesh.npz", faces=mesh.faces.astype(np.uint32), **arrays)
        if not (place / "library").exists():
            terms = {"title": "Ring", "kind": "scan", "rights": "CC0-1.0", "synthetic": True}
            with connect((place / "library").as_uri()).draft("bench/ring", **terms) as draft:
                put_scan(draft, "scan", mesh, ScanInfo("A rough ring", is_synthetic=True))
    library = (place / "library").as_uri()
    return {"MESH": str(place / "mesh.npz"), "MUSEION_REGISTRY_URL": library}


def test_viewers_side_by_side(folder: Path, tmp_path: Path) -> None:
    ours: dict[int, list[Trial]] = {}
    for triangles in SIZES:
        variables = prepare(folder, triangles)
        tried = [name for name in ONLY if SUBJECTS[name].most >= triangles]
        found: dict[str, list[Trial]] = {name: [] for name in tried}
        for number in range(ROUNDS):
            for name in random.sample(tried, len(tried)):
                wanted = COARSE if SUBJECTS[name].streams else round(0.9 * triangles)
                root = tmp_path / f"{name}-{triangles}-{number}"
                trial = run_trial(SUBJECTS[name], root, wanted, **variables)
                found[name].append(trial)
                say(f"{name} {triangles:,}: {trial}")
        say_all(triangles, found)
        ours[triangles] = found.get("ours", [])
    say_growth(ours)


def say_all(triangles: int, found: dict[str, list[Trial]]) -> None:
    """Print all viewers of one size."""
    load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    raw = triangles * RAW_BYTES
    say(f"\n{triangles:,} triangles, {raw / 1e6:,.0f} MB as arrays ({load})")
    say(
        f"{'viewer':12}{'first image':>12}{'ours':>8}{'bytes':>11}{'sharp':>9}{'bytes':>11}"
        f"{'ours':>8}{'page':>9}{'graphics':>9}{'kernel':>9}   reach"
    )
    own = found.get("ours")
    for name, trials in found.items():
        first, sharp = median(trials, "first_s"), median(trials, "sharp_bytes")
        share = f"1/{first / median(own, 'first_s'):.1f}" if own else ""
        less = f"1/{sharp / median(own, 'sharp_bytes'):.0f}" if own else ""
        say(
            f"{name:12}{first:10.2f} s{share:>8}{median(trials, 'first_bytes') / 1e6:8.2f} MB"
            f"{median(trials, 'sharp_s'):7.1f} s{sharp / 1e6:8.2f} MB{less:>8}"
            f"{median(trials, 'renderer_mb'):6.0f} MB{median(trials, 'gpu_mb'):6.0f} MB"
            f"{median(trials, 'kernel_mb'):6.0f} MB   {REACH_S.get(name, '')}"
        )
    if own:
        http = median(own, "http_bytes")
        say(f"ours, first image: {http / 1e3:.0f} kB of the scan, {http / raw:.3%} (reach ≤ 0.2 %)")
        page = median(own, "renderer_mb") - median(own, "page_mb")
        say(f"ours, page: {page:.0f} MB more than JupyterLab's; canvas {own[0].size}")


def say_growth(ours: dict[int, list[Trial]]) -> None:
    """Print how the first image of the largest compares with that of the smallest."""
    sizes = sorted(each for each in ours if ours[each])
    if len(sizes) > 1:
        small, large = (median(ours[each], "first_s") for each in (sizes[0], sizes[-1]))
        say(f"first image, {sizes[-1]:,} against {sizes[0]:,}: {large / small:.2f} (reach ≤ 1.5)")


def median(trials: list[Trial], field: str) -> float:
    """Return the median of a figure."""
    return float(statistics.median(getattr(each, field) for each in trials))
