"""A library with one committed dataset."""

from pathlib import Path

import pytest

from museion_datasets.library import Library
from tests.support.datasets import CANARY, begin_panel, make_cube, make_library


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def library(home: Path) -> Library:
    return make_library(home)


@pytest.fixture
def panel(library: Library) -> Library:
    """Give a library with murals/panel at version 1: an array of four chunks and two files."""
    with begin_panel(library) as draft:
        draft.put_array("vnir", make_cube(), chunks={"y": 24, "x": 20})
        draft.put_file("notes.txt", CANARY)
        draft.write_bytes("scans/vessel/head", b"head of the scan")
    return library
