"""Laws that hold for all inputs."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from museion_datasets.arrays.ranges import coalesce
from museion_datasets.errors import IntegrityError
from museion_datasets.sealing.entry import Entry, ObjectKind
from museion_datasets.sealing.floe import Decryptor, encrypt
from museion_datasets.sealing.manifest import (
    Manifest,
    decode_entries,
    encode_entries,
    write_manifest,
)
from museion_datasets.sealing.segments import HEADER_BYTES
from museion_datasets.versions.snapshot import children, keys_under
from museion_datasets.versions.staging import Staging
from tests.support.datasets import make_sealed

KEY = b"k" * 32
names = st.text("ab/c.", min_size=1, max_size=12).filter(
    lambda text: not {"", ".", ".."} & set(text.split("/"))
)
entries = st.builds(
    Entry,
    key=st.text("ab/é漢", min_size=1, max_size=12),
    kind=st.sampled_from(ObjectKind),
    object_id=st.integers(0, 2**128 - 1).map("{:032x}".format),
    epoch=st.integers(1, 2**32 - 1),
    ciphertext_bytes=st.integers(0, 2**63),
    plaintext_bytes=st.integers(0, 2**63),
    header=st.binary(min_size=1, max_size=1).map(lambda byte: byte * 74),
    content_root=st.binary(min_size=1, max_size=1).map(lambda byte: byte * 32),
)


@given(
    plaintext=st.binary(max_size=700),
    segment=st.integers(33, 300),
    ends=st.tuples(st.integers(0, 700), st.integers(0, 700)),
)
def test_any_range_of_any_object_reads_what_was_written(
    plaintext: bytes, segment: int, ends: tuple[int, int]
) -> None:
    pieces = encrypt(KEY, b"a", plaintext, segment_bytes=segment)
    sealed = b"".join(bytes(piece) for piece in pieces)
    low, high = sorted(min(end, len(plaintext)) for end in ends)
    out = bytearray(high - low)

    def read_into(offset: int, view: memoryview) -> None:
        view[:] = sealed[offset : offset + len(view)]

    Decryptor(KEY, b"a", sealed[:HEADER_BYTES], len(sealed)).decrypt_into(read_into, low, out)
    assert out == plaintext[low:high]


@given(st.lists(entries, max_size=6, unique_by=lambda entry: entry.key))
def test_entries_come_back_from_their_encoding(found: list[Entry]) -> None:
    ordered = sorted(found, key=lambda entry: entry.key)
    assert decode_entries(encode_entries(ordered)) == ordered


@given(st.binary(max_size=400))
def test_no_bytes_make_the_decoder_fail_otherwise_than_by_our_error(data: bytes) -> None:
    try:
        decode_entries(b"\x01" + data)
    except IntegrityError:
        return
    assert encode_entries(decode_entries(b"\x01" + data)) == b"\x01" + data


@given(st.lists(entries, min_size=1, max_size=8, unique_by=lambda e: e.key), st.data())
def test_cut_encoding_is_refused(found: list[Entry], data: st.DataObject) -> None:
    whole = encode_entries(sorted(found, key=lambda entry: entry.key))
    cut = data.draw(st.integers(2, len(whole) - 1))
    last = whole[:cut]
    try:
        shorter = decode_entries(last)
    except IntegrityError:
        return
    assert len(shorter) < len(found)


@given(
    st.lists(st.tuples(st.integers(0, 500), st.integers(0, 60)), max_size=20),
    st.integers(0, 100),
    st.integers(1, 400),
)
def test_coalesced_runs_contain_each_range_once(
    given_ranges: list[tuple[int, int]], gap: int, limit: int
) -> None:
    ranges = [(start, start + length) for start, length in given_ranges]
    runs = coalesce(ranges, gap, limit)
    assert sorted(index for members in runs.values() for index in members) == list(
        range(len(ranges))
    )
    for (low, high), members in runs.items():
        assert all(low <= ranges[index][0] <= ranges[index][1] <= high for index in members)
        assert high - low <= limit or len({ranges[index] for index in members}) == 1


@given(st.sets(names, max_size=30), st.sampled_from(["", "a/", "b/", "a/b/", "c/a/"]))
def test_children_are_what_a_file_system_would_list(keys: set[str], folder: str) -> None:
    inside = [key.removeprefix(folder) for key in keys if key.startswith(folder)]
    assert sorted(children(sorted(keys), folder)) == sorted({k.split("/")[0] for k in inside})


@given(st.sets(names, max_size=30), names)
def test_keys_under_a_prefix_are_those_that_begin_with_it(keys: set[str], prefix: str) -> None:
    expected = sorted(key for key in keys if key.startswith(prefix))
    assert list(keys_under(sorted(keys), prefix)) == expected


class StagingMachine(RuleBasedStateMachine):
    """A draft behaves as a dictionary, and what it commits reads back the same."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self.sealed = make_sealed(Path(self._folder.name))
        self.staging = Staging(self.sealed)
        self.model: dict[str, bytes] = {}

    def teardown(self) -> None:
        self._folder.cleanup()

    @rule(key=names, value=st.binary(max_size=50))
    def put(self, key: str, value: bytes) -> None:
        self.staging.put(key, value)
        self.model[key] = value

    @rule(key=names, value=st.binary(max_size=50))
    def put_if_absent(self, key: str, value: bytes) -> None:
        self.staging.put(key, value, replace=False)
        self.model.setdefault(key, value)

    @rule(key=names)
    def remove(self, key: str) -> None:
        self.staging.remove(key)
        self.model.pop(key, None)

    @rule(prefix=st.sampled_from(["a", "b/", "c"]))
    def remove_under(self, prefix: str) -> None:
        self.staging.remove_under(prefix)
        self.model = {k: v for k, v in self.model.items() if not k.startswith(prefix)}

    @rule()
    def commit_and_go_on(self) -> None:
        written = write_manifest(self.sealed, self.staging.entries())
        for entry in (written.index, *written.pages):
            self.sealed.objects.delete(entry.object_id)
        assert len(written.pages) == bool(self.model)

    @invariant()
    def holds_what_the_model_holds(self) -> None:
        assert list(self.staging.keys()) == sorted(self.model)
        for entry in self.staging.entries():
            assert bytes(self.sealed.read(entry)) == self.model[entry.key]

    @invariant()
    def stores_nothing_that_nobody_needs(self) -> None:
        stored = set(self.sealed.objects.names(older_than_s=0))
        assert stored == {entry.object_id for entry in self.staging.entries()}


TestStaging = StagingMachine.TestCase
TestStaging.settings = settings(max_examples=20, stateful_step_count=12, deadline=None)


@pytest.mark.parametrize("count", [0, 1, 4095, 4096, 4097, 9000])
def test_manifest_of_any_size_finds_each_key_and_proves_absence(count: int, tmp_path: Path) -> None:
    sealed = make_sealed(tmp_path)
    some = sealed.write("k", ObjectKind.FILE, b"x")
    listed = [
        Entry(
            key=f"k{number:06}",
            kind=some.kind,
            object_id=some.object_id,
            epoch=1,
            ciphertext_bytes=some.ciphertext_bytes,
            plaintext_bytes=1,
            header=some.header,
            content_root=some.content_root,
        )
        for number in range(0, 2 * count, 2)
    ]
    written = write_manifest(sealed, reversed(listed))
    pages = decode_entries(sealed.read_verified(written.index))
    manifest = Manifest(sealed, pages, written.index, count)
    assert len(written.pages) == -(-count // 4096)
    assert list(manifest) == listed
    for number in {0, 1, 2 * count - 2, 2 * count - 1, 2 * count, count}:
        found = manifest.find(f"k{number:06}")
        assert (found is not None) == (number % 2 == 0 and 0 <= number < 2 * count)
