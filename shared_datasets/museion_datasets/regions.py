"""Regions of an image: rectangles, polygons, brush strokes and lines, and their mean spectra.

Coordinates are pixels of the image with fractions, from the upper left corner of the upper
left pixel, x to the right and y down: the pixel in column c covers c to c + 1. A pixel
belongs to a region if its centre does; to a line, if the line passes through it.

A spectrum is gathered window by window, so that memory stays bounded; a region of more than
`MAX_PIXELS` is refused rather than estimated.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from museion_datasets.cube import Cube
from museion_datasets.cube_values import Floats, Spectrum
from museion_datasets.errors import InvalidError

MAX_POINTS = 300
MAX_PIXELS = 1 << 20
MAX_SAMPLES = 20_000
_WINDOW_PX = 128
_STEP_PX = 0.25  # along a line, so that no pixel is stepped over by more than its corner

type Point = tuple[float, float]
type Mask = NDArray[np.bool_]


class Shape(StrEnum):
    """How a region was drawn."""

    RECTANGLE = "rectangle"
    POLYGON = "polygon"
    BRUSH = "brush"
    LINE = "line"


_LEAST_POINTS = {Shape.RECTANGLE: 2, Shape.POLYGON: 3, Shape.BRUSH: 1, Shape.LINE: 2}


@dataclass(frozen=True, slots=True)
class Region:
    """A part of an image.

    Attributes
    ----------
    shape : Shape
        How it was drawn.
    parts : tuple of tuple of (float, float)
        Points (x, y) in pixels: two corners, the vertices, or the points of one line; a brush
        has one part for each stroke.
    radius : float
        Of the brush, in pixels; 0 for the others.
    """

    shape: Shape
    parts: tuple[tuple[Point, ...], ...]
    radius: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what is no region.

        Raises
        ------
        InvalidError
            If a part has too few points, there are too many, or a number is not finite.
        """
        count = sum(len(part) for part in self.parts)
        if not self.parts or any(len(part) < _LEAST_POINTS[self.shape] for part in self.parts):
            raise InvalidError(
                f"A {self.shape} needs more points: {count}",
                hint=f"give at least {_LEAST_POINTS[self.shape]}.",
            )
        if self.shape is not Shape.BRUSH and len(self.parts) != 1:
            raise InvalidError(
                f"A {self.shape} has one part: {len(self.parts)}", hint="only a brush has more."
            )
        if count > MAX_POINTS:
            raise InvalidError(f"Too many points: {count}", hint=f"give at most {MAX_POINTS}.")
        values = np.asarray([*(value for part in self.parts for value in _flat(part)), self.radius])
        if not np.isfinite(values).all() or self.radius < 0:
            raise InvalidError("A region's numbers must be finite", hint="draw it again.")

    def box(self, width: int, height: int) -> tuple[slice, slice]:
        """Return the rows and columns it may touch in an image of that size."""
        points = np.concatenate([np.asarray(part) for part in self.parts])
        reach = self.radius + (1 if self.shape is Shape.LINE else 0)
        low = np.floor(points.min(axis=0) - reach).clip(0, (width, height)).astype(int)
        high = np.ceil(points.max(axis=0) + reach).clip(0, (width, height)).astype(int)
        return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))

    def mask(self, rows: slice, columns: slice) -> Mask:
        """Return which pixels of a window belong to it.

        Parameters
        ----------
        rows, columns : slice
            With start and stop, in pixels of the image.

        Returns
        -------
        (rows, columns) bool
            Of the window.
        """
        x = np.arange(columns.start, columns.stop)[None, :] + 0.5
        y = np.arange(rows.start, rows.stop)[:, None] + 0.5
        match self.shape:
            case Shape.RECTANGLE:
                (left, top), (right, bottom) = _corners(self.parts[0])
                return np.asarray((x >= left) & (x < right) & (y >= top) & (y < bottom))
            case Shape.POLYGON:
                return _inside(self.parts[0], x, y)
            case Shape.BRUSH:
                return _near(self.parts, self.radius, x, y)
            case Shape.LINE:
                return _on_line(self.parts[0], rows, columns)


@dataclass(frozen=True, slots=True)
class Profile:
    """Values along a line, one sample for each pixel of length.

    Attributes
    ----------
    distance_px : (n,) float
        From the line's beginning.
    x, y : (n,) int
        The pixel that was read: values are measured ones, never interpolated.
    values : (bands, n) float32
        NaN where nothing was measured or the line is outside.
    """

    distance_px: NDArray[np.float64]
    x: NDArray[np.int64]
    y: NDArray[np.int64]
    values: Floats


def region_spectrum(cube: Cube, region: Region) -> Spectrum:
    """Average a region.

    Parameters
    ----------
    cube : Cube
        Read in windows of at most 128 pixels a side.
    region : Region
        In its pixels.

    Returns
    -------
    Spectrum
        Over the part of the region inside the cube.

    Raises
    ------
    InvalidError
        If the region has no pixel in the cube, or more than `MAX_PIXELS`.
    """
    masks = list(_masks(cube, region))
    pixels = sum(int(mask.sum()) for _, mask in masks)
    if pixels == 0:
        raise InvalidError(
            "The region holds no pixel of the cube", hint="draw it larger, or inside the image."
        )
    bands = len(cube.coordinate)
    count, mean, squares = (np.zeros(bands) for _ in range(3))
    for window, mask in masks:
        values = cube.decode(cube.stored_window(0, *window)[mask]).astype(np.float64)
        count, mean, squares = _merge((count, mean, squares), _moments(values))
    empty = count == 0
    std = np.sqrt(squares / np.maximum(count, 1))
    mean[empty], std[empty] = np.nan, np.nan
    return Spectrum(pixels, mean.astype(np.float32), std.astype(np.float32))


def line_profile(cube: Cube, region: Region, bands: tuple[int, ...]) -> Profile:
    """Read values along a line.

    Parameters
    ----------
    cube : Cube
        Read in windows.
    region : Region
        A line.
    bands : tuple of int
        Which bands.

    Returns
    -------
    Profile
        From its first point to its last.

    Raises
    ------
    InvalidError
        If the region is no line, or one longer than `MAX_SAMPLES` pixels.
    """
    if region.shape is not Shape.LINE:
        raise InvalidError(f"Not a line: {region.shape}", hint="only a line has a profile.")
    length = _length(region.parts[0])
    if length > MAX_SAMPLES:
        raise InvalidError(
            f"The line is too long: {length:.0f} pixels", hint=f"draw at most {MAX_SAMPLES}."
        )
    distance = np.arange(0.0, length + 1e-9, 1.0)
    at = _along(region.parts[0], distance)
    x, y = np.floor(at).astype(np.int64).T
    values = np.full((len(bands), distance.size), np.nan, np.float32)
    inside = (x >= 0) & (y >= 0) & (x < cube.width) & (y < cube.height)
    tiles = np.stack([y // _WINDOW_PX, x // _WINDOW_PX])
    for tile in np.unique(tiles[:, inside], axis=1).T:
        here = np.flatnonzero(inside & (tiles == tile[:, None]).all(axis=0))
        rows = slice(int(y[here].min()), int(y[here].max()) + 1)
        columns = slice(int(x[here].min()), int(x[here].max()) + 1)
        window = cube.window(0, rows, columns, bands)
        values[:, here] = window[y[here] - rows.start, x[here] - columns.start].T
    return Profile(distance, x, y, values)


def _masks(cube: Cube, region: Region) -> Iterator[tuple[tuple[slice, slice], Mask]]:
    """Give each window of the cube that the region touches, and where.

    Raises
    ------
    InvalidError
        As soon as there are more than `MAX_PIXELS`.
    """
    pixels = 0
    for window in _windows(*region.box(cube.width, cube.height)):
        mask = region.mask(*window)
        pixels += int(mask.sum())
        if pixels > MAX_PIXELS:
            raise InvalidError(
                f"The region is too large to average here: more than {MAX_PIXELS} pixels",
                hint="draw a smaller one, or average the cube in Python.",
            )
        if mask.any():
            yield window, mask


def _windows(rows: slice, columns: slice) -> Iterator[tuple[slice, slice]]:
    for top in range(rows.start, rows.stop, _WINDOW_PX):
        for left in range(columns.start, columns.stop, _WINDOW_PX):
            yield (
                slice(top, min(top + _WINDOW_PX, rows.stop)),
                slice(left, min(left + _WINDOW_PX, columns.stop)),
            )


type _Moments = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


def _moments(values: NDArray[np.float64]) -> _Moments:
    """Return count, mean and sum of squared deviations of each band, without NaN."""
    valid = np.isfinite(values)
    count = valid.sum(axis=0).astype(np.float64)
    mean = np.where(valid, values, 0).sum(axis=0) / np.maximum(count, 1)
    squares = (np.where(valid, values - mean, 0) ** 2).sum(axis=0)
    return count, mean, squares


def _merge(a: _Moments, b: _Moments) -> _Moments:
    """Join the moments of two samples (Chan, Golub and LeVeque, 1979)."""
    count = a[0] + b[0]
    share = b[0] / np.maximum(count, 1)
    apart = b[1] - a[1]
    return count, a[1] + apart * share, a[2] + b[2] + apart**2 * a[0] * share


def _flat(part: tuple[Point, ...]) -> tuple[float, ...]:
    return tuple(value for point in part for value in point)


def _corners(part: tuple[Point, ...]) -> tuple[Point, Point]:
    (x0, y0), (x1, y1) = part[0], part[1]
    return (min(x0, x1), min(y0, y1)), (max(x0, x1), max(y0, y1))


def _inside(part: tuple[Point, ...], x: NDArray[np.float64], y: NDArray[np.float64]) -> Mask:
    """Tell by the even-odd rule."""
    inside = np.zeros((y.size, x.size), dtype=bool)
    for (x0, y0), (x1, y1) in zip(part, (*part[1:], part[0]), strict=True):
        if y0 == y1:
            continue
        crosses = (y >= min(y0, y1)) & (y < max(y0, y1))
        inside ^= crosses & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return inside


def _near(
    parts: tuple[tuple[Point, ...], ...],
    radius: float,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
) -> Mask:
    """Tell what lies within a radius of any stroke."""
    near = np.zeros((y.size, x.size), dtype=bool)
    for part in parts:
        for (x0, y0), (x1, y1) in zip(part, part[1:] or part, strict=False):
            dx, dy = x1 - x0, y1 - y0
            length = dx * dx + dy * dy or 1.0
            share = (((x - x0) * dx + (y - y0) * dy) / length).clip(0, 1)
            near |= (x - x0 - share * dx) ** 2 + (y - y0 - share * dy) ** 2 <= radius**2
    return near


def _on_line(part: tuple[Point, ...], rows: slice, columns: slice) -> Mask:
    mask = np.zeros((rows.stop - rows.start, columns.stop - columns.start), dtype=bool)
    steps = np.append(np.arange(0.0, _length(part), _STEP_PX), _length(part))
    x, y = (np.floor(_along(part, steps)).astype(int) - (columns.start, rows.start)).T
    here = (x >= 0) & (y >= 0) & (x < mask.shape[1]) & (y < mask.shape[0])
    mask[y[here], x[here]] = True
    return mask


def _length(part: tuple[Point, ...]) -> float:
    return float(np.hypot(*np.diff(np.asarray(part), axis=0).T).sum())


def _along(part: tuple[Point, ...], distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the points at distances from a line's beginning, (n, 2)."""
    points = np.asarray(part, np.float64)
    reached = np.append(0.0, np.cumsum(np.hypot(*np.diff(points, axis=0).T)))
    return np.stack([np.interp(distance, reached, points[:, axis]) for axis in (0, 1)], axis=1)
