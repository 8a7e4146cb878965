"""A manifest is read page by page, and proves what is in it and what is not."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from museion_datasets.errors import IntegrityError
from museion_datasets.model import Head
from museion_datasets.sealing import manifest as manifest_module
from museion_datasets.sealing.entry import Entry, ObjectKind
from museion_datasets.sealing.manifest import Manifest, open_manifest, write_manifest
from museion_datasets.sealing.sealed import SealedObjects
from museion_datasets.versions.snapshot import children, keys_under
from tests.support.datasets import DATASET_ID, make_sealed

COUNT, PAGES = 20_000, 5


def entries(some: Entry) -> Iterator[Entry]:
    """Yield a large array beside a few other things."""
    yield replace(some, key="dataset.json")
    yield replace(some, key="tables/pigments.parquet")
    for number in range(COUNT - 2):
        yield replace(some, key=f"arrays/v/c/{number // 200:03}/{number % 200:03}")


def head_of(written: manifest_module.WrittenManifest, count: int) -> Head:
    return Head(
        format=1,
        dataset=DATASET_ID,
        version=1,
        parent=None,
        parent_root=None,
        manifest_object=written.index.object_id,
        manifest_root=written.root,
        entries=count,
        epoch=1,
        author="local",
        created="2026-11-22T10:00:00Z",
        message="",
    )


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> SealedObjects:
    return make_sealed(tmp_path_factory.mktemp("sealed"))


@pytest.fixture(scope="module")
def some(sealed: SealedObjects) -> Entry:
    return sealed.write("k", ObjectKind.CHUNK, b"x")


@pytest.fixture(scope="module")
def head(sealed: SealedObjects, some: Entry) -> Head:
    return head_of(write_manifest(sealed, entries(some)), COUNT)


@pytest.fixture
def reads(sealed: SealedObjects, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note each page that is read."""
    noted: list[str] = []
    read_verified = sealed.read_verified

    def read_and_note(entry: Entry) -> memoryview:
        noted.append(entry.object_id)
        return read_verified(entry)

    monkeypatch.setattr(sealed, "read_verified", read_and_note)
    return noted


@pytest.fixture
def manifest(sealed: SealedObjects, head: Head, reads: list[str]) -> Manifest:
    opened = open_manifest(sealed, head)
    assert reads == []
    assert len(opened) == COUNT
    return opened


@pytest.mark.parametrize(
    ("key", "is_there"),
    [("arrays/v/c/050/100", True), ("arrays/v/c/050/1000", False), ("dataset.json", True)],
)
def test_finding_a_key_or_its_absence_reads_one_page(
    manifest: Manifest, reads: list[str], *, key: str, is_there: bool
) -> None:
    assert (manifest.find(key) is not None) == is_there
    assert manifest.find(key) == manifest.find(key)
    assert len(reads) == 1


def test_key_before_the_first_is_absent_without_reading(
    manifest: Manifest, reads: list[str]
) -> None:
    assert manifest.find("a") is None
    assert manifest.position("a") == 0
    assert manifest.find("caf\udce9") is None
    assert len(reads) <= 1


def test_listing_a_folder_reads_the_pages_at_its_edges(
    manifest: Manifest, reads: list[str]
) -> None:
    keys = manifest.keys()
    assert children(keys, "") == ["arrays", "dataset.json", "tables"]
    assert children(keys, "arrays/v/") == ["c"]
    assert len(keys_under(keys, "arrays/v/c/")) == COUNT - 2
    assert list(keys_under(keys, "tables/")) == ["tables/pigments.parquet"]
    assert len(keys_under(keys, "arrays/v/c/050/")) == 200
    assert len(set(reads)) < PAGES


def test_keys_behave_as_the_list_they_stand_for(manifest: Manifest, some: Entry) -> None:
    keys, expected = manifest.keys(), sorted(entry.key for entry in entries(some))
    assert list(keys) == expected
    assert (len(keys), keys[0], keys[-1], keys[4096]) == (
        COUNT,
        expected[0],
        expected[-1],
        expected[4096],
    )
    for part in (slice(4000, 9000), slice(-3, None), slice(5, 2), slice(0, 9000, 4095)):
        assert list(keys[part]) == expected[part]
    assert list(keys[10:20][3:5]) == expected[13:15]
    assert keys[10:20].index(expected[15]) == 5
    with pytest.raises(IndexError):
        _ = keys[COUNT]


def test_only_the_last_used_pages_are_kept(
    manifest: Manifest, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifest_module, "_MAX_LOADED_PAGES", 2)
    assert sum(1 for _ in manifest) == COUNT
    assert len(manifest._loaded) == 2
    assert manifest.find("dataset.json") is not None
    assert len(reads) in {PAGES, PAGES + 1}


@pytest.mark.parametrize("claimed", [0, COUNT - 4096, COUNT + 4096])
def test_version_that_claims_another_number_of_pages_does_not_open(
    claimed: int, sealed: SealedObjects, head: Head
) -> None:
    with pytest.raises(IntegrityError, match="hint: "):
        open_manifest(sealed, replace(head, entries=claimed))


def test_version_that_claims_another_number_of_entries_does_not_list(
    sealed: SealedObjects, head: Head
) -> None:
    with pytest.raises(IntegrityError, match="hint: "):
        list(open_manifest(sealed, replace(head, entries=COUNT - 1)))


def test_short_page_before_the_last_is_refused(
    tmp_path: Path, some: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = make_sealed(tmp_path)
    monkeypatch.setattr(manifest_module, "PAGE_ENTRIES", 4095)
    written = write_manifest(sealed, entries(some))
    monkeypatch.undo()
    with pytest.raises(IntegrityError, match="hint: "):
        list(open_manifest(sealed, head_of(written, COUNT)))
