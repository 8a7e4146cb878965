"""The header of a PLY file: elements, their properties, and whether the file can hold them.

Source: G. Turk, "The PLY Polygon File Format", 1994; further type names as written today.
"""

from dataclasses import dataclass, field

import numpy as np

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.scans.raw import FileBytes, require_room

_MAX_BYTES = 1 << 20
_ENCODINGS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
_TYPES = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1", "short": "i2", "int16": "i2",
    "ushort": "u2", "uint16": "u2", "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4",
    "float": "f4", "float32": "f4", "double": "f8", "float64": "f8", "int64": "i8",
    "uint64": "u8",
}  # fmt: skip
_HINT = "the file is damaged or cut short; copy or export it again."
_SCALAR_WORDS, _LIST_WORDS = 3, 5


@dataclass(frozen=True, slots=True)
class Property:
    """One value, or one list of values, of each row of an element.

    Attributes
    ----------
    name : str
    dtype : str
        numpy's code without byte order, as "f4".
    count_dtype : str
        That of the list's length; empty for a single value.
    """

    name: str
    dtype: str
    count_dtype: str = ""


@dataclass(frozen=True, slots=True)
class Element:
    """A table of the file.

    Attributes
    ----------
    name : str
    count : int
        Rows.
    properties : list of Property
    """

    name: str
    count: int
    properties: list[Property] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Header:
    """What the header says.

    Attributes
    ----------
    order : str
        "<" or ">"; empty for ascii.
    elements : tuple of Element
    comments : tuple of str
    body : int
        Where the values begin.
    """

    order: str
    elements: tuple[Element, ...]
    comments: tuple[str, ...]
    body: int

    @property
    def encoding(self) -> str:
        """The format's own word for the order."""
        return next(name for name, order in _ENCODINGS.items() if order == self.order)


def read_header(data: FileBytes) -> Header:
    """Read the header and refuse one that promises more than the file can hold.

    Parameters
    ----------
    data : bytes or mmap
        The file.

    Returns
    -------
    Header
        Checked.

    Raises
    ------
    InvalidError
        If it is none, has no end, or lies.
    """
    if data[:4] not in {b"ply\n", b"ply\r"}:
        raise InvalidError(
            f"The file is no PLY: it starts with {data[:4]!r}",
            hint="check that the file's name matches its content.",
        )
    at = data.find(b"end_header", 0, _MAX_BYTES)
    line_end = data.find(b"\n", at, at + 12)
    if at < 0 or line_end < 0:
        raise InvalidError("The header of the PLY file has no end", hint=_HINT)
    lines = data[:at].decode("latin-1").splitlines()
    header = _parse(lines, line_end + 1)
    room = len(data) - header.body
    for element in header.elements:
        require_room(f"{element.name} elements", element.count, _least(element, header), room)
        room -= element.count * _least(element, header)
    return header


def _parse(lines: list[str], body: int) -> Header:
    order, elements, comments = None, list[Element](), []
    for number, line in enumerate(lines[1:], 2):
        words = line.split()
        match words:
            case ["format", encoding, "1.0"] if encoding in _ENCODINGS:
                order = _ENCODINGS[encoding]
            case ["element", name, count] if count.isdecimal() and len(count) <= 18:  # noqa: PLR2004
                elements.append(Element(name, int(count)))
            case ["property", *_] if elements:
                elements[-1].properties.append(_property(words, number, elements[-1]))
            case ["comment" | "obj_info", *_]:
                comments.append(line.partition(" ")[2].strip())
            case []:
                continue
            case _:
                raise InvalidError(
                    f"Line {number} of the PLY header is not understood: {line!r:.60}", hint=_HINT
                )
    if order is None:
        raise InvalidError("The PLY header does not say how numbers are written", hint=_HINT)
    return Header(order, tuple(elements), tuple(comments), body)


def _property(words: list[str], number: int, element: Element) -> Property:
    kinds = [_TYPES.get(word, "") for word in words[1:-1]]
    if len(words) == _SCALAR_WORDS and kinds[0]:
        made = Property(words[2], kinds[0])
    elif (
        len(words) == _LIST_WORDS and words[1] == "list" and kinds[2] and kinds[1][:1] in {"i", "u"}
    ):
        made = Property(words[4], kinds[2], kinds[1])
    else:
        raise InvalidError(
            f"Line {number} of the PLY header has an unknown type: {' '.join(words)!r:.60}",
            hint="export the file again with the types of the format.",
        )
    if made.name in {each.name for each in element.properties}:
        raise InvalidError(
            f"Line {number} of the PLY header names a property twice: {made.name!r:.60}",
            hint="export the file again.",
        )
    return made


def _least(element: Element, header: Header) -> int:
    """Return the bytes that a row takes at least: lists may be empty, numbers one digit."""
    if not header.order:
        return max(2 * len(element.properties) - 1, 0)
    return sum(np.dtype(each.count_dtype or each.dtype).itemsize for each in element.properties)
