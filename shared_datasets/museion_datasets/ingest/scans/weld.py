"""Puts meshes and clouds on their grid, sorted through space, part by part.

A mesh is welded: each grid point has one row.


Nothing that grows with the mesh stays in memory: arrays lie on the disk and are walked block
by block, triangles are spilled to the part of their first corner. Points of a part have
neighbouring rows, so whoever works on a part touches one run of each array.
"""

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.scans.mesh import Floats, MeshArrays
from museion_datasets.ingest.scans.partition import (
    CELLS,
    cells_of,
    cut_cells,
    decode_keys,
    encode_keys,
)
from museion_datasets.ingest.scans.scratch import Buckets, Scratch, blocks
from museion_datasets.ingest.scans.surface import Grid, Surface, pack_normals, unit_vectors
from museion_datasets.mapped import release

type Array = NDArray[Any]

PART_TRIANGLES = 1 << 17
"""Triangles of a part: what is in memory at once takes about 100 bytes for each."""

_MAX_PARTS = 65_535
_UP = (0.0, 0.0, 1.0)


class PartFaces:
    """The triangles of each part, on the disk.

    Parameters
    ----------
    starts : (parts + 1,) int64
        Part p has the points from row `starts[p]` up to `starts[p + 1]`.
    """

    def __init__(self, starts: NDArray[np.int64]) -> None:
        self.starts = starts
        self._buckets = Buckets(len(starts) - 1, 3, np.uint32)

    def __len__(self) -> int:
        return len(self._buckets)

    @property
    def count(self) -> int:
        """Triangles of all parts."""
        return self._buckets.rows

    def append(self, faces: Array) -> None:
        """Add triangles, (k, 3) uint32, each to the part of its first corner."""
        bounds = self.starts[1:-1].astype(np.uint32)
        self._buckets.add(faces, np.searchsorted(bounds, faces[:, 0], side="right"))

    def read(self, part: int) -> NDArray[np.uint32]:
        """Return a part's triangles, (k, 3)."""
        return self._buckets.read(part)


def weld(
    mesh: MeshArrays, grid: Grid, scratch: Scratch, *, part_triangles: int = PART_TRIANGLES
) -> tuple[Surface, PartFaces]:
    """Put a mesh on its grid and join vertices that fall together.

    Parameters
    ----------
    mesh : MeshArrays
        All of its positions are numbers.
    grid : Grid
    scratch : Scratch
        Where the arrays go.
    part_triangles : int
        Triangles of a part, about.

    Returns
    -------
    Surface
        Points without a triangle may be among its rows.
    PartFaces
        Without triangles that the grid made degenerate.

    Raises
    ------
    InvalidError
        If no triangle is left that the grid can tell from a line.
    """
    parts = min(-(-len(mesh.faces) // part_triangles), _MAX_PARTS)
    keys, rows, bounds = _sorted_by_part(mesh.vertices, grid, parts, scratch)
    welded, points, ids, starts = _join(keys, rows, bounds, scratch)
    faces = PartFaces(starts)
    is_used = np.zeros(len(points), np.bool_)
    for block in blocks(len(mesh.faces), mesh.faces, welded):
        own = welded[mesh.faces[block]]
        a, b, c = own.T
        own = own[(a != b) & (b != c) & (c != a)]
        is_used[own.ravel()] = True
        faces.append(own)
    if faces.count == 0:
        raise InvalidError(
            "No triangle of the mesh is larger than the scan's grid step",
            hint="check the unit of length, or choose a finer grid step.",
        )
    normals = _normals(mesh, points, ids, faces, scratch)
    colors = None if mesh.colors is None else scratch.array(points.shape, np.uint8)
    if colors is not None and mesh.colors is not None:
        for block in blocks(len(ids), ids, colors, mesh.colors):
            colors[block] = mesh.colors[ids[block]]
    return Surface(grid, points, ids, normals, colors, int(is_used.sum()), faces.count), faces


def spread(mesh: MeshArrays, grid: Grid, scratch: Scratch, *, part_points: int) -> Surface:
    """Put a cloud on its grid, all of its points, each on a row of its own.

    Parameters
    ----------
    mesh : MeshArrays
        Without triangles; all of its positions are numbers.
    grid : Grid
    scratch : Scratch
        Where the arrays go.
    part_points : int
        Points that are sorted at once, about.
    """
    parts = min(-(-len(mesh.vertices) // part_points), _MAX_PARTS)
    keys, ids, bounds = _sorted_by_part(mesh.vertices, grid, parts, scratch)
    points = scratch.array((len(ids), 3), np.int32)
    normals = scratch.array(points.shape, np.int16)
    colors = None if mesh.colors is None else scratch.array(points.shape, np.uint8)
    for low, high in pairwise(bounds):
        order = np.argsort(keys[low:high], kind="stable")
        own = ids[low:high][order]
        points[low:high], ids[low:high] = decode_keys(keys[low:high][order]), own
        if mesh.normals is not None:
            up = np.array(_UP, np.float32)
            normals[low:high] = pack_normals(unit_vectors(mesh.normals[own], otherwise=up))
        if colors is not None and mesh.colors is not None:
            colors[low:high] = mesh.colors[own]
        release(keys, ids, points, normals, colors, mesh.normals, mesh.colors)
    has_normals = mesh.normals is not None
    return Surface(grid, points, ids, normals, colors, len(ids), 0, has_normals)


def _sorted_by_part(
    vertices: Floats, grid: Grid, parts: int, scratch: Scratch
) -> tuple[Array, Array, Array]:
    """Return keys and rows of the vertices, those of a part together, and the parts' bounds."""
    count = len(vertices)
    unsorted, held = scratch.array((count,), np.uint64), np.zeros(CELLS, np.int64)
    for block in blocks(count, vertices, unsorted):
        unsorted[block] = encode_keys(np.rint((vertices[block] - grid.origin) / grid.step))
        held += np.bincount(cells_of(unsorted[block]), minlength=CELLS)
    part_of = cut_cells(held, parts)
    sizes = np.bincount(part_of, held, parts).astype(np.int64)
    bounds = np.concatenate([[0], np.cumsum(sizes)])
    keys, rows = scratch.array((count,), np.uint64), scratch.array((count,), np.uint32)
    cursor = bounds[:-1].copy()
    for block in blocks(count, unsorted, keys, rows):
        own = unsorted[block]
        part = part_of[cells_of(own)]
        order, sizes = np.argsort(part, kind="stable"), np.bincount(part, minlength=parts)
        places = np.repeat(cursor - (np.cumsum(sizes) - sizes), sizes) + np.arange(len(own))
        keys[places], rows[places] = own[order], order + block.start
        cursor += sizes
    return keys, rows, bounds


def _join(
    keys: Array, rows: Array, bounds: Array, scratch: Scratch
) -> tuple[Array, Array, Array, Array]:
    """Give each grid point a row.

    Returns the row of each vertex, and of each row the point, the first vertex there, and
    where each part begins.
    """
    welded = scratch.array((len(keys),), np.uint32)
    points = scratch.array((len(keys), 3), np.int32)
    ids = scratch.array((len(keys),), np.uint32)
    starts = [0]
    for low, high in pairwise(bounds):
        order = np.argsort(keys[low:high])
        own, row = keys[low:high][order], rows[low:high][order]
        is_new = np.ones(len(own), np.bool_)
        is_new[1:] = own[1:] != own[:-1]
        begins = np.flatnonzero(is_new)
        welded[row] = starts[-1] + np.cumsum(is_new) - 1
        found = slice(starts[-1], starts[-1] + len(begins))
        if len(begins):
            points[found] = decode_keys(own[begins])
            ids[found] = np.minimum.reduceat(row, begins)
        starts.append(found.stop)
        release(keys, rows, welded, points, ids)
    return welded, points[: starts[-1]], ids[: starts[-1]], np.array(starts)


def _normals(
    mesh: MeshArrays, points: Array, ids: Array, faces: PartFaces, scratch: Scratch
) -> Array:
    """Return packed unit normals: the measured ones where they are usable, else derived."""
    total = scratch.array(points.shape, np.float32)
    for part in range(len(faces)):
        _add_normals(total, points, faces.read(part), faces.starts[part : part + 2])
        release(total, points)
    packed = scratch.array(points.shape, np.int16)
    for block in blocks(len(points), total, packed, ids, mesh.normals):
        own = unit_vectors(total[block], otherwise=np.array(_UP, np.float32))
        if mesh.normals is not None:
            own = unit_vectors(mesh.normals[ids[block]], otherwise=own)
        packed[block] = pack_normals(own)
    return packed


def _add_normals(total: Array, points: Array, faces: Array, rows: Array) -> None:
    """Add the triangles' normals, weighted by area, to their corners."""
    low, size = int(rows[0]), int(rows[1] - rows[0])
    corners = points[faces]
    ab = (corners[:, 1] - corners[:, 0]).astype(np.float32)
    ac = (corners[:, 2] - corners[:, 0]).astype(np.float32)
    local = faces.astype(np.int64) - low
    is_foreign = (local < 0) | (local >= size)
    local[is_foreign] = size
    at, rank = local.ravel(), np.nonzero(is_foreign)[0]
    for axis in range(3):
        up, over = (axis + 1) % 3, (axis + 2) % 3
        across = ab[:, up] * ac[:, over] - ab[:, over] * ac[:, up]
        own = np.bincount(at, np.repeat(across, 3), size + 1)[:size]
        total[low : low + size, axis] += own
        np.add.at(total[:, axis], faces[is_foreign], across[rank])
