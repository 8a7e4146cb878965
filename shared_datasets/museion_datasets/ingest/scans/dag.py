"""Builds a scan's levels of detail: a directed acyclic graph of triangle clusters.

Clusters of about 6,000 triangles are grouped by four; a group is simplified to half with its
border locked and cut into two new clusters, which are grouped anew on the next level. To
draw, each group is either expanded (its own clusters are shown) or not (the clusters made
from it are). Whatever groups are expanded, as long as a group's consumers are expanded with
it, borders meet point for point: there are no cracks to hide.

Errors and bounding spheres of a group contain those of the groups it was made from, so the
error on screen never grows on the way to finer levels.
Source: meshoptimizer's clusterlod.h and Karis et al., Nanite (SIGGRAPH 2021).
"""

from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion_datasets.ingest.scans.clusters import border_use, match_groups, split_compact
from museion_datasets.ingest.scans.error import Deviation, measure_deviation
from museion_datasets.ingest.scans.surface import Surface
from museion_datasets.ingest.scans.wasm import thread_meshopt

type Array = NDArray[Any]

CLUSTER_TRIANGLES = 6_000
MEASURED = -1
"""In place of a group's index: the cluster consists of the measured triangles themselves."""

_MIN_REDUCTION = 0.85
_LEVEL_STALL = 0.95
_WITNESSES = 2_048
_COLOR_WEIGHT = 2.0
_NORMAL_WEIGHT = 1.0


@dataclass(frozen=True, slots=True)
class Sphere:
    """A bounding sphere in grid steps."""

    center: Array
    radius: float


@dataclass(frozen=True, slots=True)
class Cluster:
    """Triangles drawn together.

    Attributes
    ----------
    faces : (k, 3) int64
        Point ids.
    made_from : int
        Index of the group it simplifies, or `MEASURED`.
    sphere : Sphere
        Around its own points.
    """

    faces: Array
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
    """

    clusters: list[int]
    sphere: Sphere
    distance: float
    appearance: float


@dataclass(slots=True)
class ScanDag:
    """All clusters and groups of a scan; `groups` runs from fine to coarse.

    Attributes
    ----------
    roots : list of int
        Clusters of the coarsest level.
    """

    clusters: list[Cluster] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    roots: list[int] = field(default_factory=list)


def build_dag(
    surface: Surface, *, cluster_triangles: int = CLUSTER_TRIANGLES, workers: int = 2
) -> ScanDag:
    """Build the graph, level by level.

    Parameters
    ----------
    surface : Surface
    cluster_triangles : int
        Wished size of a cluster.
    workers : int
        Threads that simplify and measure.
    """
    with ThreadPoolExecutor(workers) as executor:
        return _Builder(surface, cluster_triangles, executor).build()


@dataclass(frozen=True, slots=True)
class _Simplified:
    """Result of simplifying a group; without deviation if that was impossible."""

    members: list[int]
    faces: Array
    witnesses: Array
    deviation: Deviation | None


class _Builder:
    def __init__(self, surface: Surface, cluster_triangles: int, executor: Executor) -> None:
        self._surface = surface
        self._size = cluster_triangles
        self._executor = executor
        self._dag = ScanDag()
        self._witnesses: dict[int, Array] = {}

    def build(self) -> ScanDag:
        level = [index for index, _ in self._add_clusters(self._surface.faces, MEASURED)]
        while len(level) > 1:
            coarser = self._simplify_level(level)
            if self._count(coarser) > _LEVEL_STALL * self._count(level):
                break
            level = coarser
        self._dag.roots = level
        return self._dag

    def _count(self, clusters: list[int]) -> int:
        return sum(len(self._dag.clusters[index].faces) for index in clusters)

    def _add_clusters(self, faces: Array, made_from: int) -> list[tuple[int, Array]]:
        """Cut triangles into clusters: the index of each, and which triangles went there."""
        parts = max(1, round(len(faces) / self._size))
        centers = self._surface.points[faces].mean(axis=1)
        added = []
        for unsorted in split_compact(centers, parts):
            members = np.sort(unsorted)
            own = faces[members]
            added.append((len(self._dag.clusters), members))
            self._dag.clusters.append(Cluster(own, made_from, self._sphere_around(own)))
        return added

    def _sphere_around(self, faces: Array) -> Sphere:
        points = self._surface.points[np.unique(faces)].astype(np.float64)
        center = (points.min(axis=0) + points.max(axis=0)) / 2.0
        return Sphere(center, float(np.linalg.norm(points - center, axis=1).max()))

    def _simplify_level(self, level: list[int]) -> list[int]:
        """Group and simplify one level; return the clusters of the next."""
        clusters = [self._dag.clusters[index].faces for index in level]
        centers = np.stack([self._dag.clusters[index].sphere.center for index in level])
        groups = match_groups(clusters, centers)
        is_locked = self._lock_borders(clusters, groups)
        members = [[level[index] for index in group] for group in groups]
        coarser: list[int] = []
        for done in self._executor.map(lambda group: self._simplify(group, is_locked), members):
            coarser.extend(self._accept(done))
        return coarser

    def _lock_borders(self, clusters: list[Array], groups: list[list[int]]) -> Array:
        """Points that more than one group uses."""
        group_of = np.empty(len(clusters), np.int64)
        for index, members in enumerate(groups):
            group_of[members] = index
        points, owners = border_use(clusters)
        owners = group_of[owners]
        is_border = (points[1:] == points[:-1]) & (owners[1:] != owners[:-1])
        is_locked = np.zeros(len(self._surface.points), np.bool_)
        is_locked[points[1:][is_border]] = True
        return is_locked

    def _simplify(self, members: list[int], is_locked: Array) -> _Simplified:
        faces = np.concatenate([self._dag.clusters[index].faces for index in members])
        used, compact = np.unique(faces, return_inverse=True)
        local = compact.reshape(-1, 3)
        points = self._surface.points[used]
        attributes, weights = self._attributes(used, points, local)
        kept = thread_meshopt().simplify(
            local,
            points - points.min(axis=0),
            attributes,
            weights,
            is_locked=is_locked[used],
            target=len(faces) // 2,
        )
        coarse = used[kept]
        witnesses = self._gather_witnesses(members)
        if len(coarse) == 0 or len(coarse) > _MIN_REDUCTION * len(faces):
            return _Simplified(members, faces, witnesses, None)
        deviation = measure_deviation(self._surface, witnesses, coarse)
        return _Simplified(members, coarse, witnesses, deviation)

    def _attributes(self, used: Array, points: Array, local: Array) -> tuple[Array, Array]:
        """Give normals and colours; a full difference counts as one side of a triangle."""
        sides = points[local[:, 0]] - points[local[:, 1]]
        extent = float(np.ptp(points, axis=0).max())
        side = float(np.linalg.norm(sides, axis=1).mean()) / max(extent, 1.0)
        columns, weights = [self._surface.normals[used]], [_NORMAL_WEIGHT * side] * 3
        if self._surface.colors is not None:
            columns.append(self._surface.colors[used].astype(np.float32) / np.float32(255))
            weights += [_COLOR_WEIGHT * side] * 3
        return np.concatenate(columns, axis=1), np.array(weights, np.float32)

    def _gather_witnesses(self, members: list[int]) -> Array:
        """Measured points that speak for the group, evenly drawn from those of its clusters."""
        gathered = np.unique(np.concatenate([self._speakers(index) for index in members]))
        if len(gathered) <= _WITNESSES:
            return gathered
        return gathered[np.linspace(0, len(gathered) - 1, _WITNESSES).astype(np.int64)]

    def _speakers(self, index: int) -> Array:
        cluster = self._dag.clusters[index]
        return np.unique(cluster.faces) if cluster.made_from == MEASURED else self._witnesses[index]

    def _accept(self, done: _Simplified) -> list[int]:
        """Record a simplified group; a group that can't be simplified passes on its clusters."""
        if done.deviation is None:
            return done.members
        finer = [self._finer(member) for member in done.members]
        self._dag.groups.append(
            Group(
                done.members,
                _enclose([sphere for sphere, _, _ in finer]),
                max(done.deviation.distance, *(distance for _, distance, _ in finer)),
                max(done.deviation.appearance, *(appearance for _, _, appearance in finer)),
            )
        )
        coarser = []
        for index, triangles in self._add_clusters(done.faces, len(self._dag.groups) - 1):
            is_near = np.isin(done.deviation.nearest, triangles)
            self._witnesses[index] = done.witnesses[is_near]
            coarser.append(index)
        return coarser

    def _finer(self, member: int) -> tuple[Sphere, float, float]:
        cluster = self._dag.clusters[member]
        if cluster.made_from == MEASURED:
            return cluster.sphere, 0.0, 0.0
        group = self._dag.groups[cluster.made_from]
        return group.sphere, group.distance, group.appearance


def _enclose(spheres: list[Sphere]) -> Sphere:
    """Return a sphere that contains all of `spheres`."""
    center = np.mean([sphere.center for sphere in spheres], axis=0)
    reach = [float(np.linalg.norm(sphere.center - center)) + sphere.radius for sphere in spheres]
    return Sphere(center, max(reach) * (1.0 + 1e-9))
