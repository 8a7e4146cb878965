"""A large cube in the viewer: first image, pan and zoom, click to spectrum, memory.

``MUSEION_BENCH_VIEWER_MB`` is the size of the cube in 16-bit steps, 20000 by default, which
takes as much disk and a third more for its pyramid; ``MUSEION_BENCH_FOLDER`` is where it lies.
A real workspace server answers over HTTP, and is asked for what the widget asks for: the same
tiles, the coarsest first, four at a time. Before the first request nothing of the cube is in
memory, neither the server's nor the system's.
"""

import math
import os
import tempfile
import time
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import dask.array as da
import httpx
import numpy as np
import pytest
import xarray as xr
from numpy.typing import NDArray

from museion_datasets.ingest.cube import put_cube
from museion_datasets.library import connect
from tests.support.memory import cpu_s, peak_mb
from tests.support.side_by_side import say
from tests.support.workspace_server import WorkspaceServer, workspace_server

pytestmark = pytest.mark.timeout(2 * 3600)

CUBE_MB = int(os.environ.get("MUSEION_BENCH_VIEWER_MB", "20000"))
BANDS, BLOCK, STEP = 256, 512, 1e-4
NM = np.linspace(400, 1000, BANDS)
KINDS = 4  # of blocks; each stands many times
ROOT = "museion/cubes/murals/large/vnir"

STAGE = (1200, 800)  # pixels of the screen
AT_ONCE, TILE = 4, 256
PLACES, PANS, CLICKS = 20, 4, 60
RADII = (0, 3, 10)

type Steps = NDArray[np.uint16]


def make_blocks() -> list[Steps]:
    """Return pieces of a painting: brush strokes of a few pigments, with a camera's noise."""
    random = np.random.default_rng(1)
    centre, width = random.uniform(400, 1000, (6, 1)), random.uniform(40, 200, (6, 1))
    spectra = (0.05 + 0.7 * np.exp(-(((NM - centre) / width) ** 2))).astype(np.float32)
    y, x = np.mgrid[:BLOCK, :BLOCK].astype(np.float32)
    blocks = []
    for _ in range(KINDS):
        waves = random.uniform(0.01, 0.15, (6, 2)).astype(np.float32)
        strength = [np.exp(3 * np.sin(a * y + b * x + 9 * a)) for a, b in waves]
        shares = np.stack(strength, axis=-1)
        values = (shares / shares.sum(axis=-1, keepdims=True)) @ spectra
        values += random.standard_normal(values.shape, np.float32) * np.float32(0.003)
        blocks.append((values.clip(0, 1) / STEP).astype(np.uint16))
    return blocks


def lazy_cube(size_mb: int) -> xr.DataArray:
    """Return a cube of about so many MB, whose blocks take the turns of a few."""
    side = max(1, round(math.sqrt(size_mb * 1e6 / (BANDS * 2)) / BLOCK))
    blocks = make_blocks()

    def take(block_id: tuple[int, ...]) -> Steps:
        return blocks[(3 * block_id[0] + block_id[1]) % KINDS]

    chunks = ((BLOCK,) * side, (BLOCK,) * side, (BANDS,))
    values = da.map_blocks(take, chunks=chunks, dtype=np.uint16)  # type: ignore[no-untyped-call,unused-ignore]
    return xr.DataArray(
        values,
        dims=("y", "x", "wavelength"),
        coords={"wavelength": ("wavelength", NM, {"units": "nm"})},
        name="reflectance",
        attrs={"quantity": "reflectance", "scale_factor": STEP, "_FillValue": 65535},
    )


def size_and_forget(folder: Path) -> float:
    """Return how many MB lie in a folder, and have the system forget what it read of them."""
    os.sync()
    size = 0
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            size += path.stat().st_size
    return size / 1e6


@pytest.fixture(scope="module")
def library_folder() -> Generator[Path]:
    with tempfile.TemporaryDirectory(dir=os.environ.get("MUSEION_BENCH_FOLDER")) as name:
        folder = Path(name)
        cube = lazy_cube(CUBE_MB)
        started = time.perf_counter()
        library = connect(folder.as_uri())
        with library.draft(
            "murals/large", title="Large", kind="cube", rights="CC0-1.0", synthetic=True
        ) as draft:
            put_cube(draft, "vnir", cube)
        taken, stored = time.perf_counter() - started, size_and_forget(folder)
        say(f"\ncube of {cube.nbytes / 1e6:,.0f} MB made in {taken:.0f} s: {stored:,.0f} MB stored")
        yield folder


@pytest.fixture(scope="module")
def server(
    library_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Generator[WorkspaceServer]:
    root = tmp_path_factory.mktemp("server")
    with workspace_server(root, MUSEION_REGISTRY_URL=library_folder.as_uri()) as running:
        yield running


def span(centre: float, shown: float, length: int, step: int) -> range:
    """Return the tiles along one side that the stage shows, of as many as there are."""
    middle, count = centre / step, -(-length // TILE)
    first, last = math.floor(middle - shown / 2), math.ceil(middle + shown / 2)
    return range(max(0, first), min(count, last))


@dataclass
class Viewer:
    """Asks a server as the widget does, and keeps how long each answer took.

    Attributes
    ----------
    client : httpx.Client
        Signed in.
    taken_s : dict of str to list of float
        Seconds from a request to its whole answer, by what was asked.
    """

    client: httpx.Client
    info: dict[str, Any] = field(default_factory=dict)
    bands: str = ""
    held: set[tuple[int, int, int]] = field(default_factory=set)
    taken_s: dict[str, list[float]] = field(default_factory=dict)

    def open(self) -> None:
        """Ask for the facts, then for the first image as it fills the stage."""
        with self.timed("first image, coarse"):
            self.info = self.ask("facts", "info", {}).json()
            self.bands = ",".join(f"{nm:.3f}" for nm in self.info["default_rgb"])
            self.fetch(self.visible(len(self.info["levels"]) - 1, *self.fitted()))
        with self.timed("first image, as fine as the screen"):
            self.look(*self.fitted())

    def fitted(self) -> tuple[float, float, float]:
        """Return the view of the whole image: its centre, and pixels of the screen for each."""
        width, height = self.info["width"], self.info["height"]
        return width / 2, height / 2, 0.96 * min(STAGE[0] / width, STAGE[1] / height)

    def look(self, x: float, y: float, scale: float) -> None:
        """Ask for all tiles of a view that are not held."""
        coarse = len(self.info["levels"]) - 1
        level = min(max(math.floor(math.log2(1 / scale) + 0.01), 0), coarse)
        wanted = [*self.visible(coarse, x, y, scale), *self.visible(level, x, y, scale)]
        self.fetch([each for each in dict.fromkeys(wanted) if each not in self.held])

    def visible(self, level: int, x: float, y: float, scale: float) -> list[tuple[int, int, int]]:
        """Return the tiles of a level that the stage shows."""
        step, size = TILE << level, self.info["levels"][level]
        rows = span(y, STAGE[1] / scale / step, size["height"], step)
        columns = span(x, STAGE[0] / scale / step, size["width"], step)
        return [(level, column, row) for row, column in product(rows, columns)]

    def fetch(self, tiles: Iterable[tuple[int, int, int]]) -> None:
        """Ask for tiles, some at once."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(self.tile, tiles))

    def tile(self, address: tuple[int, int, int]) -> None:
        """Ask for a tile."""
        level, column, row = address
        asked = {"level": level, "x": column, "y": row, "bands": self.bands}
        answer = self.ask(f"tile of level {level}", "tile", asked)
        assert answer.headers["Content-Type"] == "image/png"
        self.held.add(address)

    def click(self, x: int, y: int, radius: int) -> None:
        """Ask for the spectrum of a spot."""
        answer = self.ask(
            f"spectrum, radius {radius}", "spectrum", {"x": x, "y": y, "radius": radius}
        )
        assert None not in answer.json()["mean"]

    def ask(self, what: str, endpoint: str, asked: dict[str, Any]) -> httpx.Response:
        """Ask, and note how long it took."""
        with self.timed(what):
            answer = self.client.get(f"{ROOT}/{endpoint}", params={"version": 1, **asked})
        return answer.raise_for_status()

    @contextmanager
    def timed(self, what: str) -> Generator[None]:
        """Note how long a block took."""
        started = time.perf_counter()
        yield
        self.taken_s.setdefault(what, []).append(time.perf_counter() - started)


def test_a_large_cube_in_the_viewer(server: WorkspaceServer) -> None:
    random = np.random.default_rng(2)
    idle = peak_mb(server.pid)
    with server.browser() as client:
        viewer = Viewer(client)
        viewer.open()
        width, height = viewer.info["width"], viewer.info["height"]
        for _ in range(PLACES):
            scale = math.exp(random.uniform(math.log(viewer.fitted()[2]), math.log(4)))
            x, y = random.random(2) * (width, height)
            with viewer.timed("zoom, view complete"):
                viewer.look(x, y, scale)
            for _ in range(PANS):
                x, y = (x, y) + random.uniform(-0.4, 0.4, 2) * STAGE / scale
                with viewer.timed("pan, view complete"):
                    viewer.look(x, y, scale)
        for _ in range(CLICKS):
            column, row = (random.random(2) * (width, height)).astype(int).tolist()
            viewer.click(column, row, int(random.choice(RADII)))
    say_all(viewer.taken_s, width, height)
    say(f"server: {idle:.0f} MB when idle, {peak_mb(server.pid):.0f} MB at most (reach: < 500)")
    say(f"server: {cpu_s({server.pid}):.1f} s of processor time")


def say_all(taken_s: dict[str, list[float]], width: int, height: int) -> None:
    """Print all times as a table."""
    load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    say(f"\ncube of {width} x {height} pixels, {BANDS} bands, in the viewer ({load})")
    say(f"{'what':44}{'times':>6}{'p50':>10}{'p95':>10}   reach")
    tiles = [each for name, some in taken_s.items() if name.startswith("tile") for each in some]
    spectra = [each for name, some in taken_s.items() if name.startswith("spec") for each in some]
    rows = {"all tiles": tiles, "all spectra": spectra, **taken_s}
    reach = dict.fromkeys(("all tiles", "all spectra"), "p95 < 100 ms")
    reach["first image, coarse"] = "< 1 s"
    for name in sorted(rows, key=lambda each: (each not in reach, each)):
        some = sorted(rows[name])
        half, most = (1e3 * percentile(some, percent) for percent in (50, 95))
        say(f"{name:44}{len(some):6}{half:7.0f} ms{most:7.0f} ms   {reach.get(name, '')}")


def percentile(ordered: Sequence[float], percent: int) -> float:
    """Return a percentile of numbers in order."""
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]
