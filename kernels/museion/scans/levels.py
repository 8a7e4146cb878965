"""Reads a level of detail of a stored scan: the best one within a number of triangles."""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion_datasets.ingest.scans.format import (
    MEASURED,
    PageCluster,
    ScanHead,
    decode_ids,
    decode_page,
)
from museion_datasets.ingest.scans.wasm import thread_meshopt

type Array = NDArray[Any]
type ReadPart = Callable[[str], bytes]
"""Gives the bytes of `pages/<n>` or `ids/<n>` of a scan."""


@dataclass(frozen=True, slots=True)
class ScanCut:
    """A simplified mesh, or fewer points of a cloud; the vertices are measured ones.

    Attributes
    ----------
    vertices : (n, 3) float64
        Metres, z up, on the scan's grid.
    faces : (m, 3) int64
        None of them in a cloud.
    normals : (n, 3) float32 or None
        None in a cloud whose file had none.
    colors : (n, 3) uint8 or None
        sRGB.
    ids : (n,) int64
        The measured vertex that each vertex is.
    error_m : float
        Largest distance found of measured vertices from this mesh, in metres.
    """

    vertices: Array
    faces: Array
    normals: Array | None
    colors: Array | None
    ids: Array
    error_m: float

    @property
    def size(self) -> int:
        """How many triangles there are, or points in a cloud."""
        return len(self.faces) or len(self.vertices)


def choose_groups(head: ScanHead, max_triangles: int) -> set[int]:
    """Choose groups to expand, largest error first, so that at most so many triangles are shown.

    In a cloud, points are counted instead.

    The root is always among them, even if it alone holds more.

    Parameters
    ----------
    head : ScanHead
    max_triangles : int
    """
    finer, missing, cost = _links(head)
    errors = np.maximum(head.groups["distance"], head.groups["appearance"])
    expanded, triangles = {0}, int(cost[0])
    queue: list[tuple[float, int]] = []

    def open_finer(group: int) -> None:
        for following in finer[group]:
            missing[following] -= 1
            if missing[following] == 0:
                heapq.heappush(queue, (-float(errors[following]), following))

    open_finer(0)
    while queue:
        _, group = heapq.heappop(queue)
        if triangles + cost[group] > max_triangles:
            break
        triangles += int(cost[group])
        expanded.add(group)
        open_finer(group)
    return expanded


def read_cut(head: ScanHead, expanded: set[int], read: ReadPart) -> ScanCut:
    """Read the mesh that shows exactly the expanded groups.

    Parameters
    ----------
    head : ScanHead
    expanded : set of int
        Contains the root, and with each group every group that uses its clusters.
    read : callable
    """
    parts = list(_visible_parts(head, expanded, read))
    points = np.concatenate([cluster.points for cluster, _ in parts]).astype(np.int64)
    starts = np.cumsum([0, *(len(cluster.points) for cluster, _ in parts)])
    faces = np.concatenate([
        cluster.faces.astype(np.int64) + start
        for (cluster, _), start in zip(parts, starts, strict=False)
    ])
    first = welded = np.arange(len(points))
    if not head.is_cloud:
        _, first, welded = np.unique(points, axis=0, return_index=True, return_inverse=True)
    normals = None
    if head.has_normals:
        normals = np.concatenate([c.normals for c, _ in parts if c.normals is not None])[first]
    ids = np.concatenate([ids for _, ids in parts])[first].astype(np.int64)
    colors = None
    if head.has_colors:
        colors = np.concatenate([c.colors for c, _ in parts if c.colors is not None])[first]
    return ScanCut(
        head.grid.positions(points[first]),
        welded.ravel()[faces],
        normals,
        colors,
        ids,
        _error_m(head, expanded),
    )


def _visible_parts(
    head: ScanHead, expanded: set[int], read: ReadPart
) -> Iterator[tuple[PageCluster, Array]]:
    codec = thread_meshopt()
    for group in sorted(expanded):
        page = head.root_page if group == 0 else read(f"pages/{group}")
        clusters = decode_page(page, codec)
        ids = decode_ids(read(f"ids/{group}"), codec)
        first = int(head.groups[group]["first_cluster"])
        for offset, cluster in enumerate(clusters):
            if int(head.clusters[first + offset]["made_from"]) not in expanded:
                yield cluster, ids[offset]


def _links(head: ScanHead) -> tuple[list[set[int]], Array, Array]:
    """Return the groups each group shows, how many each needs, and how much each adds."""
    count = len(head.groups)
    page_of = np.repeat(np.arange(count), head.groups["clusters"])
    elements = head.elements.astype(np.int64)
    source = head.clusters["made_from"].astype(np.int64)
    is_made = source != MEASURED
    cost = np.bincount(page_of, elements, count)
    cost -= np.bincount(source[is_made], elements[is_made], count)
    pairs = np.unique(np.stack([page_of[is_made], source[is_made]], axis=1), axis=0)
    finer: list[set[int]] = [set() for _ in range(count)]
    for page, group in pairs.tolist():
        finer[page].add(group)
    return finer, np.bincount(pairs[:, 1], minlength=count), cost


def _error_m(head: ScanHead, expanded: set[int]) -> float:
    hidden = [group for group in range(len(head.groups)) if group not in expanded]
    return float(head.groups["distance"][hidden].max(initial=0.0)) * head.grid.step
