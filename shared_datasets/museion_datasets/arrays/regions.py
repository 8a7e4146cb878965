"""Arrays written region by region, by whichever worker computes them.

A task of the graph computes one region, whole objects of the array, and writes it where it
was computed: in the draft itself if that lives in the same process, else in a staging of
the worker's own that knows nothing but the array's metadata. Such a worker opens the
dataset with its own access, returns what it has written as manifest entries, and the draft
adopts them; values never pass through the process that began the draft. A task that runs
twice writes other objects, of which one set is adopted and the other stays behind as
orphans. What travels to a worker names the dataset and holds no key.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, islice
from typing import Any

import dask
import dask.array as da
import numpy as np
import xarray as xr
import zarr
from dask.array.optimization import optimize
from dask.base import compute
from dask.core import flatten
from dask.delayed import delayed
from dask.highlevelgraph import HighLevelGraph

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
    staging: Staging, folder: str, variables: Mapping[Hashable, tuple[xr.Variable, Layout]]
) -> None:
    """Compute dask variables where the current scheduler computes, and write them there.

    All in one computation: what several of them are made from is made once.

    Parameters
    ----------
    staging : Staging
        The draft, holding the arrays' metadata already.
    folder : str
        As in ``"arrays/vnir"``.
    variables : mapping of hashable to (xarray.Variable, Layout)
        By name: dask inside, and how the array is cut into objects.
    """
    filled = {name: pair for name, pair in variables.items() if 0 not in pair[0].shape}
    blocks = _optimized([_in_regions(*pair) for pair in filled.values()])
    tasks = {
        name: _tasks(staging, folder, name, variable.dims, data)
        for (name, (variable, _)), data in zip(filled.items(), blocks, strict=True)
    }
    written = iter(compute(*(task for several in tasks.values() for task in several)))  # type: ignore[no-untyped-call]
    for name, several in tasks.items():
        for entries in islice(written, len(several)):
            staging.adopt(entries, f"{folder}/{name}/")


def _in_regions(variable: xr.Variable, layout: Layout) -> Any:  # noqa: ANN401 - Dask has no types
    """Return a variable's values in blocks of whole objects."""
    chunks = region_chunks(variable.chunks or (), layout, variable.dtype.itemsize)
    # Rechunking through disks would leave decrypted data there.
    with dask.config.set({"array.rechunk.method": "tasks"}):
        return variable.data.rechunk(chunks)


def _optimized(arrays: Sequence[Any]) -> list[Any]:
    """Return arrays in one optimized graph; each on its own, they would share nothing."""
    graph = HighLevelGraph.merge(*(array.dask for array in arrays))
    keys = [array.__dask_keys__() for array in arrays]
    graph = optimize(graph, list(flatten(keys)))  # type: ignore[no-untyped-call]
    return [
        da.Array(graph, each.name, each.chunks, meta=each._meta)  # type: ignore[no-untyped-call]  # noqa: SLF001
        for each in arrays
    ]


def _tasks(
    staging: Staging,
    folder: str,
    name: Hashable,
    dims: tuple[Hashable, ...],
    data: Any,  # noqa: ANN401 - Dask has no types
) -> list[Any]:
    """Return the tasks that compute and write one variable, one for each region."""
    metadata = [e for e in staging.entries_under(f"{folder}/") if e.key.endswith("/zarr.json")]
    writer = RegionWriter(
        staging.token, staging.workplace, folder, str(name), dims, tuple(metadata)
    )
    task = delayed(partial(RegionWriter.write, writer), pure=False, traverse=False)
    blocks = data.to_delayed(optimize_graph=False)  # done already, for all variables together
    return [
        task(blocks[number], region)
        for number, region in zip(np.ndindex(blocks.shape), _regions(data.chunks), strict=True)
    ]


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
