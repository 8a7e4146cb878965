"""The shortest way over a surface between two points of it.

Only the part of the surface is read that the shortest way can lie in: a way of length L
stays where the distances to both ends sum to at most L, and a way along edges gives such an L.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from museion.errors import InputError
from museion.scans.measure.anchors import Anchor, barycentric, closest_points
from museion.scans.measure.paradata import Measurement, Origin, paradata
from museion.scans.measure.quantities import Quantity
from museion.scans.measure.surface import Patch, Surface, weld

type Array = NDArray[Any]

EXACT_TRIANGLES = 200_000
_FIRST_REACH = 1.5
_NEXT_REACH = 2.0
_CORNER = 1e-6  # share of a triangle within which a point is its corner, or on its side
_SOURCES = {
    "exact": "Mitchell, Mount & Papadimitriou 1987, doi:10.1137/0216045",
    "heat": "Crane, Weischedel & Wardetzky 2013, doi:10.1145/2516971.2516977",
}


class GeodesicMethod(StrEnum):
    """How the way is found: exactly over triangles, or approximately by heat."""

    EXACT = "exact"
    HEAT = "heat"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Geodesic(Measurement):
    """The length of the shortest way over a surface.

    Noise makes every way over a measured surface longer; no uncertainty is given.

    Attributes
    ----------
    start, end : Anchor
    length : Quantity
        In metres.
    straight : Quantity
        Straight distance of the same points, in metres.
    """

    start: Anchor
    end: Anchor
    length: Quantity
    straight: Quantity


def measure_geodesic(
    surface: Surface, origin: Origin, start: Anchor, end: Anchor, method: GeodesicMethod
) -> Geodesic:
    """Return the length of the shortest way over a surface.

    Parameters
    ----------
    surface : Surface
    origin : Origin
    start, end : Anchor
    method : GeodesicMethod

    Raises
    ------
    InputError
        If the points are on parts that do not hang together, or too many triangles lie
        between them for the exact method.
    """
    straight = float(np.linalg.norm(end.point - start.point))
    length = 0.0
    if straight > 0.0:
        patch, first, last = _region(surface, start.point, end.point)
        length = max(_solve(patch, first, last, method), straight)
    return Geodesic(
        start=start,
        end=end,
        length=Quantity(length, "m"),
        straight=Quantity(straight, "m"),
        paradata=paradata(
            origin, f"{method.value} geodesic", _SOURCES[method.value], ("libigl", "scipy")
        ),
    )


def _region(surface: Surface, start: Array, end: Array) -> tuple[Patch, int, int]:
    """Triangles that the shortest way can cross, and the rows of its ends.

    Raises
    ------
    InputError
        If no way joins them.
    """
    blocks, limit = surface.blocks, _FIRST_REACH * float(np.linalg.norm(end - start))
    least = blocks.distances(start) + blocks.distances(end)
    while True:
        chosen = np.flatnonzero(least <= limit)
        patch, first, last = _with_ends(weld(surface.read(chosen)), start, end)
        along_edges = _along_edges(patch, first, last)
        if along_edges <= limit:
            return _crop(patch, first, last, along_edges)
        if len(chosen) == len(least):
            break
        limit = min(_NEXT_REACH * limit, along_edges)
    if not np.isfinite(along_edges):
        raise InputError(
            "No way over the surface joins the points: they are on separate parts",
            hint="measure the straight distance instead.",
        )
    return patch, first, last


def _with_ends(patch: Patch, start: Array, end: Array) -> tuple[Patch, int, int]:
    """Triangles that have both points as vertices."""
    patch, first = _insert(patch, start)
    patch, last = _insert(patch, end)
    return patch, first, last


def _insert(patch: Patch, point: Array) -> tuple[Patch, int]:
    """Split the triangle, or the triangles at the side, that the point is on."""
    closest = closest_points(point, patch.corners)
    face = int(np.argmin(np.linalg.norm(closest - point, axis=1)))
    rows = patch.faces[face]
    weights = barycentric(closest[face : face + 1], patch.vertices[rows][None])[0]
    if not (weights < 1.0 - _CORNER).all():  # at a corner, or a triangle without area
        away = np.linalg.norm(patch.vertices[rows] - point, axis=1)
        return patch, int(rows[np.argmin(away)])
    new = len(patch.vertices)
    side = rows[weights > _CORNER]
    split = [face] if len(side) == len(rows) else _at_side(patch.faces, side)
    faces = [np.delete(patch.faces, split, axis=0)]
    for each in split:
        old = patch.faces[each]
        faces.extend(
            np.array([[old[corner - 1], old[corner], new]])
            for corner in range(3)
            if {int(old[corner]), int(old[corner - 1])} != {int(one) for one in side}
        )
    vertices = np.concatenate([patch.vertices, closest[face : face + 1]])
    return Patch(vertices, np.concatenate(faces), np.arange(new + 1)), new


def _at_side(faces: Array, side: Array) -> list[int]:
    found: list[int] = np.flatnonzero(np.isin(faces, side).sum(axis=1) == len(side)).tolist()
    return found


def _along_edges(patch: Patch, first: int, last: int) -> float:
    edges = np.concatenate([patch.faces[:, [0, 1]], patch.faces[:, [1, 2]], patch.faces[:, [2, 0]]])
    edges = np.unique(np.sort(edges, axis=1), axis=0)
    lengths = np.linalg.norm(patch.vertices[edges[:, 0]] - patch.vertices[edges[:, 1]], axis=1)
    count = len(patch.vertices)
    graph = coo_array((lengths, (edges[:, 0], edges[:, 1])), shape=(count, count)).tocsr()
    return float(dijkstra(graph, directed=False, indices=first)[last])


def _crop(patch: Patch, first: int, last: int, limit: float) -> tuple[Patch, int, int]:
    ends = patch.vertices[[first, last]]
    reach = np.linalg.norm(patch.vertices[:, None] - ends, axis=2).sum(axis=1)
    corners = patch.corners
    longest = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
    kept = patch.faces[reach[patch.faces].min(axis=1) - 2.0 * longest <= limit * (1 + 1e-9)]
    used, faces = np.unique(kept, return_inverse=True)
    start, end = np.searchsorted(used, [first, last]).tolist()
    return Patch(patch.vertices[used], faces.reshape(-1, 3), used), start, end


def _solve(patch: Patch, first: int, last: int, method: GeodesicMethod) -> float:
    """Length of the way.

    Raises
    ------
    InputError
        If there are too many triangles for the exact method.
    """
    import igl  # noqa: PLC0415 - loads slowly

    if method is GeodesicMethod.HEAT:
        data = igl.HeatGeodesicsData()
        igl.heat_geodesics_precompute(patch.vertices, patch.faces, data)
        return float(igl.heat_geodesics_solve(data, np.array([first]))[last])
    if len(patch.faces) > EXACT_TRIANGLES:
        raise InputError(
            f"Too many triangles for an exact geodesic: {len(patch.faces)}",
            hint='use method="heat", or points that are nearer to each other.',
        )
    vertices, faces = np.ascontiguousarray(patch.vertices), np.ascontiguousarray(patch.faces)
    ends = np.array([first]), np.array([last])
    return float(igl.exact_geodesic(vertices, faces, VS=ends[0], VT=ends[1])[0])
