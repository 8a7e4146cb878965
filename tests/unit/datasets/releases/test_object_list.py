"""The public list of objects: one form, and nothing else is read as one."""

import struct
from pathlib import Path

import pytest

from museion_datasets.errors import IntegrityError
from museion_datasets.library import Library
from museion_datasets.release.making import list_of, require_list
from museion_datasets.release.object_list import decode_object_list, describe, list_objects
from museion_datasets.sealing.entry import Entry, ObjectKind
from tests.support.datasets import DATASET_ID, PANEL


def entry(number: int, size: int = 1000) -> Entry:
    header = bytes([0, 0]) + (4096).to_bytes(4) + (32).to_bytes(4) + bytes(64)
    name = f"{number:032x}"
    return Entry(
        f"k{number}", ObjectKind.FILE, name, 1, size, size - 106, header, bytes([number]) * 32
    )


def encoded(*numbers: int) -> bytes:
    return list_objects(DATASET_ID, [entry(99), entry(7)], map(entry, numbers)).encode()


def test_list_reads_back_manifest_first_and_the_others_by_name() -> None:
    listed = decode_object_list(encoded(3, 1, 2))
    assert [int(item.name, 16) for item in listed] == [99, 7, 1, 2, 3]
    assert (len(listed), listed.size_bytes, listed.dataset) == (5, 5000, DATASET_ID)
    assert {item.content_root[0] for item in listed} == {99, 7, 1, 2, 3}
    assert listed.encode() == encoded(3, 1, 2)


def test_same_objects_in_any_order_make_the_same_list() -> None:
    assert encoded(1, 2, 3) == encoded(3, 2, 1)
    assert describe(encoded(1, 2)) != describe(encoded(1, 3))


def test_content_root_with_trailing_zeros_keeps_them() -> None:
    listed = decode_object_list(encoded(0))
    assert [item.content_root for item in listed][-1] == bytes(32)


def record(number: int, size: int = 1000, segment: int = 4096) -> bytes:
    return struct.pack(">16sQI32s", number.to_bytes(16), size, segment, bytes(32))


def document(
    *records: bytes, manifest: int = 1, count: int | None = None, version: int = 1
) -> bytes:
    label = b"museion/objects" + bytes([version]) + bytes.fromhex(DATASET_ID)
    total = len(records) if count is None else count
    return label + struct.pack(">IQ", manifest, total) + b"".join(records)


GOOD = document(record(9), record(1), record(2))
BAD = {
    "nothing": b"",
    "another file": b"x" * 200,
    "another version": document(record(1), version=2),
    "cut short": GOOD[:-1],
    "longer than it says": GOOD + b"\0",
    "a count that lies": document(record(1), count=2**63),
    "no objects": document(manifest=0),
    "no manifest": document(record(1), manifest=0),
    "more manifest than objects": document(record(1), manifest=2),
    "not in order": document(record(9), record(2), record(1)),
    "an object twice": document(record(9), record(1), record(1)),
    "the manifest among the data": document(record(9), record(1), record(9)),
    "the manifest twice": document(record(9), record(9), manifest=2),
    "an object without bytes": document(record(9, size=0)),
    "an object too short to be sealed": document(record(9, size=105)),
    "an object without end": document(record(9, size=2**64 - 1)),
    "segments of no length": document(record(9, segment=0)),
    "segments without end": document(record(9, segment=2**32 - 1)),
}


def test_hand_made_list_is_read() -> None:
    assert len(decode_object_list(GOOD)) == 3


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
def test_list_that_is_not_one_is_refused(data: bytes) -> None:
    with pytest.raises(IntegrityError):
        decode_object_list(data)


def test_names_that_differ_in_their_last_bit_are_told_apart() -> None:
    high = 2**127
    names = [high, high + 1, high + 2**64, high + 2**64 + 1]
    listed = decode_object_list(document(record(5), *map(record, names)))
    assert [int(item.name, 16) for item in listed] == [5, *names]


def test_whoever_has_keys_finds_a_list_that_leaves_something_out(library: Library) -> None:
    snapshot = library.open(PANEL).snapshot
    listed = list_of(snapshot)
    require_list(snapshot, listed)
    shorter = list_objects(
        snapshot.head.dataset, snapshot.manifest.objects, list(snapshot.manifest)[1:]
    )
    with pytest.raises(IntegrityError, match="other objects than the version's manifest"):
        require_list(snapshot, shorter)


def test_released_list_is_that_of_the_manifest(library: Library, copy: Path) -> None:
    released = decode_object_list((copy / "releases" / "1" / "objects").read_bytes())
    require_list(library.open(PANEL).snapshot, released)
