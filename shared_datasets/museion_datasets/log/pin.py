"""The file in which a member keeps a log's keys and the last checkpoint they have verified.

It is what makes a rewritten history visible later, so it is written whole or not at all, and only
its owner reads it. The checkpoint in it is verified again whenever it is read: a pin that
somebody edited is refused.
"""

import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from museion_datasets.errors import InvalidError, UnavailableError
from museion_datasets.log.cosignature import SignedCheckpoint, open_checkpoint
from museion_datasets.log.keys import Verifier
from museion_datasets.log.note import MAX_NOTE_BYTES

FORMAT_VERSION: Final = 1
MAX_PIN_BYTES: Final = 2 * MAX_NOTE_BYTES
MAX_KEYS: Final = 8
_MODE: Final = 0o600
_HINT: Final = "use the file that `museion audit follow --keep` has written"


@dataclass(frozen=True, slots=True)
class Pin:
    """A log's keys and a checkpoint that they have signed.

    Attributes
    ----------
    verifiers : tuple of Verifier
        The log's keys.
    signed : SignedCheckpoint
        What was kept.
    """

    verifiers: tuple[Verifier, ...]
    signed: SignedCheckpoint

    @classmethod
    def verify(cls, verifiers: Sequence[str], checkpoint: str) -> Self:
        """Make a pin of texts, if the keys have signed the checkpoint.

        Raises
        ------
        InvalidError
            If a text has not its form.
        HistoryError
            If the checkpoint is not theirs.
        """
        keys = tuple(Verifier.parse(text) for text in verifiers)
        return cls(keys, open_checkpoint(checkpoint, keys))


def read_pin(path: Path) -> Pin:
    """Read and verify a pin.

    Raises
    ------
    InvalidError
        If the file is no pin.
    HistoryError
        If its checkpoint is not signed by its keys.
    UnavailableError
        If the file can't be read.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_PIN_BYTES + 1)
        keys, checkpoint = _parse(raw)
    except OSError as error:
        raise UnavailableError(
            f"The kept checkpoint can't be read: {path} ({error.strerror})", hint=_HINT
        ) from error
    except (KeyError, TypeError, ValueError, RecursionError):
        raise InvalidError(f"Not a kept checkpoint: {path}", hint=_HINT) from None
    return Pin.verify(keys, checkpoint)


def _parse(raw: bytes) -> tuple[list[str], str]:
    if len(raw) > MAX_PIN_BYTES:
        raise ValueError("too large")
    content: dict[str, Any] = json.loads(raw)
    keys, checkpoint = content["keys"], content["checkpoint"]
    if content["format"] != FORMAT_VERSION or not 1 <= len(keys) <= MAX_KEYS:
        raise ValueError("another format")
    if not all(isinstance(text, str) for text in (*keys, checkpoint)):
        raise TypeError("not texts")
    return keys, checkpoint


def find_pin(path: Path) -> Pin | None:
    """Read a pin, if there is one."""
    return read_pin(path) if path.exists() else None


def write_pin(pin: Pin, path: Path) -> None:
    """Replace the pin at a path, whole or not at all.

    Raises
    ------
    UnavailableError
        If the file can't be written.
    """
    content = {
        "format": FORMAT_VERSION,
        "keys": [str(key) for key in pin.verifiers],
        "checkpoint": str(pin.signed.note),
    }
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(content, file, ensure_ascii=False, indent=1)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise UnavailableError(
            f"The checkpoint can't be kept: {path} ({error.strerror})",
            hint="choose a file in a folder of your own, on a disk with room",
        ) from error
