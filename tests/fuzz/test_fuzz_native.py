"""The readers that stand on native libraries hold for a few dozen damaged files of each kind."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INPUTS = 150
PATIENCE_S = 300


def test_no_damaged_scan_takes_the_process_with_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.fuzz.fuzz_native", str(INPUTS), str(tmp_path)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )
    kept = {path.name: path.read_bytes()[:2000] for path in tmp_path.iterdir()}
    assert done.returncode == 0, f"{done.stderr[-3000:]}\nlast inputs: {kept!r}"
    assert set(kept) == {"input.glb", "input.las", "input.laz", "input.e57"}
