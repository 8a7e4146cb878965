"""Items are removed and renamed in a draft, and an interrupted draft leaves no trace."""

import errno
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from museion_datasets.errors import ConflictError, InvalidError, NotFoundError, StorageFullError
from museion_datasets.library import Library
from tests.support.datasets import CANARY, PANEL, begin_panel, make_cube, stored_files


@pytest.fixture
def panel(panel: Library) -> Library:
    with panel.draft(PANEL) as draft:
        draft.put_table("pigments", pd.DataFrame({"a": [1]}))
        draft.put_level("vnir", 1, make_cube(24, 20))
    return panel


def test_item_is_removed_by_its_name_with_what_belongs_to_it(panel: Library) -> None:
    with panel.draft(PANEL) as draft:
        assert draft.names() == ["vnir", "pigments", "vessel", "notes.txt"]
        for name in ("vnir", "pigments", "notes.txt"):
            draft.remove(name)
        assert draft.names() == ["vessel"]
    left = [key for key in panel.open(PANEL).keys() if not key.endswith("zarr.json")]  # noqa: SIM118 - a method with a prefix
    assert left == ["dataset.json", "scans/vessel/head"]
    assert panel.open(PANEL, 2)["notes.txt"].read_bytes() == CANARY


def test_removing_what_is_not_there_is_said(panel: Library) -> None:
    with pytest.raises(NotFoundError, match="No such item in the draft"), panel.draft(PANEL) as d:
        d.remove("uv")
    assert panel.open(PANEL).version == 2


@pytest.mark.parametrize(
    ("name", "new_name"),
    [("vnir", "visible"), ("pigments", "samples"), ("vessel", "jar"), ("notes.txt", "a/b ö.txt")],
)
def test_renamed_item_is_the_same_under_another_name(
    name: str, new_name: str, panel: Library
) -> None:
    before = panel.open(PANEL)
    with panel.draft(PANEL) as draft:
        draft.rename(name, new_name)
    after = panel.open(PANEL)
    assert set(after) == {*before, new_name} - {name}
    assert after[new_name].size_bytes == before[name].size_bytes
    assert after.verify(level=2).objects
    if name == "vnir":
        np.testing.assert_array_equal(after["visible"].to_xarray(), make_cube())
        assert after.levels("visible") == [1]


@pytest.mark.parametrize(
    ("name", "new_name", "error"),
    [
        ("uv", "x", NotFoundError),
        ("vnir", "pigments", ConflictError),
        ("vnir", "a/b", InvalidError),
        ("notes.txt", "../x", InvalidError),
    ],
)
def test_renaming_that_cannot_be_is_refused_and_changes_nothing(
    name: str, new_name: str, error: type[Exception], panel: Library
) -> None:
    with pytest.raises(error, match="hint: "), panel.draft(PANEL) as draft:
        draft.rename(name, new_name)
    assert panel.open(PANEL).version == 2


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
def test_interrupted_draft_leaves_no_trace(
    interruption: type[BaseException], panel: Library, home: Path
) -> None:
    before = stored_files(home)
    with pytest.raises(interruption), panel.draft(PANEL) as draft:  # noqa: PT012 - a block is the subject
        draft.put_array("vnir", make_cube() + 1)
        raise interruption
    assert stored_files(home) == before
    assert panel.open(PANEL).version == 2


def test_interruption_while_the_manifest_is_written_leaves_no_trace(
    panel: Library, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stored_files(home)

    def interrupt(*_arguments: object, **_named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("museion_datasets.versions.transaction.write_manifest", interrupt)
    with pytest.raises(KeyboardInterrupt), panel.draft(PANEL) as draft:
        draft.put_file("new.txt", b"new")
    assert stored_files(home) == before


def test_storage_that_fills_up_while_committing_leaves_the_last_version(
    panel: Library, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stored_files(home)

    def sync(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(StorageFullError, match="hint: "), panel.draft(PANEL) as draft:  # noqa: PT012 - a block is the subject
        draft.put_file("new.txt", b"new")
        monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.undo()
    assert stored_files(home) == before
    assert panel.open(PANEL).verify(level=2).objects


def test_later_of_two_drafts_is_told_what_to_do(panel: Library) -> None:
    with pytest.raises(ConflictError) as told, panel.draft(PANEL) as late:  # noqa: PT012 - a block is the subject
        late.put_file("late.txt", b"late")
        with panel.draft(PANEL) as early:
            early.put_file("early.txt", b"early")
    assert "open the newest version" in told.value.hint
    with panel.draft(PANEL) as again:
        again.put_file("late.txt", b"late")
    assert {"early.txt", "late.txt"} <= set(panel.open(PANEL).files)


def test_every_stored_part_of_an_item_opens_as_a_file(panel: Library) -> None:
    dataset = panel.open(PANEL)
    assert dataset["notes.txt"].parts == ()
    with dataset["vessel"].open("head") as file:
        assert file.read() == b"head of the scan"
    with dataset["vnir"].open("zarr.json") as file:
        assert file.read(1) == b"{"
    assert "reflectance/c/0/0/0" in dataset["vnir"].parts
    with pytest.raises(NotFoundError):
        dataset["vnir"].open("other")


def test_empty_new_dataset_is_a_version_too(library: Library) -> None:
    with begin_panel(library) as draft:
        draft.message = "Nothing yet"
    assert library.open(PANEL).head.message == "Nothing yet"
    assert list(library.open(PANEL)) == []
