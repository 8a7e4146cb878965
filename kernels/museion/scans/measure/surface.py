"""Full-resolution triangles of a surface, read block by block and only where they are needed.

Two kinds: a stored scan reads the pages of its finest level that a measurement touches; a
mesh in memory is put into blocks once. Blocks share vertices, which have the same key and
the same position to the bit in all of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from museion.errors import InputError
from museion_datasets.ingest.scans.mesh import MeshArrays, require_mesh

type Array = NDArray[Any]

BLOCK_TRIANGLES = 1024


@dataclass(frozen=True, slots=True)
class Blocks:
    """Bounds of the parts of a surface: spheres, or boxes where they are known.

    Attributes
    ----------
    center : (b, 3) float64
        In metres.
    radius : (b,) float64
        In metres, around `center`.
    half : (b, 3) float64 or None
        Half sides of the boxes in metres.
    """

    center: Array
    radius: Array
    half: Array | None = None

    def crossing(self, normal: Array, offset: float) -> Array:
        """Return the blocks that the plane `normal · x = offset` may cross, (k,) int64."""
        reach = self.radius if self.half is None else self.half @ np.abs(normal)
        away = np.abs(self.center @ normal - offset)
        slack = 1e-9 * (1.0 + np.abs(self.center).max(initial=0.0))
        return np.flatnonzero(away <= reach + slack)

    def distances(self, point: Array) -> Array:
        """Return how near to a point each block may come, (b,) float64 in metres."""
        away = np.linalg.norm(self.center - point, axis=1) - self.radius
        least: Array = np.maximum(away, 0.0)
        return least

    def along(self, origin: Array, direction: Array) -> tuple[Array, Array]:
        """Return the blocks that a ray may hit and from which distance on, nearest first."""
        to = self.center - origin
        ahead = to @ direction
        aside = np.sqrt(np.maximum((to * to).sum(axis=1) - ahead**2, 0.0))
        hit = np.flatnonzero((aside <= self.radius) & (ahead >= -self.radius))
        first = ahead[hit] - np.sqrt(np.maximum(self.radius[hit] ** 2 - aside[hit] ** 2, 0.0))
        order = np.argsort(first)
        return hit[order], first[order]


@dataclass(frozen=True, slots=True)
class Patch:
    """Triangles of one or more blocks, or the points of a cloud.

    Attributes
    ----------
    vertices : (n, 3) float64
        Positions in metres.
    faces : (m, 3) int64
        Rows of `vertices`, counter-clockwise seen from outside; none of them in clouds.
    keys : (n,) int64
        The same for vertices of two blocks that are one vertex of the surface.
    colors : (n, 3) uint8 or None
        sRGB.
    """

    vertices: Array
    faces: Array
    keys: Array
    colors: Array | None = None

    @property
    def corners(self) -> Array:
        """Corners of the triangles, (m, 3, 3) float64."""
        corners: Array = self.vertices[self.faces]
        return corners


class Surface(Protocol):
    """A surface that measurements read."""

    @property
    def blocks(self) -> Blocks:
        """Bounds of its parts."""

    def read(self, blocks: Array) -> Patch:
        """Return the triangles of some blocks; shared vertices may come several times."""

    def vertex_ids(self, block: int) -> Array:
        """Return the measured vertex behind each vertex that `read` gives of one block."""

    @property
    def measured(self) -> MeshArrays:
        """The arrays as they were measured, in metres."""


def whole(surface: Surface) -> Patch:
    """Return all triangles of a surface, each vertex once.

    Parameters
    ----------
    surface : Surface
    """
    return weld(surface.read(np.arange(len(surface.blocks.radius))))


def weld(patch: Patch) -> Patch:
    """Return the same triangles with each vertex once, those without an area left out.

    Parameters
    ----------
    patch : Patch
    """
    keys, first, place = np.unique(patch.keys, return_index=True, return_inverse=True)
    faces = place.ravel()[patch.faces]
    a, b, c = faces.T
    faces = faces[(a != b) & (b != c) & (c != a)]
    colors = None if patch.colors is None else patch.colors[first]
    return Patch(patch.vertices[first], faces, keys, colors)


def join(patches: Sequence[Patch]) -> Patch:
    """Return several patches as one, without joining their vertices.

    Parameters
    ----------
    patches : sequence of Patch
    """
    if len(patches) == 1:
        return patches[0]
    starts = np.cumsum([0, *(len(one.vertices) for one in patches)])[:-1]
    colors = [one.colors for one in patches if one.colors is not None]
    return Patch(
        np.concatenate([np.empty((0, 3)), *(one.vertices for one in patches)]),
        np.concatenate([
            np.empty((0, 3), np.int64),
            *(one.faces + start for one, start in zip(patches, starts, strict=True)),
        ]),
        np.concatenate([np.empty(0, np.int64), *(one.keys for one in patches)]),
        np.concatenate(colors) if patches and len(colors) == len(patches) else None,
    )


class ArraySurface:
    """A mesh in memory, its triangles in blocks of neighbours.

    Parameters
    ----------
    mesh : MeshArrays
        In metres.
    weld : bool
        Whether vertices at the same position are one, as for STL files.

    Raises
    ------
    InvalidError
        If the mesh holds what is no number or points to vertices that do not exist.
    """

    def __init__(self, mesh: MeshArrays, *, weld: bool = True) -> None:
        self.measured = require_mesh(mesh)
        self._keys = same_place(mesh.vertices) if weld else np.arange(len(mesh.vertices))
        centers = mesh.vertices[mesh.faces].mean(axis=1)
        self._faces = mesh.faces[np.argsort(morton_keys(centers))]
        self._starts = np.arange(0, len(self._faces), BLOCK_TRIANGLES)

    @cached_property
    def blocks(self) -> Blocks:
        """Bounds of its parts."""
        corners = self.measured.vertices[self._faces]
        low = np.minimum.reduceat(corners.min(axis=1), self._starts)
        high = np.maximum.reduceat(corners.max(axis=1), self._starts)
        half = (high - low) / 2.0
        return Blocks((low + high) / 2.0, np.linalg.norm(half, axis=1), half)

    def read(self, blocks: Array) -> Patch:
        """Return the triangles of some blocks."""
        rows = (self._starts[blocks][:, None] + np.arange(BLOCK_TRIANGLES)).ravel()
        faces = self._faces[rows[rows < len(self._faces)]]
        if len(faces) == len(self._faces):
            mesh = self.measured
            return Patch(mesh.vertices, faces, self._keys, mesh.colors)
        used, places = _compact(faces, len(self._keys))
        colors = self.measured.colors
        return Patch(
            self.measured.vertices[used],
            places,
            self._keys[used],
            None if colors is None else colors[used],
        )

    def vertex_ids(self, block: int) -> Array:
        """Return the measured vertex behind each vertex that `read` gives of one block."""
        start = self._starts[block]
        faces = self._faces[start : start + BLOCK_TRIANGLES]
        if len(faces) == len(self._faces):
            return np.arange(len(self._keys))
        return _compact(faces, len(self._keys))[0]


def array_digest(parts: Iterable[Array]) -> str:
    """Return a digest of arrays, 64 hexadecimal digits.

    Parameters
    ----------
    parts : iterable of array
    """
    digest = blake2b(digest_size=32)
    for part in parts:
        digest.update(str((part.shape, part.dtype.str)).encode())
        digest.update(np.ascontiguousarray(part).data)
    return digest.hexdigest()


def require_points(points: object, name: str, shape: tuple[int, ...] = (3,)) -> Array:
    """Return points as float64.

    Parameters
    ----------
    points : array-like
    name : str
        What they are, for the message.
    shape : tuple of int
        Wanted shape; -1 for any length.

    Raises
    ------
    InputError
        If the shape is another, or a coordinate is not a number.
    """
    found = np.asarray(points, np.float64)
    fits = len(found.shape) == len(shape) and all(
        wanted in {-1, size} for wanted, size in zip(shape, found.shape, strict=True)
    )
    if not fits:
        raise InputError(
            f"The {name} has a wrong shape: {found.shape}",
            hint=f"give coordinates x, y, z in metres, shape {shape} (-1: any number).",
        )
    if not np.isfinite(found).all():
        raise InputError(
            f"The {name} has a coordinate that is not a number", hint="check where it comes from."
        )
    return found


def same_place(vertices: Array) -> Array:
    """Give vertices at the same position the same key."""
    rows = np.ascontiguousarray(vertices + 0.0)  # -0.0 becomes 0.0
    order = np.lexsort(rows.T)
    is_new = np.any(np.diff(rows[order], axis=0) != 0.0, axis=1)
    keys = np.empty(len(rows), np.int64)
    keys[order] = np.concatenate([[0], np.cumsum(is_new)])
    return keys


def _compact(faces: Array, count: int) -> tuple[Array, Array]:
    """Vertices that faces use, in order, and the faces in terms of them."""
    is_used = np.zeros(count, bool)
    is_used[faces] = True
    used = np.flatnonzero(is_used)
    place = np.empty(count, np.int64)
    place[used] = np.arange(len(used))
    return used, place[faces]


def morton_keys(points: Array) -> Array:
    """Return keys that follow the Z-order curve, 21 bits for each axis.

    Parameters
    ----------
    points : (n, 3) float64
    """
    low = points.min(axis=0)
    side = float((points.max(axis=0) - low).max()) or 1.0
    cells = ((points - low) / side * (2**21 - 1)).astype(np.uint64)
    keys = np.zeros(len(points), np.uint64)
    for axis in range(3):
        keys |= _spread(cells[:, axis]) << np.uint64(axis)
    return keys


def _spread(values: Array) -> Array:
    """Put two zero bits between the bits of 21-bit numbers."""
    steps = (
        (32, 0x1F00000000FFFF), (16, 0x1F0000FF0000FF), (8, 0x100F00F00F00F00F),
        (4, 0x10C30C30C30C30C3), (2, 0x1249249249249249),
    )  # fmt: skip
    for shift, mask in steps:
        values = (values | values << np.uint64(shift)) & np.uint64(mask)
    return values
