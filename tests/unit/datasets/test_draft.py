"""A draft becomes one version, or leaves no trace."""

import errno
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from museion_datasets.errors import (
    ConflictError,
    DatasetsError,
    InvalidError,
    NotFoundError,
    PolicyError,
    StorageFullError,
    UnavailableError,
)
from museion_datasets.library import Library
from museion_datasets.objects import LocalObjects
from tests.support.datasets import CANARY, PANEL, begin_panel, make_cube, stored_files


def test_nothing_is_visible_before_the_commit(library: Library) -> None:
    with begin_panel(library) as draft:
        draft.put_file("notes.txt", CANARY)
        with pytest.raises(NotFoundError, match="Nothing was committed yet"):
            library.open(PANEL)
    assert library.open(PANEL).version == 1


def test_exception_leaves_no_dataset_and_no_object(library: Library, home: Path) -> None:
    with pytest.raises(ZeroDivisionError), begin_panel(library) as draft:  # noqa: PT012 - a block is the subject
        draft.put_array("vnir", make_cube())
        _ = 1 / 0
    with pytest.raises(NotFoundError, match="No such dataset"):
        library.open(PANEL)
    assert stored_files(home) == []


def test_exception_leaves_the_last_version_as_it_was(panel: Library, home: Path) -> None:
    before = stored_files(home)
    with pytest.raises(ZeroDivisionError), panel.draft(PANEL) as draft:  # noqa: PT012 - a block is the subject
        draft.put_array("vnir", make_cube() + 1)
        draft.remove("files/")
        _ = 1 / 0
    assert stored_files(home) == before
    assert panel.open(PANEL).version == 1
    assert panel.open(PANEL).verify(level=2).objects


def test_next_version_keeps_what_the_draft_does_not_touch(panel: Library) -> None:
    with panel.draft(PANEL) as draft:
        draft.message = "A second file"
        draft.put_file("more.txt", b"more")
    old, new = panel.open(PANEL, 1), panel.open(PANEL)
    assert (new.version, new.head.parent, new.head.message) == (2, 1, "A second file")
    assert new.head.parent_root == old.head.manifest_root
    assert set(new.files) - set(old.files) == {"more.txt"}
    assert new["vnir"].to_xarray().equals(make_cube())


def test_removed_item_stays_in_the_older_version(panel: Library) -> None:
    with panel.draft(PANEL) as draft:
        draft.remove("files/notes.txt")
        draft.remove("arrays/vnir/")
    assert list(panel.open(PANEL)) == ["vessel"]
    assert panel.open(PANEL, 1).read_bytes("files/notes.txt") == CANARY
    assert panel.open(PANEL, 1).verify(level=2).objects


def test_second_of_two_writers_is_told_and_leaves_nothing(panel: Library) -> None:
    with pytest.raises(ConflictError, match="hint: "), panel.draft(PANEL) as late:  # noqa: PT012 - a block is the subject
        late.put_file("late.txt", b"late")
        with panel.draft(PANEL) as early:
            early.put_file("early.txt", b"early")
        assert panel.orphans(PANEL, older_than_s=0) != []
    assert panel.orphans(PANEL, older_than_s=0) == []
    assert panel.open(PANEL).files == ("early.txt", "notes.txt")


def test_written_object_that_is_replaced_in_the_same_draft_is_deleted(
    panel: Library, home: Path
) -> None:
    with panel.draft(PANEL) as draft:
        draft.put_file("notes.txt", b"first")
        count = len(stored_files(home))
        draft.put_file("notes.txt", b"second")
        assert len(stored_files(home)) == count
        assert draft.read_bytes("files/notes.txt") == b"second"
    assert panel.open(PANEL, 1).read_bytes("files/notes.txt") == CANARY


def test_dataset_that_a_killed_draft_left_empty_can_be_begun_anew(library: Library) -> None:
    begin_panel(library).__enter__()
    with library.draft(
        PANEL, title="Another", kind="files", rights="INC", synthetic=False
    ) as draft:
        draft.put_file("notes.txt", CANARY)
    assert library.open(PANEL).record.title == "Another"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_full_storage_is_said_plainly_and_leaves_nothing(
    code: int, panel: Library, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stored_files(home)

    def write(_descriptor: int, _data: object) -> int:
        raise OSError(code, os.strerror(code))

    with pytest.raises(StorageFullError, match="hint: "), panel.draft(PANEL) as draft:  # noqa: PT012 - a block is the subject
        draft.put_file("small.txt", b"fits")
        monkeypatch.setattr(os, "write", write)
        draft.put_array("vnir", make_cube())
    monkeypatch.undo()
    assert stored_files(home) == before
    assert panel.open(PANEL).version == 1


def test_commit_without_answer_deletes_nothing(
    panel: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = panel._catalogue
    commit = catalogue.commit

    def commit_and_lose_the_answer(*arguments: object) -> None:
        commit(*arguments)  # type: ignore[arg-type]
        raise UnavailableError("The registry does not answer", hint="wait.")

    monkeypatch.setattr(catalogue, "commit", commit_and_lose_the_answer)
    with pytest.raises(UnavailableError), panel.draft(PANEL) as draft:
        draft.put_file("notes.txt", b"second")
    assert panel.open(PANEL).version == 2
    assert panel.open(PANEL).verify(level=2).objects


def test_failing_clean_up_does_not_hide_the_error(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_self: LocalObjects, _name: str) -> None:
        raise UnavailableError("The storage cannot delete", hint="look.")

    monkeypatch.setattr(LocalObjects, "delete", refuse)
    with pytest.raises(ZeroDivisionError), begin_panel(library) as draft:  # noqa: PT012 - a block is the subject
        draft.put_file("notes.txt", CANARY)
        _ = 1 / 0


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"title": None}, InvalidError),
        ({"kind": "painting"}, InvalidError),
        ({"rights": "mine"}, PolicyError),
        ({"synthetic": None}, InvalidError),
        ({"title": " "}, InvalidError),
    ],
)
def test_new_dataset_needs_a_full_description(
    change: dict[str, str | None], error: type[DatasetsError], library: Library
) -> None:
    said = {"title": "Panel", "kind": "cube", "rights": "INC", "synthetic": True, **change}
    with pytest.raises(error, match="hint: "), library.draft(PANEL, **said):  # type: ignore[arg-type]
        pass
    with pytest.raises(NotFoundError, match="No such dataset"):
        library.open(PANEL)


def test_description_of_a_dataset_cannot_be_changed_by_a_draft(panel: Library) -> None:
    with pytest.raises(InvalidError, match="differs in title"), panel.draft(PANEL, title="New"):
        pass
    with begin_panel(panel) as draft:
        draft.put_file("more.txt", b"more")
    assert panel.open(PANEL).version == 2


def test_draft_outside_its_block_is_refused(library: Library) -> None:
    with pytest.raises(InvalidError, match="not open"):
        begin_panel(library).put_file("notes.txt", CANARY)


@pytest.mark.parametrize("name", ["", "../x", "a/../b", "/a", "a//b", "a\nb", "x" * 2000])
def test_file_name_that_cannot_be_a_key_is_refused(name: str, library: Library) -> None:
    with pytest.raises(InvalidError), begin_panel(library) as draft:
        draft.put_file(name, b"")


@pytest.mark.parametrize("name", ["", "a/b", ".hidden", "naïve", "x" * 81])
def test_item_name_of_another_form_is_refused(name: str, library: Library) -> None:
    with pytest.raises(InvalidError, match="letters, digits"), begin_panel(library) as draft:
        draft.put_table(name, pd.DataFrame({"a": [1]}))


def test_file_is_kept_byte_by_byte_from_a_path_or_from_memory(
    library: Library, tmp_path: Path
) -> None:
    content = np.random.default_rng(1).bytes(700_000)
    (tmp_path / "a.bin").write_bytes(content)
    (tmp_path / "empty.bin").write_bytes(b"")
    with begin_panel(library) as draft:
        draft.put_file("path.bin", tmp_path / "a.bin")
        draft.put_file("folder/text.bin", str(tmp_path / "a.bin"))
        draft.put_file("memory.bin", memoryview(content))
        draft.put_file("empty.bin", tmp_path / "empty.bin")
    dataset = library.open(PANEL)
    assert dataset["empty.bin"].read_bytes() == b""
    for name in ("path.bin", "folder/text.bin", "memory.bin"):
        assert dataset[name].read_bytes() == content


def test_missing_source_file_is_said_plainly(library: Library, tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="No such file"), begin_panel(library) as draft:
        draft.put_file("a.bin", tmp_path / "missing.bin")


def test_putting_an_array_does_not_change_it(library: Library) -> None:
    cube = make_cube().assign_attrs(museion={"dataset": "murals/other"})
    cube.encoding["chunks"] = (1, 1, 1)
    with begin_panel(library) as draft:
        draft.put_array("vnir", cube)
    assert cube.attrs["museion"] == {"dataset": "murals/other"}
    assert cube.encoding == {"chunks": (1, 1, 1)}
    back = library.open(PANEL)["vnir"].to_xarray()
    assert back.attrs["museion"] == {"dataset": PANEL, "version": 1, "item": "vnir"}


def test_putting_something_else_than_an_array_is_refused(library: Library) -> None:
    with pytest.raises(InvalidError, match=r"xarray\.DataArray"), begin_panel(library) as draft:
        draft.put_array("vnir", np.zeros(3))  # type: ignore[arg-type]


@pytest.mark.parametrize("chunks", [(24, 20), {"y": 24}, (10, 10, 10, 10)])
def test_layout_that_does_not_fit_is_refused(
    chunks: tuple[int, ...] | dict[str, int], library: Library
) -> None:
    if isinstance(chunks, dict):
        with begin_panel(library) as draft:
            draft.put_array("vnir", make_cube(), chunks=chunks)
        array = library.open(PANEL)["vnir"].to_xarray()
        assert isinstance(array, xr.DataArray)
        assert array.encoding["chunks"] == (24, 40, 12)
        return
    with pytest.raises(InvalidError, match="layout"), begin_panel(library) as draft:
        draft.put_array("vnir", make_cube(), chunks=chunks)
