"""A proof that an event was logged, which needs no hub to be checked: ``log.json``.

It holds the entry's place, the audit path, the signed checkpoint, and, for whoever may know them,
the event with its salt. `require_logged` checks all of it against the log's keys.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self

from museion_datasets.errors import HistoryError, InvalidError
from museion_datasets.log.cosignature import SignedCheckpoint, open_checkpoint
from museion_datasets.log.event import Event, event_leaf
from museion_datasets.log.keys import Verifier, decode_base64
from museion_datasets.log.proof import MAX_PROOF_HASHES, verify_inclusion
from museion_datasets.log.tree import HASH_BYTES

FORMAT_VERSION: Final = 1
_HINT: Final = "ask the registry for the proof again"


@dataclass(frozen=True, slots=True)
class LogProof:
    """What somebody claims about one entry; nothing in it is proved by its form.

    Attributes
    ----------
    index : int
        The entry's place, counted from 0.
    leaf : bytes
        Its leaf hash.
    path : tuple of bytes
        Audit path, from the leaf's sibling up.
    checkpoint : str
        Signed note with the tree's size and root.
    event : Event or None
        What was logged.
    salt : bytes
        What hides it in the log; empty without the event.
    """

    index: int
    leaf: bytes
    path: tuple[bytes, ...]
    checkpoint: str
    event: Event | None = None
    salt: bytes = field(default=b"", repr=False)

    @classmethod
    def from_json(cls, content: object) -> Self:
        """Read a parsed ``log.json``.

        Raises
        ------
        InvalidError
            If it has any other form.
        """
        try:
            return cls._from_json(content)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InvalidError(
                f"Not a proof of an entry in a log: {type(error).__name__}", hint=_HINT
            ) from None

    @classmethod
    def _from_json(cls, content: Any) -> Self:  # noqa: ANN401 - parsed JSON
        if content["format"] != FORMAT_VERSION or len(content["proof"]) > MAX_PROOF_HASHES:
            raise ValueError("another format, or too long a proof")
        event = content.get("event")
        return cls(
            index=_require_int(content["index"]),
            leaf=_hash(content["leaf"]),
            path=tuple(_hash(text) for text in content["proof"]),
            checkpoint=_require_text(content["checkpoint"]),
            event=None if event is None else dict(event.items()),
            salt=b"" if event is None else decode_base64(content["salt"]),
        )


def require_logged(proof: LogProof, verifiers: Sequence[Verifier]) -> SignedCheckpoint:
    """Require that a proof's event is in the log that these keys speak for.

    Parameters
    ----------
    proof : LogProof
        From untrusted JSON.
    verifiers : sequence of Verifier
        The log's keys, from a trusted place.

    Returns
    -------
    SignedCheckpoint
        The checkpoint that covers it.

    Raises
    ------
    InvalidError
        If the checkpoint or the event has no such form.
    HistoryError
        If a signature, the path, or the event is not what the log holds.
    """
    signed = open_checkpoint(proof.checkpoint, verifiers)
    head = signed.checkpoint.head
    verify_inclusion(proof.leaf, proof.index, head.size, proof.path, head.root)
    if proof.event is not None:
        _require_event(proof.event, proof)
    return signed


def _require_event(event: Mapping[str, object], proof: LogProof) -> None:
    is_logged = event_leaf(event, proof.salt) == proof.leaf and event["index"] == proof.index
    if not is_logged:
        raise HistoryError(
            f"This is not the event that was logged as entry: {proof.index}",
            hint="ask whoever gave you the event for the one that was logged",
        )


def _hash(text: str) -> bytes:
    hash_ = decode_base64(text)
    if len(hash_) != HASH_BYTES:
        raise ValueError("not a hash")
    return hash_


def _require_int(value: object) -> int:
    if type(value) is not int:
        raise TypeError("not a whole number")
    return value


def _require_text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value
