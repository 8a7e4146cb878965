"""Writes the parts of an ingest into a draft: originals, arrays block by block, tables.

A block is a run of whole objects that lie beside each other, at most `BLOCK_BYTES` long, so
memory stays bounded and no object is ever written twice. Each block is one part of the
journal.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from math import prod
from os import process_cpu_count
from typing import Any

import dask.array as da
import xarray as xr
import zarr

from museion_datasets.arrays import xarrays
from museion_datasets.arrays.layout import Layout
from museion_datasets.draft import Draft
from museion_datasets.ingest.form import (
    ArrayForm,
    CloudForm,
    Region,
    ScanForm,
    TableForm,
    Variable,
)
from museion_datasets.ingest.journal import Journal, PartCheckpoints
from museion_datasets.ingest.pyramid import LevelPlan, fill_level, plan_levels
from museion_datasets.ingest.scans.means import Means
from museion_datasets.ingest.scans.measured import measured_path
from museion_datasets.ingest.scans.scan import put_scan
from museion_datasets.ingest.source import Original

BLOCK_BYTES = 256 << 20
_METADATA = "zarr.json"
_SPECTRAL = frozenset({"wavelength", "energy", "band"})


class Writer:
    """Writes parts, unless the journal says that they are there.

    Parameters
    ----------
    draft : Draft
        Open.
    journal : Journal
        Open.
    """

    def __init__(self, draft: Draft, journal: Journal) -> None:
        self._draft = draft
        self._journal = journal
        self._staging = draft.store.require_staging()

    def put_original(self, key: str, original: Original) -> None:
        """Keep a file byte by byte.

        Parameters
        ----------
        key : str
            Where, as in ``"files/originals/panel/panel.dat"``.
        original : Original
            The file.
        """

        def work() -> Iterable[str]:
            self._draft.put_file(key.removeprefix("files/"), original.path)
            original.require_unchanged()
            return [key]

        self._part(f"original {key}", "files/", work)

    def put_table(self, name: str, form: TableForm) -> None:
        """Write a table.

        Parameters
        ----------
        name : str
            Item.
        form : TableForm
            Its rows.
        """

        def work() -> Iterable[str]:
            self._draft.put_table(name, form.table)
            return [f"tables/{name}.parquet"]

        self._part(f"table {name}", "tables/", work)

    def put_scan(
        self, name: str, form: ScanForm | CloudForm, advance: Callable[[int, str], None]
    ) -> None:
        """Build a scan and write it; groups of triangles that are finished are remembered.

        Parameters
        ----------
        name : str
            Item.
        form : ScanForm or CloudForm
            What was measured.
        advance : callable
            Told how many bytes of the mesh were worked on, and how.
        """
        told = 0

        def tell(share: float, what: str) -> None:
            nonlocal told
            reached = int(share * form.nbytes)
            advance(reached - told, what)
            told = reached

        groups = PartCheckpoints(self._staging, self._journal, name)

        def work() -> Iterable[str]:
            means = Means(process_cpu_count() or 1, tell=tell, checkpoints=groups)
            scan = form.read() if isinstance(form, CloudForm) else form
            put_scan(self._draft, name, scan.mesh, scan.info, means=means)
            made = self._staging.entries_under(f"scans/{name}/")
            return [f"files/{measured_path(name)}", *(entry.key for entry in made)]

        self._part(f"scan {name}", "", work)
        self._journal.flush()
        groups.forget()

    def put_array(self, name: str, form: ArrayForm, advance: Callable[[int], None]) -> list[str]:
        """Write an array item block by block.

        Parameters
        ----------
        name : str
            Item.
        form : ArrayForm
            What it holds.
        advance : callable
            Told how many bytes of values were written.

        Returns
        -------
        list of str
            How each large variable is cut, and why.
        """
        folder = f"arrays/{name}"
        dataset = _described(form)
        layouts: dict[str, Layout] = {}

        def create() -> Iterable[str]:
            made = xarrays.create_item(self._draft.store, folder, dataset, chunks=None, shards=None)
            layouts.update({str(key): layout for key, layout in made.items()})
            return self._created(folder)

        self._part(f"array {name}", "", create)
        for each in set(form.variables) - set(layouts):
            layouts[each] = self._stored_layout(f"{folder}/{each}")
        for each, variable in form.variables.items():
            self._fill(f"{folder}/{each}", variable, layouts[each], advance)
        return [explain(key, form.variables[key], layouts[key]) for key in form.variables]

    def put_pyramid(self, name: str, form: ArrayForm) -> int:
        """Write smaller images of a cube, plane by plane, for the eye.

        Parameters
        ----------
        name : str
            Item, written already.
        form : ArrayForm
            What it holds.

        Returns
        -------
        int
            How many levels; 0 for what is no cube.
        """
        plans = plan_levels(form)
        for plan in plans:
            self._put_level(name, plan)
        return len(plans)

    def _put_level(self, name: str, plan: LevelPlan) -> None:
        """Write one level, tile by tile, from the one before."""
        folder = f"pyramids/{name}/{plan.level}"
        store, above = self._draft.store, plan.source_path(name)

        def create() -> Iterable[str]:
            xarrays.create_level(
                store, folder, plan.template(), chunks=plan.chunks, shards=plan.shards
            )
            return self._created(folder)

        self._part(f"level {folder}", "", create)
        for index, region in plan.tiles():

            def work(index: Sequence[int] = index, region: Region = region) -> Iterable[str]:
                source = zarr.open_array(store, path=above, mode="r", zarr_format=3)
                target = zarr.open_array(store, path=folder, mode="r+", zarr_format=3)
                fill_level(source, target, region, plan)
                return [f"{folder}/c/{'/'.join(map(str, index))}"]

            self._part(f"level {folder} {index}", f"{folder}/", work)

    def _fill(
        self, path: str, variable: Variable, layout: Layout, advance: Callable[[int], None]
    ) -> None:
        """Write a variable's values."""
        item_bytes = variable.values.dtype.itemsize
        for number, block in enumerate(cut_blocks(variable.values.shape, layout, item_bytes)):

            def work(block: Region = block) -> Iterable[str]:
                self._write_block(path, variable, layout, block)
                return [f"{path}/c/{index}" for index in _object_indexes(block, layout)]

            self._part(f"block {path} {number}", f"{path}/", work)
            advance(prod(part.stop - part.start for part in block) * item_bytes)

    def _write_block(self, path: str, variable: Variable, layout: Layout, block: Region) -> None:
        """Read a block once and write its objects side by side."""
        values = variable.read(block)
        array = zarr.open_array(self._draft.store, path=path, mode="r+", zarr_format=3)

        def write(region: Region) -> None:
            local = tuple(
                slice(part.start - whole.start, part.stop - whole.start)
                for part, whole in zip(region, block, strict=True)
            )
            array[region] = values[local]

        with ThreadPoolExecutor(process_cpu_count()) as pool:
            for _ in pool.map(write, _objects(block, layout)):
                pass

    def _part(self, part: str, folder: str, work: Callable[[], Iterable[str]]) -> None:
        """Do a part unless it is there, and remember it."""
        if self._journal.adopt(part, folder):
            return
        found = (self._staging.find(key) for key in work())
        self._journal.add(part, [entry for entry in found if entry is not None])

    def _created(self, folder: str) -> list[str]:
        """Return what making an array has written: also the groups above it, if new.

        What an older version holds is left out: a draft that fails removes what is its own.
        """
        parts = folder.split("/")
        above = ["/".join([*parts[:count], _METADATA]) for count in range(len(parts))]
        found = (self._staging.find(key) for key in above)
        entries = [*filter(None, found), *self._staging.entries_under(f"{folder}/")]
        own = self._staging.written
        return [entry.key for entry in entries if entry.object_id in own]

    def _stored_layout(self, path: str) -> Layout:
        """Return how an array in the draft is cut."""
        array = zarr.open_array(self._draft.store, path=path, mode="r", zarr_format=3)
        return Layout(tuple(array.chunks), None if array.shards is None else tuple(array.shards))


def cut_blocks(shape: Sequence[int], layout: Layout, item_bytes: int) -> Iterator[Region]:
    """Cut an array into runs of whole objects.

    Runs grow along the last dimension first, then the one before: files store lines, and a
    run of full lines lies in one piece.

    Parameters
    ----------
    shape : sequence of int
        Of the array.
    layout : Layout
        How it is cut into objects.
    item_bytes : int
        Bytes of one value.

    Yields
    ------
    tuple of slice
        One block.
    """
    block = list(layout.object_shape)
    for axis in reversed(range(len(block))):
        room = BLOCK_BYTES // (prod(block) * item_bytes)
        count = min(max(1, room), -(-shape[axis] // block[axis]))
        block[axis] *= count
        if block[axis] < shape[axis]:
            break
    yield from _cut(tuple(slice(0, length) for length in shape), block)


def explain(name: str, variable: Variable, layout: Layout) -> str:
    """Say how a variable is cut, and why.

    Parameters
    ----------
    name : str
        The variable.
    variable : Variable
        What it holds.
    layout : Layout
        How it is cut.

    Returns
    -------
    str
        A sentence or two for people.
    """
    item_bytes = variable.values.dtype.itemsize
    chunk = " x ".join(
        f"{length:,} {dim}" for dim, length in zip(variable.dims, layout.chunks, strict=True)
    )
    chunk_kb = prod(layout.chunks) * item_bytes // 1000
    if layout.shards is None:
        return f"{name}: chunks of {chunk} ({chunk_kb:,} kB), one object each"
    shard_mb = prod(layout.shards) * item_bytes / 1e6
    count = prod(layout.shards) // prod(layout.chunks)
    cut = f"{name}: chunks of {chunk} ({chunk_kb:,} kB), {count:,} in an object ({shard_mb:.0f} MB)"
    if not set(variable.dims) & _SPECTRAL:
        return f"{cut}, so a window of any size costs few reads"
    return f"{cut}; those of a spectrum lie together, so one pixel's spectrum costs one read"


def _described(form: ArrayForm) -> xr.Dataset:
    """Return what to create: the large variables as zeros that nobody computes."""
    lazy = {
        name: xr.Variable(
            variable.dims,
            da.zeros(variable.values.shape, dtype=variable.values.dtype, chunks=-1),
            dict(variable.attrs),
        )
        for name, variable in form.variables.items()
    }
    return form.frame.assign(lazy)


def _objects(block: Region, layout: Layout) -> Iterator[Region]:
    """Cut a block into what single objects hold."""
    return _cut(block, layout.object_shape)


def _object_indexes(block: Region, layout: Layout) -> Iterator[str]:
    """Return the last part of the keys of a block's objects."""
    for region in _objects(block, layout):
        starts = zip(region, layout.object_shape, strict=True)
        yield "/".join(str(part.start // step) for part, step in starts)


def _cut(whole: Region, steps: Sequence[int]) -> Iterator[Region]:
    """Cut a region into steps from its start."""
    ranges: list[Any] = [
        range(part.start, part.stop, step) for part, step in zip(whole, steps, strict=True)
    ]
    for corner in product(*ranges):
        yield tuple(
            slice(start, min(start + step, part.stop))
            for start, step, part in zip(corner, steps, whole, strict=True)
        )
