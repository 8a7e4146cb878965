"""A broken generator of random numbers, and keys that are used where they do not belong."""

from collections.abc import Callable
from pathlib import Path

import pytest

from museion_datasets import envelope
from museion_datasets.errors import ConflictError, IntegrityError, KeyUnavailableError
from museion_datasets.objects import LocalObjects
from museion_datasets.sealing import floe
from museion_datasets.sealing.entry import ObjectKind
from museion_datasets.sealing.sealed import SealedObjects
from tests.support.datasets import DATASET_ID

KEYS = {1: b"1" * 32, 2: b"2" * 32}
PLAIN = b"lead white over azurite" * 20


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Give what makes every random number of the sealing the same from now on."""

    def stick() -> None:
        for module in ("secrets.token_bytes", "os.urandom"):
            monkeypatch.setattr(module, lambda count: b"\x07" * count)

    return stick


def sealed_in(folder: Path, epoch: int = 1, keys: dict[int, bytes] | None = None) -> SealedObjects:
    return SealedObjects(LocalObjects(folder), DATASET_ID, epoch, keys or KEYS)


def test_stuck_generator_gives_two_objects_no_common_key_stream(
    stuck: Callable[[], None],
) -> None:
    # FLOE derives each object's key from its random IV and its associated data. With the same IV
    # and the same plaintext, objects in other places must have nothing in common.
    stuck()
    first, second = (
        b"".join(floe.encrypt(b"k" * 32, place, PLAIN, segment_bytes=65536))
        for place in (b"arrays/a/c/0", b"arrays/a/c/1")
    )
    assert first[:42] == second[:42]  # parameters and IV: the generator is stuck indeed
    same = sum(x == y for x, y in zip(first[90:], second[90:], strict=True))
    assert same < len(PLAIN) / 10  # with one key stream, all of these bytes were equal


def test_stuck_generator_of_names_is_noticed_at_the_second_object(
    tmp_path: Path, stuck: Callable[[], None]
) -> None:
    sealed = sealed_in(tmp_path)
    stuck()
    sealed.write("arrays/a/c/0", ObjectKind.CHUNK, PLAIN)
    with pytest.raises(ConflictError):
        sealed.write("arrays/a/c/1", ObjectKind.CHUNK, PLAIN)


def test_object_of_an_old_epoch_does_not_pass_as_one_of_the_new(tmp_path: Path) -> None:
    entry = sealed_in(tmp_path, epoch=1).write("arrays/a/c/0", ObjectKind.CHUNK, PLAIN)
    forged = type(entry)(**{**_fields(entry), "epoch": 2})
    with pytest.raises(IntegrityError):
        sealed_in(tmp_path, epoch=2).read(forged)
    assert bytes(sealed_in(tmp_path, epoch=2).read(entry)) == PLAIN


def test_same_key_in_two_epochs_still_tells_their_objects_apart(tmp_path: Path) -> None:
    same = {1: b"k" * 32, 2: b"k" * 32}
    entry = sealed_in(tmp_path, 1, same).write("arrays/a/c/0", ObjectKind.CHUNK, PLAIN)
    forged = type(entry)(**{**_fields(entry), "epoch": 2})
    with pytest.raises(IntegrityError):
        sealed_in(tmp_path, 2, same).read(forged)


@pytest.mark.parametrize(
    "info",
    [
        envelope.wrap_info(DATASET_ID, 2, "lapidary"),
        envelope.wrap_info("f" * 32, 1, "lapidary"),
        envelope.wrap_info(DATASET_ID, 1, "archive"),
        envelope.vend_info(DATASET_ID, 1),
        envelope.place_info(DATASET_ID, "1"),
        b"",
    ],
    ids=["epoch", "dataset", "recipient", "vend", "place", "none"],
)
def test_sealed_key_opens_in_its_own_context_alone(info: bytes) -> None:
    pair = envelope.generate_keypair()
    mine = envelope.wrap_info(DATASET_ID, 1, "lapidary")
    sealed = envelope.seal(pair.public, KEYS[1], mine)
    assert envelope.open_(pair.private, sealed, mine) == KEYS[1]
    with pytest.raises(KeyUnavailableError):
        envelope.open_(pair.private, sealed, info)


def test_contexts_that_share_their_letters_differ() -> None:
    assert envelope.wrap_info("ab", 1, "c") != envelope.wrap_info("a", 1, "bc")
    assert envelope.wrap_info("a", 11, "c") != envelope.wrap_info("a", 1, "1c")


def _fields(entry: object) -> dict[str, object]:
    return {name: getattr(entry, name) for name in type(entry).__dataclass_fields__}
