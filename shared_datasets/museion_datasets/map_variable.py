"""Finds, among what an array item holds, what can be shown as a map, and what its planes mean.

A map is a variable with the dimensions y and x, and at most one more: elements, pigments,
classes, the channels of a picture. Integers with the attribute ``classes`` are a map of
classes; -1 is unknown. A spectral axis makes a cube, which is shown otherwise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from museion_datasets.arrays.store import SealedStore
from museion_datasets.arrays.variables import dims_of, open_variables
from museion_datasets.errors import InvalidError, NotFoundError
from museion_datasets.spectral_axis import PICTURE_CHANNELS

MAX_PLANES = 512
_SPECTRAL = frozenset({"wavelength", "energy", "band", "plane"})  # planes: of RTI
_HINT = "a map has the dimensions y and x, and at most one more, such as element."


class MapKind(StrEnum):
    """How a map is shown."""

    VALUES = "values"
    CLASSES = "classes"
    IMAGE = "image"


@dataclass(frozen=True, slots=True)
class Plane:
    """One of the maps that an array holds.

    Attributes
    ----------
    name : str
        As in ``"Pb L"``; empty if there is only one.
    note : str
        What one must know to read it; may be empty.
    """

    name: str
    note: str


@dataclass(frozen=True, slots=True)
class MapVariable:
    """A stored variable that is a map.

    Attributes
    ----------
    array : zarr.Array
        Its values.
    name : str
        In the item.
    kind : MapKind
        How it is shown.
    axis : int or None
        Which dimension is neither y nor x.
    planes : tuple of Plane
        One for each position along `axis`; for an image or a single map, one.
    classes : tuple of str
        Names of the classes 0, 1, 2, …
    others : tuple of str
        All maps of the item, by name.
    """

    array: Any
    name: str
    kind: MapKind
    axis: int | None
    planes: tuple[Plane, ...]
    classes: tuple[str, ...]
    others: tuple[str, ...]


def find_variable(store: SealedStore, item: str, wanted: str | None) -> MapVariable:
    """Find what to show of an item.

    Parameters
    ----------
    store : SealedStore
        A version's store.
    item : str
        Name of the array item.
    wanted : str or None
        Name of the variable; by default the first that is no error and no flag.

    Returns
    -------
    MapVariable
        Open; no values are read.

    Raises
    ------
    NotFoundError
        If there is no such item or variable.
    InvalidError
        If the item holds no map.
    """
    arrays = open_variables(store, item)
    maps = {name: array for name, array in arrays.items() if _is_map(array)}
    if not maps:
        raise InvalidError(f"Not a map: {item!r:.80}", hint=_HINT)
    name = wanted or min(maps, key=lambda each: (_rank(each, maps[each]), each))
    if name not in maps:
        raise NotFoundError(
            f"No such map in {item!r:.80}: {name!r:.80}", hint=f"it holds {', '.join(maps)}."
        )
    return _describe(name, maps[name], arrays, tuple(maps))


def _is_map(array: Any) -> bool:  # noqa: ANN401
    dims = dims_of(array)
    if array.dtype.kind not in "biuf" or 0 in array.shape or not {"x", "y"} <= set(dims):
        return False
    others = [name for name in dims if name not in {"y", "x"}]
    length = array.shape[dims.index(others[0])] if others else 1
    is_spectra = bool(set(others) & _SPECTRAL)
    is_spectra |= others == ["channel"] and length > PICTURE_CHANNELS
    return len(others) <= 1 and not is_spectra and length <= MAX_PLANES


def _rank(name: str, array: Any) -> int:  # noqa: ANN401
    """Order variables: classes and stacks first, then single maps, errors and flags last."""
    if name.endswith(("_error", "_std")) or array.dtype.kind == "b":
        return 2
    return 0 if len(dims_of(array)) > len(("y", "x")) or "classes" in array.attrs else 1


def _describe(
    name: str,
    array: Any,  # noqa: ANN401
    arrays: Mapping[str, Any],
    others: tuple[str, ...],
) -> MapVariable:
    dims = dims_of(array)
    axis = next((number for number, each in enumerate(dims) if each not in {"y", "x"}), None)
    classes = array.attrs.get("classes")
    is_classes = isinstance(classes, list) and array.dtype.kind in "iu"
    if axis is not None and dims[axis] == "channel" and array.shape[axis] <= PICTURE_CHANNELS:
        return MapVariable(array, name, MapKind.IMAGE, axis, (Plane("", ""),), (), others)
    if axis is None and array.attrs.get("quantity") == "image":
        return MapVariable(array, name, MapKind.IMAGE, None, (Plane("", ""),), (), others)
    kind = MapKind.CLASSES if is_classes else MapKind.VALUES
    planes = _planes(array, axis, arrays)
    names = tuple(map(str, classes)) if is_classes and isinstance(classes, list) else ()
    return MapVariable(array, name, kind, axis, planes, names, others)


def _planes(array: Any, axis: int | None, arrays: Mapping[str, Any]) -> tuple[Plane, ...]:  # noqa: ANN401
    if axis is None:
        return (Plane("", ""),)
    dim, count = dims_of(array)[axis], array.shape[axis]

    def along(name: str) -> Sequence[str]:
        other = arrays.get(name)
        if other is None or dims_of(other) != (dim,):
            return [""] * count
        return [str(each) for each in np.asarray(other[:]).tolist()]

    names = along(dim)
    notes = zip(along("status"), along("reason"), along("interferes"), strict=True)
    return tuple(
        Plane(name or f"{dim} {number}", _note(*said))
        for number, (name, said) in enumerate(zip(names, notes, strict=True), 1)
    )


def _note(status: str, reason: str, interferes: str) -> str:
    """Say what one must know of an element's map."""
    parts = []
    if status not in {"", "determined"}:
        parts.append(f"{status}: {reason}" if reason else status)
    elif reason:
        parts.append(reason)
    if interferes:
        parts.append(f"overlaps with {interferes}")
    return "; ".join(parts)
