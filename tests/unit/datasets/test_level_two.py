"""A member forges: has the key, may write to the storage, and is found only at level two.

At level one whatever decrypts in its place passes, and a member can make that. At level two
nothing is read but the bytes that were committed, as a whole or in part.
"""

import pickle
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from museion_datasets.errors import IntegrityError, InvalidError
from museion_datasets.library import Library
from museion_datasets.sealing import floe
from museion_datasets.sealing.entry import Entry
from museion_datasets.sealing.sealed import SealedObjects, _associated_data
from museion_datasets.sealing.segments import HEADER_BYTES, OVERHEAD_BYTES
from museion_datasets.versions.snapshot import LEVEL_CONTENT
from tests.support.datasets import PANEL, begin_panel, dataset_folder, make_cube, object_file

FILE = "files/notes.bin"
CONTENT = np.random.default_rng(1).bytes(900_000)  # four segments
CUBE = make_cube(rows=64, columns=64, bands=16)


@pytest.fixture
def panel(library: Library) -> Library:
    with begin_panel(library) as draft:
        draft.put_file("notes.bin", CONTENT)
        draft.put_array("plain", CUBE, chunks=(32, 32, 16))
        draft.put_array("sharded", CUBE, chunks=(16, 16, 16), shards=(64, 64, 16))
    return library


def find(library: Library, key: str) -> Entry:
    entry = library.open(PANEL).snapshot.find(key)
    assert entry is not None
    return entry


def forge(sealed: SealedObjects, entry: Entry, plaintext: bytes) -> bytes:
    """Return another ciphertext of the same object: same header, same keys, same lengths."""
    key = sealed._SealedObjects__keys.find(entry.epoch)  # type: ignore[attr-defined]
    data = _associated_data(sealed.dataset, entry.epoch, entry.object_id, entry.kind, entry.key)
    keys = floe._Keys(key, entry.header[:10], entry.header[10:42], data)
    shape = floe.Decryptor(key, data, entry.header, entry.ciphertext_bytes).shape
    forged = bytearray(entry.header)
    for position in range(shape.segments):
        start, length = position * shape.capacity, shape.segment_length(position)
        segment = memoryview(bytearray(length))
        floe._encrypt_segment(
            keys.cipher(position),
            memoryview(plaintext)[start : start + length - OVERHEAD_BYTES],
            position=position,
            is_last=position == shape.segments - 1,
            out=segment,
        )
        forged += segment
    return bytes(forged)


def replace(home: Path, library: Library, key: str) -> None:
    """Let a member put zeros in place of what was committed."""
    entry, sealed = find(library, key), library.open(PANEL).snapshot.sealed
    file = object_file(dataset_folder(home, library), entry.object_id)
    file.write_bytes(forge(sealed, entry, bytes(entry.plaintext_bytes)))


def values(library: Library, name: str, level: int) -> xr.DataArray:
    data = library.open(PANEL, level=level)[name].to_xarray()
    assert isinstance(data, xr.DataArray)
    return data


def test_honest_data_reads_the_same_at_both_levels(panel: Library) -> None:
    for level in (1, 2):
        dataset = panel.open(PANEL, level=level)
        assert dataset.snapshot.level == level
        assert dataset.read_bytes(FILE) == CONTENT
        for name in ("plain", "sharded"):
            np.testing.assert_array_equal(values(panel, name, level), CUBE)
            np.testing.assert_array_equal(values(panel, name, level)[5, 40], CUBE[5, 40])


def test_forged_file_passes_at_level_one_and_not_at_level_two(panel: Library, home: Path) -> None:
    replace(home, panel, FILE)
    assert panel.open(PANEL).read_bytes(FILE) == bytes(len(CONTENT))
    with pytest.raises(IntegrityError, match=r"not the one that was committed \(in files/notes"):
        panel.open(PANEL, level=2).read_bytes(FILE)


@pytest.mark.parametrize("part", [np.s_[:], np.s_[:32, :32], np.s_[3, 3]], ids=str)
@pytest.mark.parametrize("name", ["plain", "sharded"])
def test_forged_chunk_is_found_whatever_part_is_read(
    name: str, part: tuple[slice, ...], panel: Library, home: Path
) -> None:
    replace(home, panel, f"arrays/{name}/reflectance/c/0/0/0")
    with pytest.raises(IntegrityError, match="not the one that was committed"):
        values(panel, name, 2)[part].to_numpy()


def test_part_of_a_file_is_checked(panel: Library, home: Path) -> None:
    replace(home, panel, FILE)
    sealed = panel.open(PANEL, level=2).snapshot.sealed
    with pytest.raises(IntegrityError):
        sealed.read_ranges(find(panel, FILE), [(700_000, bytearray(10))])


def test_storage_that_answers_otherwise_the_second_time_gains_nothing(
    panel: Library, home: Path
) -> None:
    sealed, entry = panel.open(PANEL, level=2).snapshot.sealed, find(panel, FILE)
    out = bytearray(10)
    sealed.read_ranges(entry, [(700_000, out)])
    assert out == CONTENT[700_000:700_010]
    replace(home, panel, FILE)
    with pytest.raises(IntegrityError):
        sealed.read_ranges(entry, [(700_000, out)])


def test_changed_segment_hurts_only_those_who_read_it(panel: Library, home: Path) -> None:
    sealed, entry = panel.open(PANEL, level=2).snapshot.sealed, find(panel, FILE)
    out = bytearray(10)
    sealed.read_ranges(entry, [(0, out)])
    file = object_file(dataset_folder(home, panel), entry.object_id)
    stored = file.read_bytes()
    forged = forge(sealed, entry, bytes(entry.plaintext_bytes))
    border = HEADER_BYTES + floe.segment_bytes_of(entry.header)
    file.write_bytes(stored[:border] + forged[border:])
    sealed.read_ranges(entry, [(0, out)])
    assert out == CONTENT[:10]
    with pytest.raises(IntegrityError):
        sealed.read_ranges(entry, [(0, bytearray(300_000))])


def test_level_travels_with_a_pickled_dataset(panel: Library) -> None:
    first, second = panel.open(PANEL), panel.open(PANEL, level=2)
    assert first.store != second.store
    again = pickle.loads(pickle.dumps(second.store))  # noqa: S301 - ours
    assert again == second.store
    assert again._source.level == LEVEL_CONTENT


def test_there_is_no_third_level(panel: Library) -> None:
    with pytest.raises(InvalidError, match="No such level"):
        panel.open(PANEL, level=3)
    with pytest.raises(InvalidError, match="No such level"):
        panel.open(PANEL, level=2).snapshot.at_level(1)
