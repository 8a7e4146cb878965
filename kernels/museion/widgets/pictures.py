"""Draws what a viewer shows at first, for the still that stays in a saved notebook."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from museion_datasets.colour import encode_srgb, illuminants
from museion_datasets.cube import Cube
from museion_datasets.cube_values import Floats, percentiles_of
from museion_datasets.map_variable import MapKind
from museion_datasets.maps import MapStack
from museion_datasets.painting import DEFAULT_RAMP, paint_classes, paint_picture, paint_values

_STILL_PX = 300  # the still is the coarsest level at least this long
_COLOURS = 3


@dataclass(frozen=True, slots=True)
class Still:
    """A small picture of an image.

    Attributes
    ----------
    picture : PIL.Image.Image
        With opacity.
    width, height : int
        Pixels of the image itself.
    """

    picture: Image.Image
    width: int
    height: int

    @property
    def from_image(self) -> NDArray[np.float64]:
        """(3, 3): from the image's pixels to the picture's, corners at 0, 0."""
        across, down = self.picture.width / self.width, self.picture.height / self.height
        return np.diag([across, down, 1.0])


def draw(image: Cube | MapStack, look: Mapping[str, Any]) -> Still:
    """Draw an image from the coarsest level that is large enough.

    Parameters
    ----------
    image : Cube or MapStack
        What is shown.
    look : mapping
        Options of the viewer: ``wavelengths_nm``, ``plane``, ``colours``, ``low``, ``high``.

    Returns
    -------
    Still
        As the viewer shows it.
    """
    levels = image.info.levels
    level = max(
        (each for each in levels if max(each.width, each.height) >= _STILL_PX),
        key=lambda each: each.level,
        default=levels[0],
    ).level
    draw_one = _draw_cube if isinstance(image, Cube) else _draw_map
    return Still(draw_one(image, level, look), image.width, image.height)  # type: ignore[arg-type]


def lay_over(base: Still, layer: Still, to_base: NDArray[np.float64], opacity: float) -> Still:
    """Lay one picture over another.

    Parameters
    ----------
    base, layer : Still
        The pictures.
    to_base : (3, 3) float64
        From the layer's to the base's pixels, the first pixel's centre at 0, 0.
    opacity : float
        From 0 to 1.

    Returns
    -------
    Still
        As large as the base.
    """
    centre = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    corners = centre @ to_base @ np.linalg.inv(centre)
    forward = base.from_image @ corners @ np.linalg.inv(layer.from_image)
    backward = np.linalg.inv(forward)[:2].ravel().tolist()
    placed = layer.picture.transform(
        base.picture.size, Image.Transform.AFFINE, backward, Image.Resampling.NEAREST
    )
    placed.putalpha(placed.getchannel("A").point(lambda value: round(value * opacity)))
    return Still(Image.alpha_composite(base.picture, placed), base.width, base.height)


def encode_still(stack: Sequence[tuple[Still, NDArray[np.float64], float]]) -> bytes:
    """Lay pictures over each other and encode the result.

    Parameters
    ----------
    stack : sequence of (Still, (3, 3) float64, float)
        The base first; each with its transform to the base and its opacity.

    Returns
    -------
    bytes
        PNG.
    """
    whole = stack[0][0]
    for layer, to_base, opacity in stack[1:]:
        whole = lay_over(whole, layer, to_base, opacity)
    picture = whole.picture
    is_opaque = picture.getchannel("A").getextrema() == (255, 255)
    buffer = io.BytesIO()
    (picture.convert("RGB") if is_opaque else picture).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _draw_cube(cube: Cube, level: int, look: Mapping[str, Any]) -> Image.Image:
    info, everything = cube.info, slice(None)
    wanted = look.get("wavelengths_nm") or (() if info.has_daylight else info.default_rgb)
    bands = [band for nm in wanted if (band := cube.find_band(float(nm))) is not None]
    if len(bands) not in {1, _COLOURS}:
        colours = cube.daylight(level, everything, everything, illuminants()[0])
        return _picture(colours, 0.0, 1.0)
    width = float(look.get("window", 0.0))
    groups = [cube.bands_around(cube.coordinate[band], width) for band in bands]
    values = cube.sums(level, everything, everything, groups)
    if width:
        low, high = percentiles_of(values)
    else:
        low = min(info.limits["low"][band] for band in bands)
        high = max(info.limits["high"][band] for band in bands)
    return _picture(values, look.get("low", low), look.get("high", high))


def _draw_map(stack: MapStack, level: int, look: Mapping[str, Any]) -> Image.Image:
    info = stack.info
    names = [each.name for each in info.planes]
    plane = names.index(look["plane"]) if look.get("plane") in names else 0
    values = stack.reduced(level, plane)
    low = look.get("low", info.limits["low"][plane])
    high = look.get("high", info.limits["high"][plane])
    if info.kind is MapKind.CLASSES:
        return Image.fromarray(paint_classes(values, len(info.classes)))
    if info.kind is MapKind.IMAGE:
        return Image.fromarray(paint_picture(values, low, high))
    return Image.fromarray(paint_values(values, low, high, look.get("colours") or DEFAULT_RAMP))


def _picture(linear: Floats, low: float, high: float) -> Image.Image:
    """Encode linear light (y, x, 1 or 3); NaN becomes black, as on the stage's dark ground."""
    light = np.nan_to_num((linear - low) / (high - low))
    code = np.round(255 * encode_srgb(light)).astype(np.uint8)
    return Image.fromarray(np.repeat(code, _COLOURS // code.shape[-1], axis=-1)).convert("RGBA")
