"""Small meshes with known truth, and scans built from them."""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import trimesh
from numpy.typing import NDArray

from museion_datasets.ingest.scans.format import (
    MEASURED,
    PageCluster,
    ScanHead,
    decode_head,
    decode_page,
)
from museion_datasets.ingest.scans.means import DEFAULT_MEANS, Means
from museion_datasets.ingest.scans.mesh import MeshArrays
from museion_datasets.ingest.scans.scan import ScanInfo, build_scan
from museion_datasets.ingest.scans.wasm import thread_meshopt

type Array = NDArray[Any]

INFO = ScanInfo("A rough ring", is_synthetic=True, source="tests.support.scans")


def rough_ring(columns: int = 90, rows: int = 60, *, seed: int = 0) -> MeshArrays:
    """Give a closed, noisy, coloured torus, 0.8 m wide."""
    around = np.arange(columns) * 2 * np.pi / columns
    across = np.arange(rows) * 2 * np.pi / rows
    u, v = np.meshgrid(around, across, indexing="ij")
    noise = np.random.default_rng(seed).normal(0.0, 5e-5, u.shape)
    tube = 0.1 + 0.006 * np.sin(5 * u) * np.sin(7 * v) + noise
    reach = 0.3 + tube * np.cos(v)
    points = np.stack([reach * np.cos(u), reach * np.sin(u), tube * np.sin(v)], axis=-1)
    ids = np.arange(columns * rows).reshape(columns, rows)
    right, up = np.roll(ids, -1, axis=0), np.roll(ids, -1, axis=1)
    both = np.roll(right, -1, axis=1)
    faces = [
        np.stack(corners, -1).reshape(-1, 3) for corners in ((ids, right, both), (ids, both, up))
    ]
    dark = (np.sin(9 * u) * np.sin(6 * v) > 0).astype(np.uint8) * 180 + 40
    colors = np.stack([dark, dark // 2, dark // 3], axis=-1).reshape(-1, 3)
    return MeshArrays(points.reshape(-1, 3), np.concatenate(faces), colors)


def open_sheet(side: int = 60) -> MeshArrays:
    """Give an open, wavy square, 1 m wide."""
    x, y = np.meshgrid(np.linspace(0, 1, side), np.linspace(0, 1, side), indexing="ij")
    points = np.stack([x, y, 0.03 * np.sin(9 * x) * np.cos(7 * y)], axis=-1).reshape(-1, 3)
    ids = np.arange(side * side).reshape(side, side)
    a, b, c, d = ids[:-1, :-1], ids[1:, :-1], ids[1:, 1:], ids[:-1, 1:]
    faces = [np.stack(corners, -1).reshape(-1, 3) for corners in ((a, b, c), (a, c, d))]
    return MeshArrays(points, np.concatenate(faces))


def glb_bytes(mesh: MeshArrays) -> bytes:
    """Give the mesh as a GLB file."""
    return bytes(_exported(mesh, "glb"))


def ply_bytes(mesh: MeshArrays) -> bytes:
    """Give the mesh as a binary PLY file."""
    return bytes(_exported(mesh, "ply"))


def _exported(mesh: MeshArrays, kind: str) -> bytes:
    whole = trimesh.Trimesh(mesh.vertices, mesh.faces, vertex_colors=mesh.colors, process=False)
    buffer = io.BytesIO()
    whole.export(buffer, file_type=kind)
    return buffer.getvalue()


@dataclass(frozen=True)
class BuiltScan:
    """A scan's objects, decoded."""

    objects: dict[str, bytes]
    head: ScanHead
    pages: list[list[PageCluster]]

    def read(self, part: str) -> bytes:
        """Give an object by its suffix."""
        return self.objects[part]

    def users(self) -> list[set[int]]:
        """Give the groups that use what each group was simplified to."""
        used_by: list[set[int]] = [set() for _ in self.head.groups]
        page_of = np.repeat(np.arange(len(self.head.groups)), self.head.groups["clusters"])
        for page, cluster in zip(page_of, self.head.clusters, strict=True):
            if cluster["made_from"] != MEASURED:
                used_by[cluster["made_from"]].add(int(page))
        return used_by

    def visible_triangles(self, expanded: set[int]) -> Array:
        """Give the drawn triangles' corners as (m, 3) keys of grid points."""
        parts = []
        for group in sorted(expanded):
            first = self.head.groups[group]["first_cluster"]
            for offset, cluster in enumerate(self.pages[group]):
                if int(self.head.clusters[first + offset]["made_from"]) not in expanded:
                    points = cluster.points.astype(np.int64)
                    keys = (points[:, 0] << 42) | (points[:, 1] << 21) | points[:, 2]
                    parts.append(keys[cluster.faces])
        return np.concatenate(parts)


def build(
    mesh: MeshArrays, *, cluster_triangles: int = 250, means: Means = DEFAULT_MEANS
) -> BuiltScan:
    """Build a scan with clusters so small that even a small mesh has many levels."""
    objects = dict(build_scan(mesh, INFO, cluster_triangles=cluster_triangles, means=means))
    head = decode_head(objects["head"])
    codec = thread_meshopt()
    stored = [head.root_page, *(objects[f"pages/{n}"] for n in range(1, len(head.groups)))]
    return BuiltScan(objects, head, [decode_page(page, codec) for page in stored])


def open_edges(triangles: Array) -> Array:
    """Give the directed edges that no triangle walks the other way, (k, 2)."""
    _, corners = np.unique(triangles, return_inverse=True)
    ids = corners.reshape(-1, 3)
    edges = np.concatenate([ids[:, [0, 1]], ids[:, [1, 2]], ids[:, [2, 0]]])
    count = int(ids.max()) + 1
    forth, back = edges[:, 0] * count + edges[:, 1], edges[:, 1] * count + edges[:, 0]
    codes, place = np.unique(np.concatenate([forth, back]), return_inverse=True)
    surplus = np.bincount(place[: len(forth)], minlength=len(codes))
    surplus -= np.bincount(place[len(forth) :], minlength=len(codes))
    return np.stack(np.divmod(codes[surplus > 0], count), axis=1)
