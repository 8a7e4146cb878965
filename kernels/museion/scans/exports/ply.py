"""Writes a mesh as binary PLY, with every scalar of its vertices and triangles.

Source: G. Turk, "The PLY Polygon File Format", 1994. Positions are doubles in metres, z up:
what was measured comes back to the bit. The header's comments say whose it is.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion.errors import InputError
from museion.scans.exports.content import ExportMesh, ScanFacts

type Array = NDArray[Any]

_NAMES = {
    "i1": "char", "u1": "uchar", "i2": "short", "u2": "ushort",
    "i4": "int", "u4": "uint", "f4": "float", "f8": "double",
}  # fmt: skip
_NARROW = ("i4", "u4")
_ROWS = 1 << 20
_EXACT = 2**53
_CORNERS = 3
_ODD = re.compile(r"[^A-Za-z0-9_.-]+")
_BLANK = re.compile(r"[\s\x00-\x1f\x7f]+")


def encode_ply(mesh: ExportMesh, facts: ScanFacts) -> Iterator[bytes]:
    """Yield the pieces of a binary, little-endian PLY file.

    Parameters
    ----------
    mesh : ExportMesh
    facts : ScanFacts
        Written into the header's comments.

    Raises
    ------
    InputError
        If PLY has no type for a layer.
    """
    vertices = _vertex_columns(mesh)
    faces = _plain_columns(mesh.face_layers, taken={"vertex_indices"})
    comments = [
        f"comment {_text(name)}: {_text(value)}"
        for name, value in (facts.rows() | {"axes": "z up", "software": facts.software}).items()
    ]
    lines = ["ply", "format binary_little_endian 1.0", *comments]
    lines += [f"element vertex {len(mesh.vertices)}", *_properties(vertices)]
    lines += [f"element face {len(mesh.faces)}", "property list uchar uint vertex_indices"]
    yield "\n".join([*lines, *_properties(faces), "end_header\n"]).encode("ascii")
    yield from _rows(vertices, len(mesh.vertices))
    corners = {
        "count": np.broadcast_to(np.uint8(_CORNERS), len(mesh.faces)),
        **{f"corner {at}": mesh.faces[:, at].astype("<u4") for at in range(_CORNERS)},
    }
    yield from _rows(corners | faces, len(mesh.faces))


def _vertex_columns(mesh: ExportMesh) -> dict[str, Array]:
    columns = {name: mesh.vertices[:, at].astype("<f8") for at, name in enumerate("xyz")}
    if mesh.normals is not None:
        wide = "<f4" if mesh.normals.dtype == np.float32 else "<f8"
        columns |= {
            name: mesh.normals[:, at].astype(wide) for at, name in enumerate(("nx", "ny", "nz"))
        }
    if mesh.colors is not None:
        colors = mesh.colors
        columns |= {name: colors[:, at] for at, name in enumerate(("red", "green", "blue"))}
    return columns | _plain_columns(mesh.layers, taken=set(columns))


def _plain_columns(layers: Mapping[str, Array], *, taken: set[str]) -> dict[str, Array]:
    """Return layers by names and in types that PLY has."""
    columns: dict[str, Array] = {}
    for name, values in layers.items():
        plain = own = _ODD.sub("_", name) or "layer"
        number = 1
        while own in taken or own in columns:
            number += 1
            own = f"{plain}_{number}"
        columns[own] = _plain(name, np.asarray(values))
    return columns


def _plain(name: str, values: Array) -> Array:
    """Return the same values in a type of PLY.

    Raises
    ------
    InputError
        If there is none that keeps them.
    """
    kind = f"{values.dtype.kind}{values.dtype.itemsize}"
    if kind in _NAMES:
        return values.astype(f"<{kind}")
    if kind in {"b1", "f2"}:
        return values.astype("u1" if kind == "b1" else "<f4")
    if kind in {"i8", "u8"}:
        low, high = (int(values.min()), int(values.max())) if len(values) else (0, 0)
        for narrow in _NARROW:
            if np.iinfo(narrow).min <= low and high <= np.iinfo(narrow).max:
                return values.astype(f"<{narrow}")
        if max(-low, high) <= _EXACT:
            return values.astype("<f8")
    raise InputError(
        f"PLY has no type for the layer {name!r:.60}: {values.dtype}",
        hint="the dataset itself keeps this layer; take it from scan.measured.",
    )


def _properties(columns: Mapping[str, Array]) -> list[str]:
    return [f"property {_NAMES[each.dtype.str[1:]]} {name}" for name, each in columns.items()]


def _rows(columns: Mapping[str, Array], count: int) -> Iterator[bytes]:
    """Yield table rows, a piece at a time."""
    dtype = np.dtype([(name, values.dtype.newbyteorder("<")) for name, values in columns.items()])
    for start in range(0, count, _ROWS):
        piece = np.empty(min(_ROWS, count - start), dtype)
        for name, values in columns.items():
            piece[name] = values[start : start + _ROWS]
        yield piece.tobytes()


def _text(value: object) -> str:
    """Return a value as one line of ASCII."""
    line = _BLANK.sub(" ", str(value)).strip()
    return line.encode("ascii", "backslashreplace").decode("ascii")
