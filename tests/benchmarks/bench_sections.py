"""Plane sections of a large scan, against trimesh and pyvista on the same triangles.

``MUSEION_BENCH_TRIANGLES`` is the size of the scan, 1,000,000 by default. The peers hold the
mesh in memory. Ours is measured on a stored scan whose pages are decrypted and decoded for
each section (*stored*), on one that keeps what it decoded for the section before (*kept*), and
on a mesh in memory whose blocks are known (*in memory*). Segments only; pyvista takes part
where it is installed.
"""

import os
import time
from collections.abc import Callable

import numpy as np
import pytest
import trimesh

from museion.scans import Scan
from museion.scans.measure import Plane
from museion.scans.measure.cutting import chain, cut
from museion.scans.measure.surface import ArraySurface, Surface
from museion_datasets import connect
from museion_datasets.ingest.scans.mesh import MeshArrays
from museion_datasets.ingest.scans.scan import ScanInfo, put_scan
from tests.support.scans import rough_ring
from tests.support.side_by_side import measure, say, table

TRIANGLES = int(os.environ.get("MUSEION_BENCH_TRIANGLES", "1000000"))
ROUNDS = 5
TILTED = Plane.through((0.011, -0.007, 0.003), (0.3, 0.9, 0.35))

pytestmark = [pytest.mark.timeout(3600), pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Scan:
    rows = int(np.sqrt(TRIANGLES / 3))
    library = connect((tmp_path_factory.mktemp("bench") / "library").as_uri())
    with library.draft(
        "bench/ring", title="Ring", kind="scan", rights="CC0-1.0", synthetic=True
    ) as draft:
        info = ScanInfo("A rough ring", is_synthetic=True)
        put_scan(draft, "scan", rough_ring(rows * 3 // 2, rows), info)
    return Scan.of(library.open("bench/ring")["scan"])


@pytest.fixture(scope="module")
def mesh(scan: Scan) -> MeshArrays:
    """Give the triangles that the stored scan holds, each vertex once."""
    patch = scan.measure.patch
    return MeshArrays(patch.vertices, patch.faces)


def fresh(scan: Scan) -> Surface:
    """Give the stored surface of which nothing but the head is known."""
    twin = scan.declare()
    vars(twin)["head"] = scan.head
    return twin.measure.surface


def with_trimesh(mesh: MeshArrays) -> Callable[[], int]:
    own = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
    point = TILTED.normal * TILTED.offset
    return lambda: len(trimesh.intersections.mesh_plane(own, TILTED.normal, point))


def with_pyvista(mesh: MeshArrays) -> Callable[[], int]:
    pyvista = pytest.importorskip("pyvista")
    own = pyvista.PolyData.from_regular_faces(mesh.vertices, mesh.faces)
    point = TILTED.normal * TILTED.offset
    return lambda: int(own.slice(normal=TILTED.normal, origin=point).n_cells)


PEERS = {"trimesh": with_trimesh, "pyvista": with_pyvista}


@pytest.mark.parametrize("peer", PEERS)
def test_sections_against_the_peers(scan: Scan, mesh: MeshArrays, peer: str) -> None:
    theirs = PEERS[peer](mesh)
    kept, held = fresh(scan), ArraySurface(mesh, weld=False)
    start = time.perf_counter()
    assert len(held.blocks.radius) > 0
    say(f"\nbounds of the blocks of a mesh in memory: {time.perf_counter() - start:.2f} s, once")
    ours = {
        "stored": lambda: len(cut(fresh(scan), TILTED).ends),
        "kept": lambda: len(cut(kept, TILTED).ends),
        "in memory": lambda: len(cut(held, TILTED).ends),
    }
    assert {work() for work in ours.values()} == {theirs()}
    works = {**ours, "joined": lambda: len(chain(cut(kept, TILTED))), "peer": theirs}
    timings = measure(works, ROUNDS)
    with table(f"Section of {len(mesh.faces):,} triangles, {theirs():,} segments") as row:
        for name in works:
            if name != "peer":
                row(f"{name} against {peer}", timings[name], timings["peer"], "≥ 5")
