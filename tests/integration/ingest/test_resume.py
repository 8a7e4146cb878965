"""A killed ingest goes on where it stood, and ends with the same dataset."""

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from museion_datasets.library import Library, connect
from tests.support.ingest import PATH, write_envi
from tests.support.scans import ply_bytes, rough_ring

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]
NEVER = 1001
SCAN, STORING = "in/ring.ply", 966


def run(
    folder: Path, home: str, moment: int, source: str = "in/panel.hdr"
) -> "subprocess.CompletedProcess[str]":
    arguments = [str(folder / home), str(folder / source), str(moment)]
    return subprocess.run(
        [sys.executable, "-m", "tests.support.ingest_process", *arguments],
        cwd=ROOT,
        env={**os.environ, "XDG_CACHE_HOME": str(folder / f"{home}-cache")},
        capture_output=True,
        text=True,
        check=False,
    )


def contents(library: Library) -> dict[str, str]:
    dataset = library.open(PATH)
    return {
        key: hashlib.sha256(dataset.read_bytes(key)).hexdigest()
        for key in dataset.keys("")
        if key != "dataset.json"  # names the dataset by its random id
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("resume")
    rng = np.random.default_rng(3)
    cube = (rng.integers(0, 900, (420, 300, 1)) + np.arange(40) * 100).astype(np.uint16)
    write_envi(folder / "in", cube, more={"reflectance scale factor": "10000"})
    (folder / SCAN).write_bytes(ply_bytes(rough_ring(300, 200)))
    for home, source in (("whole", "in/panel.hdr"), ("whole-scan", SCAN)):
        done = run(folder, home, NEVER, source)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("moments", [(300,), (500, 800)], ids=str)
def test_killed_ingest_ends_with_the_same_dataset(folder: Path, moments: tuple[int, ...]) -> None:
    home = f"killed-{moments}".replace(" ", "")
    for moment in moments:
        assert run(folder, home, moment).returncode == -signal.SIGKILL
        assert connect((folder / home).as_uri()).datasets() == []
    done = run(folder, home, NEVER)
    assert done.returncode == 0, done.stderr
    resumed = int(done.stdout)
    assert (resumed > 0) == (moments[-1] > 333)  # the first third only looks
    library = connect((folder / home).as_uri())
    assert contents(library) == contents(connect((folder / "whole").as_uri()))
    assert library.open(PATH).verify(level=2).objects
    again = run(folder, home, NEVER)
    assert (again.returncode, library.open(PATH).version) == (0, 1)


@pytest.mark.parametrize(
    ("moments", "least"),
    [((780, 820, 880), 4), ((740,), 1), ((990,), 6)],
    ids=["in the levels", "before the levels", "while pages are stored"],
)
def test_killed_build_of_a_scan_goes_on_from_the_groups_that_are_done(
    folder: Path, moments: tuple[int, ...], least: int
) -> None:
    home = f"killed-scan-{moments[0]}"
    for moment in moments:
        assert run(folder, home, moment, SCAN).returncode == -signal.SIGKILL
        assert connect((folder / home).as_uri()).datasets() == []
    done = run(folder, home, NEVER, SCAN)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= least
    library = connect((folder / home).as_uri())
    assert contents(library) == contents(connect((folder / "whole-scan").as_uri()))
    assert library.open(PATH).version == 1
    assert library.open(PATH).verify(level=2).objects
    if moments[-1] < STORING:
        assert library.orphans(PATH, older_than_s=0) == []
