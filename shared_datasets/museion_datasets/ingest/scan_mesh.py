"""A triangle mesh as it was measured, checked before anything is built on it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from museion_datasets.errors import InvalidError

type Floats = NDArray[np.float64]
type Integers = NDArray[np.int64]
type Bytes = NDArray[np.uint8]

MAX_TRIANGLES = 200_000_000
"""The builder works in memory."""


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
    """

    vertices: Floats
    faces: Integers
    colors: Bytes | None = None
    normals: Floats | None = None


def require_mesh(mesh: MeshArrays) -> MeshArrays:
    """Return the mesh if scans can be built from it.

    Raises
    ------
    InvalidError
        If arrays have wrong shapes, hold values that are no numbers, point to vertices that
        do not exist, or hold no triangle of any area.
    """
    _require_shapes(mesh)
    vertices, faces = mesh.vertices, mesh.faces
    if not np.isfinite(vertices).all():
        bad = int((~np.isfinite(vertices)).any(axis=1).sum())
        raise InvalidError(
            f"The mesh has vertices whose position is not a number: {bad}",
            hint="clean the mesh in the software that exported it, then export it again.",
        )
    if faces.min() < 0 or faces.max() >= len(vertices):
        raise InvalidError(
            f"A triangle points to a vertex that does not exist: {int(faces.max())}",
            hint="the file is damaged or cut short; export it again.",
        )
    if not float(np.ptp(vertices, axis=0).max()) > 0.0:
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
            hint="a point cloud can't be shown as a scan yet; triangulate it first.",
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
