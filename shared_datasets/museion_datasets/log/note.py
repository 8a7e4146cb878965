"""The form of a signed note (C2SP signed-note): text, an empty line, signature lines.

This module only takes a note apart and puts it together; a parsed note is still the claim of
whoever sent it. What a signature is over, and whether it is one, is decided in `cosignature`.
"""

import base64
from dataclasses import dataclass
from typing import Final, Self

from museion_datasets.errors import InvalidError
from museion_datasets.log.keys import KEY_ID_BYTES, Verifier, decode_base64, require_name

MAX_NOTE_BYTES: Final = 128 * 1024
MAX_SIGNATURES: Final = 32
_DASH: Final = "\N{EM DASH} "
_FIRST_PRINTABLE: Final = 0x20
_HINT: Final = "fetch it again; if it stays so, ask whoever runs the log"


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One signature below a note: whose, by which key, and its bytes."""

    name: str
    key_id: bytes
    signature: bytes

    @classmethod
    def parse(cls, line: str) -> Self:
        """Read a line without its newline.

        Raises
        ------
        ValueError
            If it is no signature line.
        """
        dash, rest = line[: len(_DASH)], line[len(_DASH) :]
        name, _, encoded = rest.partition(" ")
        content = decode_base64(encoded)
        if dash != _DASH or len(content) <= KEY_ID_BYTES:
            raise ValueError("no signature line")
        return cls(require_name(name), content[:KEY_ID_BYTES], content[KEY_ID_BYTES:])

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.signature).decode()}\n"

    def is_of(self, verifier: Verifier) -> bool:
        """Tell whether this line claims to be of a key."""
        return (self.name, self.key_id) == (verifier.name, verifier.key_id)


@dataclass(frozen=True, slots=True)
class Note:
    """A note as it was sent: nothing in it is proved by its form.

    Attributes
    ----------
    text : str
        With its final newline.
    signatures : tuple of SignatureLine
        In their order.
    """

    text: str
    signatures: tuple[SignatureLine, ...]

    @classmethod
    def parse(cls, content: str | bytes) -> Self:
        """Take a note apart.

        Raises
        ------
        InvalidError
            If it is not a signed note, is too large, or has too many signatures.
        """
        try:
            return cls._parse(content)
        except (ValueError, InvalidError):
            shown = content[:80]
            raise InvalidError(f"Not a signed note: {shown!r}", hint=_HINT) from None

    @classmethod
    def _parse(cls, content: str | bytes) -> Self:
        encoded = content.encode() if isinstance(content, str) else content
        if len(encoded) > MAX_NOTE_BYTES:
            raise ValueError("too large")
        decoded = encoded.decode()
        if any(ord(char) < _FIRST_PRINTABLE and char != "\n" for char in decoded):
            raise ValueError("control characters")
        text, gap, below = decoded.rpartition("\n\n")
        lines = below.split("\n")
        if not gap or lines.pop() or not 1 <= len(lines) <= MAX_SIGNATURES:
            raise ValueError("no text or no signatures")
        return cls(text + "\n", tuple(SignatureLine.parse(line) for line in lines))

    def __str__(self) -> str:
        return self.text + "\n" + "".join(str(line) for line in self.signatures)
