"""The stored arrays of a cube or RTI model, each opened once: itself, and its smaller images.

The planes of a model are its bands here. The cube lies in pillars, as (y, x, band), each smaller
level in planes, as (band, y, x); what is read comes out as (y, x, band). Only the bands asked for
are decoded where the array's chunks allow it, and never more than a part of a large window at a
time.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion_datasets.arrays.store import SealedStore
from museion_datasets.arrays.variables import find_level
from museion_datasets.errors import NotFoundError

_PART_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Level:
    """A level of the pyramid: 0 is the cube, each further one has half the sides."""

    level: int
    width: int
    height: int


class Levels:
    """The levels of a cube. Safe to use from several threads.

    Parameters
    ----------
    store : SealedStore
        A version's store.
    item : str
        Name of the array item.
    array : zarr.Array
        The cube, as (y, x, band).
    """

    def __init__(self, store: SealedStore, item: str, array: Any) -> None:  # noqa: ANN401
        self._store = store
        self._item = item
        self._array = array

    @cached_property
    def sizes(self) -> tuple[Level, ...]:
        """From fine to coarse."""
        height, width, _ = self._array.shape
        smaller = (
            Level(number, int(planes.shape[2]), int(planes.shape[1]))
            for number, planes in enumerate(self._planes, 1)
        )
        return (Level(0, int(width), int(height)), *smaller)

    @cached_property
    def _planes(self) -> tuple[Any, ...]:
        return tuple(self._open_planes())

    def _open_planes(self) -> Iterator[Any]:
        numbers = itertools.count(1)
        while (planes := find_level(self._store, self._item, next(numbers))) is not None:
            yield planes

    def planes(self, level: int) -> Any:  # noqa: ANN401 - zarr's union of array kinds
        """Return the planes of a smaller level.

        Parameters
        ----------
        level : int
            From 1.

        Returns
        -------
        zarr.Array
            As (band, y, x).

        Raises
        ------
        NotFoundError
            If the cube has no such level.
        """
        if not 0 < level <= len(self._planes):
            raise NotFoundError(f"No such level: {level}", hint="ask for the levels first.")
        return self._planes[level - 1]

    def read_all(self, level: int, rows: slice, columns: slice) -> NDArray[Any]:
        """Return all bands of a window of a level as they are stored.

        Parameters
        ----------
        level : int
            Of the pyramid.
        rows, columns : slice
            Window in that level's pixels.

        Returns
        -------
        (rows, columns, bands) array
            In the stored type.
        """
        if level == 0:
            return np.asarray(self._array[rows, columns, :])
        return np.moveaxis(np.asarray(self.planes(level)[:, rows, columns]), 0, -1)

    def read(self, level: int, rows: slice, columns: slice, bands: Sequence[int]) -> NDArray[Any]:
        """Return some bands of a window of a level as they are stored.

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
        (rows, columns, bands) array
            In the stored type; their chunks are looked up and read at once.
        """
        wanted, places = np.unique(np.asarray(bands, np.intp), return_inverse=True)
        if level == 0:
            found = np.asarray(self._array.oindex[rows, columns, wanted])
        else:
            found = np.moveaxis(np.asarray(self.planes(level).oindex[wanted, rows, columns]), 0, -1)
        return found if np.array_equal(wanted, bands) else found[..., places]

    def parts(
        self, level: int, rows: slice, columns: slice, bands: Sequence[int]
    ) -> Iterator[tuple[slice, Sequence[int]]]:
        """Cut a window into parts that decode no chunk twice.

        Parameters
        ----------
        level, rows, columns, bands : int, slice, slice, sequence of int
            As for `read`.

        Yields
        ------
        slice
            Rows: of the cube itself a strip of whole chunks, else all.
        sequence of int
            Bands: of the cube itself all, else a few.
        """
        size = self.sizes[level]
        first, last, _ = rows.indices(size.height)
        pixels = max(1, len(range(*columns.indices(size.width))))
        pixel_bytes = self._array.dtype.itemsize * pixels
        if level > 0:
            step = max(1, _PART_BYTES // (pixel_bytes * max(1, last - first)))
            for number in range(0, len(bands), step):
                yield slice(first, last), bands[number : number + step]
            return
        chunk = int(self._array.chunks[0])
        step = max(1, _PART_BYTES // (pixel_bytes * max(1, len(bands))) // chunk) * chunk
        while first < last:
            stop = min(last, (first // step + 1) * step)
            yield slice(first, stop), bands
            first = stop
