"""Reads PLY: ascii and both byte orders, every property kept.

Positions, normals and colours are known by their names; whatever else a vertex or a face
has becomes a layer in the type in which it was written. Rows with lists of one length are
read in one step; only mixed polygons are walked row by row.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.scans.mesh import Integers, MeshArrays
from museion_datasets.ingest.scans.ply_header import Element, Header, Property, read_header
from museion_datasets.ingest.scans.raw import (
    Beside,
    FileBytes,
    RawScan,
    columns,
    cut_polygons,
    parse_numbers,
    side_by_side,
)
from museion_datasets.ingest.scans.raw import polygon_notes as said_of_polygons
from museion_datasets.ingest.scans.scratch import blocks

type Array = NDArray[Any]

_POSITION = ("x", "y", "z")
_NORMAL = ("nx", "ny", "nz")
_COLORS = (("red", "green", "blue"), ("diffuse_red", "diffuse_green", "diffuse_blue"))
_UVS = (("s", "t"), ("u", "v"), ("texture_u", "texture_v"))
_CORNERS = ("vertex_indices", "vertex_index")
_WEDGES = "texcoord"
_HINT = "the file is damaged or cut short; copy or export it again."
_UV_NUMBERS = 6
_STRUCT_CODES = {
    "i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "i8": "q", "u8": "Q",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lists:
    """A list property.

    Attributes
    ----------
    values : array
        Of all rows one after the other; (rows, length) where all lists have one length.
    counts : (rows,) int64
        Length of each row's list.
    """

    values: Array
    counts: Array


type Table = dict[str, Array | Lists]


def read_ply(data: FileBytes, beside: Beside) -> RawScan:
    """Read a PLY file.

    Parameters
    ----------
    data : bytes or mmap
        The file.
    beside : Beside
        Not used: textures that comments name are not looked for.

    Returns
    -------
    RawScan
        Without unit and without up axis; without faces for a cloud of points.

    Raises
    ------
    InvalidError
        If it is cut short, lies, or has no vertices.
    """
    del beside
    header = read_header(data)
    tables = _read_tables(data, header)
    if "vertex" not in tables:
        raise InvalidError(
            "The PLY file has no vertices", hint="choose a file that holds a mesh or points."
        )
    if "tristrips" in tables:
        raise InvalidError(
            "The PLY file has its triangles in strips, which are not read",
            hint="export it again with single faces.",
        )
    left_out = [each.name for each in header.elements if each.name not in {"vertex", "face"}]
    notes = [f"Elements in the original only: {', '.join(left_out)}"] if left_out else []
    mesh = _with_faces(_vertices(tables["vertex"], notes), tables.get("face", {}), notes)
    facts = {"encoding": header.encoding, "comments": list(header.comments)}
    return RawScan(mesh, notes=tuple(notes), facts=facts)


def _vertices(table: Table, notes: list[str]) -> MeshArrays:
    """Return the vertices and what they have, without faces.

    Raises
    ------
    InvalidError
        If they have no position.
    """
    scalars = {name: values for name, values in table.items() if not isinstance(values, Lists)}
    positions = columns(scalars, _POSITION)
    if positions is None:
        raise InvalidError(
            "The vertices of the PLY file have no x, y and z", hint="export the file again."
        )
    used = set(_POSITION)
    normals = columns(scalars, _NORMAL)
    used |= set(_NORMAL if normals is not None else ())
    names = next((each for each in _COLORS if set(each) <= scalars.keys()), ())
    colors = None
    if names and all(scalars[name].dtype == np.uint8 for name in names):
        colors = side_by_side([scalars[name] for name in names], np.uint8)
        used |= set(names)
    elif names:
        notes.append("Colours are not of 8 bits; they are kept as layers and not shown")
    pair = next((each for each in _UVS if set(each) <= scalars.keys()), ())
    uvs = columns(scalars, pair) if pair else None
    layers = {name: values for name, values in scalars.items() if name not in {*used, *pair}}
    lists = [name for name in table if name not in scalars]
    if lists:
        notes.append(f"Lists of vertices in the original only: {', '.join(lists)}")
    no_faces = np.empty((0, 3), np.int64)
    return MeshArrays(positions, no_faces, colors, normals, layers, uvs=uvs)


def _with_faces(mesh: MeshArrays, table: Table, notes: list[str]) -> MeshArrays:
    corners = next((table[name] for name in _CORNERS if name in table), None)
    if not isinstance(corners, Lists) or len(corners.counts) == 0:
        return mesh
    faces, owner = _triangles(corners)
    notes += said_of_polygons(corners.counts)
    layers = {name: each[owner] for name, each in table.items() if not isinstance(each, Lists)}
    uvs, face_uvs = mesh.uvs, None
    wedges = table.get(_WEDGES)
    if (
        isinstance(wedges, Lists)
        and (wedges.counts == _UV_NUMBERS).all()
        and len(faces) == len(wedges.counts)
    ):
        uvs = wedges.values.reshape(-1, 2).astype(np.float64)
        face_uvs = np.arange(len(uvs)).reshape(-1, 3)
    materials = layers.pop("texnumber", None)
    return MeshArrays(
        mesh.vertices, faces, mesh.colors, mesh.normals, mesh.layers, layers, uvs, face_uvs,
        None if materials is None else materials.astype(np.int32),
    )  # fmt: skip


def _triangles(corners: Lists) -> tuple[Integers, Array | slice]:
    """Return triangles, and of which row each is."""
    if corners.values.ndim == 1 or corners.values.shape[1] != 3:  # noqa: PLR2004 - corners
        return cut_polygons(corners.values.astype(np.int64).ravel(), corners.counts)
    return side_by_side(list(corners.values.T), np.int64), slice(None)


def _read_tables(data: FileBytes, header: Header) -> dict[str, Table]:
    """Read all elements; ascii is read as if it were a binary file of doubles."""
    body: Array
    if header.order:
        body = np.frombuffer(data, np.uint8)[header.body :]
    else:
        first_line = data[: header.body].count(b"\n") + 1
        body = parse_numbers(data[header.body :], "PLY file", first_line).view(np.uint8)
    tables: dict[str, Table] = {}
    at = 0
    for element in header.elements:
        columns_of = _Rows(element, header, body, at)
        tables[element.name], at = columns_of.read(), columns_of.end
    return tables


def _is_all(values: Array, number: int) -> bool:
    """Return whether all values are one number."""
    return all((values[block] == number).all() for block in blocks(len(values), values))


class _Rows:
    """The rows of one element in a body of bytes."""

    def __init__(self, element: Element, header: Header, body: Array, start: int) -> None:
        self._element, self._body, self._start = element, body, start
        self._is_ascii = not header.order
        self._order = header.order or "="
        self._steps = [
            (each.name, self._count_format(each), self._code(each.dtype).itemsize)
            for each in element.properties
        ]
        self.end = start

    def read(self) -> Table:
        """Return all columns, in the types that the header says."""
        properties, count = self._element.properties, self._element.count
        if count == 0 or not properties:
            return {each.name: np.empty(0, each.dtype) for each in properties}
        lengths = self._first_lengths()
        dtype = self._record(lengths)
        self.end = self._start + count * dtype.itemsize
        if self.end <= len(self._body):
            rows = self._body[self._start : self.end].view(dtype)
            if all(_is_all(rows[f"#{name}"], length) for name, length in lengths.items()):
                return {each.name: self._column(rows, each, lengths) for each in properties}
        if not lengths:
            raise self._short(len(self._body) // dtype.itemsize)
        return self._walk()

    def _column(self, rows: Array, each: Property, lengths: Mapping[str, int]) -> Array | Lists:
        values = self._typed(rows[each.name], each)
        if not each.count_dtype:
            return values
        return Lists(values, np.broadcast_to(np.int64(lengths[each.name]), len(rows)))

    def _typed(self, values: Array, each: Property) -> Array:
        """Return values in their type; in ascii they must be such.

        Raises
        ------
        InvalidError
            If one is not.
        """
        dtype = np.dtype(each.dtype)
        if self._is_ascii and dtype.kind in "iu":
            limits = np.iinfo(dtype)
            is_whole = (values >= limits.min) & (values <= limits.max) & (values % 1.0 == 0.0)
            if not is_whole.all():
                wrong = float(values.ravel()[int(is_whole.ravel().argmin())])
                raise InvalidError(
                    f"The {self._element.name} elements have a {each.name} that is no"
                    f" whole number of type {dtype.name}: {wrong!r}",
                    hint=_HINT,
                )
        if values.dtype == dtype:
            return values  # looked at where it lies: the file may be larger than memory
        with np.errstate(over="ignore"):
            return np.ascontiguousarray(values.astype(dtype))

    def _code(self, code: str) -> np.dtype[Any]:
        return np.dtype("f8" if self._is_ascii else code).newbyteorder(self._order)  # type: ignore[arg-type]

    def _count_format(self, each: Property) -> struct.Struct | None:
        """Return how the length of a list is written; None for a single value."""
        if not each.count_dtype:
            return None
        code = "d" if self._is_ascii else _STRUCT_CODES[each.count_dtype]
        return struct.Struct(self._order + code)

    def _record(self, lengths: Mapping[str, int]) -> np.dtype[Any]:
        fields: list[Any] = []
        for each in self._element.properties:
            if each.count_dtype:
                fields.append((f"#{each.name}", self._code(each.count_dtype)))
                fields.append((each.name, self._code(each.dtype), (lengths[each.name],)))
            else:
                fields.append((each.name, self._code(each.dtype)))
        return np.dtype(fields)

    def _first_lengths(self) -> dict[str, int]:
        """Return the lengths of the lists in the first row."""
        lengths: dict[str, int] = {}
        self._row(self._start, 0, lengths)
        return lengths

    def _row(self, at: int, row: int, lengths: dict[str, int]) -> int:
        """Find the lengths of a row's lists; return where it ends."""
        for name, count_format, item_bytes in self._steps:
            number = 1
            if count_format is not None:
                if at + count_format.size > len(self._body):
                    raise self._short(row)
                (number,) = count_format.unpack_from(self._body, at)
                if not 0 <= number <= len(self._body) or number % 1:
                    raise self._short(row)
                lengths[name] = number = int(number)
                at += count_format.size
            at += item_bytes * number
        if at > len(self._body):
            raise self._short(row)
        return at

    def _walk(self) -> Table:
        """Read rows whose lists differ in length: where one begins, only the one before tells."""
        count, names = self._element.count, [p.name for p in self._element.properties]
        starts = np.empty(count + 1, np.int64)
        counts = {p.name: np.ones(count, np.int64) for p in self._element.properties}
        starts[0] = at = self._start
        lengths: dict[str, int] = {}
        for row in range(count):
            at = starts[row + 1] = self._row(at, row, lengths)
            for name, length in lengths.items():
                counts[name][row] = length
        self.end = at
        places, table = starts[:-1].copy(), dict.fromkeys(names, np.empty(0))
        made: Table = dict(table)
        for each in self._element.properties:
            code = self._code(each.dtype)
            places += self._code(each.count_dtype).itemsize if each.count_dtype else 0
            values = self._typed(self._gather(places, counts[each.name], code), each)
            made[each.name] = Lists(values, counts[each.name]) if each.count_dtype else values
            places = places + counts[each.name] * code.itemsize
        return made

    def _gather(self, places: Array, counts: Array, code: np.dtype[Any]) -> Array:
        """Return the values at `places`, `counts` of them at each."""
        before = np.cumsum(counts) - counts
        rank = np.arange(int(counts.sum())) - np.repeat(before, counts)
        first = np.repeat(places, counts) + rank * code.itemsize
        taken = self._body[first[:, None] + np.arange(code.itemsize)]
        return np.ascontiguousarray(taken).view(code).reshape(-1)

    def _short(self, row: int) -> InvalidError:
        return InvalidError(
            f"The file ends, or has an impossible number, in {self._element.name} element"
            f" {row:,} of {self._element.count:,}",
            hint=_HINT,
        )
