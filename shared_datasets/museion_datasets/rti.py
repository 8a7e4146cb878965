"""Reads a stored RTI model the way a viewer asks for it: facts, and windows of its planes.

Values come out float32, with NaN where the model has none. All methods block; they may be
called from several threads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion_datasets.arrays.store import SealedStore
from museion_datasets.arrays.variables import dims_of, open_variables
from museion_datasets.cube import TILE_PX
from museion_datasets.cube_levels import Level, Levels
from museion_datasets.dataset import Dataset
from museion_datasets.errors import InvalidError
from museion_datasets.item import Item, ItemKind
from museion_datasets.rti_basis import NORMAL_PLANES, PLANE, Basis, basis_of

_DIMS = ("y", "x", PLANE)
_MARGIN = 0.2  # coarse levels are means: what they span, and this share on both sides

type Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SavedLight:
    """A light worth coming back to.

    Attributes
    ----------
    label : str
        What it shows, for people.
    azimuth : float
        Where it comes from, in degrees from the right over the top.
    elevation : float
        Its height above the surface, in degrees.
    """

    label: str
    azimuth: float
    elevation: float


@dataclass(frozen=True, slots=True)
class RtiInfo:
    """What a viewer must know first; ``rti-info.schema.json`` says the same.

    Attributes
    ----------
    width, height : int
        Pixels.
    tile_size : int
        Pixels of a tile's side.
    levels : tuple of Level
        From fine to coarse.
    basis : str
        A `BasisKind`.
    terms : int
        Functions of the light's direction.
    low, high : tuple of float
        What the bytes 0 and 255 of a tile mean, for each plane.
    normals : str
        Where the normals are from.
    lights : tuple of SavedLight
        Saved with the model.
    pixel_size_mm : float or None
        Side of a pixel on the object.
    synthetic : bool
        Whether the values were computed rather than measured.
    title : str
        The dataset's.
    """

    width: int
    height: int
    tile_size: int
    levels: tuple[Level, ...]
    basis: str
    terms: int
    low: tuple[float, ...]
    high: tuple[float, ...]
    normals: str
    lights: tuple[SavedLight, ...]
    pixel_size_mm: float | None
    synthetic: bool
    title: str

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)


class RtiModel:
    """An RTI model in a dataset.

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
        self._item, self._title, self._synthetic = item, title, synthetic
        self._array = _open(store, item)
        self._levels = Levels(store, item, self._array)
        self._attrs = dict(self._array.attrs)
        kind = str(self._attrs.get("rti_basis", ""))
        self.basis: Basis = basis_of(kind, int(self._array.shape[2]))

    def __repr__(self) -> str:
        return f"RtiModel({self._item!r})"

    @cached_property
    def info(self) -> RtiInfo:
        """The facts; reads the coarsest level once."""
        height, width, _ = self._array.shape
        size = self._attrs.get("pixel_size_mm")
        low, high = self._range()
        return RtiInfo(
            width=int(width),
            height=int(height),
            tile_size=TILE_PX,
            levels=self._levels.sizes,
            basis=self.basis.kind.value,
            terms=self.basis.terms,
            low=low,
            high=high,
            normals=str(self._attrs.get("rti_normals", "unknown")),
            lights=tuple(read_lights(self._attrs.get("saved_lights", []))),
            pixel_size_mm=None if size is None else float(size),
            synthetic=self._synthetic,
            title=self._title,
        )

    def window(self, level: int, rows: slice, columns: slice) -> Floats:
        """Return all planes of a window.

        Parameters
        ----------
        level : int
            Of the pyramid.
        rows, columns : slice
            Window in that level's pixels.

        Returns
        -------
        (rows, columns, planes) float32
            Values; NaN where the model has none.

        Raises
        ------
        NotFoundError
            If the model has no such level.
        """
        return np.asarray(self._levels.read_all(level, rows, columns), np.float32)

    def coarse(self, least_px: int) -> Floats:
        """Return the smallest image of the model that is at least so long, whole."""
        sizes = self._levels.sizes
        fitting = [each for each in sizes if max(each.width, each.height) >= least_px]
        level = fitting[-1] if fitting else sizes[0]
        return self.window(level.level, slice(None), slice(None))

    def _range(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Return each plane's range: a file's own, or what the coarsest level spans."""
        count = len(self.basis.planes)
        said = [self._attrs.get(name) for name in ("plane_low", "plane_high")]
        if all(isinstance(each, list) and len(each) == count for each in said):
            return tuple(map(float, said[0] or ())), tuple(map(float, said[1] or ()))
        values = self.coarse(1).reshape(-1, count).astype(np.float64)
        values = values[np.isfinite(values).all(axis=1)]
        if not len(values):
            return (-1.0,) * count, (1.0,) * count
        low, high = values.min(axis=0), values.max(axis=0)
        margin = np.maximum(_MARGIN * (high - low), 1e-3)
        low, high = low - margin, high + margin
        low[-len(NORMAL_PLANES) :], high[-len(NORMAL_PLANES) :] = -1.0, 1.0
        return tuple(low.tolist()), tuple(high.tolist())


def is_model(dataset: Dataset, item: Item) -> bool:
    """Whether an item is an RTI model.

    Parameters
    ----------
    dataset : Dataset
        Open.
    item : Item
        One of its items.
    """
    if item.kind is not ItemKind.ARRAY:
        return False
    try:
        _open(dataset.store, item.name)
    except InvalidError:
        return False
    return True


def read_lights(values: Any) -> Sequence[SavedLight]:  # noqa: ANN401 - from a file or a browser
    """Return lights that somebody saved; what is none is left out.

    Parameters
    ----------
    values : any
        A list of mappings with label, azimuth and elevation in degrees.

    Returns
    -------
    sequence of SavedLight
        With azimuth from 0 to 360.
    """
    if not isinstance(values, Sequence):
        return []
    return [
        SavedLight(each["label"], float(each["azimuth"]) % 360, float(each["elevation"]))
        for each in values
        if _is_light(each)
    ]


def _is_light(value: Any) -> bool:  # noqa: ANN401
    if not isinstance(value, Mapping) or set(value) != {"label", "azimuth", "elevation"}:
        return False
    numbers = [value["azimuth"], value["elevation"]]
    is_number = all(isinstance(each, int | float) and np.isfinite(each) for each in numbers)
    return isinstance(value["label"], str) and is_number and 0 <= value["elevation"] <= 90  # noqa: PLR2004


def _open(store: SealedStore, item: str) -> Any:  # noqa: ANN401 - zarr's union of array kinds
    """Return the item's variable (y, x, plane).

    Raises
    ------
    NotFoundError
        If there is no such item.
    InvalidError
        If the item is no RTI model.
    """
    models = [each for each in open_variables(store, item).values() if dims_of(each) == _DIMS]
    if len(models) != 1:
        raise InvalidError(
            f"Not an RTI model: {item!r:.80}",
            hint="fit the capture first: museion.imaging.rti.fit_ptm(capture), then save it.",
        )
    return models[0]
