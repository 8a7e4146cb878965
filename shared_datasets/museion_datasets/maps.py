"""Reads a stored map or picture the way a viewer asks for it: facts, windows, histograms.

Values come out as they are meant: float32 with NaN where nothing is known for numbers,
class numbers with -1 for the unknown, the file's own numbers for a picture. A large map has
a pyramid from when it was stored; a smaller one is halved when it is needed. All methods
block; they may be called from several threads.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from math import prod
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from museion_datasets.arrays.store import SealedStore
from museion_datasets.arrays.variables import dims_of, find_level
from museion_datasets.cube import TILE_PX
from museion_datasets.cube_levels import Level
from museion_datasets.errors import InvalidError
from museion_datasets.halving import halve_classes, halve_means
from museion_datasets.histogram import Histogram, count_values
from museion_datasets.map_variable import MapKind, Plane, find_variable
from museion_datasets.painting import RAMPS, class_colours

MAX_UNREDUCED_BYTES: Final = 128 << 20
_SAMPLED_BYTES: Final = 64 << 20
_SAMPLE_PX: Final = 512
_PERCENTILES: Final = (1.0, 99.0)
_UNKNOWN: Final = -1
_SQUARE: Final = ("y", "x")

type Values = NDArray[Any]


@dataclass(frozen=True, slots=True)
class NamedColour:
    """A class and its colour, ``#rrggbb``."""

    name: str
    colour: str


@dataclass(frozen=True, slots=True)
class Ramp:
    """A ramp of colours: stops from low to high, ``#rrggbbaa``."""

    name: str
    stops: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MapInfo:
    """What a viewer must know first; ``map-info.schema.json`` says the same.

    Attributes
    ----------
    kind : MapKind
        How it is shown.
    width, height : int
        Pixels.
    tile_size : int
        Pixels of a tile's side.
    levels : tuple of Level
        From fine to coarse.
    variable : str
        Which of the item's variables this is.
    variables : tuple of str
        All of them that are maps.
    planes : tuple of Plane
        What there is a map of.
    limits : mapping
        ``low`` and ``high``: 1st and 99th percentile of each plane.
    classes : tuple of NamedColour
        Of a map of classes.
    ramps : tuple of Ramp
        What numbers can be shown on.
    quantity, units : str
        What a value is; may be empty.
    pixel_size_mm : float or None
        Side of a pixel on the object.
    synthetic : bool
        Whether the values were computed rather than measured.
    title : str
        The dataset's.
    """

    kind: MapKind
    width: int
    height: int
    tile_size: int
    levels: tuple[Level, ...]
    variable: str
    variables: tuple[str, ...]
    planes: tuple[Plane, ...]
    limits: Mapping[str, list[float]]
    classes: tuple[NamedColour, ...]
    ramps: tuple[Ramp, ...]
    quantity: str
    units: str
    pixel_size_mm: float | None
    synthetic: bool
    title: str

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)


class MapStack:
    """The maps of an array item, or a picture.

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
    variable : str, optional
        Which of the item's variables; by default the first that is no error and no flag.
    """

    def __init__(
        self,
        store: SealedStore,
        item: str,
        *,
        title: str,
        synthetic: bool,
        variable: str | None = None,
    ) -> None:
        self._store = store
        self._item = item
        self._title = title
        self._synthetic = synthetic
        self.variable = find_variable(store, item, variable)
        self._array = self.variable.array
        dims = dims_of(self._array)
        self.height = int(self._array.shape[dims.index("y")])
        self.width = int(self._array.shape[dims.index("x")])
        self.has_pyramid = self._find_level(1) is not None
        self._require_reducible()

    def __repr__(self) -> str:
        return f"MapStack({self._item!r})"

    @cached_property
    def levels(self) -> tuple[Level, ...]:
        """From fine to coarse, until one tile holds a plane."""
        levels = [Level(0, self.width, self.height)]
        while max(levels[-1].width, levels[-1].height) > TILE_PX:
            last = levels[-1]
            levels.append(Level(last.level + 1, -(-last.width // 2), -(-last.height // 2)))
        return tuple(levels)

    @cached_property
    def info(self) -> MapInfo:
        """The facts; reads the coarsest level once, or a part of the map."""
        attrs = dict(self._array.attrs)
        size, found = attrs.get("pixel_size_mm"), self.variable
        names = zip(found.classes, class_colours(len(found.classes)), strict=True)
        return MapInfo(
            kind=found.kind,
            width=self.width,
            height=self.height,
            tile_size=TILE_PX,
            levels=self.levels,
            variable=found.name,
            variables=found.others,
            planes=found.planes,
            limits=self._limits(),
            classes=tuple(NamedColour(*each) for each in names),
            ramps=tuple(Ramp(*each) for each in RAMPS.items()),
            quantity=str(attrs.get("quantity", found.name)),
            units=str(attrs.get("units", "")),
            pixel_size_mm=None if size is None else float(size),
            synthetic=self._synthetic,
            title=self._title,
        )

    def window(self, level: int, rows: slice, columns: slice, plane: int = 0) -> Values:
        """Return a window of a level that is stored.

        Parameters
        ----------
        level : int
            0, or any of `levels` if the map has a pyramid.
        rows, columns : slice
            Window in that level's pixels.
        plane : int
            Which of the maps; a picture has one.

        Returns
        -------
        (rows, columns) float32, (rows, columns) int32 or (rows, columns, channels) float32
            Numbers, classes, or a picture.
        """
        array = self._array if level == 0 else self._find_level(level)
        dims = dims_of(array)
        other = next((name for name in dims if name not in _SQUARE), None)
        take: dict[str, Any] = {"y": rows, "x": columns}
        if other is not None:
            take[other] = slice(None) if self.variable.kind is MapKind.IMAGE else plane
        values = np.asarray(array[tuple(take[name] for name in dims)])
        kept = [name for name in dims if not isinstance(take[name], int)]
        if self.variable.kind is MapKind.IMAGE:
            order = [kept.index(name) for name in (*_SQUARE, *(n for n in kept if n == other))]
            values = values.transpose(order)
            return self._decode(values if values.ndim > len(_SQUARE) else values[..., None])
        return self._decode(values if kept.index("y") < kept.index("x") else values.T)

    def reduced(self, level: int, plane: int = 0) -> Values:
        """Return a whole level: stored, or made from the map by halving.

        Parameters
        ----------
        level : int
            One of `levels`.
        plane : int
            Which of the maps.

        Returns
        -------
        array
            As `window` gives it.
        """
        everything = slice(None)
        if level == 0 or self.has_pyramid:
            return self.window(level, everything, everything, plane)
        values = self.window(0, everything, everything, plane)
        halve = halve_classes if self.variable.kind is MapKind.CLASSES else halve_means
        for _ in range(level):
            values = halve(values)
        return values

    def histogram(self, plane: int = 0) -> Histogram:
        """Count the values of a plane, over the coarsest level.

        Parameters
        ----------
        plane : int
            Which of the maps.

        Returns
        -------
        Histogram
            One channel for a map, as many as it has for a picture.
        """
        level = self.levels[-1].level
        values = self.reduced(level, plane)
        if values.ndim == len(_SQUARE):
            values = values[..., None]
        names = (
            [f"channel {number}" for number in range(1, values.shape[-1] + 1)]
            if self.variable.kind is MapKind.IMAGE
            else [self.variable.planes[plane].name]
        )
        unit = str(self._array.attrs.get("units", ""))
        return count_values(values, names, unit="" if unit == "1" else unit, level=level)

    def _decode(self, stored: Values) -> Values:
        attrs = self._array.attrs
        missing = attrs.get("_FillValue")
        if self.variable.kind is MapKind.CLASSES:
            classes = stored.astype(np.int32)
            if isinstance(missing, int):
                classes[stored == missing] = _UNKNOWN
            return classes
        scale, offset = attrs.get("scale_factor", 1.0), attrs.get("add_offset", 0.0)
        values = stored.astype(np.float32) * np.float32(scale) + np.float32(offset)
        if isinstance(missing, int | float):
            values[stored == missing] = np.nan
        return np.asarray(values)

    def _limits(self) -> dict[str, list[float]]:
        """Percentiles of each plane; a picture of bytes keeps its own ends."""
        kind, dtype = self.variable.kind, self._array.dtype
        if kind is MapKind.IMAGE and dtype.itemsize == 1:
            return {"low": [0.0], "high": [255.0]}
        if kind is MapKind.CLASSES:
            count = len(self.variable.classes)
            return {"low": [0.0], "high": [float(max(count - 1, 1))]}
        found = [self._ends(self._sample(plane)) for plane in range(len(self.variable.planes))]
        low, high = zip(*found, strict=True)
        return {"low": list(low), "high": list(high)}

    def _sample(self, plane: int) -> Values:
        """Return the coarsest level, the whole map if it is small, or its middle."""
        if self.has_pyramid:
            return self.reduced(self.levels[-1].level, plane)
        if prod(self._array.shape) * self._array.dtype.itemsize <= _SAMPLED_BYTES:
            return self.window(0, slice(None), slice(None), plane)
        return self.window(0, _middle(self.height), _middle(self.width), plane)

    def _ends(self, values: Values) -> tuple[float, float]:
        valid = values[np.isfinite(values)]
        if not valid.size:
            return 0.0, 1.0
        low, high = (float(each) for each in np.percentile(valid, _PERCENTILES))
        if high <= low:
            low, high = float(valid.min()), float(valid.max())
        return low, high if high > low else low + 1.0

    def _find_level(self, level: int) -> Any:  # noqa: ANN401 - zarr's union of array kinds
        if len(self.variable.others) > 1:  # a pyramid doesn't say whose it is
            return None
        return find_level(self._store, self._item, level)

    def _require_reducible(self) -> None:
        """Refuse what could only be shown by reading very much.

        Raises
        ------
        InvalidError
            If a plane without pyramid is too large.
        """
        array = self._array
        count = len(self.variable.planes)
        plane_bytes = prod(array.shape) * array.dtype.itemsize // count
        if not self.has_pyramid and plane_bytes > MAX_UNREDUCED_BYTES:
            raise InvalidError(
                f"The map is too large to be shown without a pyramid: {plane_bytes / 1e6:.0f} MB",
                hint="save it again with museion.save, which makes one.",
            )


def _middle(length: int) -> slice:
    start = max(0, (length - _SAMPLE_PX) // 2)
    return slice(start, start + _SAMPLE_PX)
