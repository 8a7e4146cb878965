"""The measured triangles as the layers' methods need them: joined, around a middle, in metres."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion.errors import InputError
from museion.scans.measure.surface import same_place
from museion_datasets.ingest.scans.mesh import MeshArrays
from museion_datasets.ingest.scans.surface import vertex_normals

type Array = NDArray[Any]


@dataclass(frozen=True)
class Solid:
    """Triangles whose vertices at the same place are one.

    Attributes
    ----------
    vertices : (k, 3) float64
        In metres, from the middle of the bounds.
    faces : (m, 3) int64
        None without area.
    rows : (n,) int64
        The vertex here of each measured vertex; -1 where no triangle has it.
    """

    vertices: Array
    faces: Array
    rows: Array

    @classmethod
    def of(cls, mesh: MeshArrays, scale: float) -> "Solid":
        """Return the triangles of a measured mesh.

        Parameters
        ----------
        mesh : MeshArrays
        scale : float
            Metres for one unit of its coordinates.

        Raises
        ------
        InputError
            If it has no triangle of any area.
        """
        is_finite = np.isfinite(mesh.vertices).all(axis=1)
        faces = mesh.faces[is_finite[mesh.faces].all(axis=1)] if len(mesh.faces) else mesh.faces
        keys = same_place(np.where(is_finite[:, None], mesh.vertices, 0.0))
        faces = keys[faces]
        places = np.zeros((int(keys.max(initial=-1)) + 1, 3))
        places[keys[is_finite]] = mesh.vertices[is_finite]
        corners = places[faces]
        across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        faces = faces[np.any(across != 0.0, axis=1)]
        if len(faces) == 0:
            raise InputError(
                "The scan has no triangles", hint="relief and occlusion need a surface."
            )
        used, compact = np.unique(faces, return_inverse=True)
        row_of = np.full(len(places), -1, np.int64)
        row_of[used] = np.arange(len(used))
        own = places[used] * scale
        middle = (own.min(axis=0) + own.max(axis=0)) / 2.0
        rows = np.where(is_finite, row_of[keys], -1)
        return cls(own - middle, compact.reshape(-1, 3), rows)

    def spread(self, values: Array) -> Array:
        """Return the value of each measured vertex, NaN where no triangle has it.

        Parameters
        ----------
        values : (k,) array
            Of the vertices here.
        """
        found: Array = np.where(self.rows >= 0, values[self.rows], np.nan)
        return found

    @cached_property
    def corners(self) -> Array:
        """Corners of the triangles, (m, 3, 3)."""
        corners: Array = self.vertices[self.faces]
        return corners

    @cached_property
    def area_vectors(self) -> Array:
        """Normals of the triangles, as long as their areas, (m, 3)."""
        a, b, c = self.corners[:, 0], self.corners[:, 1], self.corners[:, 2]
        across: Array = np.cross(b - a, c - a) / 2.0
        return across

    @cached_property
    def normals(self) -> Array:
        """Unit normals of the vertices, (k, 3)."""
        return vertex_normals(self.vertices, self.faces)

    @cached_property
    def edge_m(self) -> float:
        """Median length of the triangles' edges."""
        corners = self.corners[:: max(1, len(self.faces) // 200_000)]
        edges = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2)
        return float(np.median(edges))
