"""A dataset written by format 1 stays readable, and damaged copies of it stay unreadable.

The folder ``format-1`` was written once and is never written again. Its root key protects
nothing but this sample.
"""

import shutil
from pathlib import Path

import numpy as np
import pytest

from museion_datasets.errors import DatasetsError
from museion_datasets.library import Library
from tests.support.datasets import PANEL, flip_bit, make_library, stored_files

FROZEN = Path(__file__).parent / "format-1"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FROZEN, tmp_path / "home"))


@pytest.fixture
def library(home: Path) -> Library:
    return make_library(home)


def test_array_table_and_files_read_as_they_were_written(library: Library) -> None:
    dataset = library.open(PANEL)
    cube = dataset["vnir"].to_xarray()
    np.testing.assert_array_equal(cube.to_numpy().ravel(), np.arange(72, dtype="u2"))
    assert list(cube["wavelength"].to_numpy()) == [450.0, 550.0, 650.0]
    assert cube.attrs["unit"] == "1"
    assert dataset["pigments"].to_pandas()["name"].to_list() == ["azurite", "minium"]
    assert dataset["notes.txt"].read_bytes() == b"written by format 1"


def test_both_versions_verify_at_level_two(library: Library) -> None:
    first, second = library.open(PANEL, 1), library.open(PANEL)
    assert (second.version, second.head.parent_root) == (2, first.head.manifest_root)
    assert second.head.message == "A second version"
    assert "more.txt" not in first
    assert first.verify(level=2).objects + 1 == second.verify(level=2).objects


def test_next_version_can_be_written_on_top(library: Library) -> None:
    with library.draft(PANEL) as draft:
        draft.put_file("third.txt", b"third")
    assert library.open(PANEL).version == 3
    assert library.open(PANEL).verify(level=2).objects


@pytest.mark.parametrize(
    "path",
    [path for path in stored_files(FROZEN) if path.parent.parent.name == "objects"],
    ids=lambda path: path.name[:8],
)
def test_bit_flipped_in_any_object_is_found(path: Path, home: Path, library: Library) -> None:
    flip_bit(home / path.relative_to(FROZEN), -20)
    failures = 0
    for version in (1, 2):
        try:
            library.open(PANEL, version).verify(level=1)
        except DatasetsError:
            failures += 1
    assert failures
