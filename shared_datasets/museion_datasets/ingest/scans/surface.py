"""The scan's one integer grid, and the points of a mesh on it.

Every level of detail uses a subset of these grid points, so borders between pages agree to
the bit, and each point keeps the id of the measured vertex it stands for.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.scans.mesh import Floats, MeshArrays
from museion_datasets.ingest.scans.scratch import blocks

DEFAULT_STEPS = 2**17
STEPS_PER_NOISE = 10
MAX_STEPS = 2**21
"""Three coordinates of 21 bits make one 63-bit key; float32 holds each exactly."""

_PACKED_ONE = 32_767

type Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Grid:
    """The integer grid of a scan.

    Attributes
    ----------
    origin : (3,) float64
        Position of grid point (0, 0, 0) in metres.
    step : float
        Distance of neighbouring grid points in metres.
    size : (3,) int64
        Largest grid coordinate on each axis.
    """

    origin: NDArray[np.float64]
    step: float
    size: NDArray[np.int64]

    def positions(self, points: Array) -> NDArray[np.float64]:
        """Grid points as positions in metres."""
        return self.origin + points * self.step


@dataclass(frozen=True, slots=True)
class Points:
    """Some points of a scan and what they look like.

    Attributes
    ----------
    places : (n, 3) int32
        Grid coordinates.
    normals : (n, 3) int16
        Of unit length, times 32,767.
    colors : (n, 3) uint8 or None
    """

    places: NDArray[np.int32]
    normals: NDArray[np.int16]
    colors: NDArray[np.uint8] | None

    def __len__(self) -> int:
        return len(self.places)

    def take(self, rows: Array) -> "Points":
        """Return those of some rows."""
        colors = None if self.colors is None else self.colors[rows]
        return Points(self.places[rows], self.normals[rows], colors)


@dataclass(frozen=True, slots=True)
class Surface:
    """The points of a welded mesh, or of a cloud, on the grid; usually on the disk.

    Attributes
    ----------
    grid : Grid
    points : (n, 3) int32
        Grid coordinates, each point of a mesh once.
    ids : (n,) uint32
        The measured vertex each point stands for.
    normals : (n, 3) int16
        Of unit length, times 32,767; all zero in a cloud whose file had none.
    colors : (n, 3) uint8 or None
    vertex_count, triangle_count : int
        Points with a triangle, and triangles, at full resolution; a cloud has no triangles, and
        all of its points count.
    has_normals : bool
    """

    grid: Grid
    points: NDArray[np.int32]
    ids: NDArray[np.uint32]
    normals: NDArray[np.int16]
    colors: NDArray[np.uint8] | None
    vertex_count: int
    triangle_count: int
    has_normals: bool = True

    @property
    def is_cloud(self) -> bool:
        """Whether it has points only."""
        return self.triangle_count == 0

    @property
    def elements(self) -> int:
        """Triangles, or points of a cloud."""
        return self.triangle_count or self.vertex_count

    def take(self, rows: Array) -> Points:
        """Return the points of some rows, in memory."""
        return Points(self.points, self.normals, self.colors).take(rows)


def choose_grid(mesh: MeshArrays, step_m: float | None = None) -> Grid:
    """Grid over the mesh's bounds: by default 1/131,072 of its longest side.

    Raises
    ------
    InvalidError
        If the wished step is no positive length, or too fine for 21-bit coordinates.
    """
    low, high = bounds(mesh.vertices)
    longest = float((high - low).max())
    step = longest / DEFAULT_STEPS if step_m is None else step_m
    if not step > 0.0 or not longest / step < MAX_STEPS:
        raise InvalidError(
            f"The grid step does not suit a scan of {longest:.6g} m: {step} m",
            hint=f"choose a step above {longest / MAX_STEPS:.3g} m.",
        )
    return Grid(low, step, np.rint((high - low) / step).astype(np.int64))


def bounds(vertices: Floats) -> tuple[Floats, Floats]:
    """Return the lowest and the highest coordinates of (n, 3) positions, n above 0."""
    lows, highs = [], []
    for block in blocks(len(vertices), vertices):
        lows.append(vertices[block].min(axis=0))
        highs.append(vertices[block].max(axis=0))
    return np.min(lows, axis=0), np.max(highs, axis=0)


def step_for_noise(mesh: MeshArrays, noise_m: float | None) -> tuple[float | None, str]:
    """Return the grid step that suits an instrument: a tenth of its noise.

    Parameters
    ----------
    mesh : MeshArrays
        All positions are numbers.
    noise_m : float or None
        Standard deviation in metres; None if nobody knows it.

    Returns
    -------
    float or None
        In metres; None for the default of `choose_grid`.
    str
        Why it is coarser than a tenth of the noise; empty if it is not.
    """
    if noise_m is None or len(mesh.vertices) == 0:
        return None, ""
    low, high = bounds(mesh.vertices)
    longest = float((high - low).max())
    wished, finest = noise_m / STEPS_PER_NOISE, longest / (MAX_STEPS - 2)
    if wished >= finest:
        return wished, ""
    return finest, (
        f"Shown on a grid of {finest:.3g} m, the finest for its size, instead of {wished:.3g} m"
    )


def vertex_normals(points: Array, faces: Array, measured: Array | None = None) -> Array:
    """Return unit normals of the vertices: the measured ones where they are usable, else derived.

    Parameters
    ----------
    points : (n, 3) array
        All of them numbers.
    faces : (m, 3) int
    measured : (n, 3) array, optional
        Of any length; what is zero or no number is derived from the triangles.
    """
    derived = _derive_normals(points, faces)
    return derived if measured is None else unit_vectors(measured, otherwise=derived)


def _derive_normals(points: Array, faces: Array) -> Array:
    """Mean of the adjoining triangles' normals, weighted by area."""
    a, b, c = (points[faces[:, corner]].astype(np.float64) for corner in range(3))
    across = np.cross(b - a, c - a)
    total = np.empty(points.shape, np.float64)
    for axis in range(3):
        weights = np.repeat(across[:, axis], 3)
        total[:, axis] = np.bincount(faces.ravel(), weights, minlength=len(points))
    return unit_vectors(total, otherwise=np.broadcast_to([0.0, 0.0, 1.0], total.shape))


def pack_normals(normals: Array) -> NDArray[np.int16]:
    """Return unit vectors as whole numbers."""
    packed: NDArray[np.int16] = np.rint(normals * _PACKED_ONE).astype(np.int16)
    return packed


def unpack_normals(packed: NDArray[np.int16]) -> NDArray[np.float32]:
    """Return vectors of unit length, but for rounding."""
    return packed.astype(np.float32) / np.float32(_PACKED_ONE)


def unit_vectors(vectors: Array, *, otherwise: Array) -> Array:
    """Return (n, 3) vectors at unit length; where that can't be, what stands in `otherwise`."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    is_usable = np.isfinite(length) & (length > 0.0)
    return np.where(is_usable, vectors / np.where(is_usable, length, 1.0), otherwise)
