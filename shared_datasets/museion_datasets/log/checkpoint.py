"""The text of a checkpoint (C2SP tlog-checkpoint): what a log says of itself at one size.

Parsing proves nothing; `cosignature.open_checkpoint` is the one way from untrusted text to a
checkpoint that may be believed. What is parsed is written again in exactly the same bytes.
"""

import base64
from dataclasses import dataclass
from typing import Final, Self

from museion_datasets.errors import InvalidError
from museion_datasets.log.keys import decode_base64
from museion_datasets.log.tree import EMPTY_ROOT, HASH_BYTES, MAX_TREE_SIZE, TreeHead

MAX_ORIGIN_BYTES: Final = 255
MAX_EXTENSIONS: Final = 16
_LINES: Final = 3
_MAX_DIGITS: Final = len(str(MAX_TREE_SIZE))
_HINT: Final = "fetch it again; if it stays so, ask whoever runs the log"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log at one moment.

    Attributes
    ----------
    origin : str
        Name of the log, as in its keys.
    head : TreeHead
        Size and root of its tree.
    extensions : tuple of str
        Further lines, not empty, without meaning to us.
    """

    origin: str
    head: TreeHead
    extensions: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text of a note as a checkpoint.

        Raises
        ------
        InvalidError
            If it has any other form.
        """
        try:
            origin, size, root, *extensions = _lines(text)
            return cls(origin, _head(size, root), tuple(extensions))
        except ValueError as error:
            raise InvalidError(f"Not a checkpoint: {error}", hint=_HINT) from None

    def __str__(self) -> str:
        root = base64.b64encode(self.head.root).decode()
        return "\n".join((self.origin, str(self.head.size), root, *self.extensions, ""))


def _lines(text: str) -> list[str]:
    *lines, last = text.split("\n")
    if last or not _LINES <= len(lines) <= _LINES + MAX_EXTENSIONS or not all(lines):
        raise ValueError("not the lines of a checkpoint")
    if len(lines[0].encode()) > MAX_ORIGIN_BYTES:
        raise ValueError("the origin is too long")
    return lines


def _head(size_text: str, root_text: str) -> TreeHead:
    is_number = size_text.isascii() and size_text.isdigit() and len(size_text) <= _MAX_DIGITS
    size = int(size_text) if is_number else -1
    root = decode_base64(root_text)
    if not 0 <= size <= MAX_TREE_SIZE or str(size) != size_text:
        raise ValueError("the size is no number of entries")
    if len(root) != HASH_BYTES or (size == 0 and root != EMPTY_ROOT):
        raise ValueError("the root is none")
    return TreeHead(size, root)
