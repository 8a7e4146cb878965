"""Draws tiles of cubes, and remembers the windows behind them.

`encode_png` is pure: values and limits to PNG. `TileRenderer` adds two small caches, of
open cubes and of full-spectrum windows, shared by all requests of a server.
"""

import io
from collections import OrderedDict
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from museion_datasets.colour import encode_srgb
from museion_datasets.cube import TILE_PX, Cube, Floats, Spectrum
from museion_datasets.dataset import Dataset
from museion_lab.cube_queries import SpectrumQuery, TileQuery

CUBES_KEPT = 16
WINDOWS_KEPT_BYTES = 192 << 20
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
        self._cubes: OrderedDict[tuple[str, int, str], Cube] = OrderedDict()
        self._windows: OrderedDict[tuple[int, int, int, int], tuple[Cube, Window]] = OrderedDict()
        self._lock = Lock()

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
        key = (record.id, dataset.version, item)
        with self._lock:
            cube = self._cubes.get(key)
        if cube is None:
            cube = Cube(dataset.store, item, title=record.title, synthetic=record.synthetic)
            with self._lock:
                cube = self._cubes.setdefault(key, cube)
                if len(self._cubes) > CUBES_KEPT:
                    self._cubes.popitem(last=False)
        return cube

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
        if query.level.level > 0 and query.bands:  # stored in planes: take just these
            values = cube.window(query.level.level, rows, columns, query.bands)
            return encode_png(values, query.low, query.high)
        window = self._window(cube, query, rows, columns)
        if query.bands:
            values = cube.decode(window[..., list(query.bands)])
        else:
            values = daylight(cube, window, query.illuminant)
        return encode_png(values, query.low, query.high)

    def _window(self, cube: Cube, query: TileQuery, rows: slice, columns: slice) -> Window:
        """Return all bands of a tile, decrypted now or before."""
        key = (id(cube), query.level.level, query.x, query.y)
        with self._lock:
            if key in self._windows:
                self._windows.move_to_end(key)
                return self._windows[key][1]
        window = cube.stored_window(query.level.level, rows, columns)
        with self._lock:
            self._windows[key] = (cube, window)  # holds the cube, so that its id stays taken
            while self._kept_bytes() > self._capacity_bytes and len(self._windows) > 1:
                self._windows.popitem(last=False)
        return window

    def _kept_bytes(self) -> int:
        return sum(window.nbytes for _, window in self._windows.values())


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


def spectrum_json(query: SpectrumQuery, cube: Cube, spectrum: Spectrum) -> dict[str, Any]:
    """Return the answer to a question for a spectrum.

    Parameters
    ----------
    query : SpectrumQuery
        The question.
    cube : Cube
        The cube asked of.
    spectrum : Spectrum
        What it found.

    Returns
    -------
    dict
        As ``spectrum.schema.json`` says; NaN becomes null.
    """
    return {
        "x": query.x,
        "y": query.y,
        "radius": query.radius,
        "count": spectrum.count,
        "wavelength_nm": list(cube.wavelength_nm),
        "mean": _plain(spectrum.mean),
        "std": _plain(spectrum.std),
    }


def _plain(values: Floats) -> list[float | None]:
    return [round(float(each), 6) if np.isfinite(each) else None for each in values]


def _srgb_table() -> NDArray[np.uint8]:
    """Return the sRGB code of each step of linear light (IEC 61966-2-1)."""
    linear = np.linspace(0.0, 1.0, _ENCODING_STEPS)
    table: NDArray[np.uint8] = np.round(255 * encode_srgb(linear)).astype(np.uint8)
    return table


_SRGB = _srgb_table()
