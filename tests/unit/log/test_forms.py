"""Each form has one spelling: everything near it is refused, with a sentence and a hint."""

import base64

import pytest

from museion_datasets.errors import HistoryError, InvalidError
from museion_datasets.log.checkpoint import Checkpoint
from museion_datasets.log.cosignature import (
    Cosignature,
    cosign,
    find_cosignatures,
    open_checkpoint,
    require_witnesses,
)
from museion_datasets.log.keys import SignatureType, Signer, Verifier
from museion_datasets.log.note import MAX_NOTE_BYTES, MAX_SIGNATURES, Note
from museion_datasets.log.tiles import Tile, tile_at
from museion_datasets.log.tree import EMPTY_ROOT, TreeHead
from tests.support.logs import NOW_S, ORIGIN, SimulatedLog, signers_of

LOG = SimulatedLog([b"one", b"two", b"three"])
SIGNED = LOG.checkpoint()
VERIFIERS = [signer.verifier for signer in LOG.signers]
ROOT = base64.b64encode(bytes(32)).decode()
EMPTY = base64.b64encode(EMPTY_ROOT).decode()
LINE = "— a AAAAAAA=\n"
WITNESSES = [
    Signer(f"witness-{name}.example", type_, bytes([type_]) * 32)
    for name, type_ in (
        ("a", SignatureType.COSIGNATURE_ED25519),
        ("b", SignatureType.COSIGNATURE_MLDSA44),
    )
]


NEARLY_NOTES = [
    "",
    "\n\n",
    "text\n",
    "text\n\n",
    f"text\n{LINE}",
    f"text\n\n{LINE.rstrip()}",
    f"text\n\n{LINE}\n",
    f"te\rxt\n\n{LINE}",
    f"te\0xt\n\n{LINE}",
    f"te\txt\n\n{LINE}",
    "text\n\n- a AAAAAAA=\n",
    "text\n\n—a AAAAAAA=\n",
    "text\n\n— a+b AAAAAAA=\n",
    "text\n\n—  AAAAAAA=\n",
    "text\n\n— a\u2003b AAAAAAA=\n",
    "text\n\n— a AAAAAA==\n",
    "text\n\n— a AAAAAAB=\n",
    "text\n\n— a AAAAAAA\n",
    "text\n\n— a AAAA_AA=\n",
    "text\n\n— a AAAAAAA= \n",
    f"text\n\n{LINE * (MAX_SIGNATURES + 1)}",
    f"{'x' * MAX_NOTE_BYTES}\n\n{LINE}",
    f"text \ud800\n\n{LINE}",
    b"text\xff\n\n" + LINE.encode(),
]


@pytest.mark.parametrize("content", NEARLY_NOTES, ids=map(str, range(len(NEARLY_NOTES))))
def test_what_is_nearly_a_note_is_refused(content: str | bytes) -> None:
    with pytest.raises(InvalidError, match="Not a signed note"):
        Note.parse(content)


def test_text_of_a_note_may_hold_empty_lines() -> None:
    assert Note.parse(f"a\n\nb\n\n{LINE * 16}").text == "a\n\nb\n"


NEARLY_CHECKPOINTS = [
    "",
    "o\n1\n",
    f"o\n1\n{ROOT}",
    f"\n1\n{ROOT}\n",
    f"o\n01\n{ROOT}\n",
    f"o\n+1\n{ROOT}\n",
    f"o\n-1\n{ROOT}\n",
    f"o\n1 \n{ROOT}\n",
    f"o\n\u0661\n{ROOT}\n",
    f"o\n1_0\n{ROOT}\n",
    f"o\n{2**63}\n{ROOT}\n",
    f"o\n{'9' * 5000}\n{ROOT}\n",
    f"o\n0\n{ROOT}\n",
    f"o\n1\n{ROOT[:-4]}\n",
    f"o\n1\n{ROOT}AAAA\n",
    f"o\n1\n{ROOT} \n",
    f"o\n1\n{ROOT}\n\n",
    f"o\n1\n{ROOT}\n\next\n",
    f"o\n1\n{ROOT}\n" + "ext\n" * 17,
    f"{'o' * 256}\n1\n{ROOT}\n",
]


@pytest.mark.parametrize("text", NEARLY_CHECKPOINTS, ids=map(str, range(len(NEARLY_CHECKPOINTS))))
def test_what_is_nearly_a_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(InvalidError, match="Not a checkpoint"):
        Checkpoint.parse(text)


def test_checkpoint_is_written_as_it_was_read() -> None:
    for text in (f"o\n0\n{EMPTY}\n", f"o\n{2**63 - 1}\n{ROOT}\n", f"a b\n1\n{ROOT}\next\n"):
        assert str(Checkpoint.parse(text)) == text


NAME, KEY_ID, ENCODED = str(VERIFIERS[0]).split("+", 2)
NEARLY_KEYS = [
    "",
    "++",
    f"{NAME}+{KEY_ID}+",
    f"{NAME}+{KEY_ID}+Ag==",
    f"{NAME}+{KEY_ID}+{ENCODED[:-4]}",
    f"{NAME}+{KEY_ID}+{ENCODED}AAAA",
    f"{NAME}+{KEY_ID}+{ENCODED} ",
    f"{NAME}+{KEY_ID}+B{ENCODED[1:]}",
    f"{NAME}+00000000+{ENCODED}",
    f"{NAME}+0x{KEY_ID}+{ENCODED}",
    f"{NAME}+{KEY_ID}",
    f"{NAME}-{KEY_ID}+{ENCODED}",
    f"other{NAME}+{KEY_ID}+{ENCODED}",
    f"+{KEY_ID}+{ENCODED}",
    f"a b+{KEY_ID}+{ENCODED}",
    "x" * 3000,
]


@pytest.mark.parametrize("text", NEARLY_KEYS, ids=map(str, range(len(NEARLY_KEYS))))
def test_what_is_nearly_a_key_is_refused(text: str) -> None:
    with pytest.raises(InvalidError, match="Not a"):
        Verifier.parse(text)


def test_key_is_read_as_it_was_written() -> None:
    for verifier in [*VERIFIERS, *(one.verifier for one in WITNESSES)]:
        assert Verifier.parse(str(verifier)) == verifier


@pytest.mark.parametrize("size", [0, 31, 33])
def test_seed_of_the_wrong_size_makes_no_key(size: int) -> None:
    for type_ in SignatureType:
        with pytest.raises(ValueError, match=r"."):
            Signer("a", type_, bytes(size))


def test_signing_key_shows_nothing_and_is_never_pickled() -> None:
    signer = LOG.signers[0]
    assert repr(signer) == "Signer('museion/log/test', ED25519)"
    with pytest.raises(TypeError, match="never pickled"):
        signer.__reduce__()


NEARLY_TILES = [
    "",
    "tile",
    "tile/0",
    "tile/0/0",
    "tile/0/00",
    "tile/0/0000",
    "tile/00/000",
    "tile/64/000",
    "tile/-1/000",
    "tile/0/000.p/0",
    "tile/0/000.p/256",
    "tile/0/000.p/01",
    "tile/0/000.p/",
    "tile/0/x000/001",
    "tile/0/001/001",
    "tile/0/x001/x001",
    "tile/0/000/",
    "/tile/0/000",
    "tile/0/../000",
    "tile/entries/x/000",
    "tile/0/x999/x999/x999/x999/x999/x999/999",
    "tile/\u0660/000",
    "tile/0/000\n",
]


@pytest.mark.parametrize("path", NEARLY_TILES, ids=map(str, range(len(NEARLY_TILES))))
def test_what_is_nearly_the_address_of_a_tile_is_refused(path: str) -> None:
    with pytest.raises(InvalidError, match="Not the address of a tile"):
        Tile.parse(path)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        # The two examples of C2SP tlog-tiles, section Partial Tiles.
        (70_000, {0: (273, 112), 1: (1, 17), 2: (0, 1)}),
        (256, {0: (1, 0), 1: (0, 1)}),
    ],
)
def test_tiles_of_a_tree_are_those_of_the_specification(
    size: int, expected: dict[int, tuple[int, int]]
) -> None:
    for level, (full, rest) in expected.items():
        widths = [tile_at(level, index, size).width for index in range(full)]
        assert widths == [256] * full
        assert not rest or tile_at(level, full, size).width == rest
        with pytest.raises(ValueError, match="no tile"):
            tile_at(level, full + bool(rest), size)


def test_address_of_the_specification() -> None:
    assert Tile(0, 1_234_067).path == "tile/0/x001/x234/067"
    assert Tile(None, 3, 7).path == "tile/entries/003.p/7"


def test_both_of_a_logs_keys_must_have_signed() -> None:
    text, lines = SIGNED.split("\n\n")
    for kept in lines.splitlines():
        with pytest.raises(HistoryError, match="not signed by the log's key"):
            open_checkpoint(f"{text}\n\n{kept}\n", VERIFIERS)
    assert open_checkpoint(SIGNED, VERIFIERS).time_s == NOW_S


def test_lines_of_strangers_are_ignored_but_a_false_line_is_not() -> None:
    stranger = str(cosign(Checkpoint(ORIGIN, TreeHead(9, bytes(32))), WITNESSES[0], 1))
    assert open_checkpoint(SIGNED + stranger, VERIFIERS).checkpoint.head.size == 3
    false = str(cosign(Checkpoint(ORIGIN, TreeHead(9, bytes(32))), LOG.signers[0], 1))
    with pytest.raises(HistoryError, match="not made by the key it names"):
        open_checkpoint(SIGNED + false, VERIFIERS)


def test_no_keys_or_keys_of_two_logs_open_nothing() -> None:
    for verifiers in ([], [*VERIFIERS, signers_of("other")[0].verifier]):
        with pytest.raises(HistoryError, match="of another log"):
            open_checkpoint(SIGNED, verifiers)


def test_witnesses_vouch_and_are_counted_once() -> None:
    checkpoint = open_checkpoint(SIGNED, VERIFIERS).checkpoint
    lines = "".join(str(cosign(checkpoint, one, 7 + n)) for n, one in enumerate(WITNESSES))
    again = str(cosign(checkpoint, WITNESSES[0], 99))
    witnesses = [one.verifier for one in WITNESSES]
    signed = open_checkpoint(SIGNED + lines + again, VERIFIERS)
    assert find_cosignatures(signed, witnesses[1:]) == [Cosignature("witness-b.example", 8)]
    assert len(require_witnesses(signed, witnesses, 2)) == 3
    one = open_checkpoint(SIGNED + again, VERIFIERS)
    with pytest.raises(HistoryError, match="Too few witnesses"):
        require_witnesses(one, witnesses, 2)
    with pytest.raises(InvalidError, match="Not a witness's key"):
        find_cosignatures(one, VERIFIERS)


@pytest.mark.parametrize("witness", WITNESSES, ids=repr)
def test_cosignature_with_another_time_or_of_another_tree_is_false(witness: Signer) -> None:
    signed = open_checkpoint(SIGNED, VERIFIERS)
    other = cosign(Checkpoint(ORIGIN, TreeHead(3, bytes(32))), witness, 7)
    right = cosign(signed.checkpoint, witness, 7)
    content = base64.b64decode(str(right).split(" ")[2])
    later = base64.b64encode(content[:11] + b"\x08" + content[12:]).decode()
    never = base64.b64encode(content[:4] + b"\xff" + content[5:]).decode()
    name = witness.verifier.name
    for line in (str(other), f"— {name} {later}\n", f"— {name} {never}\n"):
        claimed = open_checkpoint(SIGNED + line, VERIFIERS)
        with pytest.raises(HistoryError):
            find_cosignatures(claimed, [witness.verifier])
