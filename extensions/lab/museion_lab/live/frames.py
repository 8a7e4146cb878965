"""What a message on a document's socket asks for. Pure, and strict.

A frame is a variable-length number (its kind) and what belongs to it, as the y-protocols
define. Whatever is cut short, is too long for its own length field, or has something
behind its end is refused as a whole, so that no part of it can be read in another way by
the library that applies it.
"""

import json
from dataclasses import dataclass
from enum import IntEnum, StrEnum

__all__ = [
    "LONGEST_CHANGE_BYTES",
    "LONGEST_READERS_FRAME_BYTES",
    "Ask",
    "Frame",
    "MalformedFrameError",
    "Reader",
    "encode_block",
    "encode_number",
    "encode_reply",
    "read_frame",
]

LONGEST_CHANGE_BYTES = 128 * 1024 * 1024
"""Largest frame of somebody who may write: a notebook with its outputs, pasted at once."""
LONGEST_READERS_FRAME_BYTES = 1024 * 1024
"""Largest frame of somebody who may only look."""
LARGEST_NUMBER = 2**53 - 1  # what a browser can hold


class MalformedFrameError(ValueError):
    """The bytes are no frame of the protocol."""


class Ask(StrEnum):
    """What somebody wants."""

    STATE = "state"
    """Send me what I don't have."""
    CHANGE = "change"
    """Apply this to the document."""
    PRESENCE = "presence"
    """Tell the others where I am."""
    SAVE = "save"
    """Write the document to its file now."""


class _Kind(IntEnum):
    SYNC = 0
    AWARENESS = 1
    RAW = 2


SYNC_ASKS = {0: Ask.STATE, 1: Ask.CHANGE, 2: Ask.CHANGE}  # step 1, step 2, update


@dataclass(frozen=True, slots=True)
class Frame:
    """A message that was understood.

    Attributes
    ----------
    ask : Ask
        What is wanted.
    body : bytes
        A state vector, an update, or presences; empty for `Ask.SAVE`.
    number : int
        The number a reply to `Ask.SAVE` refers to.
    """

    ask: Ask
    body: bytes = b""
    number: int = 0


def read_frame(data: bytes) -> Frame:
    """Understand a message.

    Parameters
    ----------
    data : bytes
        As it came over the socket.

    Returns
    -------
    Frame
        What it asks for.

    Raises
    ------
    MalformedFrameError
        If it is nothing that a browser of ours sends.
    """
    reader = Reader(data)
    frame = _read(reader)
    reader.require_end()
    return frame


def _read(reader: "Reader") -> Frame:
    match reader.number():
        case _Kind.SYNC:
            step = reader.number()
            if step not in SYNC_ASKS:
                raise MalformedFrameError(f"no such step: {step}")
            return Frame(SYNC_ASKS[step], reader.block())
        case _Kind.AWARENESS:
            return Frame(Ask.PRESENCE, reader.block())
        case _Kind.RAW:
            if reader.block() != b"save":
                raise MalformedFrameError("not a request to save")
            return Frame(Ask.SAVE, number=reader.number())
        case kind:
            raise MalformedFrameError(f"no such kind: {kind}")


class Reader:
    """Reads numbers and blocks one after the other, never beyond the end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def number(self) -> int:
        """Return the next number.

        Raises
        ------
        MalformedFrameError
            If it ends early or is larger than a browser can hold.
        """
        value, shift = 0, 0
        while True:
            if self._at >= len(self._data):
                raise MalformedFrameError("ends within a number")
            byte = self._data[self._at]
            self._at += 1
            value |= (byte & 0x7F) << shift
            if value > LARGEST_NUMBER or shift > LARGEST_NUMBER.bit_length():
                raise MalformedFrameError("number is too large")
            if byte < 0x80:  # noqa: PLR2004  the last byte has no continuation bit
                return value
            shift += 7

    def block(self) -> bytes:
        """Return the next bytes, which come with their length.

        Raises
        ------
        MalformedFrameError
            If fewer are left.
        """
        length = self.number()
        end = self._at + length
        if end > len(self._data):
            raise MalformedFrameError("ends within a block")
        block = self._data[self._at : end]
        self._at = end
        return block

    def require_end(self) -> None:
        """Refuse anything that is left.

        Raises
        ------
        MalformedFrameError
            If something is.
        """
        if self._at != len(self._data):
            raise MalformedFrameError("something follows its end")


def encode_number(value: int) -> bytes:
    """Return a number in the protocol's variable length.

    Parameters
    ----------
    value : int
        Not negative.

    Returns
    -------
    bytes
        Seven bits each, the lowest first.
    """
    out = bytearray()
    while value > 0x7F:  # noqa: PLR2004  seven bits
        out.append(0x80 | (value & 0x7F))
        value >>= 7
    out.append(value)
    return bytes(out)


def encode_block(block: bytes) -> bytes:
    """Return bytes behind their length.

    Parameters
    ----------
    block : bytes
        Anything.

    Returns
    -------
    bytes
        What `Reader.block` reads.
    """
    return encode_number(len(block)) + block


def encode_reply(message: dict[str, object]) -> bytes:
    """Return what tells a browser how its request went.

    Parameters
    ----------
    message : dict
        As JSON.

    Returns
    -------
    bytes
        A whole frame.
    """
    return encode_number(_Kind.RAW) + encode_block(json.dumps(message).encode())
