"""What each kind of key signs of a checkpoint (C2SP signed-note and tlog-cosignature).

A log signs with Ed25519 (0x01) and with ML-DSA-44 (0x06), so that its history still counts when
Ed25519 no longer does; `open_checkpoint` demands both. A witness is another institution that has
followed the log itself: its cosignature (0x04 or 0x06) says that at that time it had seen this
checkpoint and nothing that contradicts it. Two members that demand the same witnesses can't be
shown two histories.

Each key given to `open_checkpoint` must have signed: a signature that was stripped is as bad as a
wrong one. Lines of keys that nobody asked for are ignored.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from museion_datasets.errors import HistoryError, InvalidError
from museion_datasets.log.checkpoint import Checkpoint
from museion_datasets.log.keys import SignatureType, Signer, Verifier
from museion_datasets.log.note import Note, SignatureLine

MAX_TIME_S: Final = 2**63 - 1
_TIME_BYTES: Final = 8
_MLDSA_LABEL: Final = b"subtree/v1\n\x00"


@dataclass(frozen=True, slots=True)
class Cosignature:
    """Who vouched for a checkpoint, and when by their own clock."""

    name: str
    time_s: int


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint whose signatures were verified.

    Attributes
    ----------
    checkpoint : Checkpoint
        What was signed.
    note : Note
        How it came, with every signature line.
    time_s : int or None
        When it was signed, by the log's own clock, in seconds since 1970; None if no key of the
        log states a time.
    """

    checkpoint: Checkpoint
    note: Note
    time_s: int | None


def sign_checkpoint(checkpoint: Checkpoint, signers: Iterable[Signer], time_s: int) -> Note:
    """Sign a checkpoint.

    Parameters
    ----------
    checkpoint : Checkpoint
        What is signed; never two that contradict each other.
    signers : iterable of Signer
        The log's keys.
    time_s : int
        Seconds since 1970.
    """
    lines = tuple(cosign(checkpoint, signer, time_s) for signer in signers)
    return Note(str(checkpoint), lines)


def cosign(checkpoint: Checkpoint, signer: Signer, time_s: int) -> SignatureLine:
    """Make one signature line; a witness first verifies consistency with what it has seen."""
    verifier = signer.verifier
    stamp = b"" if verifier.type is SignatureType.ED25519 else time_s.to_bytes(_TIME_BYTES)
    signature = signer.sign(_message(checkpoint, verifier, time_s))
    return SignatureLine(verifier.name, verifier.key_id, stamp + signature)


def open_checkpoint(text: str | bytes, verifiers: Sequence[Verifier]) -> SignedCheckpoint:
    """Read a checkpoint that every one of a log's keys has signed.

    Parameters
    ----------
    text : str or bytes
        The signed note.
    verifiers : sequence of Verifier
        The log's keys, from a trusted place; all bear its origin as their name.

    Raises
    ------
    InvalidError
        If it is no signed note, or no checkpoint.
    HistoryError
        If it is of another log, or a key has not signed it.
    """
    note = Note.parse(text)
    checkpoint = Checkpoint.parse(note.text)
    if {verifier.name for verifier in verifiers} != {checkpoint.origin}:
        raise HistoryError(
            f"The checkpoint is of another log: {checkpoint.origin[:80]}",
            hint="compare the address with the one the kept checkpoint came from",
        )
    times = [_require_signed(note, checkpoint, verifier) for verifier in verifiers]
    stated = [time for time in times if time is not None]
    return SignedCheckpoint(checkpoint, note, min(stated, default=None))


def find_cosignatures(signed: SignedCheckpoint, witnesses: Iterable[Verifier]) -> list[Cosignature]:
    """Find which of the witnesses have vouched for a checkpoint.

    Parameters
    ----------
    signed : SignedCheckpoint
        From `open_checkpoint`.
    witnesses : iterable of Verifier
        Keys of witnesses that the caller trusts.

    Raises
    ------
    InvalidError
        If a key of another kind is given as a witness's.
    HistoryError
        If a line claims to be of one of them and is not.
    """
    found: list[Cosignature] = []
    for witness in witnesses:
        if witness.type is SignatureType.ED25519:
            raise InvalidError(
                f"Not a witness's key: {witness}", hint="ask the witness for its cosignature key"
            )
        for line in signed.note.signatures:
            if line.is_of(witness):
                time_s = _verify(signed.checkpoint, line, witness)
                found.append(Cosignature(witness.name, time_s or 0))
    return found


def require_witnesses(
    signed: SignedCheckpoint, witnesses: Sequence[Verifier], quorum: int
) -> list[Cosignature]:
    """Require that so many of the witnesses have vouched for a checkpoint.

    Raises
    ------
    HistoryError
        If too few have, or a line claims to be of one of them and is not.
    """
    found = find_cosignatures(signed, witnesses)
    if len({one.name for one in found}) < quorum:
        raise HistoryError(
            f"Too few witnesses have seen this checkpoint: {len(found)} of {quorum}",
            hint="wait until they have, or ask them what they saw",
        )
    return found


def _require_signed(note: Note, checkpoint: Checkpoint, verifier: Verifier) -> int | None:
    lines = [line for line in note.signatures if line.is_of(verifier)]
    if not lines:
        raise HistoryError(
            f"The checkpoint is not signed by the log's key: {verifier.key_id.hex()}",
            hint="trust no checkpoint of this log until its operator has explained it",
        )
    # Each of them is verified, though one is enough: a second, false one is reason to doubt.
    first, *_rest = [_verify(checkpoint, line, verifier) for line in lines]
    return first


def _verify(checkpoint: Checkpoint, line: SignatureLine, verifier: Verifier) -> int | None:
    if verifier.type is SignatureType.ED25519:
        verifier.require_signed(_message(checkpoint, verifier, 0), line.signature)
        return None
    stamp, signature = line.signature[:_TIME_BYTES], line.signature[_TIME_BYTES:]
    time_s = int.from_bytes(stamp)
    if time_s > MAX_TIME_S:
        raise HistoryError(
            f"A signature states a time that is none: {verifier.name}",
            hint="trust nothing in this note",
        )
    verifier.require_signed(_message(checkpoint, verifier, time_s), signature)
    return time_s


def _message(checkpoint: Checkpoint, verifier: Verifier, time_s: int) -> bytes:
    if verifier.type is SignatureType.ED25519:
        return str(checkpoint).encode()
    if verifier.type is SignatureType.COSIGNATURE_ED25519:
        return f"cosignature/v1\ntime {time_s}\n{checkpoint}".encode()
    parts = (
        _MLDSA_LABEL,
        _short(verifier.name),
        time_s.to_bytes(_TIME_BYTES),
        _short(checkpoint.origin),
        bytes(8),  # a checkpoint's tree begins with the first leaf
        checkpoint.head.size.to_bytes(8),
        checkpoint.head.root,
    )
    return b"".join(parts)


def _short(text: str) -> bytes:
    encoded = text.encode()
    return bytes([len(encoded)]) + encoded
