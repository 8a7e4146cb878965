"""Draws tiles of cubes, and remembers the windows behind them.

`encode_png` is pure: values and limits to PNG. `TileRenderer` adds two small caches, of
open cubes and of full-spectrum windows, shared by all requests of a server.
"""

import io
import os
from threading import BoundedSemaphore
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from museion_datasets.colour import encode_srgb
from museion_datasets.cube import TILE_PX, Cube
from museion_datasets.cube_values import Floats, add_groups
from museion_datasets.dataset import Dataset
from museion_lab.cube_queries import TileQuery
from museion_lab.kept import Kept

CUBES_KEPT = 16
WINDOWS_KEPT_BYTES = 64 << 20
_READ_AT_ONCE = min(4, os.process_cpu_count() or 1)
"""Tiles; each takes twice the size of its window while that is read, and a processor."""
_ENCODING_STEPS = 4096

type Window = NDArray[Any]


class TileRenderer:
    """Draws tiles. Safe to use from several threads.

    Parameters
    ----------
    capacity_bytes : int
        How much of decrypted windows stays in memory.
    """

    def __init__(self, capacity_bytes: int = WINDOWS_KEPT_BYTES) -> None:
        self._capacity_bytes = capacity_bytes
        self._cubes: Kept[tuple[str, int, str], Cube] = Kept(CUBES_KEPT)
        self._windows: Kept[tuple[Cube, int, int, int], Window]
        self._windows = Kept(capacity_bytes, lambda window: window.nbytes)
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
        rows = slice(query.y * TILE_PX, min((query.y + 1) * TILE_PX, query.level.height))
        columns = slice(query.x * TILE_PX, min((query.x + 1) * TILE_PX, query.level.width))
        with self._reading:
            values = self._values(cube, query, rows, columns)
        return encode_png(values, query.low, query.high)

    def _values(self, cube: Cube, query: TileQuery, rows: slice, columns: slice) -> Floats:
        """Return what a tile shows, before it is cut off at the limits."""
        is_large = self._is_large(cube)
        if query.groups and (query.level.level > 0 or is_large):  # stored in planes: just these
            return cube.sums(query.level.level, rows, columns, query.groups)
        window = self._window(cube, query, rows, columns)
        if not query.groups:
            return daylight(cube, window, query.illuminant)
        flat = [band for group in query.groups for band in group]
        return add_groups(cube.decode(window[..., flat]), query.groups)

    def _is_large(self, cube: Cube) -> bool:
        """Whether all bands of a tile are more than is kept: thousands of channels may be."""
        return TILE_PX * TILE_PX * len(cube.coordinate) * 2 > self._capacity_bytes

    def _window(self, cube: Cube, query: TileQuery, rows: slice, columns: slice) -> Window:
        """Return all bands of a tile, decrypted now or before."""
        key = (cube, query.level.level, query.x, query.y)
        return self._windows.get(key, lambda: cube.stored_window(query.level.level, rows, columns))


def daylight(cube: Cube, window: Window, illuminant: str) -> Floats:
    """Return linear red, green and blue of a window, as an eye sees them.

    Parameters
    ----------
    cube : Cube
        Where it comes from.
    window : (y, x, band) array
        As stored.
    illuminant : str
        Under which light.

    Returns
    -------
    (y, x, 3) float32
        1 is a perfect white.
    """
    weights = cube.true_colour_weights(illuminant)
    seen = np.flatnonzero(np.any(weights, axis=0))
    return cube.decode(window[..., seen]) @ weights[:, seen].T


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
    image = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


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
