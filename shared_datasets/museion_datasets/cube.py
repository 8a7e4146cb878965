"""Reads a stored cube the way a viewer asks for it: facts, windows of an image, spectra.

Values come out as the cube means them (reflectance, not stored steps), float32, with NaN
where nothing was measured. All methods block; they may be called from several threads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion_datasets.arrays.store import SealedStore
from museion_datasets.colour import illuminants, spans_visible, srgb_weights
from museion_datasets.cube_levels import Level, Levels
from museion_datasets.cube_values import (
    Floats,
    Spectrum,
    add_groups,
    average,
    middle_of,
    open_cube,
    percentiles_of,
)
from museion_datasets.histogram import Histogram, count_values
from museion_datasets.spectral_axis import WAVELENGTH, SpectralAxis

TILE_PX = 256
_COLOURS_NM = (650.0, 550.0, 450.0)
_SAMPLE_BYTES = 64 << 20
_ROUNDING = 1e-9  # so that a window has both its ends
_REFLECTANCE = "reflectance"

type Bands = Sequence[int]


@dataclass(frozen=True, slots=True)
class CubeInfo:
    """What a viewer must know first; ``cube-info.schema.json`` says the same.

    Attributes
    ----------
    width, height : int
        Pixels.
    axis : SpectralAxis
        What the spectra stand over: wavelength in nm, energy in keV, or channel.
    coordinate : tuple of float
        Of each band on it; rising.
    good_band : tuple of bool
        Whether each band is to be used.
    tile_size : int
        Pixels of a tile's side.
    levels : tuple of Level
        From fine to coarse.
    quantity : str
        What a value is.
    pixel_size_mm : float or None
        Side of a pixel on the object.
    default_rgb : tuple of float
        Three wavelengths in nm, or one place on the axis where the cube has no colours.
    has_daylight : bool
        Whether the values are reflectances whose bands suffice for the colours an eye sees.
    illuminants : tuple of str
        What the colours can be asked for under; the first is the default.
    limits : mapping
        ``low`` and ``high``: 1st and 99th percentile of each band.
    synthetic : bool
        Whether the values were computed rather than measured.
    title : str
        The dataset's.
    """

    width: int
    height: int
    axis: SpectralAxis
    coordinate: tuple[float, ...]
    good_band: tuple[bool, ...]
    tile_size: int
    levels: tuple[Level, ...]
    quantity: str
    pixel_size_mm: float | None
    default_rgb: tuple[float, ...]
    has_daylight: bool
    illuminants: tuple[str, ...]
    limits: Mapping[str, list[float]]
    synthetic: bool
    title: str

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)


class Cube:
    """A cube in a dataset.

    Parameters
    ----------
    store : SealedStore
        A version's store.
    item : str
        Name of the array item.
    title : str
        The dataset's title.
    synthetic : bool
        What the catalogue says of the dataset.
    """

    def __init__(self, store: SealedStore, item: str, *, title: str, synthetic: bool) -> None:
        self._item = item
        self._title = title
        self._synthetic = synthetic
        self._array, self.axis, places, good = open_cube(store, item)
        self._levels = Levels(store, item, self._array)
        self.coordinate: tuple[float, ...] = tuple(float(each) for each in places)
        self.good_band: tuple[bool, ...] = tuple(bool(each) for each in good)
        attrs = dict(self._array.attrs)
        self._scale = np.float32(attrs.get("scale_factor", 1.0))
        self._offset = np.float32(attrs.get("add_offset", 0.0))
        self._missing = attrs.get("_FillValue")

    def __repr__(self) -> str:
        return f"Cube({self._item!r})"

    @property
    def height(self) -> int:
        """Rows."""
        return int(self._array.shape[0])

    @property
    def width(self) -> int:
        """Columns."""
        return int(self._array.shape[1])

    @cached_property
    def info(self) -> CubeInfo:
        """The facts; reads the coarsest level once."""
        attrs = dict(self._array.attrs)
        size = attrs.get("pixel_size_mm")
        has_daylight, limits = self.has_daylight, self._limits()
        return CubeInfo(
            width=self.width,
            height=self.height,
            axis=self.axis,
            coordinate=self.coordinate,
            good_band=self.good_band,
            tile_size=TILE_PX,
            levels=self._levels.sizes,
            quantity=self.quantity,
            pixel_size_mm=None if size is None else float(size),
            default_rgb=self._default_bands(attrs.get("default_rgb_nm", _COLOURS_NM), limits),
            has_daylight=has_daylight,
            illuminants=illuminants() if has_daylight else (),
            limits=limits,
            synthetic=self._synthetic,
            title=self._title,
        )

    @property
    def quantity(self) -> str:
        """What a value is, as the cube says, else as its variable is called."""
        name = str(self._array.name).rsplit("/", 1)[-1]
        return str(self._array.attrs.get("quantity", name))

    @property
    def has_daylight(self) -> bool:
        """Whether `true_colour_weights` makes sense: of radiance or counts it never does."""
        if self.axis is not WAVELENGTH:
            return False
        nm = np.asarray(self.coordinate)[np.asarray(self.good_band)]
        return self.quantity == _REFLECTANCE and spans_visible(nm)

    def true_colour_weights(self, illuminant: str) -> NDArray[np.float32]:
        """Return how much each band adds to linear red, green and blue; bad ones add nothing.

        Parameters
        ----------
        illuminant : str
            One of `museion_datasets.colour.illuminants`.

        Returns
        -------
        (3, bands) float32
            As `museion_datasets.colour.srgb_weights`.
        """
        good = np.asarray(self.good_band)
        weights = np.zeros((3, good.size), np.float32)
        weights[:, good] = srgb_weights(np.asarray(self.coordinate)[good], illuminant)
        return weights

    def histogram(self, bands: Sequence[int | Bands], illuminant: str = "") -> Histogram:
        """Count values over the coarsest level.

        Parameters
        ----------
        bands : sequence of int or of sequences of int
            Which bands, or of which ones the sums; none for the colours an eye sees.
        illuminant : str
            Of the colours.

        Returns
        -------
        Histogram
            One channel for each band, or linear red, green and blue.
        """
        level = self._levels.sizes[-1].level
        everything = slice(None)
        if bands:
            groups = [(each,) if isinstance(each, int) else tuple(each) for each in bands]
            values = self.sums(level, everything, everything, groups)
            names = [self.name_of(group) for group in groups]
            return count_values(values, names, unit="", level=level)
        values = self.daylight(level, everything, everything, illuminant)
        return count_values(values, ["red", "green", "blue"], level=level)

    def name_of(self, bands: Bands) -> str:
        """Return where bands lie on the axis, as in ``"650 nm"`` or ``"6.3 to 6.5 keV"``."""
        last = self.axis.describe(self.coordinate[bands[-1]])
        return last if len(bands) == 1 else f"{self.coordinate[bands[0]]:g} to {last}"

    def bands_around(self, place: float, width: float) -> tuple[int, ...]:
        """Return the bands of a window on the axis.

        Parameters
        ----------
        place, width : float
            Its middle and its whole width, in the axis' units.

        Returns
        -------
        tuple of int
            Rising, at least the nearest one; empty if the middle is beyond the cube's range.
        """
        nearest = self.find_band(place)
        near = np.abs(np.subtract(self.coordinate, place)) <= width / 2 + _ROUNDING
        return () if nearest is None else tuple(np.flatnonzero(near).tolist()) or (nearest,)

    def find_band(self, nm: float) -> int | None:
        """Return the band nearest to a place on the axis, or None beyond the cube's range."""
        known = np.asarray(self.coordinate)
        step = 0.5 * float(np.max(np.diff(known))) if known.size > 1 else 0.5
        if not known[0] - step <= nm <= known[-1] + step:
            return None
        return int(np.argmin(np.abs(known - nm)))

    def stored_window(self, level: int, rows: slice, columns: slice) -> NDArray[Any]:
        """Return all bands of a window of a level as they are stored, (y, x, band)."""
        return self._levels.read_all(level, rows, columns)

    def window(self, level: int, rows: slice, columns: slice, bands: Sequence[int]) -> Floats:
        """Return some bands of a window.

        Parameters
        ----------
        level : int
            Of the pyramid.
        rows, columns : slice
            Window in that level's pixels.
        bands : sequence of int
            Which bands, in the order they shall come.

        Returns
        -------
        (rows, columns, bands) float32
            Values; NaN where nothing was measured.
        """
        return self.decode(self._levels.read(level, rows, columns, bands))

    def sums(
        self, level: int, rows: slice, columns: slice, groups: Sequence[Sequence[int]]
    ) -> Floats:
        """Return sums over groups of bands of a window.

        Parameters
        ----------
        level, rows, columns : int, slice, slice
            As for `window`.
        groups : sequence of sequences of int
            None empty; of a single band, its values.

        Returns
        -------
        (rows, columns, groups) float32
            NaN where a band of the group was not measured.
        """
        flat = [band for group in groups for band in group]
        return add_groups(self.window(level, rows, columns, flat), groups)

    def daylight(self, level: int, rows: slice, columns: slice, illuminant: str) -> Floats:
        """Return the colours that an eye sees in a window, a part of it in memory at a time.

        Parameters
        ----------
        level, rows, columns : int, slice, slice
            As for `window`.
        illuminant : str
            As for `true_colour_weights`.

        Returns
        -------
        (rows, columns, 3) float32
            Linear red, green and blue; 1 is a perfect white, NaN where a band was not measured.
        """
        weights = self.true_colour_weights(illuminant)
        seen = np.flatnonzero(np.any(weights, axis=0)).tolist()
        size = self._levels.sizes[level]
        first, last, _ = rows.indices(size.height)
        width = len(range(*columns.indices(size.width)))
        colours = np.zeros((last - first, width, len(weights)), np.float32)
        for strip, bands in self._levels.parts(level, rows, columns, seen):
            place = colours[strip.start - first : strip.stop - first]
            place += self.window(level, strip, columns, bands) @ weights[:, bands].T
        return colours

    def decode(self, stored: NDArray[Any]) -> Floats:
        """Turn stored steps into values."""
        values = stored.astype(np.float32) * self._scale + self._offset
        if self._missing is not None:
            values[stored == self._missing] = np.nan
        return values

    def spectrum(self, x: int, y: int, radius: int) -> Spectrum:
        """Average a disc.

        Parameters
        ----------
        x, y : int
            Centre; inside the cube.
        radius : int
            In pixels; 0 is the one pixel.

        Returns
        -------
        Spectrum
            Over the part of the disc inside the cube.
        """
        top, left = max(0, y - radius), max(0, x - radius)
        stored = self.stored_window(0, slice(top, y + radius + 1), slice(left, x + radius + 1))
        row, column = np.ogrid[top : top + stored.shape[0], left : left + stored.shape[1]]
        inside = (row - y) ** 2 + (column - x) ** 2 <= radius**2
        return average(self.decode(stored[inside]))

    def _default_bands(
        self, wanted: Sequence[float], limits: Mapping[str, Sequence[float]]
    ) -> tuple[float, ...]:
        """Return what is shown first: colours, the middle, or where most was counted."""
        if self.axis is not WAVELENGTH:
            return (self.coordinate[int(np.argmax(limits["high"]))],)
        bands = [self.find_band(float(nm)) for nm in wanted]
        found = [self.coordinate[band] for band in bands if band is not None]
        if len(found) == len(_COLOURS_NM):
            return tuple(found)
        return (self.coordinate[len(self.coordinate) // 2],)

    def _limits(self) -> dict[str, list[float]]:
        """Percentiles of each band over the coarsest level, or over the cube's middle."""
        coarsest = self._levels.sizes[-1].level
        if coarsest > 0:
            planes = self._levels.planes(coarsest)
            step = max(1, _SAMPLE_BYTES // (planes.nbytes // planes.shape[0]))
            firsts = range(0, planes.shape[0], step)
            parts = (np.asarray(planes[first : first + step]) for first in firsts)
            values = (self.decode(plane) for part in parts for plane in part)
        else:
            side = max(1, int((_SAMPLE_BYTES / 4 / len(self.coordinate)) ** 0.5))
            rows, columns = middle_of(self.height, side), middle_of(self.width, side)
            stored = self.stored_window(0, rows, columns)
            values = (self.decode(stored[..., band]) for band in range(stored.shape[-1]))
        low, high = map(list, zip(*map(percentiles_of, values), strict=True))
        return {"low": low, "high": high}
