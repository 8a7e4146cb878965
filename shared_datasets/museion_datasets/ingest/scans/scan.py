"""Makes a scan that a browser can stream from a measured mesh or cloud, for a dataset.

What is stored under a draft, for a scan called `name`:

- `scans/<name>/head`, `scans/<name>/pages/<n>`: what the viewer reads;
- `scans/<name>/ids/<n>`: the measured vertex behind each vertex of page n;
- `scans/<name>/layers/<layer>/…`: the scalars that came with the mesh, page by page;
- `files/scans/<name>/measured.npz`: the mesh as it was read, nothing lost;
- `files/<original name>`: the bytes that were delivered.
"""

from collections.abc import Buffer, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from museion_datasets.ingest.scans.dag import CLUSTER_TRIANGLES, STORING, ScanDag, build_dag
from museion_datasets.ingest.scans.dag import MEASURED as MADE_OF_MEASURED
from museion_datasets.ingest.scans.format import (
    CLUSTER_DTYPE,
    GROUP_DTYPE,
    MEASURED,
    ScanHead,
    encode_head,
)
from museion_datasets.ingest.scans.layers import LayerWriter, delivered_layers
from museion_datasets.ingest.scans.means import DEFAULT_MEANS, Means
from museion_datasets.ingest.scans.measured import encode_measured, measured_path
from museion_datasets.ingest.scans.mesh import (
    Integers,
    MeshArrays,
    drawable_part,
    require_faces,
    require_mesh,
)
from museion_datasets.ingest.scans.scratch import Scratch, blocks
from museion_datasets.ingest.scans.surface import Surface, choose_grid
from museion_datasets.ingest.scans.thinning import require_cloud
from museion_datasets.ingest.scans.weld import PartFaces, spread, weld

type Array = NDArray[Any]

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

    def write_bytes(self, key: str, content: Buffer, /) -> None:
        """Write one object under its logical key."""

    def put_file(self, name: str, content: Buffer, /) -> None:
        """Write one file under `files/`."""


def build_scan(
    mesh: MeshArrays,
    info: ScanInfo,
    *,
    cluster_triangles: int = CLUSTER_TRIANGLES,
    means: Means = DEFAULT_MEANS,
    measured_ids: Integers | None = None,
) -> Iterator[tuple[str, bytes]]:
    """Yield logical suffix and bytes of every object of the scan, the head last.

    Parameters
    ----------
    mesh : MeshArrays
        What is shown; a cloud if it has no triangles.
    info : ScanInfo
    cluster_triangles : int
        Triangles, or points of a cloud, drawn together.
    means : Means
        Who works, who is told, what is remembered, and how much memory is taken.
    measured_ids : (n,) int64, optional
        The measured vertex behind each vertex of `mesh`, where it is a part of what was
        measured.

    Raises
    ------
    InvalidError
        If the mesh is not one that a scan can be built from.
    """
    scratch = Scratch()
    surface, faces = _on_grid(mesh, info.step_m, scratch, means)
    if measured_ids is not None:
        for block in blocks(len(surface.ids), surface.ids):
            surface.ids[block] = measured_ids[surface.ids[block]]
    dag = build_dag(surface, faces, scratch, cluster_triangles=cluster_triangles, means=means)
    yield "ids/0", dag.root_ids
    for index, group in enumerate(reversed(dag.groups), 1):
        means.tell(STORING + (1 - STORING) * index / len(dag.groups), "storing")
        yield f"pages/{index}", dag.shelf.read_bytes(group.page)
        yield f"ids/{index}", dag.shelf.read_bytes(group.ids)
    yield "head", encode_head(_make_head(surface, dag, info))


def put_scan(
    draft: ScanDraft,
    name: str,
    mesh: MeshArrays,
    info: ScanInfo,
    *,
    original: tuple[str, bytes] | None = None,
    means: Means = DEFAULT_MEANS,
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
    means : Means
        As for `build_scan`.

    Raises
    ------
    InvalidError
        If the mesh is not one that a scan can be built from.
    """
    shown, ids = drawable_part(require_faces(mesh) if len(mesh.faces) else mesh)
    layers = LayerWriter(delivered_layers(mesh.layers, info.source))
    for suffix, data in build_scan(shown, info, means=means, measured_ids=ids):
        draft.write_bytes(f"scans/{name}/{suffix}", data)
        for own_suffix, own_data in layers.follow(suffix, data):
            draft.write_bytes(f"scans/{name}/{own_suffix}", own_data)
    draft.put_file(measured_path(name), encode_measured(mesh))
    if original is not None:
        draft.put_file(*original)


def _on_grid(
    mesh: MeshArrays, step_m: float | None, scratch: Scratch, means: Means
) -> tuple[Surface, PartFaces | None]:
    if len(mesh.faces) == 0:
        grid = choose_grid(require_cloud(mesh), step_m)
        return spread(mesh, grid, scratch, part_points=means.part_triangles), None
    grid = choose_grid(require_mesh(mesh), step_m)
    return weld(mesh, grid, scratch, part_triangles=means.part_triangles)


def _make_head(surface: Surface, dag: ScanDag, info: ScanInfo) -> ScanHead:
    pages = [dag.roots, *(group.clusters for group in reversed(dag.groups))]
    return ScanHead(
        surface.grid,
        surface.vertex_count,
        surface.triangle_count,
        surface.colors is not None,
        info.is_synthetic,
        _metadata(info),
        _group_table(dag, pages),
        _cluster_table(dag, pages),
        dag.root_page,
        surface.is_cloud,
        surface.has_normals,
    )


def _metadata(info: ScanInfo) -> dict[str, Any]:
    noise = {} if info.noise_m is None else {"noise_m": info.noise_m}
    fixed = {"title": info.title, "unit": "m", "up": "z", "source": info.source}
    return {**info.about, **noise, **fixed}


def _group_table(dag: ScanDag, pages: list[list[int]]) -> Array:
    table = np.zeros(len(pages), GROUP_DTYPE)
    counts = [len(members) for members in pages]
    table["clusters"] = counts
    table["first_cluster"] = np.cumsum([0, *counts[:-1]])
    for row, group in zip(table[1:], reversed(dag.groups), strict=True):
        row["center"] = group.sphere.center
        row["radius"] = np.float32(group.sphere.radius) * _TINY
        row["distance"] = np.float32(group.distance) * _TINY
        row["appearance"] = np.float32(group.appearance) * _TINY
        row["page_bytes"] = group.page.stop - group.page.start
    spheres = [dag.clusters[index].sphere for index in dag.roots]
    table[0]["center"] = np.mean([sphere.center for sphere in spheres], axis=0)
    table[0]["radius"] = np.inf
    table[0]["distance"] = table[0]["appearance"] = np.inf
    table[0]["page_bytes"] = len(dag.root_page)
    return table


def _cluster_table(dag: ScanDag, pages: list[list[int]]) -> Array:
    members = [index for page in pages for index in page]
    table = np.zeros(len(members), CLUSTER_DTYPE)
    for row, index in zip(table, members, strict=True):
        cluster = dag.clusters[index]
        row["center"] = cluster.sphere.center
        row["radius"] = np.float32(cluster.sphere.radius) * _TINY
        is_measured = cluster.made_from == MADE_OF_MEASURED
        row["made_from"] = MEASURED if is_measured else len(dag.groups) - cluster.made_from
        row["vertices"] = cluster.place.rows
        row["triangles"] = cluster.place.faces
    return table
