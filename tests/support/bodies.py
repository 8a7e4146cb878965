"""Bodies whose lengths, areas and volumes are known, as meshes to measure on."""

from typing import Any

import numpy as np
import trimesh
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from museion.scans.measure import Measurements, Transform

type Array = NDArray[Any]


def measured(body: trimesh.Trimesh, *, noise_m: float | None = None) -> Measurements:
    """Give measurements on a body whose coordinates are metres."""
    return Measurements.of_arrays(body.vertices, body.faces, unit="m", noise_m=noise_m)


def moved(measurements: Measurements, transform: Transform) -> Measurements:
    """Give the same body elsewhere."""
    mesh = measurements.surface.measured
    return Measurements.of_arrays(transform.apply(mesh.vertices), mesh.faces, unit="m")


def box(*sides: float) -> trimesh.Trimesh:
    """Give a box around the origin."""
    return trimesh.creation.box(sides)


def sphere(radius: float = 1.0, *, subdivisions: int = 4) -> trimesh.Trimesh:
    """Give a sphere around the origin, made of small triangles."""
    return trimesh.creation.icosphere(subdivisions=subdivisions, radius=radius)


def open_box() -> Measurements:
    """Give a box of 1 m without its lid."""
    body = box(1.0, 1.0, 1.0)
    up = body.face_normals[:, 2] > 0.5
    return Measurements.of_arrays(body.vertices, body.faces[~up], unit="m")


def revolved(
    radii: Array, heights: Array, *, columns: int = 180, colors: bool = False
) -> Measurements:
    """Give an open wall of revolution around z; red where y < 0 if coloured."""
    turn = np.arange(columns) * 2.0 * np.pi / columns
    x, y = radii[:, None] * np.cos(turn), radii[:, None] * np.sin(turn)
    z = np.broadcast_to(heights[:, None], x.shape)
    ids = np.arange(x.size).reshape(x.shape)
    low, high = ids[:-1], ids[1:]
    next_low, next_high = np.roll(low, -1, axis=1), np.roll(high, -1, axis=1)
    corners = ((low, next_low, next_high), (low, next_high, high))
    faces = np.concatenate([np.stack(three, axis=-1).reshape(-1, 3) for three in corners])
    paint = np.where(y.reshape(-1, 1) < -1e-9, [[200, 20, 20]], [[240, 240, 240]])
    return Measurements.of_arrays(
        np.stack([x, y, z], axis=-1).reshape(-1, 3),
        faces,
        unit="m",
        colors=paint.astype(np.uint8) if colors else None,
    )


def motion(turn: Array, shift: Array) -> Transform:
    """Give a rigid motion from a rotation vector in radians and a shift in metres."""
    return Transform(Rotation.from_rotvec(turn).as_matrix(), np.asarray(shift, np.float64))
