"""Draws tiles of cubes, and remembers the values behind them.

`encode_png` is pure: values and limits to PNG. `TileRenderer` adds two small caches, of
open cubes and of what tiles show before contrast, shared by all requests of a server.
"""

import os
from threading import BoundedSemaphore

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from museion_datasets.colour import encode_srgb
from museion_datasets.cube import TILE_PX, Cube
from museion_datasets.cube_values import Floats
from museion_datasets.dataset import Dataset
from museion_lab.cube_queries import TileQuery
from museion_lab.kept import Kept

CUBES_KEPT = 16
VALUES_KEPT_BYTES = 64 << 20
_READ_AT_ONCE = min(4, os.process_cpu_count() or 1)
"""Tiles; each takes a processor, and an object's chunks while they are read."""
_ENCODING_STEPS = 4096


class TileRenderer:
    """Draws tiles. Safe to use from several threads.

    Parameters
    ----------
    capacity_bytes : int
        How much of what tiles show stays in memory.
    """

    def __init__(self, capacity_bytes: int = VALUES_KEPT_BYTES) -> None:
        self._cubes: Kept[tuple[str, int, str], Cube] = Kept(CUBES_KEPT)
        self._values: Kept[tuple[object, ...], Floats]
        self._values = Kept(capacity_bytes, lambda values: values.nbytes)
        self._reading = BoundedSemaphore(_READ_AT_ONCE)

    def open(self, dataset: Dataset, item: str) -> Cube:
        """Return a cube of a dataset that the caller may read.

        Parameters
        ----------
        dataset : Dataset
            Open.
        item : str
            Name of the array item.

        Returns
        -------
        Cube
            The same for the same version.
        """
        record = dataset.record
        return self._cubes.get(
            (record.id, dataset.version, item),
            lambda: Cube(dataset.store, item, title=record.title, synthetic=record.synthetic),
        )

    def tile(self, cube: Cube, query: TileQuery) -> bytes:
        """Draw a tile.

        Parameters
        ----------
        cube : Cube
            The cube.
        query : TileQuery
            Checked against it.

        Returns
        -------
        bytes
            PNG, 256 pixels a side or less at the border.
        """
        key = (cube, query.level.level, query.x, query.y, query.groups, query.illuminant)
        values = self._values.get(key, lambda: self._read(cube, query))
        return encode_png(values, query.low, query.high)

    def _read(self, cube: Cube, query: TileQuery) -> Floats:
        """Return what a tile shows, before it is cut off at the limits."""
        rows = slice(query.y * TILE_PX, min((query.y + 1) * TILE_PX, query.level.height))
        columns = slice(query.x * TILE_PX, min((query.x + 1) * TILE_PX, query.level.width))
        with self._reading:
            if query.groups:
                return cube.sums(query.level.level, rows, columns, query.groups)
            return cube.daylight(query.level.level, rows, columns, query.illuminant)


def encode_png(values: Floats, low: float, high: float) -> bytes:
    """Turn values into an image as the eye sees them.

    Parameters
    ----------
    values : (y, x, 1 or 3) float32
        Linear in light; NaN is drawn transparent.
    low, high : float
        Values shown as black and as white.

    Returns
    -------
    bytes
        PNG, grey or RGB with transparency where values are missing.
    """
    missing = ~np.isfinite(values).all(axis=-1)
    share = np.nan_to_num((values - np.float32(low)) / np.float32(high - low), nan=0.0)
    pixels = _SRGB[(share.clip(0.0, 1.0) * (_ENCODING_STEPS - 1)).astype(np.intp)]
    if missing.any():
        colour = pixels if pixels.shape[-1] > 1 else np.repeat(pixels, 3, axis=-1)
        alpha = np.where(missing, 0, 255).astype(np.uint8)[..., None]
        pixels = np.concatenate([colour, alpha], axis=-1)
    return bytes(
        imagecodecs.png_encode(
            np.ascontiguousarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels),
            level=imagecodecs.PNG.COMPRESSION.SPEED,
            strategy=imagecodecs.PNG.STRATEGY.RLE,
            filter=imagecodecs.PNG.FILTER.PAETH,
        )
    )


def plain_values(values: Floats) -> list[float | None]:
    """Return values as JSON holds them; NaN becomes null.

    Parameters
    ----------
    values : (n,) float32
        Measured.

    Returns
    -------
    list of float or None
        With six decimals.
    """
    return [round(float(each), 6) if np.isfinite(each) else None for each in values]


def _srgb_table() -> NDArray[np.uint8]:
    """Return the sRGB code of each step of linear light (IEC 61966-2-1)."""
    linear = np.linspace(0.0, 1.0, _ENCODING_STEPS)
    table: NDArray[np.uint8] = np.round(255 * encode_srgb(linear)).astype(np.uint8)
    return table


_SRGB = _srgb_table()
