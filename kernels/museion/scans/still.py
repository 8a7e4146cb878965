"""Draws a still picture of a scan with numpy alone, for notebooks read without their viewer.

The picture resembles the viewer's: same camera, same studio light, same background.
Triangles are expanded to the pixels of their bounding boxes, many at once; of the fragments
that fall on one pixel the nearest is kept.
"""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from museion.scans.levels import ScanCut
from museion.scans.still_points import dots

type Array = NDArray[Any]

_FIELD_OF_VIEW = np.deg2rad(28.0)
_MARGIN = 1.05
_ON_EDGE = 1e-9
_SMOOTH = 2  # drawn larger by this factor, then reduced
_AT_ONCE = 1 << 19  # fragments, some 60 MB
_DARKNESS = 0.5
_PLASTER = np.array([0.89, 0.87, 0.83]) ** 2.2
_CENTER, _RIM = np.array([244, 242, 238.0]), np.array([207, 203, 196.0])
# Direction towards the lamp (right, up, to the viewer), and its strength.
_LAMPS = ((-0.7, 0.75, 0.8, 0.80), (0.9, 0.1, 0.7, 0.20), (0.55, 0.6, -0.9, 0.35))


AZIMUTH = -62.0
ELEVATION = 14.0


@dataclass(frozen=True, slots=True)
class StillView:
    """Size of the picture in pixels, and where the camera stands, in degrees."""

    width: int = 800
    height: int = 520
    azimuth: float = AZIMUTH
    elevation: float = ELEVATION


def draw_still(cut: ScanCut, view: StillView) -> bytes:
    """PNG of the mesh or the cloud.

    Parameters
    ----------
    cut : ScanCut
    view : StillView
    """
    width, height = view.width * _SMOOTH, view.height * _SMOOTH
    picture = _background(width, height)
    screen, axes = _project(cut.vertices, view, width, height)
    if len(cut.faces):
        pixel, face, weights = _visible(screen, cut.faces, width, height)
        for start in range(0, len(pixel), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            picture[pixel[part]] = _coded(_shade(cut, cut.faces[face[part]], weights[part], axes))
    else:
        pixel, point, slope = dots(screen, width, height)
        picture[pixel] = _coded(_shade_points(cut, point, slope, axes))
    image = Image.fromarray(picture.reshape(height, width, 3).astype(np.uint8))
    buffer = io.BytesIO()
    small = image.resize((view.width, view.height), Image.Resampling.LANCZOS)
    small.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _coded(linear: Array) -> Array:
    coded: Array = 255.0 * np.clip(linear, 0.0, 1.0) ** (1.0 / 2.2)
    return coded


def _background(width: int, height: int) -> Array:
    x = (np.arange(width) / width - 0.5) / 0.75
    y = (np.arange(height) / height - 0.44) / 0.85
    reach = np.clip(np.hypot(x[None, :], y[:, None]), 0.0, 1.0)[..., None]
    picture: Array = (_CENTER + (_RIM - _CENTER) * reach).reshape(-1, 3)
    return picture


def _project(vertices: Array, view: StillView, width: int, height: int) -> tuple[Array, Array]:
    """Columns, rows and depths of the vertices, and the camera's axes."""
    around, above = np.deg2rad(view.azimuth), np.deg2rad(view.elevation)
    back = np.array([np.cos(above) * np.cos(around), np.cos(above) * np.sin(around), np.sin(above)])
    right = np.array([-np.sin(around), np.cos(around), 0.0])
    axes = np.stack([right, np.cross(back, right), back])
    centered = vertices - (vertices.min(axis=0) + vertices.max(axis=0)) / 2.0
    x, y, toward = axes @ centered.T
    tan = np.tan(_FIELD_OF_VIEW / 2.0)
    wide, tall = np.abs(x) * height / (tan * width), np.abs(y) / tan
    distance = float((toward + np.maximum(wide, tall) * _MARGIN).max())
    depth = distance - toward
    scale = height / (2.0 * tan * depth)
    return np.stack([width / 2.0 + x * scale, height / 2.0 - y * scale, depth], axis=1), axes


def _visible(screen: Array, faces: Array, width: int, height: int) -> tuple[Array, Array, Array]:
    """Pixel, triangle and barycentric weights of the nearest triangle at each covered pixel."""
    nearest = np.full(width * height, np.inf)
    winner = np.full(width * height, -1)
    shares = np.empty((width * height, 2))
    low, sides = _boxes(screen[faces], width, height)
    ends = np.cumsum(sides[:, 0] * sides[:, 1])
    first = 0
    while first < len(faces):
        before = ends[first - 1] if first else 0
        stop = max(first + 1, int(np.searchsorted(ends, before + _AT_ONCE, "right")))
        some = slice(first, stop)
        pixel, face, weights, depth = _fragments(screen[faces[some]], low[some], sides[some], width)
        np.minimum.at(nearest, pixel, depth)
        won = depth <= nearest[pixel]
        winner[pixel[won]], shares[pixel[won]] = first + face[won], weights[won]
        first = stop
    shown = np.flatnonzero(winner >= 0)
    v, w = shares[shown].T
    return shown, winner[shown], np.stack([1.0 - v - w, v, w], axis=1)


def _boxes(corners: Array, width: int, height: int) -> tuple[Array, Array]:
    """First column and row of each triangle's pixels, and how many columns and rows."""
    low = np.ceil(corners[..., :2].min(axis=1) - 0.5).astype(np.int64).clip(0)
    high = np.floor(corners[..., :2].max(axis=1) - 0.5).astype(np.int64)
    return low, np.maximum(np.minimum(high, [width - 1, height - 1]) - low + 1, 0)


def _fragments(
    corners: Array, low: Array, sides: Array, width: int
) -> tuple[Array, Array, Array, Array]:
    """Pixel, triangle, second and third barycentric weight, and depth of what triangles cover."""
    counts = sides[:, 0] * sides[:, 1]
    face = np.repeat(np.arange(len(corners)), counts)
    within = np.arange(len(face)) - np.repeat(np.cumsum(counts) - counts, counts)
    row, column = np.divmod(within, sides[face, 0])
    across, down = column + (low[face, 0] + 0.5), row + (low[face, 1] + 0.5)
    slopes, starts = _planes(corners)
    v, w, depth = (
        slopes[face, value, 0] * across + slopes[face, value, 1] * down + starts[face, value]
        for value in range(3)
    )
    kept = np.flatnonzero((v >= -_ON_EDGE) & (w >= -_ON_EDGE) & (v + w <= 1.0 + _ON_EDGE))
    pixel = down[kept].astype(np.int64) * width + across[kept].astype(np.int64)
    return pixel, face[kept], np.stack([v[kept], w[kept]], axis=1), depth[kept]


def _planes(corners: Array) -> tuple[Array, Array]:
    """Second and third barycentric weight and depth of each triangle, linear on the screen.

    Returns
    -------
    slopes : (m, 3, 2) float64
    starts : (m, 3) float64
        Values at column and row 0; NaN for triangles seen edge-on.
    """
    a, ab, ac = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = ab[:, 0] * ac[:, 1] - ac[:, 0] * ab[:, 1]
    area = np.where(area == 0.0, np.nan, area)
    v = np.stack([ac[:, 1], -ac[:, 0]], axis=1) / area[:, None]
    w = np.stack([-ab[:, 1], ab[:, 0]], axis=1) / area[:, None]
    depth = v * ab[:, 2:] + w * ac[:, 2:]
    slopes = np.stack([v, w, depth], axis=1)
    starts = -np.einsum("mvx,mx->mv", slopes, a[:, :2])
    starts[:, 2] += a[:, 2]
    return slopes, starts


def _shade(cut: ScanCut, corners: Array, weights: Array, axes: Array) -> Array:
    """Linear colour of each fragment under the studio lamps."""
    known = np.empty((0, 3)) if cut.normals is None else cut.normals
    normals = np.einsum("fc,fcx->fx", weights, known[corners]) @ axes.T
    normals /= np.linalg.norm(normals, axis=1, keepdims=True).clip(1e-9)
    albedo: Array = np.broadcast_to(_PLASTER, (len(corners), 3))
    if cut.colors is not None:
        colors = np.einsum("fc,fcx->fx", weights, cut.colors[corners].astype(np.float64))
        albedo = (colors / 255.0) ** 2.2
    return _lit(albedo, normals)


def _shade_points(cut: ScanCut, point: Array, slope: Array, axes: Array) -> Array:
    """Linear colour of dots, darker where they fall off steeply from those in front."""
    albedo: Array = np.broadcast_to(_PLASTER, (len(point), 3))
    if cut.colors is not None:
        albedo = (cut.colors[point] / 255.0) ** 2.2
    dark = np.exp(-_DARKNESS * slope)[:, None]
    if cut.normals is None:
        return albedo * dark
    normals = cut.normals[point] @ axes.T
    normals = np.where(normals[:, 2:] < 0.0, -normals, normals)
    return _lit(albedo, normals) * dark


def _lit(albedo: Array, normals: Array) -> Array:
    light = 0.22 + 0.14 * normals[:, 1]
    for *direction, strength in _LAMPS:
        toward = np.array(direction) / np.linalg.norm(direction)
        light += strength * (normals @ toward).clip(0.0)
    half = np.array([-0.35, 0.38, 0.86])
    gloss = 0.05 * (normals @ (half / np.linalg.norm(half))).clip(0.0) ** 24
    linear: Array = albedo * light[:, None] + gloss[:, None]
    return linear
