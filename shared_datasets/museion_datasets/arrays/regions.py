"""Arrays written region by region, by whichever worker computes them.

A task of the graph computes one region, whole objects of the array, and writes it where it
was computed: in the draft itself if that lives in the same process, else in a staging of
the worker's own that knows nothing but the array's metadata. Such a worker opens the
dataset with its own access, returns what it has written as manifest entries, and the draft
adopts them; values never pass through the process that began the draft. A task that runs
twice writes other objects, of which one set is adopted and the other stays behind as
orphans. What travels to a worker names the dataset and holds no key.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import Any

import dask
import numpy as np
import xarray as xr
import zarr
from dask.base import compute
from dask.delayed import delayed

from museion_datasets.arrays.layout import Layout, region_chunks
from museion_datasets.arrays.store import SealedStore
from museion_datasets.errors import KeyUnavailableError
from museion_datasets.sealing.entry import Entry
from museion_datasets.versions.staging import Staging, find_staging
from museion_datasets.versions.workplace import Workplace

_NUMBERS = "biufc"
_NO_REMOTE = "This draft can be written only by the process that began it"

type Region = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class RegionWriter:
    """What a task knows of the array that it writes a part of.

    Attributes
    ----------
    token : str
        Tells the draft in the process that began it.
    workplace : Workplace or None
        For other processes.
    folder, variable : str
        As in ``"arrays/vnir"`` and ``"reflectance"``.
    dims : tuple of hashable
        The variable's dimensions.
    metadata : tuple of Entry
        The group's metadata.
    """

    token: str
    workplace: Workplace | None
    folder: str
    variable: str
    dims: tuple[Hashable, ...]
    metadata: tuple[Entry, ...]

    def write(self, values: Any, region: Region) -> list[Entry]:  # noqa: ANN401 - any array
        """Write one region.

        Parameters
        ----------
        values : array
            Its values.
        region : tuple of (int, int)
            Start and stop along each dimension.

        Returns
        -------
        list of Entry
            What a worker elsewhere has written; empty in the draft's own process.

        Raises
        ------
        KeyUnavailableError
            In another process, if the draft doesn't say how to find its dataset.
        """
        staging = find_staging(self.token)
        if staging is not None:
            self._put(staging, values, region)
            return []
        if self.workplace is None:
            raise KeyUnavailableError(_NO_REMOTE, hint="compute with threads.")
        staging = Staging(self.workplace.open(), self.metadata)
        self._put(staging, values, region)
        known = {entry.key for entry in self.metadata}
        return [entry for entry in staging.entries() if entry.key not in known]

    def _put(self, staging: Staging, values: Any, region: Region) -> None:  # noqa: ANN401
        """Write values through zarr, or through xarray what is not a number.

        Numbers go straight into the array: what is stored as scaled integers is so already,
        and xarray would scale it again.
        """
        store = SealedStore(staging)
        slices = tuple(slice(*ends) for ends in region)
        if np.asarray(values).dtype.kind in _NUMBERS:
            path = f"{self.folder}/{self.variable}"
            zarr.open_array(store, path=path, mode="r+", zarr_format=3)[slices] = values
            return
        xr.Dataset({self.variable: (self.dims, values)}).to_zarr(
            store,
            group=self.folder,
            region={str(name): part for name, part in zip(self.dims, slices, strict=True)},
            zarr_format=3,
            consolidated=False,
            safe_chunks=False,
        )


def write_regions(
    staging: Staging, folder: str, name: Hashable, variable: xr.Variable, layout: Layout
) -> None:
    """Compute a dask variable where the current scheduler computes, and write it there.

    Parameters
    ----------
    staging : Staging
        The draft, holding the array's metadata already.
    folder : str
        As in ``"arrays/vnir"``.
    name : hashable
        The variable's name.
    variable : xarray.Variable
        Dask inside.
    layout : Layout
        How the array is cut into objects.
    """
    if 0 in variable.shape:
        return
    chunks = region_chunks(variable.chunks or (), layout, variable.dtype.itemsize)
    # Rechunking through disks would leave decrypted data there.
    with dask.config.set({"array.rechunk.method": "tasks"}):
        data = variable.data.rechunk(chunks)
    metadata = [e for e in staging.entries_under(f"{folder}/") if e.key.endswith("/zarr.json")]
    writer = RegionWriter(
        staging.token, staging.workplace, folder, str(name), variable.dims, tuple(metadata)
    )
    task = delayed(partial(RegionWriter.write, writer), pure=False, traverse=False)
    blocks = data.to_delayed()
    tasks = [
        task(blocks[number], region)
        for number, region in zip(np.ndindex(blocks.shape), _regions(data.chunks), strict=True)
    ]
    for entries in compute(*tasks):  # type: ignore[no-untyped-call]
        staging.adopt(entries, f"{folder}/{name}/")


def _regions(chunks: Sequence[Sequence[int]]) -> list[Region]:
    """Return start and stop of each block, in the order of `numpy.ndindex`."""
    ends = [list(accumulate(lengths)) for lengths in chunks]
    counts = [len(lengths) for lengths in chunks]
    return [
        tuple(
            (end[at] - lengths[at], end[at])
            for at, end, lengths in zip(index, ends, chunks, strict=True)
        )
        for index in np.ndindex(*counts)
    ]
