"""A triangle mesh as it was measured, checked before anything is built on it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.scans.scratch import blocks, room_for

type Floats = NDArray[np.float64]
type Integers = NDArray[np.int64]
type Bytes = NDArray[np.uint8]

MAX_TRIANGLES = 200_000_000
"""Beyond it, rows and ids have been tried by nobody."""


@dataclass(frozen=True, slots=True)
class MeshArrays:
    """A triangle mesh in its own frame.

    Attributes
    ----------
    vertices : (n, 3) float64
        Positions in metres, right-handed, z up, in the scan's own frame.
    faces : (m, 3) int64
        Vertex ids of each triangle, counter-clockwise seen from outside.
    colors : (n, 3) uint8 or None
        Measured colour of each vertex, sRGB; None where no colour was measured.
    normals : (n, 3) float64 or None
        Unit normals that came with the mesh; None to derive them from the triangles.
    layers : mapping of str to (n,) array
        Further scalars of the vertices, in the type in which they were delivered.
    face_layers : mapping of str to (m,) array
        Likewise of the triangles.
    uvs : (k, 2) float64 or None
        Places in the texture, v upwards from the lower edge.
    face_uvs : (m, 3) int64 or None
        Row of `uvs` of each triangle's corners, -1 for none; None if row i is vertex i's.
    face_materials : (m,) int32 or None
        Which material each triangle has, -1 for none.
    """

    vertices: Floats
    faces: Integers
    colors: Bytes | None = None
    normals: Floats | None = None
    layers: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    face_layers: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    uvs: Floats | None = None
    face_uvs: Integers | None = None
    face_materials: NDArray[np.int32] | None = None


def drawable_part(mesh: MeshArrays) -> tuple[MeshArrays, Integers | None]:
    """Return what a picture can be made of: what lies at positions that are numbers.

    Parameters
    ----------
    mesh : MeshArrays
        A cloud, or triangles that point to vertices that exist.

    Returns
    -------
    MeshArrays
        The mesh itself if all of its positions are numbers.
    (k,) int64 or None
        The vertex of `mesh` behind each vertex of the part; None if it is the mesh itself.
    """
    is_finite = where_finite(mesh.vertices)
    if is_finite.all():
        return mesh, None
    kept = np.flatnonzero(is_finite)
    new_ids = np.cumsum(is_finite) - 1
    faces = new_ids[mesh.faces[is_finite[mesh.faces].all(axis=1)]]
    colors = None if mesh.colors is None else mesh.colors[kept]
    normals = None if mesh.normals is None else mesh.normals[kept]
    return MeshArrays(mesh.vertices[kept], faces, colors, normals), kept


def where_finite(vertices: Floats) -> NDArray[np.bool_]:
    """Return which of (n, 3) positions are numbers."""
    found = np.empty(len(vertices), np.bool_)
    for block in blocks(len(vertices), vertices):
        found[block] = np.isfinite(vertices[block]).all(axis=1)
    return found


def require_faces(mesh: MeshArrays) -> MeshArrays:
    """Return the mesh if it has vertices and its triangles point to such that exist.

    Raises
    ------
    InvalidError
        If arrays have wrong shapes, or a triangle points elsewhere.
    """
    _require_shapes(mesh)
    count = len(mesh.vertices)
    for block in blocks(len(mesh.faces), mesh.faces):
        faces = mesh.faces[block]
        if faces.min() < 0 or faces.max() >= count:
            row = int(((faces < 0) | (faces >= count)).any(axis=1).argmax())
            wrong = next(int(each) for each in faces[row] if not 0 <= each < count)
            raise InvalidError(
                f"Triangle {block.start + row} points to a vertex that does not exist:"
                f" {wrong} of {count}",
                hint="the file is damaged or cut short; export it again.",
            )
    return mesh


def scaled(mesh: MeshArrays, metres_per_unit: float, *, is_y_up: bool) -> MeshArrays:
    """Return the mesh in metres with z up.

    Parameters
    ----------
    mesh : MeshArrays
        In the units and the frame of its file.
    metres_per_unit : float
        Of the file.
    is_y_up : bool
        Whether the file's y axis points up: then it is turned by a quarter around x.
    """
    vertices = _turned(mesh.vertices, metres_per_unit, is_y_up=is_y_up)
    normals = mesh.normals
    if normals is not None and is_y_up:
        normals = _turned(normals, 1.0, is_y_up=True)
    return replace(mesh, vertices=vertices, normals=normals)


def _turned(vectors: Floats, scale: float, *, is_y_up: bool) -> Floats:
    """Return vectors times a number; if y is up, turned so that z is."""
    found = room_for(vectors.shape, np.float64)
    for block in blocks(len(vectors), vectors, found):
        own = vectors[block] * scale
        found[block] = np.stack([own[:, 0], -own[:, 2], own[:, 1]], axis=1) if is_y_up else own
    return found


def require_mesh(mesh: MeshArrays) -> MeshArrays:
    """Return the mesh if scans can be built from it.

    Raises
    ------
    InvalidError
        If arrays have wrong shapes, hold values that are no numbers, point to vertices that
        do not exist, or hold no triangle of any area.
    """
    require_faces(mesh)
    bad = ~where_finite(mesh.vertices)
    if bad.any():
        raise InvalidError(
            f"The mesh has vertices whose position is not a number: {int(bad.sum())},"
            f" the first is vertex {int(bad.argmax())}",
            hint="clean the mesh in the software that exported it, then export it again.",
        )
    first = mesh.vertices[0]
    if not any((mesh.vertices[block] != first).any() for block in blocks(len(bad), mesh.vertices)):
        raise InvalidError(
            "All vertices of the mesh lie in one point",
            hint="check the export's scale and number format.",
        )
    return mesh


def _require_shapes(mesh: MeshArrays) -> None:
    count = len(mesh.vertices)
    if mesh.vertices.ndim != 2 or mesh.vertices.shape[1] != 3 or count == 0:  # noqa: PLR2004
        raise InvalidError(
            f"The mesh has no vertices: shape {mesh.vertices.shape}",
            hint="choose a file that holds a triangle mesh.",
        )
    if mesh.faces.ndim != 2 or mesh.faces.shape[1] != 3 or len(mesh.faces) == 0:  # noqa: PLR2004
        raise InvalidError(
            f"The mesh has no triangles: shape {mesh.faces.shape}",
            hint="a point cloud is no mesh; triangulate it, or keep its file.",
        )
    if len(mesh.faces) > MAX_TRIANGLES:
        raise InvalidError(
            f"The mesh has too many triangles: {len(mesh.faces)}",
            hint=f"split it into parts of at most {MAX_TRIANGLES} triangles.",
        )
    for name, values in (("colors", mesh.colors), ("normals", mesh.normals)):
        if values is not None and values.shape != (count, 3):
            raise InvalidError(
                f"The mesh's {name} do not match its vertices: {values.shape}",
                hint=f"give one row of three values for each of the {count} vertices.",
            )
