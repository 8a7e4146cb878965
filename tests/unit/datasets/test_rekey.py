"""Sealing everything anew: resumable, and the same content afterwards."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from museion_datasets.errors import KeyUnavailableError, UnavailableError
from museion_datasets.library import Library
from museion_datasets.sealing.sealed import SealedObjects
from museion_datasets.versions.rekey import Rekeyed, Task, epochs_in_use, reencrypt
from tests.support.datasets import PANEL, begin_panel, make_cube, make_library

CUBE = make_cube()
NOTES = 12


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def library(tmp_path: Path) -> Library:
    library = make_library(tmp_path / "home")
    with begin_panel(library) as draft:
        draft.put_array("vnir", CUBE)
        for number in range(NOTES):
            draft.write_bytes(f"files/{number}.txt", b"note %d" % number)
    library.rotate(PANEL)
    return library


def task_of(library: Library) -> Task:
    return Task(library._catalogue, library._sealed, PANEL)


def test_everything_is_of_the_newest_epoch_and_reads_as_before(library: Library) -> None:
    before = library.open(PANEL)
    assert epochs_in_use(before.snapshot).keys() == {1}
    done = reencrypt(task_of(library))
    after = library.open(PANEL)
    assert (done.version, done.epoch, after.version) == (2, 2, 2)
    assert epochs_in_use(after.snapshot).keys() == {2}
    assert [after.read_bytes(f"files/{n}.txt") for n in range(NOTES)] == [
        b"note %d" % n for n in range(NOTES)
    ]
    assert np.array_equal(after["vnir"].to_xarray().values, CUBE.values)
    assert np.array_equal(library.open(PANEL, 1)["vnir"].to_xarray().values, CUBE.values)


def test_nothing_to_do_makes_no_version(library: Library) -> None:
    reencrypt(task_of(library))
    assert reencrypt(task_of(library)) == Rekeyed(2, 2, 0, 0)
    assert library.open(PANEL).version == 2


def test_former_recipient_cannot_read_what_is_sealed_anew(library: Library) -> None:
    old = {1: library._catalogue.open_dataset(PANEL).keys[1]}
    reencrypt(task_of(library))
    after = library.open(PANEL).snapshot
    kept = SealedObjects(after.sealed.objects, after.record.id, 1, old)
    for entry in after.manifest:
        with pytest.raises(KeyUnavailableError, match="No key at hand for epoch 2"):
            kept.read(entry)


def test_progress_ends_at_the_total_and_an_interruption_goes_on_where_it_stood(
    library: Library,
) -> None:
    stop, told = Event(), []

    def tell(done: int, total: int, _what: str) -> None:
        told.append((done, total))
        if len(told) == 5:
            stop.set()

    with pytest.raises(UnavailableError, match="was interrupted"):
        reencrypt(task_of(library), progress=tell, stop=stop)
    assert library.open(PANEL).version == 1
    done = reencrypt(task_of(library), progress=lambda *each: told.append(each[:2]))
    assert done.resumed == 5
    assert told[-1][0] == told[-1][1]
    assert epochs_in_use(library.open(PANEL).snapshot).keys() == {2}
    assert library.orphans(PANEL, older_than_s=0) == []


KILLED = """
import os, signal, sys
from museion_datasets.ingest import journal
journal._FLUSH_PARTS = 1
from museion_datasets import connect
from museion_datasets.versions.rekey import Task, reencrypt
library = connect(sys.argv[1])
told = []
def tell(*each):
    told.append(each)
    if len(told) == 4:
        os.kill(os.getpid(), signal.SIGKILL)
reencrypt(Task(library._catalogue, library._sealed, "murals/panel"), progress=tell)
"""


def test_killed_process_leaves_the_version_and_the_next_one_goes_on(
    library: Library, tmp_path: Path
) -> None:
    address = (tmp_path / "home").as_uri()
    done = subprocess.run(
        [sys.executable, "-c", KILLED, address], env=os.environ.copy(), check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert library.open(PANEL).version == 1
    again = reencrypt(task_of(library))
    assert again.resumed >= 3
    after = library.open(PANEL)
    assert epochs_in_use(after.snapshot).keys() == {2}
    assert after.read_bytes("files/0.txt") == b"note 0"


def test_work_in_the_background_says_how_far_it_is(library: Library) -> None:
    going = library.reencrypt(PANEL)
    done = going.wait()
    assert done is not None
    assert (done.version, going.share) == (2, 1.0)
    assert "100% sealed anew" in going._repr_html_()
