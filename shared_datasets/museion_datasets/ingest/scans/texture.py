"""Colours of a texture at the places of vertices.

A texture is sampled once, at full resolution, with linear interpolation. The image itself
stays in the dataset as it came; what is made here is for the eye and for per-vertex work.
"""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.limits import require_expansion
from museion_datasets.ingest.scans.mesh import Bytes, Floats

type Array = NDArray[Any]

_BLOCK = 1 << 20
_ERRORS = (OSError, ValueError, SyntaxError, Image.DecompressionBombError, MemoryError)


@dataclass(frozen=True, slots=True)
class Texture:
    """An image over the unit square.

    Attributes
    ----------
    pixels : (rows, columns, 3) uint8
        sRGB, the upper row first.
    is_repeated : bool
        Whether it goes on beyond its borders; else the border's colour does.
    """

    pixels: Bytes
    is_repeated: bool = True

    def sample(self, uvs: Floats) -> Bytes:
        """Return colours, (n, 3) uint8, at (n, 2) places whose v points up.

        Where a place is not a number the colour is black.
        """
        colors = np.zeros((len(uvs), 3), np.uint8)
        for start in range(0, len(uvs), _BLOCK):
            part = uvs[start : start + _BLOCK]
            colors[start : start + len(part)] = self._sample(part)
        return colors

    def _sample(self, uvs: Floats) -> Bytes:
        rows, columns = self.pixels.shape[:2]
        is_known = np.isfinite(uvs).all(axis=1)
        places = np.where(is_known[:, None], uvs, 0.0)
        x, y = places[:, 0] * columns - 0.5, (1.0 - places[:, 1]) * rows - 0.5
        left, top = np.floor(x), np.floor(y)
        right_share, low_share = (x - left)[:, None], (y - top)[:, None]
        at = [self._index(left + step, columns) for step in (0, 1)]
        down = [self._index(top + step, rows) for step in (0, 1)]
        upper = _mix(self.pixels[down[0], at[0]], self.pixels[down[0], at[1]], right_share)
        lower = _mix(self.pixels[down[1], at[0]], self.pixels[down[1], at[1]], right_share)
        mixed = np.rint(_mix(upper, lower, low_share)).astype(np.uint8)
        mixed[~is_known] = 0
        return mixed

    def _index(self, places: Array, count: int) -> Array:
        wrapped = np.mod(places, count) if self.is_repeated else np.clip(places, 0, count - 1)
        return wrapped.astype(np.int64)


def read_texture(data: bytes, name: str, *, is_repeated: bool = True) -> Texture:
    """Decode an image file.

    Parameters
    ----------
    data : bytes
        JPEG, PNG, WebP, TIFF …
    name : str
        For the message.
    is_repeated : bool
        As for `Texture`.

    Returns
    -------
    Texture
        With transparency left out.

    Raises
    ------
    InvalidError
        If it can't be decoded.
    """
    try:
        with Image.open(io.BytesIO(data)) as image:
            require_expansion("A texture", image.width * image.height * 3, len(data))
            pixels = np.asarray(image.convert("RGB"))
    except _ERRORS as error:
        raise InvalidError(
            f"The texture can't be read: {name!r:.80}",
            hint="export it as JPEG or PNG, or ingest the scan with colors hidden.",
        ) from error
    return Texture(pixels, is_repeated)


def _mix(first: Array, second: Array, share: Array) -> Array:
    mixed: Array = first * (1.0 - share) + second * share
    return mixed
