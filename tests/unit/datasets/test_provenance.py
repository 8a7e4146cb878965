"""Where an item comes from stays with the item, is shown, and is signed with a release."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from museion_datasets import Library
from museion_datasets.errors import InvalidError, NotFoundError
from museion_datasets.export import readme
from museion_datasets.provenance import Input, Provenance, put_provenance, read_provenance
from tests.support.datasets import PANEL, begin_panel, make_cube, make_library

ROOT = "ab" * 32
INPUT = Input("murals/raw", 3, "0" * 32, ROOT)
RECORD = Provenance((INPUT,), True, "wg-murals", "2026-11-22T10:00:00Z", {"numpy": "2.5"})  # noqa: FBT003


@pytest.fixture
def library(tmp_path: Path) -> Library:
    library = make_library(tmp_path / "home")
    with begin_panel(library) as draft:
        draft.put_array("vnir", make_cube())
        put_provenance(draft.store, "vnir", RECORD)
    return library


def test_record_is_kept_with_the_item_and_shown(library: Library) -> None:
    panel = library.open(PANEL)
    assert dict(panel.provenance) == {"vnir": RECORD}
    assert "derived from murals/raw version 3" in repr(panel)
    assert "murals/raw version 3" in panel._repr_html_()
    assert "- Derived from: murals/raw version 3" in readme(panel)
    assert list(panel.items) == ["vnir"]


def test_later_version_that_keeps_the_item_keeps_its_record(library: Library) -> None:
    with library.draft(PANEL) as draft:
        draft.put_file("notes.txt", b"dry")
        draft.rename("vnir", "visible")
    assert dict(library.open(PANEL).provenance) == {"visible": RECORD}


@pytest.mark.parametrize("change", ["put", "remove"])
def test_record_goes_with_what_it_described(library: Library, change: str) -> None:
    with library.draft(PANEL) as draft:
        if change == "put":
            draft.put_array("vnir", make_cube() + 1)
        else:
            draft.remove("vnir")
    assert library.open(PANEL).derived_from == ()


def test_record_of_a_file_goes_when_the_file_is_replaced(library: Library) -> None:
    with library.draft(PANEL) as draft:
        draft.put_file("map.png", b"first")
        put_provenance(draft.store, "map.png", RECORD)
        draft.put_file("map.png", b"second")
    assert "map.png" not in library.open(PANEL).provenance


def test_release_signs_what_the_items_say_unless_the_author_says_otherwise(
    library: Library,
) -> None:
    signed = library.release(PANEL).release.provenance
    assert signed["inputs"] == [
        {"path": "murals/raw", "version": 3, "dataset": "0" * 32, "manifest_root": ROOT}
    ]
    assert signed["items"]["vnir"]["software"] == {"numpy": "2.5"}
    assert library.release(PANEL, provenance={}).release.provenance == {}


def test_nothing_is_said_of_an_item_that_is_not_there(library: Library) -> None:
    with pytest.raises(NotFoundError, match="No such item"), library.draft(PANEL) as draft:
        put_provenance(draft.store, "swir", RECORD)


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    said = json.loads(json.dumps(RECORD.to_json()))
    change(said)
    return json.dumps(said).encode()


BROKEN = {
    "no JSON": b"{",
    "no object": b"[1]",
    "another format": changed(lambda said: said.update(format=2)),
    "no format": changed(lambda said: said.pop("format")),
    "unknown member": changed(lambda said: said.update(trust="me")),
    "inputs as text": changed(lambda said: said.update(inputs="raw")),
    "version as text": changed(lambda said: said["inputs"][0].update(version="3")),
    "version as truth": changed(lambda said: said["inputs"][0].update(version=True)),
    "path as number": changed(lambda said: said["inputs"][0].update(path=3)),
    "software as list": changed(lambda said: said.update(software=["numpy"])),
    "no time": changed(lambda said: said.update(created="yesterday")),
    "endless": changed(lambda said: said.update(inputs=said["inputs"] * 257)),
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
def test_malformed_record_is_an_error_and_hides_no_dataset(
    library: Library, content: bytes
) -> None:
    with library.draft(PANEL) as draft:
        draft.write_bytes("provenance/arrays/vnir", content)
    panel = library.open(PANEL)
    with pytest.raises(InvalidError, match="Not a record of provenance"):
        read_provenance(panel.snapshot)
    assert "the records are damaged" in repr(panel)


def test_text_that_steers_a_terminal_is_shown_harmless(library: Library) -> None:
    evil = replace(INPUT, path="\x1b[31m<b>raw")
    with library.draft(PANEL) as draft:
        put_provenance(draft.store, "vnir", replace(RECORD, inputs=(evil,)))
    panel = library.open(PANEL)
    assert "\x1b" not in repr(panel)
    assert "<b>raw" not in panel._repr_html_()
