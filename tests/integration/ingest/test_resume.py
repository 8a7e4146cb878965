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

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]
NEVER = 1001


def run(folder: Path, home: str, moment: int) -> "subprocess.CompletedProcess[str]":
    arguments = [str(folder / home), str(folder / "in/panel.hdr"), str(moment)]
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
    done = run(folder, "whole", NEVER)
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
