"""What is wrong with a mesh's geometry, counted and told; nothing is repaired.

Edges are judged after vertices at exactly the same place count as one: formats that repeat
vertices (STL, seams of textures) would otherwise seem torn everywhere.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion_datasets.ingest.scans.mesh import Floats, Integers, MeshArrays

type Array = NDArray[Any]

_BLOCK_FACES = 1 << 20
_MIXERS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)
_PAIR = 2


@dataclass(frozen=True, slots=True)
class GeometryReport:
    """What a check found, in numbers of vertices, triangles and edges.

    Attributes
    ----------
    vertices, triangles : int
        How many there are.
    not_finite : int
        Vertices with a coordinate that is not a number, or infinite.
    unreferenced : int
        Vertices of no triangle.
    duplicate_vertices : int
        Vertices at exactly the place of an earlier one.
    degenerate_triangles : int
        Without area: corners at one place, or all on a line.
    duplicate_triangles : int
        With the same three corners as an earlier one, however they are ordered.
    open_edges : int
        Of one triangle only: holes and borders.
    non_manifold_edges : int
        Of more than two triangles.
    flipped_edges : int
        Of two triangles that face opposite sides.
    """

    vertices: int
    triangles: int
    not_finite: int = 0
    unreferenced: int = 0
    duplicate_vertices: int = 0
    degenerate_triangles: int = 0
    duplicate_triangles: int = 0
    open_edges: int = 0
    non_manifold_edges: int = 0
    flipped_edges: int = 0

    @property
    def is_watertight(self) -> bool:
        """Whether it encloses a volume: each edge has two triangles that face one side."""
        return not (self.open_edges or self.non_manifold_edges or self.flipped_edges)

    def to_json(self) -> dict[str, int]:
        """Return the counts by name."""
        return asdict(self)

    def sentences(self) -> tuple[str, ...]:
        """Return for people what was found: size first, then what is not as it should be."""
        size = f"{self.triangles:,} triangles, {self.vertices:,} vertices"
        closed = "closed" if self.is_watertight else "not closed"
        told = {
            "vertices whose position is not a number; their triangles are kept, not shown": (
                self.not_finite
            ),
            "vertices of no triangle": self.unreferenced,
            "vertices at the place of another": self.duplicate_vertices,
            "triangles without area": self.degenerate_triangles,
            "triangles that are there twice": self.duplicate_triangles,
            "open edges": self.open_edges,
            "edges of more than two triangles": self.non_manifold_edges,
            "edges whose triangles face opposite sides": self.flipped_edges,
        }
        found = (f"Geometry, kept as it is: {n:,} {what}" for what, n in told.items() if n)
        return (f"Mesh of {size}, {closed}", *found)


def check_geometry(mesh: MeshArrays) -> GeometryReport:
    """Count what is wrong with a mesh.

    Parameters
    ----------
    mesh : MeshArrays
        Its triangles must point to vertices that exist.

    Returns
    -------
    GeometryReport
        Numbers only.
    """
    is_finite = np.isfinite(mesh.vertices).all(axis=1)
    is_used = np.zeros(len(mesh.vertices), bool)
    is_used[mesh.faces.ravel()] = True
    first, places = merge_exactly(mesh.vertices)
    faces = places[mesh.faces]
    is_flat = _flat(mesh.vertices[first], faces)
    sound = faces[~is_flat & is_finite[mesh.faces].all(axis=1)]
    open_, crowded, flipped = _edges(sound, len(first))
    return GeometryReport(
        len(mesh.vertices),
        len(mesh.faces),
        not_finite=int((~is_finite).sum()),
        unreferenced=int((~is_used).sum()),
        duplicate_vertices=len(places) - len(first),
        degenerate_triangles=int(is_flat.sum()),
        duplicate_triangles=_repeated(faces),
        open_edges=open_,
        non_manifold_edges=crowded,
        flipped_edges=flipped,
    )


def merge_exactly(points: Floats) -> tuple[Integers, Integers]:
    """Find points that are equal in every coordinate, to the last bit but the sign of zero.

    Parameters
    ----------
    points : (n, 3) float
        NaN equals nothing.

    Returns
    -------
    (k,) int64
        The first of each set of equal points, in their order.
    (n,) int64
        For each point, its place among these.
    """
    order = np.lexsort(points.T)
    ordered = points[order]
    is_new = np.ones(len(points), bool)
    is_new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    first = order[is_new]
    rank = np.argsort(first, kind="stable")
    place = np.empty(len(first), np.int64)
    place[rank] = np.arange(len(first))
    inverse = np.empty(len(points), np.int64)
    inverse[order] = place[np.cumsum(is_new) - 1]
    return first[rank], inverse


def _flat(points: Floats, faces: Integers) -> NDArray[np.bool_]:
    """Return which triangles have no area; one with a NaN is not counted."""
    found = np.zeros(len(faces), bool)
    for start in range(0, len(faces), _BLOCK_FACES):
        part = faces[start : start + _BLOCK_FACES]
        a, b, c = (points[part[:, corner]] for corner in range(3))
        with np.errstate(invalid="ignore", over="ignore"):
            across = np.cross(b - a, c - a)
        same = (part[:, 0] == part[:, 1]) | (part[:, 1] == part[:, 2]) | (part[:, 2] == part[:, 0])
        found[start : start + len(part)] = same | (across == 0.0).all(axis=1)
    return found


def _repeated(faces: Integers) -> int:
    """Return how many triangles have the corners of an earlier one."""
    corners = np.sort(faces, axis=1)
    mixed = (corners.astype(np.uint64) * _MIXERS).sum(axis=1, dtype=np.uint64)
    ordered = np.sort(mixed)
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if len(twice) == 0:
        return 0
    candidates = corners[np.isin(mixed, twice)]
    return len(candidates) - len(np.unique(candidates, axis=0))


def _edges(faces: Integers, count: int) -> tuple[int, int, int]:
    """Return the numbers of open, crowded and flipped edges.

    The lowest bit of a key is the edge's direction, so one sort orders edges and directions.
    """
    if len(faces) == 0:
        return 0, 0, 0
    start = faces.ravel()
    end = faces[:, [1, 2, 0]].ravel()
    keys = np.minimum(start, end) * count + np.maximum(start, end)
    keys = (keys << 1) | (start < end)
    keys.sort()
    edge, forth = keys >> 1, keys & 1
    begins = np.concatenate([[0], np.flatnonzero(edge[1:] != edge[:-1]) + 1])
    uses = np.diff(begins, append=len(edge))
    forward = np.add.reduceat(forth, begins)
    is_flipped = (uses == _PAIR) & (forward != 1)
    return int((uses == 1).sum()), int((uses > _PAIR).sum()), int(is_flipped.sum())
