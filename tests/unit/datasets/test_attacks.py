"""The storage provider as the attacker: nothing it can do turns into data.

Each story changes stored files as a provider, a thief of backups or a member with write access
could, and then reads as a person would.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from museion_datasets.errors import IntegrityError
from museion_datasets.library import Library
from museion_datasets.sealing.entry import Entry
from tests.support.datasets import (
    CANARY,
    PANEL,
    begin_panel,
    dataset_folder,
    flip_bit,
    make_cube,
    object_file,
    stored_files,
)

CHUNKS = "arrays/vnir/reflectance/c/"


def entries(library: Library, path: str = PANEL) -> dict[str, Entry]:
    store = library.open(path).store
    find, keys = store._source.find, store._source.keys()
    return {key: entry for key in keys if (entry := find(key))}


def file_of(home: Path, library: Library, key: str, path: str = PANEL) -> Path:
    return object_file(dataset_folder(home, library, path), entries(library, path)[key].object_id)


def first_chunk(home: Path, library: Library) -> Path:
    return file_of(home, library, f"{CHUNKS}0/0/0")


def read_values(library: Library) -> object:
    return library.open(PANEL)["vnir"].to_xarray().to_numpy()


def delete(chunk: Path, _other: Path) -> None:
    chunk.unlink()


def swap(chunk: Path, other: Path) -> None:
    content = chunk.read_bytes()
    chunk.write_bytes(other.read_bytes())
    other.write_bytes(content)


def truncate(chunk: Path, _other: Path) -> None:
    chunk.write_bytes(chunk.read_bytes()[:-32])


def lengthen(chunk: Path, _other: Path) -> None:
    chunk.write_bytes(chunk.read_bytes() + bytes(32))


def empty(chunk: Path, _other: Path) -> None:
    chunk.write_bytes(b"")


def flip_ciphertext(chunk: Path, _other: Path) -> None:
    flip_bit(chunk, 200)


@pytest.mark.parametrize("attack", [delete, swap, truncate, lengthen, empty, flip_ciphertext])
def test_manipulated_chunk_raises_and_never_reads_as_data(
    attack: Callable[[Path, Path], None], panel: Library, home: Path
) -> None:
    assert read_values(panel) is not None
    attack(first_chunk(home, panel), file_of(home, panel, f"{CHUNKS}1/1/0"))
    with pytest.raises(IntegrityError, match=r"arrays/vnir/reflectance/c/\d/\d/0[\s\S]*hint: "):
        read_values(panel)


def test_flipped_bit_in_the_header_is_found_though_reading_does_not_need_it(
    panel: Library, home: Path
) -> None:
    flip_bit(first_chunk(home, panel), 40)
    assert read_values(panel) is not None
    with pytest.raises(IntegrityError):
        panel.open(PANEL).verify(level=2)


def test_chunk_of_another_dataset_does_not_pass_for_ours(panel: Library, home: Path) -> None:
    with begin_panel(panel, "murals/other") as draft:
        draft.put_array("vnir", make_cube(), chunks={"y": 24, "x": 20})
    stranger = file_of(home, panel, f"{CHUNKS}0/0/0", "murals/other")
    assert stranger.stat().st_size == first_chunk(home, panel).stat().st_size
    shutil.copyfile(stranger, first_chunk(home, panel))
    with pytest.raises(IntegrityError):
        read_values(panel)


def test_old_object_does_not_pass_for_the_new_one(panel: Library, home: Path) -> None:
    old = first_chunk(home, panel).read_bytes()
    with panel.draft(PANEL) as draft:
        draft.put_array("vnir", make_cube() + 1, chunks={"y": 24, "x": 20})
    first_chunk(home, panel).write_bytes(old)
    with pytest.raises(IntegrityError):
        read_values(panel)


def test_manifest_of_an_old_version_does_not_pass_for_the_new_one(
    panel: Library, home: Path
) -> None:
    old = panel.open(PANEL).head
    with panel.draft(PANEL) as draft:
        draft.put_file("notes.txt", b"second thoughts")
    new = panel.open(PANEL).head
    folder = dataset_folder(home, panel)
    shutil.copyfile(
        object_file(folder, old.manifest_object), object_file(folder, new.manifest_object)
    )
    with pytest.raises(IntegrityError):
        panel.open(PANEL)


@pytest.mark.parametrize("place", ["index", "page"])
@pytest.mark.parametrize("attack", [delete, truncate, lengthen, empty, flip_ciphertext])
def test_manipulated_manifest_does_not_open(
    place: str, attack: Callable[[Path, Path], None], panel: Library, home: Path
) -> None:
    index, page = panel.open(PANEL)._snapshot.manifest.objects
    name = index.object_id if place == "index" else page.object_id
    path = object_file(dataset_folder(home, panel), name)
    attack(path, path)
    with pytest.raises(IntegrityError):
        panel.open(PANEL).keys()


def test_member_who_forges_a_chunk_is_found_at_level_two(panel: Library, home: Path) -> None:
    dataset = panel.open(PANEL)
    sealed = dataset._snapshot.sealed
    entry = entries(panel)["files/notes.txt"]
    forged = sealed.write(entry.key, entry.kind, CANARY)
    folder = dataset_folder(home, panel)
    shutil.copyfile(object_file(folder, forged.object_id), object_file(folder, entry.object_id))
    with pytest.raises(IntegrityError, match=r"files/notes\.txt"):
        dataset.verify(level=2)


def test_storage_holds_no_plaintext_and_no_names(panel: Library, home: Path) -> None:
    assert panel.open(PANEL).read_bytes("files/notes.txt") == CANARY
    for path in stored_files(home):
        content = path.read_bytes()
        for secret in (CANARY, b"reflectance", b"Spectralon", b"notes.txt", b"zarr", b"arrays/"):
            assert secret not in content, path
            assert secret not in str(path).encode()


def test_verification_says_its_level_and_how_much_it_covered(panel: Library, home: Path) -> None:
    dataset = panel.open(PANEL)
    for level in (1, 2):
        found = dataset.verify(level=level)
        assert found.level == level
        assert found.objects == len(dataset.keys()) + 2
        sizes = (p.stat().st_size for p in stored_files(home) if p.parent.parent.name == "objects")
        assert found.size_bytes == sum(sizes) == dataset.record.size_bytes


def test_verification_tells_how_many_objects_are_damaged(panel: Library, home: Path) -> None:
    dataset = panel.open(PANEL)
    flip_bit(first_chunk(home, panel), -1)
    file_of(home, panel, "scans/vessel/head").unlink()
    for level in (1, 2):
        with pytest.raises(IntegrityError, match=f"2 of {len(dataset.keys()) + 2} objects"):
            dataset.verify(level=level)
