"""Ten writers at once: one wins per parent, the others are told, and nothing is lost."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from museion_datasets import connect
from museion_datasets.errors import ConflictError
from museion_datasets.library import Library
from tests.support.datasets import PANEL, begin_panel
from tests.support.storages import Storage

WRITERS = 10
DEADLINE_S = 120.0


@pytest.fixture
def panel(tmp_path: Path, storage: Storage) -> Library:
    library = connect((tmp_path / "home").as_uri(), storage=storage.url)
    with begin_panel(library) as draft:
        draft.put_file("first.txt", b"first")
    return library


def write_once(home: Path, number: int, all_have_begun: Barrier) -> bool:
    """Write a version on top of what everybody saw; tell whether it was taken."""
    try:
        with connect(home.as_uri()).draft(PANEL) as draft:
            draft.put_file(f"{number}.txt", b"%d" % number)
            all_have_begun.wait(DEADLINE_S)
    except ConflictError:
        return False
    return True


def write_until_taken(home: Path, number: int) -> int:
    """Write as a person does who tries again; return how often it was refused."""
    refused = 0
    while True:
        try:
            with connect(home.as_uri()).draft(PANEL) as draft:
                draft.put_file(f"{number}.txt", b"%d" % number)
        except ConflictError:
            refused += 1
            assert refused < WRITERS  # each refusal means that another has won
        else:
            return refused


def test_one_writer_wins_and_the_others_leave_nothing(
    panel: Library, tmp_path: Path, storage: Storage
) -> None:
    home, barrier = tmp_path / "home", Barrier(WRITERS)
    with ThreadPoolExecutor(WRITERS) as pool:
        won = list(pool.map(lambda n: write_once(home, n, barrier), range(WRITERS)))
    assert won.count(True) == 1
    dataset = panel.open(PANEL)
    assert dataset.version == 2
    assert dataset.keys("files/") == [f"files/{won.index(True)}.txt", "files/first.txt"]
    assert dataset.verify(level=2).objects
    assert panel.orphans(PANEL, older_than_s=0) == []
    assert len([path for path in storage.paths() if "/heads/" in path]) == 2


def test_writers_who_try_again_lose_nothing(panel: Library, tmp_path: Path) -> None:
    home = tmp_path / "home"
    with ThreadPoolExecutor(WRITERS) as pool:
        refused = list(pool.map(lambda n: write_until_taken(home, n), range(WRITERS)))
    assert len(refused) == WRITERS
    dataset = panel.open(PANEL)
    assert dataset.version == 1 + WRITERS
    for number in range(WRITERS):
        assert dataset.read_bytes(f"files/{number}.txt") == b"%d" % number
    assert panel.orphans(PANEL, older_than_s=0) == []
