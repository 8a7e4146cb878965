"""Closest points of a triangle mesh for many places at once, and which are at its border."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion.scans.measure.anchors import barycentric
from museion.scans.measure.areas import open_edges
from museion.scans.measure.surface import Patch

type Array = NDArray[Any]

_ON_SIDE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Closest:
    """What is closest on a mesh.

    Attributes
    ----------
    points : (n, 3) float64
        In metres.
    faces : (n,) int64
        Their triangles.
    normals : (n, 3) float64
        Unit normals of these.
    is_border : (n,) bool
        Whether the point is on an open edge: what is beyond it has no partner.
    """

    points: Array
    faces: Array
    normals: Array
    is_border: Array


class ClosestPoints:
    """A mesh, prepared for searches.

    Parameters
    ----------
    patch : Patch
        With each vertex once.
    """

    def __init__(self, patch: Patch) -> None:
        import igl  # noqa: PLC0415 - loads slowly

        self._vertices = np.ascontiguousarray(patch.vertices)
        self._faces = np.ascontiguousarray(patch.faces)
        self._tree = igl.AABB()
        self._tree.init(self._vertices, self._faces)
        corners = patch.corners
        across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        lengths = np.linalg.norm(across, axis=1, keepdims=True)
        self._normals = across / np.where(lengths > 0.0, lengths, 1.0)
        self._open_sides = _open_sides(patch.faces)

    def find(self, places: Array) -> Closest:
        """Return what is closest to some places.

        Parameters
        ----------
        places : (n, 3) float64
            In metres.
        """
        queries = np.ascontiguousarray(places)
        _, faces, points = self._tree.squared_distance(self._vertices, self._faces, queries)
        faces = np.asarray(faces, np.int64).ravel()
        weights = barycentric(points, self._vertices[self._faces[faces]])
        is_border = ((weights <= _ON_SIDE) & self._open_sides[faces]).any(axis=1)
        return Closest(np.asarray(points), faces, self._normals[faces], is_border)


def _open_sides(faces: Array) -> Array:
    """For each triangle and corner: whether the side opposite of the corner is open."""
    count = int(faces.max()) + 1
    open_codes = open_edges(faces) @ np.array([count, 1])
    sides = np.stack(
        [np.roll(faces, -1 - corner, axis=1)[:, :2] @ np.array([count, 1]) for corner in range(3)],
        axis=1,
    )
    return np.isin(sides, open_codes)
