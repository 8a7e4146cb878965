"""Small clouds of points with known truth."""

from dataclasses import dataclass, replace

import numpy as np

from museion_datasets.ingest.scans.mesh import MeshArrays
from tests.support.scans import Array, BuiltScan, rough_ring

NO_FACES = np.empty((0, 3), np.int64)


def ring_cloud(columns: int = 90, rows: int = 60, *, seed: int = 0) -> MeshArrays:
    """Give the vertices of a rough ring, coloured, in no order, with a scalar and strays."""
    mesh = rough_ring(columns, rows, seed=seed)
    random = np.random.default_rng(seed)
    strays = random.uniform(-0.5, 0.5, (5, 3))
    points = np.concatenate([mesh.vertices, strays, strays[:2]])
    assert mesh.colors is not None
    colors = np.concatenate([mesh.colors, np.full((7, 3), 9, np.uint8)])
    order = random.permutation(len(points))
    layers = {"intensity": np.arange(len(points), dtype=np.uint16)}
    return MeshArrays(points[order], NO_FACES, colors[order], layers=layers)


def with_normals(mesh: MeshArrays) -> MeshArrays:
    """Give the same cloud with normals away from the middle, and one that is none."""
    normals = mesh.vertices * [[1.0, 1.0, 2.0]]
    normals[7] = 0.0
    return replace(mesh, normals=normals)


@dataclass(frozen=True)
class ShownCloud:
    """What a cut of a cloud shows."""

    ids: Array
    points: Array


def shown_points(scan: BuiltScan, ids: list[list[Array]], expanded: set[int]) -> ShownCloud:
    """Give the drawn points and their ids; `ids` are those of each page, decoded."""
    found, points = [], []
    for group in sorted(expanded):
        first = scan.head.groups[group]["first_cluster"]
        for offset, cluster in enumerate(scan.pages[group]):
            if int(scan.head.clusters[first + offset]["made_from"]) not in expanded:
                found.append(ids[group][offset])
                points.append(cluster.points)
    return ShownCloud(np.concatenate(found).astype(np.int64), np.concatenate(points))
