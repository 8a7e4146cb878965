"""Draws small pictures: of an array's plane or bands, of an image, of a scan.

Everything here is a function from values to a `PIL.Image.Image`; what to draw, and where
pictures are kept, is decided in `museion_datasets.display.stills`.
"""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageOps

STILL_PX = 160
_MAX_PIXELS = 60_000_000
_PERCENTILES = (1.0, 99.0)
_IMAGE_FORMATS = ("JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP")
_DEEP_MODES = frozenset({"I", "I;16", "I;16B", "F"})
_PLASTER = (245, 241, 232)
_STONE = np.array((222.0, 214.0, 202.0))
_LAMP = np.array((-0.45, 0.6, 0.66))
_AZIMUTH = np.deg2rad(-62.0)
_RISE = 0.25
_AMBIENT = 0.22
_MISSING = 0.5
_TINY = 1e-12
_DOT = 3

type Array = NDArray[Any]


def array_picture(values: Array) -> Image.Image:
    """Return a plane or three bands as a picture, stretched between their percentiles.

    Parameters
    ----------
    values : (rows, columns) or (rows, columns, 3) number
        NaN where nothing was measured.

    Returns
    -------
    PIL.Image.Image
        Grey or in colours.
    """
    bands = values.shape[2] if values.ndim > 2 else 1  # noqa: PLR2004 - a plane has two
    flat = values.astype(np.float32).reshape(-1, bands)
    valid = flat[np.isfinite(flat)]
    low, high = np.percentile(valid, _PERCENTILES) if valid.size else (0.0, 1.0)
    span = high - low if high > low else 1.0
    stretched = np.nan_to_num((flat - low) / span, nan=_MISSING, posinf=1.0, neginf=0.0)
    pixels = (np.clip(stretched, 0, 1) * 255).astype(np.uint8).reshape(values.shape)
    return Image.fromarray(pixels)


def image_picture(data: bytes) -> Image.Image | None:
    """Return an image file, reduced.

    Parameters
    ----------
    data : bytes
        As a person has put it.

    Returns
    -------
    PIL.Image.Image or None
        Upright; None if it has too many pixels.
    """
    with Image.open(io.BytesIO(data), formats=_IMAGE_FORMATS) as image:
        if image.width * image.height > _MAX_PIXELS:
            return None
        image.draft("RGB", (2 * STILL_PX, 2 * STILL_PX))
        if image.mode in _DEEP_MODES:
            step = max(1, max(image.size) // (2 * STILL_PX))
            return array_picture(np.asarray(image)[::step, ::step])
        picture = ImageOps.exif_transpose(image)
    picture.thumbnail((STILL_PX, STILL_PX))
    return picture


def mesh_picture(corners: Array, colors: Array | None = None) -> Image.Image:
    """Paint triangles from far to near, lit from above left.

    Parameters
    ----------
    corners : (n, 3, 3) number
        Positions, right-handed, z up.
    colors : (n, 3) number, optional
        sRGB from 0 to 255; plaster by default.

    Returns
    -------
    PIL.Image.Image
        In colours.
    """
    seen = _seen(corners)
    normals = np.cross(seen[:, 1] - seen[:, 0], seen[:, 2] - seen[:, 0])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + _TINY
    light = np.clip(normals @ _LAMP, 0, 1)[:, None] * (1 - _AMBIENT) + _AMBIENT
    tones = (np.clip((_STONE if colors is None else colors) * light, 0, 255)).astype(int)
    size, flat = 2 * STILL_PX, _fitted(seen)
    picture = Image.new("RGB", (size, size), _PLASTER)
    brush = ImageDraw.Draw(picture)
    for index in np.argsort(seen[..., 2].mean(axis=1)):
        corner = [tuple(point) for point in flat[index]]
        brush.polygon(corner, fill=tuple(tones[index]))
    return picture


def cloud_picture(points: Array, colors: Array | None = None) -> Image.Image:
    """Paint points from far to near, the far ones darker.

    Parameters
    ----------
    points : (n, 3) number
        Positions, right-handed, z up.
    colors : (n, 3) number, optional
        sRGB from 0 to 255; plaster by default.

    Returns
    -------
    PIL.Image.Image
        In colours.
    """
    seen = _seen(points)
    depth = seen[:, 2]
    nearness = (depth - depth.min()) / max(float(np.ptp(depth)), _TINY)
    light = (nearness * (1 - _AMBIENT) + _AMBIENT)[:, None]
    tones = np.clip((_STONE if colors is None else colors) * light, 0, 255).astype(np.uint8)
    size = 2 * STILL_PX
    picture = np.full((size, size, 3), _PLASTER, np.uint8)
    order = np.argsort(depth)
    dot = np.indices((_DOT, _DOT)).reshape(2, -1)
    columns, rows = (
        (flat[:, None] + aside).clip(0, size - 1).ravel()
        for flat, aside in zip(_fitted(seen)[order].astype(int).T, dot, strict=True)
    )
    picture[rows, columns] = np.repeat(tones[order], dot.shape[1], axis=0)
    return Image.fromarray(picture)


def _seen(places: Array) -> Array:
    """Return places as they are seen: to the right, up, towards the viewer."""
    right = np.array([-np.sin(_AZIMUTH), np.cos(_AZIMUTH), 0.0])
    near = np.array([np.cos(_AZIMUTH), np.sin(_AZIMUTH), _RISE]) / np.hypot(1, _RISE)
    axes = np.stack([right, np.cross(near, right), near])
    turned: Array = (places - places.reshape(-1, 3).mean(axis=0)) @ axes.T
    return turned


def _fitted(seen: Array) -> Array:
    """Return columns and rows that fill a picture of twice a still's size."""
    size = 2 * STILL_PX
    places = seen[..., :2].reshape(-1, 2)
    low, high = places.min(axis=0), places.max(axis=0)
    scale = 0.9 * size / max(*(high - low), _TINY)
    flat: Array = (seen[..., :2] - (low + high) / 2) * (scale, -scale) + size / 2
    return flat


def flat_picture(picture: Image.Image) -> Image.Image:
    """Return a picture without transparency.

    Parameters
    ----------
    picture : PIL.Image.Image
        In any mode.

    Returns
    -------
    PIL.Image.Image
        In grey or in colours, on plaster.
    """
    if picture.mode in {"L", "RGB"}:
        return picture
    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        ground = Image.new("RGBA", picture.size, (*_PLASTER, 255))
        return Image.alpha_composite(ground, picture.convert("RGBA")).convert("RGB")
    return picture.convert("L" if picture.mode == "1" else "RGB")
