"""Shapes, strokes, noise and relief: what the sample painter's hand can do.

Points are (x, y) in pixels of the panel, x to the right, y down. Masks are
(height, width) float32 from 0 to 1, with smooth edges.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

type Mask = NDArray[np.float32]
type Points = Sequence[tuple[float, float]]

WIDTH, HEIGHT = 640, 480
_FINER = 3  # drawn this much larger, then averaged down


def curve(points: Points, *, closed: bool = False, steps: int = 16) -> NDArray[np.float64]:
    """(n, 2) points along the Catmull-Rom spline through `points`."""
    knots = np.asarray(points, dtype=float)
    if closed:
        knots = np.concatenate([knots[-1:], knots, knots[:2]])
    else:
        knots = np.concatenate([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
    t = np.linspace(0.0, 1.0, steps, endpoint=False)[:, None]
    pieces = [_segment(knots[i : i + 4], t) for i in range(len(knots) - 3)]
    return np.concatenate([*pieces, knots[-2:-1]])


def fill(points: Points, *, smooth: bool = True, soften: float = 0.0) -> Mask:
    """Mask of a closed shape; `smooth` rounds its corners, `soften` blurs by that sigma."""
    outline = curve(points, closed=True) if smooth else np.asarray(points, dtype=float)
    image = _canvas()
    ImageDraw.Draw(image).polygon([tuple(p) for p in outline * _FINER], fill=255)
    return _down(image, soften)


def stroke(points: Points, width: float, *, taper: float = 0.6, soften: float = 0.0) -> Mask:
    """Mask of a brush line `width` pixels wide that thins by `taper` towards its ends."""
    path = curve(points) * _FINER
    image = _canvas()
    draw = ImageDraw.Draw(image)
    along = np.linspace(-1.0, 1.0, len(path))
    radii = 0.5 * _FINER * width * (1.0 - taper * along**2)
    for (x, y), (x2, y2), r in zip(path, path[1:], radii[1:], strict=False):
        draw.line((x, y, x2, y2), fill=255, width=max(1, round(2 * r)))
        draw.ellipse((x2 - r, y2 - r, x2 + r, y2 + r), fill=255)
    return _down(image, soften)


def disc(x: float, y: float, radius_x: float, radius_y: float | None = None) -> Mask:
    """Mask of an ellipse."""
    ry = radius_x if radius_y is None else radius_y
    window = _span(y, ry, HEIGHT), _span(x, radius_x, WIDTH)
    rows, columns = np.mgrid[window].astype(np.float32)
    distance = np.hypot((columns - x) / radius_x, (rows - y) / ry)
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    mask[window] = _unit(0.5 + (1.0 - distance) * min(radius_x, ry))
    return mask


def noise(rng: np.random.Generator, *scales: tuple[float, float]) -> Mask:
    """Smooth noise, mean 0 and deviation 1: a sum of octaves with (y, x) sigmas in pixels."""
    total = np.zeros((HEIGHT, WIDTH), np.float32)
    for scale in scales:
        octave = ndimage.gaussian_filter(
            rng.standard_normal((HEIGHT, WIDTH), np.float32), scale, mode="reflect"
        )
        total += octave / octave.std()
    return total / np.float32(np.sqrt(len(scales)))


def relief(mask: Mask, folds: Sequence[tuple[Points, float, float]], *, round_px: float) -> Mask:
    """Lit cloth: tone 0 (deep shadow) to 1 (highlight) of a shape with folds.

    Parameters
    ----------
    mask : (height, width) float32
        The shape; it bulges over `round_px` from its outline.
    folds : sequence of (points, width, height)
        Ridges (height > 0) and valleys (height < 0) along curves.
    round_px : float
        Width of the rounded border.

    Returns
    -------
    (height, width) float32
        Tone under light from the upper left.
    """
    inward = ndimage.distance_transform_edt(mask > 0.5)  # noqa: PLR2004 - the outline
    height = round_px * np.sqrt((inward / round_px).clip(0.0, 1.0)) * 0.5
    for points, width, crest in folds:
        line = stroke(points, 1.6, taper=0.0) < 0.3  # noqa: PLR2004
        away = ndimage.distance_transform_edt(line)
        height += crest * np.exp(-((away / width) ** 2))
    slope_y, slope_x = np.gradient(ndimage.gaussian_filter(height, 1.2))
    facing = (1.0 + 0.9 * slope_x + 0.5 * slope_y) / np.sqrt(1.0 + slope_x**2 + slope_y**2)
    return _unit(0.46 + 0.85 * (facing - 1.0))


def _segment(knots: NDArray[np.float64], t: NDArray[np.float64]) -> NDArray[np.float64]:
    a, b, c, d = knots
    bent = (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    result: NDArray[np.float64] = 0.5 * (2 * b + (c - a) * t + bent)
    return result


def _canvas() -> Image.Image:
    return Image.new("L", (WIDTH * _FINER, HEIGHT * _FINER))


def _down(image: Image.Image, soften: float) -> Mask:
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    if (drawn := image.getbbox()) is not None:
        left, top = drawn[0] // _FINER, drawn[1] // _FINER
        right, bottom = -(-drawn[2] // _FINER), -(-drawn[3] // _FINER)
        box = (left * _FINER, top * _FINER, right * _FINER, bottom * _FINER)
        small = np.asarray(image.reduce(_FINER, box), dtype=np.float32) / 255.0
        mask[top:bottom, left:right] = small
    return ndimage.gaussian_filter(mask, soften) if soften else mask


def _span(centre: float, radius: float, length: int) -> slice:
    return slice(max(0, int(centre - radius - 2)), max(0, min(length, int(centre + radius + 3))))


def _unit(values: NDArray[np.floating]) -> Mask:
    return values.clip(0.0, 1.0).astype(np.float32)
