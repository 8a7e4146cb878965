"""Puts a mesh on the scan's one integer grid and joins vertices that fall together.

Every level of detail uses a subset of these grid points, so borders between pages agree to
the bit, and each point keeps the id of the measured vertex it stands for.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.scans.mesh import MeshArrays

DEFAULT_STEPS = 2**17
STEPS_PER_NOISE = 10
MAX_STEPS = 2**21
"""Three coordinates of 21 bits make one 63-bit key; float32 holds each exactly."""

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
class Surface:
    """A welded mesh on the grid.

    Attributes
    ----------
    grid : Grid
    points : (n, 3) int64
        Grid coordinates, each point once.
    ids : (n,) int64
        The measured vertex each point stands for.
    faces : (m, 3) int64
        Without triangles that the grid made degenerate.
    normals : (n, 3) float32
    colors : (n, 3) uint8 or None
    """

    grid: Grid
    points: NDArray[np.int64]
    ids: NDArray[np.int64]
    faces: NDArray[np.int64]
    normals: NDArray[np.float32]
    colors: NDArray[np.uint8] | None


def choose_grid(mesh: MeshArrays, step_m: float | None = None) -> Grid:
    """Grid over the mesh's bounds: by default 1/131,072 of its longest side.

    Raises
    ------
    InvalidError
        If the wished step is no positive length, or too fine for 21-bit coordinates.
    """
    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    longest = float((high - low).max())
    step = longest / DEFAULT_STEPS if step_m is None else step_m
    if not step > 0.0 or not longest / step < MAX_STEPS:
        raise InvalidError(
            f"The grid step does not suit a scan of {longest:.6g} m: {step} m",
            hint=f"choose a step above {longest / MAX_STEPS:.3g} m.",
        )
    return Grid(low, step, np.rint((high - low) / step).astype(np.int64))


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
    longest = float((mesh.vertices.max(axis=0) - mesh.vertices.min(axis=0)).max())
    wished, finest = noise_m / STEPS_PER_NOISE, longest / (MAX_STEPS - 2)
    if wished >= finest:
        return wished, ""
    return finest, (
        f"Shown on a grid of {finest:.3g} m, the finest for its size, instead of {wished:.3g} m"
    )


def make_surface(mesh: MeshArrays, grid: Grid) -> Surface:
    """Weld the mesh on the grid.

    Raises
    ------
    InvalidError
        If no triangle is left that the grid can tell from a line.
    """
    raw = np.rint((mesh.vertices - grid.origin) / grid.step).astype(np.int64)
    keys = (raw[:, 0] << 42) | (raw[:, 1] << 21) | raw[:, 2]
    _, first, welded = np.unique(keys, return_index=True, return_inverse=True)
    faces = welded[mesh.faces]
    is_proper = (
        (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])
    )
    faces = faces[is_proper]
    if len(faces) == 0:
        raise InvalidError(
            "No triangle of the mesh is larger than the scan's grid step",
            hint="check the unit of length, or choose a finer grid step.",
        )
    used, compact = np.unique(faces, return_inverse=True)
    faces, first = compact.reshape(-1, 3), first[used]
    points = raw[first]
    normals = vertex_normals(points, faces, None if mesh.normals is None else mesh.normals[first])
    colors = None if mesh.colors is None else mesh.colors[first]
    return Surface(grid, points, first, faces, normals.astype(np.float32), colors)


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
    return derived if measured is None else _unit(measured, otherwise=derived)


def _derive_normals(points: Array, faces: Array) -> Array:
    """Mean of the adjoining triangles' normals, weighted by area."""
    a, b, c = (points[faces[:, corner]].astype(np.float64) for corner in range(3))
    across = np.cross(b - a, c - a)
    total = np.empty(points.shape, np.float64)
    for axis in range(3):
        weights = np.repeat(across[:, axis], 3)
        total[:, axis] = np.bincount(faces.ravel(), weights, minlength=len(points))
    return _unit(total, otherwise=np.broadcast_to([0.0, 0.0, 1.0], total.shape))


def _unit(vectors: Array, *, otherwise: Array) -> Array:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    is_usable = np.isfinite(length) & (length > 0.0)
    return np.where(is_usable, vectors / np.where(is_usable, length, 1.0), otherwise)
