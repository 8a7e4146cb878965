"""Makes a scan that a browser can stream from a measured mesh, and puts it into a dataset.

What is stored under a draft, for a scan called `name`:

- `scans/<name>/head`, `scans/<name>/pages/<n>`: what the viewer reads;
- `scans/<name>/ids/<n>`: the measured vertex behind each vertex of page n;
- `files/scans/<name>/measured.npz`: the mesh as it was read, nothing lost;
- `files/<original name>`: the bytes that were delivered.
"""

import io
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from museion_datasets.ingest.scans.dag import CLUSTER_TRIANGLES, ScanDag, build_dag
from museion_datasets.ingest.scans.dag import MEASURED as MADE_OF_MEASURED
from museion_datasets.ingest.scans.format import (
    CLUSTER_DTYPE,
    GROUP_DTYPE,
    MEASURED,
    PageCluster,
    ScanHead,
    encode_head,
    encode_ids,
    encode_page,
)
from museion_datasets.ingest.scans.mesh import (
    Integers,
    MeshArrays,
    drawable_part,
    require_faces,
    require_mesh,
)
from museion_datasets.ingest.scans.surface import Surface, choose_grid, make_surface
from museion_datasets.ingest.scans.wasm import thread_meshopt

type Array = NDArray[Any]

_OPTIONAL = ("colors", "normals", "uvs", "face_uvs", "face_materials")
_LAYER, _FACE_LAYER = "layer ", "face layer "
_TINY = np.float32(1.0 + 1e-6)
"""Keeps lengths rounded to float32 from falling below the exact ones."""


@dataclass(frozen=True, slots=True)
class ScanInfo:
    """What a person reads about a scan.

    Attributes
    ----------
    title : str
    is_synthetic : bool
        Computed, not measured on an object.
    source : str
        File or program the mesh came from.
    step_m : float or None
        Grid step in metres, best a tenth of the instrument's noise; None for 1/131,072 of
        the longest side.
    noise_m : float or None
        Declared standard deviation of the instrument in metres; None if nobody knows it.
    about : mapping
        What else belongs to it, in JSON types: frame, format, the check of its geometry.
    """

    title: str
    is_synthetic: bool = False
    source: str = ""
    step_m: float | None = None
    noise_m: float | None = None
    about: Mapping[str, Any] = field(default_factory=dict)


class ScanDraft(Protocol):
    """The part of a dataset's draft that a scan is written to."""

    def write_bytes(self, key: str, content: bytes, /) -> None:
        """Write one object under its logical key."""

    def put_file(self, name: str, content: bytes, /) -> None:
        """Write one file under `files/`."""


def build_scan(
    mesh: MeshArrays,
    info: ScanInfo,
    *,
    cluster_triangles: int = CLUSTER_TRIANGLES,
    workers: int = 2,
    measured_ids: Integers | None = None,
) -> Iterator[tuple[str, bytes]]:
    """Yield logical suffix and bytes of every object of the scan, the head last.

    Parameters
    ----------
    mesh : MeshArrays
        What is shown.
    info : ScanInfo
    cluster_triangles : int
        Triangles drawn together.
    workers : int
        Threads.
    measured_ids : (n,) int64, optional
        The measured vertex behind each vertex of `mesh`, where it is a part of what was
        measured.

    Raises
    ------
    InvalidError
        If the mesh is not one that a scan can be built from.
    """
    surface = make_surface(require_mesh(mesh), choose_grid(mesh, info.step_m))
    if measured_ids is not None:
        surface = replace(surface, ids=measured_ids[surface.ids])
    dag = build_dag(surface, cluster_triangles=cluster_triangles, workers=workers)
    order = _drawing_order(dag)
    page_bytes = [0] * len(order)
    root_page = b""
    with ThreadPoolExecutor(workers) as executor:
        pages = executor.map(lambda members: _encode(surface, dag, members), order)
        for index, (page, ids) in enumerate(pages):
            page_bytes[index] = len(page)
            if index == 0:
                root_page = page
            else:
                yield f"pages/{index}", page
            yield f"ids/{index}", ids
    yield "head", encode_head(_make_head(surface, dag, info, order, page_bytes, root_page))


def put_scan(
    draft: ScanDraft,
    name: str,
    mesh: MeshArrays,
    info: ScanInfo,
    *,
    original: tuple[str, bytes] | None = None,
) -> None:
    """Write a scan, the mesh it was built from and the bytes that were delivered.

    Parameters
    ----------
    draft : ScanDraft
    name : str
        The scan's name within the dataset.
    mesh : MeshArrays
    info : ScanInfo
    original : (str, bytes), optional
        Name and content of the delivered file.

    Raises
    ------
    InvalidError
        If the mesh is not one that a scan can be built from.
    """
    shown, ids = drawable_part(require_faces(mesh))
    for suffix, data in build_scan(shown, info, measured_ids=ids):
        draft.write_bytes(f"scans/{name}/{suffix}", data)
    draft.put_file(measured_path(name), encode_measured(mesh))
    if original is not None:
        draft.put_file(*original)


def measured_path(name: str) -> str:
    """Path under `files/` of the mesh as it was read."""
    return f"scans/{name}/measured.npz"


def encode_measured(mesh: MeshArrays) -> bytes:
    """Mesh as an npz file without loss."""
    arrays: dict[str, Array] = {"vertices": mesh.vertices, "faces": mesh.faces}
    optional = {name: getattr(mesh, name) for name in _OPTIONAL}
    arrays |= {name: values for name, values in optional.items() if values is not None}
    arrays |= {f"{_LAYER}{name}": values for name, values in mesh.layers.items()}
    arrays |= {f"{_FACE_LAYER}{name}": values for name, values in mesh.face_layers.items()}
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def decode_measured(data: bytes) -> MeshArrays:
    """Inverse of `encode_measured`."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        found = {name: arrays[name] for name in arrays.files}
    return MeshArrays(
        found["vertices"],
        found["faces"],
        layers=_named(found, _LAYER),
        face_layers=_named(found, _FACE_LAYER),
        **{name: found.get(name) for name in _OPTIONAL},
    )


def _named(arrays: Mapping[str, Array], prefix: str) -> dict[str, Array]:
    return {
        name.removeprefix(prefix): values
        for name, values in arrays.items()
        if name.startswith(prefix)
    }


def _drawing_order(dag: ScanDag) -> list[list[int]]:
    """Clusters of each page: the root's first, then group by group from coarse to fine."""
    return [dag.roots, *(group.clusters for group in reversed(dag.groups))]


def _encode(surface: Surface, dag: ScanDag, members: list[int]) -> tuple[bytes, bytes]:
    codec = thread_meshopt()
    clusters, ids = [], []
    for index in members:
        used, compact = np.unique(dag.clusters[index].faces, return_inverse=True)
        faces, order = codec.optimize(compact.reshape(-1, 3), len(used))
        points = used[order]
        colors = None if surface.colors is None else surface.colors[points]
        clusters.append(PageCluster(surface.points[points], surface.normals[points], colors, faces))
        ids.append(surface.ids[points])
    return encode_page(clusters, codec), encode_ids(ids, codec)


def _make_head(
    surface: Surface,
    dag: ScanDag,
    info: ScanInfo,
    order: list[list[int]],
    page_bytes: list[int],
    root_page: bytes,
) -> ScanHead:
    return ScanHead(
        surface.grid,
        len(surface.points),
        len(surface.faces),
        surface.colors is not None,
        info.is_synthetic,
        _metadata(info),
        _group_table(dag, order, page_bytes),
        _cluster_table(dag, order),
        root_page,
    )


def _metadata(info: ScanInfo) -> dict[str, Any]:
    noise = {} if info.noise_m is None else {"noise_m": info.noise_m}
    fixed = {"title": info.title, "unit": "m", "up": "z", "source": info.source}
    return {**info.about, **noise, **fixed}


def _group_table(dag: ScanDag, order: list[list[int]], page_bytes: list[int]) -> Array:
    table = np.zeros(len(order), GROUP_DTYPE)
    counts = [len(members) for members in order]
    table["clusters"] = counts
    table["first_cluster"] = np.cumsum([0, *counts[:-1]])
    table["page_bytes"] = page_bytes
    for row, group in zip(table[1:], reversed(dag.groups), strict=True):
        row["center"] = group.sphere.center
        row["radius"] = np.float32(group.sphere.radius) * _TINY
        row["distance"] = np.float32(group.distance) * _TINY
        row["appearance"] = np.float32(group.appearance) * _TINY
    spheres = [dag.clusters[index].sphere for index in dag.roots]
    table[0]["center"] = np.mean([sphere.center for sphere in spheres], axis=0)
    table[0]["radius"] = np.inf
    table[0]["distance"] = table[0]["appearance"] = np.inf
    return table


def _cluster_table(dag: ScanDag, order: list[list[int]]) -> Array:
    members = [index for page in order for index in page]
    table = np.zeros(len(members), CLUSTER_DTYPE)
    for row, index in zip(table, members, strict=True):
        cluster = dag.clusters[index]
        row["center"] = cluster.sphere.center
        row["radius"] = np.float32(cluster.sphere.radius) * _TINY
        is_measured = cluster.made_from == MADE_OF_MEASURED
        row["made_from"] = MEASURED if is_measured else len(dag.groups) - cluster.made_from
        row["vertices"] = len(np.unique(cluster.faces))
        row["triangles"] = len(cluster.faces)
    return table
