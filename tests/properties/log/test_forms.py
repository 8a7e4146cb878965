"""Notes, checkpoints, keys, tiles and bundles: written and read again, or refused in one way."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from museion_datasets.errors import DatasetsError, HistoryError, InvalidError
from museion_datasets.log.checkpoint import Checkpoint
from museion_datasets.log.cosignature import open_checkpoint, sign_checkpoint
from museion_datasets.log.event import entry_of
from museion_datasets.log.keys import Verifier
from museion_datasets.log.logged import LogProof, require_logged
from museion_datasets.log.note import Note, SignatureLine
from museion_datasets.log.tiles import Tile, encode_bundle, split_bundle, split_hashes
from museion_datasets.log.tree import MAX_TREE_SIZE, TreeHead
from tests.support.logs import SimulatedLog, signers_of

LINES = st.text(
    st.characters(min_codepoint=0x20, exclude_categories=("Cs",)), min_size=1, max_size=60
)
NAMES = st.text(string.ascii_lowercase + string.digits + "./-", min_size=1, max_size=40)
SIGNATURES = st.builds(
    SignatureLine, NAMES, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=80)
)
HEADS = st.builds(TreeHead, st.integers(1, MAX_TREE_SIZE), st.binary(min_size=32, max_size=32))
CHECKPOINTS = st.builds(Checkpoint, NAMES, HEADS, st.lists(LINES, max_size=3).map(tuple))
SIGNED = SimulatedLog([b"one", b"two"]).checkpoint().encode()
VERIFIERS = [signer.verifier for signer in signers_of()]


@given(lines=st.lists(LINES, min_size=1), signatures=st.lists(SIGNATURES, min_size=1, max_size=4))
def test_note_is_read_as_it_was_written(lines: list[str], signatures: list[SignatureLine]) -> None:
    note = Note("\n".join(lines) + "\n", tuple(signatures))
    assert Note.parse(str(note)) == Note.parse(str(note).encode()) == note


@given(checkpoint=CHECKPOINTS, time_s=st.integers(0, 2**63 - 1))
def test_signed_checkpoint_is_opened_as_it_was_signed(checkpoint: Checkpoint, time_s: int) -> None:
    signers = signers_of(checkpoint.origin)
    note = str(sign_checkpoint(checkpoint, signers, time_s))
    opened = open_checkpoint(note, [signer.verifier for signer in signers])
    assert (opened.checkpoint, opened.time_s, str(opened.note)) == (checkpoint, time_s, note)


@given(at=st.integers(0, len(SIGNED) - 1), value=st.integers(1, 255))
def test_signed_checkpoint_with_one_byte_changed_is_refused(at: int, value: int) -> None:
    changed = bytes([*SIGNED[:at], SIGNED[at] ^ value, *SIGNED[at + 1 :]])
    with pytest.raises((HistoryError, InvalidError)):
        open_checkpoint(changed, VERIFIERS)


@given(content=st.binary(max_size=300) | st.text(max_size=300))
def test_nothing_arbitrary_is_a_note_a_key_or_a_tile(content: str | bytes) -> None:
    text = content if isinstance(content, str) else content.decode("latin-1")
    readers = (
        lambda: Note.parse(content),
        lambda: Checkpoint.parse(text),
        lambda: Verifier.parse(text),
        lambda: Tile.parse(text),
    )
    for read in readers:
        with pytest.raises(InvalidError):
            read()


@given(
    level=st.integers(0, 63) | st.none(), index=st.integers(0, 2**55 - 1), width=st.integers(1, 256)
)
def test_address_of_a_tile_is_read_as_it_was_written(
    level: int | None, index: int, width: int
) -> None:
    tile = Tile(level, index, width)
    assert Tile.parse(tile.path) == tile


@given(entries=st.lists(st.binary(max_size=70), min_size=1, max_size=256), cut=st.integers(1, 9))
def test_bundle_is_read_as_it_was_written_or_refused(entries: list[bytes], cut: int) -> None:
    tile, content = Tile(None, 0, len(entries)), encode_bundle(entries)
    assert split_bundle(tile, content) == entries
    for broken in (content[:-cut], content + b"\x00", content + b"\x00\x00"):
        with pytest.raises(HistoryError):
            split_bundle(tile, broken)
    with pytest.raises(HistoryError):
        split_hashes(Tile(0, 0, 2), content[:63])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)
NAMED = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ("format", "index", "leaf", "proof", "checkpoint", "event", "salt"), JSON
    ),
)


@given(content=JSON | NAMED | NAMED.map(lambda given_: {**given_, "format": 1}))
def test_arbitrary_json_is_no_proof(content: object) -> None:
    with pytest.raises(DatasetsError):
        require_logged(LogProof.from_json(content), VERIFIERS)


@given(
    event=st.dictionaries(st.text(max_size=9), st.integers(), max_size=7),
    salt=st.binary(max_size=33),
)
def test_arbitrary_event_is_no_entry(event: dict[str, object], salt: bytes) -> None:
    with pytest.raises(InvalidError):
        entry_of(event, salt)
