"""How a large scan becomes pages: triangles per CPU-second, memory, bytes per triangle.

``MUSEION_BENCH_TRIANGLES`` is the size of the made scan, 1,000,000 by default. Its arrays lie
in files and are mapped, as the reader of large PLY files gives them. The build runs in a
process of its own, whose processor time counts whole: reading, welding, simplifying,
measuring, encoding, and sealing into a folder.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from museion_datasets.ingest.scans.format import decode_head
from museion_datasets.library import connect
from tests.support.scans import rough_ring
from tests.support.side_by_side import say

TRIANGLES = int(os.environ.get("MUSEION_BENCH_TRIANGLES", "1000000"))
ROOT = Path(__file__).parents[2]
PATH = "bench/ring"

pytestmark = pytest.mark.timeout(3600)

BUILD = """
import json, os, sys, time
from pathlib import Path
import numpy as np
from museion_datasets.ingest.scans.mesh import MeshArrays
from museion_datasets.ingest.scans.scan import ScanInfo, put_scan
from museion_datasets.library import connect
from tests.support.memory import peak_mb
folder, home = Path(sys.argv[1]), sys.argv[2]
names = ("vertices", "faces", "colors")
mesh = MeshArrays(*(np.load(folder / f"{name}.npy", "r") for name in names))
start, before = time.perf_counter(), time.process_time()
about = dict(title="A rough ring", kind="scan", rights="CC0-1.0", synthetic=True)
with connect(Path(home).as_uri()).draft("bench/ring", **about) as draft:
    put_scan(draft, "scan", mesh, ScanInfo("A rough ring", is_synthetic=True))
found = {"cpu_s": time.process_time() - before, "wall_s": time.perf_counter() - start}
print(json.dumps(found | {"peak_mb": peak_mb(os.getpid())}))
"""


def write_ring(folder: Path, triangles: int) -> None:
    """Write a ring of about so many triangles as arrays."""
    rows = int(np.sqrt(triangles / 3))
    mesh = rough_ring(rows * 3 // 2, rows)
    for name in ("vertices", "faces", "colors"):
        np.save(folder / f"{name}.npy", getattr(mesh, name))


def build(folder: Path, home: Path) -> dict[str, float]:
    """Build the scan in a process of its own; give its time and memory."""
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(folder), str(home)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def test_build_of_a_large_scan(tmp_path: Path) -> None:
    home = Path(os.environ.get("MUSEION_BENCH_FOLDER", tmp_path / "library"))
    write_ring(tmp_path, TRIANGLES)
    found = build(tmp_path, home)
    dataset = connect(home.as_uri()).open(PATH)
    head = decode_head(dataset.read_bytes("scans/scan/head"))
    pages = len(dataset.read_bytes("scans/scan/head")) + int(head.groups["page_bytes"][1:].sum())
    ids = sum(len(dataset.read_bytes(key)) for key in dataset.keys("scans/scan/ids/"))
    count = head.triangle_count
    say(f"\nBuild of {count:,} triangles, {len(head.groups):,} pages")
    say(f"speed: {count / found['cpu_s'] / 1e6:.3f} M triangles per CPU-second (goal 0.35)")
    say(f"time: {found['cpu_s']:.1f} CPU-s, {found['wall_s']:.1f} s")
    say(f"peak memory: {found['peak_mb']:,.0f} MB (goal 2,000)")
    say(f"head and pages: {pages / count:.2f} bytes per triangle (goal 8); ids {ids / count:.2f}")
    assert head.clusters["triangles"].sum() > count
