"""The finest level of a stored scan, page by page."""

from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion.scans.measure.surface import Blocks, Patch, join
from museion_datasets.ingest.scans.format import (
    MEASURED,
    PageCluster,
    ScanHead,
    decode_ids,
    decode_page,
)
from museion_datasets.ingest.scans.mesh import MeshArrays
from museion_datasets.ingest.scans.wasm import thread_meshopt

type Array = NDArray[Any]

CACHE_BYTES = 256 * 2**20


class StoredSurface:
    """Clusters of measured triangles, decrypted and decoded when they are needed.

    Parameters
    ----------
    head : ScanHead
    read_part : callable
        Gives the bytes of `pages/<n>` or `ids/<n>`.
    load_measured : callable
        Gives the arrays as they were measured, in the scan's unit.
    scale : float
        Metres for one unit of the scan's coordinates.
    """

    def __init__(
        self,
        head: ScanHead,
        read_part: Callable[[str], bytes],
        load_measured: Callable[[], MeshArrays],
        scale: float = 1.0,
    ) -> None:
        self._head, self._read_part, self._scale = head, read_part, scale
        self._load_measured = load_measured
        self._leaves = np.flatnonzero(head.clusters["made_from"] == MEASURED)
        groups = head.groups
        page_of = np.repeat(np.arange(len(groups)), groups["clusters"])
        self._pages = page_of[self._leaves]
        self._places = self._leaves - groups["first_cluster"][self._pages].astype(np.int64)
        self._kept: OrderedDict[int, list[Patch | None]] = OrderedDict()
        self._kept_bytes = 0

    @cached_property
    def blocks(self) -> Blocks:
        """Bounds of its parts."""
        rows = self._head.clusters[self._leaves]
        grid = self._head.grid
        center = grid.positions(rows["center"].astype(np.float64)) * self._scale
        # float32 centres are rounded by less than half a step.
        return Blocks(center, (rows["radius"].astype(np.float64) + 0.5) * grid.step * self._scale)

    @cached_property
    def measured(self) -> MeshArrays:
        """The arrays as they were measured, in metres."""
        mesh = self._load_measured()
        return MeshArrays(mesh.vertices * self._scale, mesh.faces, mesh.colors, mesh.normals)

    def read(self, blocks: Array) -> Patch:
        """Return the triangles of some blocks."""
        found: list[Patch] = []
        for page in np.unique(self._pages[blocks]).tolist():
            patches = self._page(page)
            places = self._places[blocks[self._pages[blocks] == page]]
            found.extend(one for one in (patches[place] for place in places) if one is not None)
        return join(found)

    def vertex_ids(self, block: int) -> Array:
        """Return the measured vertex behind each vertex that `read` gives of one block."""
        stored = self._read_part(f"ids/{self._pages[block]}")
        found: Array = decode_ids(stored, thread_meshopt())[self._places[block]]
        return found.astype(np.int64)

    def _page(self, page: int) -> list[Patch | None]:
        """Measured clusters of a page by their place in it; None for simplified ones."""
        if page in self._kept:
            self._kept.move_to_end(page)
            return self._kept[page]
        stored = self._head.root_page if page == 0 else self._read_part(f"pages/{page}")
        first = int(self._head.groups[page]["first_cluster"])
        patches = [
            self._patch(cluster)
            if self._head.clusters[first + place]["made_from"] == MEASURED
            else None
            for place, cluster in enumerate(decode_page(stored, thread_meshopt()))
        ]
        self._keep(page, patches)
        return patches

    def _patch(self, cluster: PageCluster) -> Patch:
        points = cluster.points.astype(np.int64)
        keys = (points[:, 0] << 42) | (points[:, 1] << 21) | points[:, 2]
        vertices = self._head.grid.positions(points) * self._scale
        return Patch(vertices, cluster.faces.astype(np.int64), keys, cluster.colors)

    def _keep(self, page: int, patches: list[Patch | None]) -> None:
        self._kept[page] = patches
        self._kept_bytes += _size(patches)
        while self._kept_bytes > CACHE_BYTES and len(self._kept) > 1:
            _, gone = self._kept.popitem(last=False)
            self._kept_bytes -= _size(gone)


def _size(patches: list[Patch | None]) -> int:
    return sum(
        one.vertices.nbytes + one.faces.nbytes + one.keys.nbytes
        for one in patches
        if one is not None
    )
