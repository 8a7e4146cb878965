"""The potter's part of the vessel: a thrown body with foot, neck and lip, and two handles."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter1d

type Array = NDArray[Any]

# Radius and height in millimetres: under the foot, up the outside, down the inside.
_OUTSIDE = (
    (0, 3.5), (20, 3.0), (38, 1.2), (50, 0), (60, 0.3), (64.5, 3), (65.5, 7), (62, 12),
    (50, 16.5), (46, 20), (47.5, 24), (58, 36), (80, 64), (101, 96), (114, 130), (119, 165),
    (118.4, 186), (113, 208), (100, 231), (80, 249), (60, 260), (52.5, 265), (51.5, 267.5),
    (52.5, 270), (50, 273.5), (46, 285), (44.4, 303), (45.5, 320), (50, 334), (59, 344.5),
    (66, 348), (70.5, 352), (71.5, 358), (69.5, 363),
)  # fmt: skip
_INSIDE = (
    (66, 365), (62, 364), (55, 356), (46, 340), (40, 322), (38.6, 303), (40, 285), (45, 271),
    (57, 258), (77, 243), (95, 226), (107, 205), (112.2, 186), (112.8, 165), (108, 131),
    (95, 98), (74, 67), (52, 42), (30, 32), (12, 29), (0, 28.5),
)  # fmt: skip
_HANDLE = (
    (43.5, 322), (62, 327.5), (84, 327), (101, 316), (109, 297),
    (108.5, 276), (103, 258), (95, 246), (87.5, 236.5),
)  # fmt: skip

_COLUMNS = 1152
_OUTER_ROWS = 560
_INNER_ROWS = 60
_HANDLE_RING = 72
_HANDLE_STEPS = 300


@dataclass(frozen=True, slots=True)
class Form:
    """The undecorated vessel: a body of revolution and two handles, each closed.

    Attributes
    ----------
    points, normals : (n, 3) float64
        Metres, z up; normals point outwards.
    faces : (m, 3) int64
    angle, height : (n,) float64
        Of the body: direction around the axis in radians, and z in metres.
    is_outside, is_handle : (n,) bool
        Outer wall of the body; handles.
    radius, profile_height : (rows,) float64
        The generating profile in metres, from under the foot to the inner bottom.
    """

    points: Array
    normals: Array
    faces: Array
    angle: Array
    height: Array
    is_outside: Array
    is_handle: Array
    radius: Array
    profile_height: Array


def throw_vessel(detail: float = 1.0) -> Form:
    """Make the undecorated vessel.

    Parameters
    ----------
    detail : float
        1 for some 1.5 million triangles; their number grows with its square.
    """
    columns, outer_rows = round(_COLUMNS * detail), round(_OUTER_ROWS * detail)
    radius, height = profile(detail)
    body, normals, faces = _revolve(radius, height, columns)
    angle = np.tile(np.arange(columns) * 2.0 * np.pi / columns, len(radius) - 2)
    row = np.repeat(np.arange(1, len(radius) - 1), columns)
    angle, row = np.r_[0.0, angle, 0.0], np.r_[0, row, len(radius) - 1]
    parts = [(body, normals, faces), _handle(0.0, detail), _handle(np.pi, detail)]
    points, all_normals, all_faces = _join(parts)
    is_handle = np.arange(len(points)) >= len(body)
    extra = int(is_handle.sum())
    return Form(
        points,
        all_normals,
        all_faces,
        np.r_[angle, np.zeros(extra)],
        np.r_[height[row], np.zeros(extra)],
        np.r_[row < outer_rows, np.zeros(extra, np.bool_)],
        is_handle,
        radius,
        height,
    )


def profile(detail: float = 1.0) -> tuple[Array, Array]:
    """Radius and height of the closed profile in metres, row by row."""
    outside, inside = np.array(_OUTSIDE, float), np.array(_INSIDE, float)
    control = np.concatenate([outside, inside]) / 1000.0
    at = np.r_[0.0, np.cumsum(np.hypot(*np.diff(control, axis=0).T))]
    turn = at[len(outside) - 1]
    rows = np.r_[
        np.linspace(0.0, turn, round(_OUTER_ROWS * detail), endpoint=False),
        np.linspace(turn, at[-1], round(_INNER_ROWS * detail)),
    ]
    curve = PchipInterpolator(at, control)
    fine = np.linspace(0.0, at[-1], 8000)
    smooth = gaussian_filter1d(curve(fine), 24.0, axis=0, mode="nearest")
    smooth[[0, -1]] = control[[0, -1]]
    radius = np.interp(rows, fine, smooth[:, 0])
    height = np.interp(rows, fine, smooth[:, 1])
    radius[[0, -1]] = 0.0
    return radius, height


def _revolve(radius: Array, height: Array, columns: int) -> tuple[Array, Array, Array]:
    """Make the closed body of revolution with one vertex at each pole."""
    angle = np.arange(columns) * 2.0 * np.pi / columns
    rings = np.stack(np.broadcast_arrays(
        radius[1:-1, None] * np.cos(angle), radius[1:-1, None] * np.sin(angle), height[1:-1, None]
    ), axis=-1)  # fmt: skip
    slope = np.stack([np.gradient(height), -np.gradient(radius)], axis=1)
    slope /= np.linalg.norm(slope, axis=1, keepdims=True)
    outward = np.stack(np.broadcast_arrays(
        slope[1:-1, :1] * np.cos(angle), slope[1:-1, :1] * np.sin(angle), slope[1:-1, 1:]
    ), axis=-1)  # fmt: skip
    points = np.concatenate([[[0, 0, height[0]]], rings.reshape(-1, 3), [[0, 0, height[-1]]]])
    normals = np.concatenate([[[0, 0, -1.0]], outward.reshape(-1, 3), [[0, 0, 1.0]]])
    return points, normals, _tube_faces(len(radius) - 2, columns)


def _handle(direction: float, detail: float) -> tuple[Array, Array, Array]:
    """Make a strap handle from under the lip to the shoulder, its ends sunk into the wall."""
    ring, steps = round(_HANDLE_RING * detail), round(_HANDLE_STEPS * detail)
    knots = np.array(_HANDLE) / 1000.0
    at = np.r_[0.0, np.cumsum(np.hypot(*np.diff(knots, axis=0).T))]
    fine = np.linspace(0.0, at[-1], steps)
    path = gaussian_filter1d(
        PchipInterpolator(at, knots)(fine), 7.0 * detail, axis=0, mode="nearest"
    )
    along = np.gradient(path, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    share = fine / at[-1]
    grow = 1.0 + 0.55 * np.exp(-((share / 0.07) ** 2)) + 0.75 * np.exp(-(((1 - share) / 0.09) ** 2))
    turn = np.arange(ring) * 2.0 * np.pi / ring
    ridge = 1.0 + 0.16 * np.cos(3.0 * turn) + 0.05 * np.cos(6.0 * turn)
    thick = 0.0052 * grow[:, None] * np.cos(turn) * ridge
    wide = 0.0098 * grow[:, None] * np.sin(turn) * ridge
    out = path[:, 0, None] + along[:, 1, None] * thick
    up = path[:, 1, None] - along[:, 0, None] * thick
    cos, sin = np.cos(direction), np.sin(direction)
    rings = np.stack([out * cos - wide * sin, out * sin + wide * cos, up], axis=-1)
    centers = np.stack([path[:, 0] * cos, path[:, 0] * sin, path[:, 1]], axis=-1)
    around = rings - centers[:, None, :]
    points = np.concatenate([centers[:1], rings.reshape(-1, 3), centers[-1:]])
    normals = np.concatenate([around[:1, 0], around.reshape(-1, 3), around[-1:, 0]])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return points, normals, _tube_faces(steps, ring)


def _tube_faces(rings: int, columns: int) -> Array:
    """Triangles of a tube closed by a vertex before the first and after the last ring."""
    ids = 1 + np.arange(rings * columns).reshape(rings, columns)
    across = np.roll(ids, -1, axis=1)
    a, b, c, d = ids[:-1], across[:-1], across[1:], ids[1:]
    is_even = (np.arange(rings - 1)[:, None] + np.arange(columns)) % 2 == 0
    first = np.where(is_even[..., None], np.stack([a, b, c], -1), np.stack([a, b, d], -1))
    second = np.where(is_even[..., None], np.stack([a, c, d], -1), np.stack([b, c, d], -1))
    last = 1 + rings * columns
    start = np.stack([np.zeros(columns, np.int64), across[0], ids[0]], axis=1)
    end = np.stack([np.full(columns, last), ids[-1], across[-1]], axis=1)
    return np.concatenate([start, first.reshape(-1, 3), second.reshape(-1, 3), end])


def _join(parts: list[tuple[Array, Array, Array]]) -> tuple[Array, Array, Array]:
    starts = np.cumsum([0, *(len(points) for points, _, _ in parts)])
    return (
        np.concatenate([points for points, _, _ in parts]),
        np.concatenate([normals for _, normals, _ in parts]),
        np.concatenate([f + start for (_, _, f), start in zip(parts, starts, strict=False)]),
    )
