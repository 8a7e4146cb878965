"""Builds a scan's levels of detail: a directed acyclic graph of clusters of triangles or points.

Clusters of about 6,000 triangles are grouped by four; a group is simplified to two fifths with
its border locked and cut into new clusters, which are grouped anew on the next level. To draw,
each group is either expanded (its own clusters are shown) or not (the clusters made from it
are). Whatever groups are expanded, as long as a group's consumers are expanded with it,
borders meet point for point: there are no cracks to hide.

Errors and bounding spheres of a group contain those of the groups it was made from, so the
error on screen never grows on the way to finer levels.
Groups of points are thinned instead: see `museion_datasets.ingest.scans.thinning`.
Source: meshoptimizer's clusterlod.h and Karis et al., Nanite (SIGGRAPH 2021).

Triangles and pages lie on the disk; in memory are a few numbers for each cluster, two bytes
for each point, and the groups at work. A finished run of groups can be remembered, see
`museion_datasets.ingest.scans.checkpoints`.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion_datasets.ingest.scans.checkpoints import name_level, pack, unpack
from museion_datasets.ingest.scans.clusters import match_groups
from museion_datasets.ingest.scans.group import (
    KEPT_SHARE,
    Patch,
    Piece,
    Simplified,
    Sphere,
    cut_pieces,
    encode_pieces,
    simplify,
    sphere_around,
)
from museion_datasets.ingest.scans.means import Means
from museion_datasets.ingest.scans.scratch import Scratch
from museion_datasets.ingest.scans.shelf import Place, Shelf
from museion_datasets.ingest.scans.surface import Surface
from museion_datasets.ingest.scans.thinning import cloud_parts, cut_cloud, standing, thin
from museion_datasets.ingest.scans.wasm import thread_meshopt
from museion_datasets.ingest.scans.weld import PartFaces
from museion_datasets.mapped import release

type Array = NDArray[Any]

CLUSTER_TRIANGLES = 6_000
MEASURED = -1
"""In place of a group's index: the cluster consists of the measured triangles themselves."""

_LEVEL_STALL = 0.95
_WITNESSES = 2_048
GROUPS_AT_ONCE = 64
"""Groups that are remembered together; about 1.5 million triangles."""

_CUTTING, _SIMPLIFYING, STORING = 0.1, 0.2, 0.9
"""Shares of the whole work, about, where each of them begins."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Triangles, or points, drawn together.

    Attributes
    ----------
    place : Place
        Where they lie.
    made_from : int
        Index of the group it simplifies, or `MEASURED`.
    sphere : Sphere
        Around its own points.
    """

    place: Place
    made_from: int
    sphere: Sphere


@dataclass(frozen=True, slots=True)
class Group:
    """Clusters that are simplified together, and what is lost by showing the result instead.

    Attributes
    ----------
    clusters : list of int
        The finer clusters: the group's page.
    sphere : Sphere
        Contains the spheres of everything finer.
    distance, appearance : float
        `Deviation` of the simplified clusters, in grid steps, never less than any finer one.
    page, ids : slice
        Where their stored forms lie.
    """

    clusters: list[int]
    sphere: Sphere
    distance: float
    appearance: float
    page: slice
    ids: slice


@dataclass(slots=True)
class ScanDag:
    """All clusters and groups of a scan; `groups` runs from fine to coarse.

    Attributes
    ----------
    shelf : Shelf
        Where they lie.
    roots : list of int
        Clusters of the coarsest level.
    root_page, root_ids : bytes
        Their stored forms.
    """

    shelf: Shelf
    clusters: list[Cluster] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    roots: list[int] = field(default_factory=list)
    root_page: bytes = b""
    root_ids: bytes = b""


def build_dag(
    surface: Surface,
    faces: PartFaces | None,
    scratch: Scratch,
    *,
    cluster_triangles: int = CLUSTER_TRIANGLES,
    means: Means,
) -> ScanDag:
    """Build the graph, level by level.

    Parameters
    ----------
    surface : Surface
    faces : PartFaces or None
        Its triangles; None for a cloud.
    scratch : Scratch
        Where clusters and pages go.
    cluster_triangles : int
        Wished size of a cluster, in triangles or points.
    means : Means
        Who works, who is told, and what is remembered.
    """
    builder = _Builder(surface, cluster_triangles, Shelf(scratch), means)
    with ThreadPoolExecutor(means.workers) as threads:
        return builder.build(faces, threads)


class _Builder:
    def __init__(self, surface: Surface, size: int, shelf: Shelf, means: Means) -> None:
        self._surface, self._size, self._means = surface, size, means
        self._dag = ScanDag(shelf)
        self._witnesses: dict[int, Array] = {}
        self._marks = np.zeros(len(surface.points), np.uint8)
        self._done = 0

    def build(self, faces: PartFaces | None, threads: Executor) -> ScanDag:
        if faces is None:
            count, cut = cloud_parts(self._surface), partial(cut_cloud, self._surface, self._size)
        else:
            count, cut = len(faces), partial(_cut_part, self._surface, faces, self._size)
        level = self._measured_level(count, cut, threads)
        while len(level) > 1:
            before = self._count(level)
            level = self._simplify_level(level, threads)
            if self._count(level) > _LEVEL_STALL * before:
                break
        self._dag.roots = level
        root = self._patch(level)
        self._dag.root_page, self._dag.root_ids = encode_pieces(root, thread_meshopt())
        return self._dag

    def _count(self, clusters: Sequence[int]) -> int:
        return sum(self._dag.clusters[index].place.elements for index in clusters)

    def _measured_level(
        self, count: int, cut: Callable[[int], list[tuple[Piece, Sphere]]], threads: Executor
    ) -> list[int]:
        """Cut what was measured into clusters, part by part."""
        for part, found in enumerate(threads.map(cut, range(count))):
            for piece, sphere in found:
                self._add(piece, MEASURED, sphere)
            release(self._surface.points)
            share = (part + 1) / count
            self._means.tell(_CUTTING + share * (_SIMPLIFYING - _CUTTING), "cutting")
        return list(range(len(self._dag.clusters)))

    def _add(self, piece: Piece, made_from: int, sphere: Sphere) -> int:
        self._dag.clusters.append(Cluster(self._dag.shelf.put(piece), made_from, sphere))
        return len(self._dag.clusters) - 1

    def _simplify_level(self, level: list[int], threads: Executor) -> list[int]:
        """Group and simplify one level; return the clusters of the next."""
        points, owners = self._borders(level)
        centers = np.stack([self._dag.clusters[index].sphere.center for index in level])
        groups = match_groups(points, owners, centers)
        self._lock(points, owners, groups)
        members = [[level[index] for index in group] for group in groups]
        name, coarser = name_level(centers, groups), list[int]()
        for first in range(0, len(members), GROUPS_AT_ONCE):
            batch = members[first : first + GROUPS_AT_ONCE]
            found = self._work(f"{name}-{first}", batch, threads)
            for own, done in zip(batch, found, strict=True):
                coarser.extend(self._accept(own, done))
                self._done += self._count(own)
            share = min(1.0, self._done * (1 - KEPT_SHARE) / self._surface.elements)
            share = _SIMPLIFYING + share * (STORING - _SIMPLIFYING)
            self._means.tell(share, "simplifying")
        kept = [index for index in coarser if index in self._witnesses]
        self._witnesses = {index: self._witnesses[index] for index in kept}
        return coarser

    def _borders(self, level: list[int]) -> tuple[Array, Array]:
        """Return which clusters use which points, sorted by point, of points used by several."""
        self._marks.fill(0)
        for index in level:
            rows = self._dag.shelf.rows(self._dag.clusters[index].place)
            self._marks[rows] = np.minimum(self._marks[rows] + 1, 2)
        found = []
        for index in level:
            rows = self._dag.shelf.rows(self._dag.clusters[index].place)
            found.append(rows[self._marks[rows] > 1])
        points = np.concatenate(found)
        owners = np.repeat(np.arange(len(level)), [len(rows) for rows in found])
        order = np.argsort(points, kind="stable")
        return points[order], owners[order]

    def _lock(self, points: Array, owners: Array, groups: list[list[int]]) -> None:
        """Mark the points that more than one group uses."""
        group_of = np.empty(sum(map(len, groups)), np.int64)
        for index, members in enumerate(groups):
            group_of[members] = index
        owners = group_of[owners]
        is_border = (points[1:] == points[:-1]) & (owners[1:] != owners[:-1])
        self._marks.fill(0)
        self._marks[points[1:][is_border]] = 1

    def _work(self, name: str, batch: list[list[int]], threads: Executor) -> list[Simplified]:
        """Simplify groups, unless that was done before."""
        checkpoints = self._means.checkpoints
        known = None if checkpoints is None else checkpoints.find(name)
        if known is not None:
            return unpack(known)
        work = thin if self._surface.is_cloud else simplify
        done = list(threads.map(work, map(self._patch, batch)))
        if checkpoints is not None:
            checkpoints.keep(name, pack(done))
        whole = self._surface
        release(whole.points, whole.ids, whole.normals, whole.colors)
        return done

    def _patch(self, members: list[int]) -> Patch:
        """Gather what a group's work needs."""
        pieces = [self._dag.shelf.piece(self._dag.clusters[index].place) for index in members]
        rows, places = np.unique(
            np.concatenate([piece.rows for piece in pieces]), return_inverse=True
        )
        ends = np.cumsum([len(piece.rows) for piece in pieces])[:-1]
        witnesses = self._gather_witnesses(members, pieces, rows)
        return Patch(
            rows,
            self._surface.take(rows),
            self._surface.ids[rows],
            self._marks[rows] > 0,
            tuple(
                Piece(own, piece.faces)
                for own, piece in zip(np.split(places, ends), pieces, strict=True)
            ),
            witnesses,
            self._surface.take(witnesses[:, 0] if self._surface.is_cloud else witnesses),
            self._size,
        )

    def _gather_witnesses(self, members: list[int], pieces: list[Piece], rows: Array) -> Array:
        """Measured points that speak for the group, evenly drawn from those of its clusters.

        In a cloud all of them do, and who stands for each comes with it.
        """
        if self._surface.is_cloud:
            pieces_of = zip(members, pieces, strict=True)
            own = [self._witnesses.get(index, standing(piece.rows)) for index, piece in pieces_of]
            return np.concatenate(own)
        gathered = rows
        if any(index in self._witnesses for index in members):
            pairs = zip(members, pieces, strict=True)
            speakers = [self._witnesses.get(index, piece.rows) for index, piece in pairs]
            gathered = np.unique(np.concatenate(speakers))
        if len(gathered) <= _WITNESSES:
            return gathered
        return gathered[np.linspace(0, len(gathered) - 1, _WITNESSES).astype(np.int64)]

    def _accept(self, members: list[int], done: Simplified) -> list[int]:
        """Record a simplified group; a group that can't be simplified passes on its clusters."""
        if not done.clusters:
            return members
        finer = [self._finer(member) for member in members]
        self._dag.groups.append(
            Group(
                members,
                _enclose([sphere for sphere, _, _ in finer]),
                max(done.distance, *(distance for _, distance, _ in finer)),
                max(done.appearance, *(appearance for _, _, appearance in finer)),
                self._dag.shelf.put_bytes(done.page),
                self._dag.shelf.put_bytes(done.ids),
            )
        )
        coarser = []
        for each in done.clusters:
            index = self._add(each.piece, len(self._dag.groups) - 1, each.sphere)
            self._witnesses[index] = each.witness_rows
            coarser.append(index)
        return coarser

    def _finer(self, member: int) -> tuple[Sphere, float, float]:
        cluster = self._dag.clusters[member]
        if cluster.made_from == MEASURED:
            return cluster.sphere, 0.0, 0.0
        group = self._dag.groups[cluster.made_from]
        return group.sphere, group.distance, group.appearance


def _cut_part(
    surface: Surface, faces: PartFaces, size: int, part: int
) -> list[tuple[Piece, Sphere]]:
    """Cut a part's triangles into clusters."""
    own = faces.read(part)
    if len(own) == 0:
        return []
    low, high = faces.starts[part : part + 2].tolist()
    is_foreign = (own < low) | (own >= high)
    foreign = np.unique(own[is_foreign])
    rows = np.concatenate([np.arange(low, high, dtype=np.uint32), foreign])
    local = own.astype(np.int32) - low
    local[is_foreign] = high - low + np.searchsorted(foreign, own[is_foreign])
    places = np.concatenate([surface.points[low:high], surface.points[foreign]])
    return [
        (Piece(rows[piece.rows], piece.faces), sphere_around(places[piece.rows]))
        for _, piece in cut_pieces(places, local, size)
    ]


def _enclose(spheres: list[Sphere]) -> Sphere:
    """Return a sphere that contains all of `spheres`."""
    center = np.mean([sphere.center for sphere in spheres], axis=0)
    reach = [float(np.linalg.norm(sphere.center - center)) + sphere.radius for sphere in spheres]
    return Sphere(center, max(reach) * (1.0 + 1e-9))
