"""Reads a stored cube the way a viewer asks for it: facts, windows of an image, spectra.

Values come out as the cube means them (reflectance, not stored steps), float32, with NaN
where nothing was measured. All methods block; they may be called from several threads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from museion_datasets.arrays.store import SealedStore
from museion_datasets.colour import illuminants, spans_visible, srgb_weights
from museion_datasets.errors import InvalidError, NotFoundError
from museion_datasets.histogram import Histogram, count_values

TILE_PX = 256
_SAMPLE_PX = 256  # window that stands for a cube without pyramid
_PERCENTILES = (1.0, 99.0)
_COLOURS_NM = (650.0, 550.0, 450.0)
_DIMS = ("y", "x", "wavelength")
_REFLECTANCE = "reflectance"

type Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Level:
    """A level of the pyramid: 0 is the cube, each further one has half the sides."""

    level: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class CubeInfo:
    """What a viewer must know first; ``cube-info.schema.json`` says the same.

    Attributes
    ----------
    width, height : int
        Pixels.
    wavelength_nm : tuple of float
        Rising.
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
        Three wavelengths in nm, or one where the cube has no colours.
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
    wavelength_nm: tuple[float, ...]
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


@dataclass(frozen=True, slots=True)
class Spectrum:
    """Mean and spread of a disc of pixels; ``spectrum.schema.json`` says the same.

    Attributes
    ----------
    count : int
        Pixels of the disc inside the cube.
    mean, std : (bands,) float32
        NaN where a band has no valid pixel.
    """

    count: int
    mean: Floats
    std: Floats


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
        self._store = store
        self._item = item
        self._title = title
        self._synthetic = synthetic
        self._array, nm, good = _open(store, item)
        self.wavelength_nm: tuple[float, ...] = tuple(float(each) for each in nm)
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
        has_daylight = self.has_daylight
        return CubeInfo(
            width=self.width,
            height=self.height,
            wavelength_nm=self.wavelength_nm,
            good_band=self.good_band,
            tile_size=TILE_PX,
            levels=self._levels(),
            quantity=self.quantity,
            pixel_size_mm=None if size is None else float(size),
            default_rgb=self._default_bands(attrs.get("default_rgb_nm", _COLOURS_NM)),
            has_daylight=has_daylight,
            illuminants=illuminants() if has_daylight else (),
            limits=self._limits(),
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
        nm = np.asarray(self.wavelength_nm)[np.asarray(self.good_band)]
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
        weights[:, good] = srgb_weights(np.asarray(self.wavelength_nm)[good], illuminant)
        return weights

    def histogram(self, bands: Sequence[int], illuminant: str = "") -> Histogram:
        """Count values over the coarsest level.

        Parameters
        ----------
        bands : sequence of int
            Which bands; none for the colours an eye sees.
        illuminant : str
            Of the colours.

        Returns
        -------
        Histogram
            One channel for each band, or linear red, green and blue.
        """
        level = self._levels()[-1].level
        everything = slice(None)
        if bands:
            values = self.window(level, everything, everything, bands)
            names = [f"{self.wavelength_nm[band]:g} nm" for band in bands]
            return count_values(values, names, unit="", level=level)
        weights = self.true_colour_weights(illuminant)
        seen = np.flatnonzero(np.any(weights, axis=0))
        values = self.window(level, everything, everything, seen.tolist()) @ weights[:, seen].T
        return count_values(values, ["red", "green", "blue"], level=level)

    def find_band(self, nm: float) -> int | None:
        """Return the band nearest to a wavelength, or None beyond the cube's range."""
        known = np.asarray(self.wavelength_nm)
        step = 0.5 * float(np.max(np.diff(known))) if known.size > 1 else 0.5
        if not known[0] - step <= nm <= known[-1] + step:
            return None
        return int(np.argmin(np.abs(known - nm)))

    def stored_window(self, level: int, rows: slice, columns: slice) -> NDArray[Any]:
        """Return all bands of a window of a level as they are stored, (y, x, band)."""
        if level == 0:
            return np.asarray(self._array[rows, columns, :])
        return np.moveaxis(np.asarray(self._level(level)[:, rows, columns]), 0, -1)

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
        if level == 0:
            return self.decode(self.stored_window(0, rows, columns)[..., list(bands)])
        planes = self._level(level)
        return self.decode(np.stack([planes[band, rows, columns] for band in bands], axis=-1))

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
        values = self.decode(stored[inside])
        valid = np.isfinite(values)
        count = valid.sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(valid, values, 0).sum(axis=0, dtype=np.float64) / count
            spread = np.where(valid, values - mean, 0) ** 2
            std = np.sqrt(spread.sum(axis=0) / count)
        return Spectrum(int(inside.sum()), mean.astype(np.float32), std.astype(np.float32))

    def _levels(self) -> tuple[Level, ...]:
        levels = [Level(0, self.width, self.height)]
        while (array := self._find_level(len(levels))) is not None:
            levels.append(Level(len(levels), int(array.shape[2]), int(array.shape[1])))
        return tuple(levels)

    def _level(self, level: int) -> Any:  # noqa: ANN401 - zarr's union of array kinds
        """Return a level's planes.

        Raises
        ------
        NotFoundError
            If the cube has no such level.
        """
        array = self._find_level(level)
        if array is None:
            raise NotFoundError(f"No such level: {level}", hint="ask for the levels first.")
        return array

    def _find_level(self, level: int) -> Any:  # noqa: ANN401
        try:
            return zarr.open_array(
                self._store, path=f"pyramids/{self._item}/{level}", mode="r", zarr_format=3
            )
        except FileNotFoundError:
            return None

    def _default_bands(self, wanted: Sequence[float]) -> tuple[float, ...]:
        bands = [self.find_band(float(nm)) for nm in wanted]
        found = [self.wavelength_nm[band] for band in bands if band is not None]
        if len(found) == len(_COLOURS_NM):
            return tuple(found)
        return (self.wavelength_nm[len(self.wavelength_nm) // 2],)

    def _limits(self) -> dict[str, list[float]]:
        """Percentiles of each band over the coarsest level, or over the cube's middle."""
        coarsest = self._levels()[-1].level
        if coarsest > 0:
            values = self.decode(np.asarray(self._level(coarsest)[:])).reshape(
                len(self.wavelength_nm), -1
            )
        else:
            rows, columns = _middle(self.height), _middle(self.width)
            stored = self.stored_window(0, rows, columns)
            values = np.moveaxis(self.decode(stored), -1, 0).reshape(stored.shape[-1], -1)
        low, high = zip(*(_percentiles(band) for band in values), strict=True)
        return {"low": list(low), "high": list(high)}


def _open(store: SealedStore, item: str) -> tuple[Any, NDArray[Any], NDArray[Any]]:
    """Return the item's variable (y, x, wavelength), its wavelengths, and which to use.

    Raises
    ------
    NotFoundError
        If there is no such item.
    InvalidError
        If the item is no cube.
    """
    try:
        group = zarr.open_group(store, path=f"arrays/{item}", mode="r", zarr_format=3)
    except (FileNotFoundError, ValueError) as error:
        raise NotFoundError(f"No such item: {item!r:.80}", hint="check the spelling.") from error
    arrays = dict(group.arrays())
    cubes = [each for each in arrays.values() if _dims(each) == _DIMS]
    if len(cubes) != 1 or "wavelength" not in arrays:
        raise InvalidError(
            f"Not a cube: {item!r:.80}",
            hint="a cube has the dimensions y, x and wavelength, and wavelengths in nm.",
        )
    nm = np.asarray(arrays["wavelength"][:])
    good = np.asarray(arrays["good_band"][:]) if "good_band" in arrays else np.ones(nm.shape, bool)
    return cubes[0], nm, good


def _dims(array: Any) -> tuple[str, ...] | None:  # noqa: ANN401
    """Return the names of an array's dimensions, if it has any."""
    names: tuple[str, ...] | None = array.metadata.dimension_names
    return names


def _middle(length: int) -> slice:
    start = max(0, (length - _SAMPLE_PX) // 2)
    return slice(start, start + _SAMPLE_PX)


def _percentiles(values: Floats) -> tuple[float, float]:
    valid = values[np.isfinite(values)]
    if valid.size == 0:
        return 0.0, 1.0
    low, high = np.percentile(valid, _PERCENTILES)
    return float(low), float(high) if high > low else float(low) + 1.0
