"""A library whose dataset has one release, and a copy of the dataset's directory."""

import shutil
from pathlib import Path

import pytest

from museion_datasets.evidence.signing import TrustedKey
from museion_datasets.library import Library
from tests.support.datasets import CANARY, PANEL, begin_panel, make_cube, make_library
from tests.support.releases import copy_of, trusted_keys


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make murals/panel at version 1, released; to be copied, never changed."""
    home = tmp_path_factory.mktemp("released")
    library = make_library(home)
    with begin_panel(library) as draft:
        draft.put_array("vnir", make_cube(), chunks={"y": 24, "x": 20})
        draft.put_file("notes.txt", CANARY)
    library.release(PANEL, message="As photographed", provenance={"inputs": []})
    return home


@pytest.fixture
def home(filled: Path, tmp_path: Path) -> Path:
    """Give a catalogue with a released dataset that the test may spoil."""
    return Path(shutil.copytree(filled, tmp_path / "home"))


@pytest.fixture
def library(home: Path) -> Library:
    return make_library(home)


@pytest.fixture
def trusted(home: Path) -> list[TrustedKey]:
    return trusted_keys(home)


@pytest.fixture
def copy(home: Path, library: Library, tmp_path: Path) -> Path:
    """Give a copy of the dataset's directory, as it lies on somebody's disk years later."""
    return copy_of(home, library, tmp_path / "copy")
