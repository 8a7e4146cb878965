"""Turns the values of a map into colours: ramps for numbers, one colour for each class.

Pure functions over arrays. Where nothing is known (NaN, an unknown class) a picture is
transparent, so that what lies below shows through and nobody takes it for a value.

References
----------
S. van der Walt, N. Smith, "A better default colormap for Matplotlib", SciPy 2015 (viridis
and magma, CC0). J. Nuñez, C. Anderton, R. Renslow, "Optimizing colormaps with consideration
for color vision deficiency", PLoS ONE 13 (2018) e0199239 (cividis, CC0). M. Okabe, K. Ito,
"Color universal design", 2008 (the first class colours). C. Brewer and others, ColorBrewer 2.0
(blue-red, Apache 2.0).
"""

import colorsys
import io
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

type Pixels = NDArray[np.uint8]

_STEPS: Final = 256
_OPAQUE: Final = 255
_HUE_STEP: Final = 0.618034  # the golden section: neighbours never look alike
_SEQUENCES: Final = {
    "viridis": "440154 48186a 472d7b 424086 3b528b 33638d 2c728e 26828e 21918c 1f9f88 27ad81 "
    "3dbc74 5cc863 81d34d aadc32 d5e21a fde725",
    "magma": "000004 0a0822 1d1147 36106b 51127c 6a1c81 832681 9c2e7f b73779 cf4070 e55064 "
    "f4695c fb8761 fea571 fec287 fde0a1 fcfdbf",
    "cividis": "00224e 002e6a 1a386f 32436d 434e6c 535a6d 61656f 6f7073 7d7c78 8b8778 9a9376 "
    "aaa073 bbad6d ccba64 ddc858 efd748 fee838",
    "grey": "000000 ffffff",
    # Around a middle: RdBu of ColorBrewer, reversed; safe for colour-blind eyes.
    "blue-red": "053061 2166ac 4393c3 92c5de d1e5f0 f7f7f7 fddbc7 f4a582 d6604d b2182b 67001f",
}
_HUES: Final = {
    "red": "e5343d",
    "orange": "f08a24",
    "yellow": "f2d024",
    "green": "35b04a",
    "cyan": "24bfd0",
    "blue": "3a6ff0",
    "violet": "b04be0",
    "white": "ffffff",
}
_FIRST_CLASSES: Final = (
    "#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#f0e442", "#7a4fa3",
    "#8c6d31", "#3d7a3a", "#b5cf6b", "#e7969c", "#17becf", "#843c39", "#5254a3", "#bdbdbd",
)  # fmt: skip


def _ramps() -> dict[str, tuple[str, ...]]:
    opaque = {
        name: tuple(f"#{stop}ff" for stop in text.split()) for name, text in _SEQUENCES.items()
    }
    hues = {name: (f"#{code}00", f"#{code}ff") for name, code in _HUES.items()}
    return {**opaque, **hues}


RAMPS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(_ramps())
"""Ramps by name: stops from low to high as ``#rrggbbaa``. The hues begin transparent."""

DEFAULT_RAMP: Final = "viridis"


def class_colours(count: int) -> tuple[str, ...]:
    """Return a colour for each class, distinct for colour-blind eyes as far as that goes.

    Parameters
    ----------
    count : int
        How many classes.

    Returns
    -------
    tuple of str
        As ``#rrggbb``.
    """
    more = (
        colorsys.hls_to_rgb((index * _HUE_STEP) % 1.0, 0.42 + 0.16 * (index % 2), 0.55)
        for index in range(max(0, count - len(_FIRST_CLASSES)))
    )
    made = ("#" + "".join(f"{round(255 * part):02x}" for part in rgb) for rgb in more)
    return (*_FIRST_CLASSES, *made)[:count]


def paint_values(values: NDArray[Any], low: float, high: float, ramp: str) -> Pixels:
    """Colour numbers.

    Parameters
    ----------
    values : (y, x) number
        NaN where nothing is known.
    low, high : float
        Values at the ends of the ramp; what lies beyond gets the colour of the end.
    ramp : str
        One of `RAMPS`.

    Returns
    -------
    (y, x, 4) uint8
        sRGB and opacity.
    """
    known = np.isfinite(values)
    share = (np.where(known, values, low).astype(np.float64) - low) / (high - low)
    pixels: Pixels = _TABLES[ramp][np.rint(share.clip(0.0, 1.0) * (_STEPS - 1)).astype(np.intp)]
    pixels[~known] = 0
    return pixels


def paint_classes(values: NDArray[Any], count: int) -> Pixels:
    """Colour classes.

    Parameters
    ----------
    values : (y, x) int
        Numbers of classes; -1 and whatever is no class is unknown.
    count : int
        How many classes there are.

    Returns
    -------
    (y, x, 4) uint8
        sRGB and opacity; the unknown is transparent.
    """
    table = np.zeros((count + 1, 4), np.uint8)
    for index, colour in enumerate(class_colours(count)):
        table[index] = (*bytes.fromhex(colour[1:]), _OPAQUE)
    is_class = (values >= 0) & (values < count)
    painted: Pixels = table[np.where(is_class, values, count).astype(np.intp)]
    return painted


def paint_picture(values: NDArray[Any], low: float, high: float) -> Pixels:
    """Stretch a picture that is encoded for the eye already.

    Parameters
    ----------
    values : (y, x, 1 to 4) number
        Grey, grey and opacity, colours, or colours and opacity.
    low, high : float
        Values shown as black and as white, and as transparent and opaque.

    Returns
    -------
    (y, x, 4) uint8
        sRGB and opacity.
    """
    known = np.isfinite(values).all(axis=-1)
    share = np.where(known[..., None], (values.astype(np.float64) - low) / (high - low), 0.0)
    scaled = np.rint(255 * share.clip(0.0, 1.0)).astype(np.uint8)
    has_opacity = values.shape[-1] % 2 == 0
    colour = scaled[..., :-1] if has_opacity else scaled
    if colour.shape[-1] == 1:
        colour = np.repeat(colour, 3, axis=-1)
    opacity = scaled[..., -1:] if has_opacity else np.full_like(scaled[..., :1], _OPAQUE)
    return np.concatenate([colour, np.where(known[..., None], opacity, 0)], axis=-1).astype(
        np.uint8
    )


def encode_pixels(pixels: Pixels) -> bytes:
    """Return a picture as PNG.

    Parameters
    ----------
    pixels : (y, x, 4) uint8
        sRGB and opacity.

    Returns
    -------
    bytes
        PNG.
    """
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def _table(stops: tuple[str, ...]) -> Pixels:
    """Return a ramp in `_STEPS` steps."""
    known = np.array([tuple(bytes.fromhex(stop[1:])) for stop in stops], dtype=float)
    places, wanted = np.linspace(0, 1, len(stops)), np.linspace(0, 1, _STEPS)
    parts = [np.interp(wanted, places, known[:, part]) for part in range(known.shape[1])]
    return np.rint(np.stack(parts, axis=-1)).astype(np.uint8)


_TABLES: Final = {name: _table(stops) for name, stops in RAMPS.items()}
