"""A cloud of points over the workspace server's routes, and out of the workspace again."""

import struct
from pathlib import PurePosixPath

import httpx
import numpy as np
import pytest

from museion.errors import InputError
from museion.scans import Scan
from museion_datasets.ingest.scans.format import PageCluster, decode_head, decode_page
from museion_datasets.ingest.scans.read import read_scan
from museion_datasets.ingest.scans.reduced import reduced_head
from museion_datasets.ingest.scans.scan import ScanInfo, put_scan
from museion_datasets.ingest.scans.terms import ScanTerms
from museion_datasets.ingest.scans.wasm import thread_meshopt
from museion_datasets.library import Library
from tests.support.point_clouds import ring_cloud

pytestmark = pytest.mark.integration
PATH = "museion/scans/murals/cloud/scan"
CLOUD = ring_cloud(180, 120)


@pytest.fixture(scope="module")
def scan(library: Library) -> Scan:
    with library.draft(
        "murals/cloud", title="Cloud", kind="scan", rights="CC0-1.0", synthetic=True
    ) as draft:
        put_scan(draft, "scan", CLOUD, ScanInfo("A cloud", is_synthetic=True, noise_m=1e-4))
    return Scan.of(library.open("murals/cloud")["scan"])


def pages_of(client: httpx.Client, ids: list[int]) -> list[list[PageCluster]]:
    found = []
    for start in range(0, len(ids), 8):
        part = ",".join(map(str, ids[start : start + 8]))
        body = client.get(f"{PATH}/pages", params={"version": 1, "ids": part}).content
        (count,) = struct.unpack_from("<I", body)
        at = 4 + 8 * count
        for row in range(count):
            (size,) = struct.unpack_from("<I", body, 8 + 8 * row)
            found.append(decode_page(body[at : at + size], thread_meshopt()))
            at += size
    return found


@pytest.mark.usefixtures("scan")
def test_every_point_of_a_cloud_comes_over_http_exactly_once(client: httpx.Client) -> None:
    head = decode_head(client.get(f"{PATH}/head", params={"version": 1}).content)
    assert (head.is_cloud, head.has_normals, head.vertex_count) == (
        True,
        False,
        len(CLOUD.vertices),
    )
    pages = [
        decode_page(head.root_page, thread_meshopt()),
        *pages_of(client, list(range(1, len(head.groups)))),
    ]
    clusters = [cluster for page in pages for cluster in page]
    made = head.clusters["made_from"]
    shown = [
        each.points for each, source in zip(clusters, made, strict=True) if source == 2**32 - 1
    ]
    found = head.grid.positions(np.concatenate(shown).astype(float))
    order, wanted = np.lexsort(found.T), np.lexsort(np.round(CLOUD.vertices, 9).T)
    assert len(found) == len(CLOUD.vertices)
    assert np.abs(found.sum(axis=0) - CLOUD.vertices.sum(axis=0)).max() < head.grid.step * 200
    assert np.abs(found[order][::997] - CLOUD.vertices[wanted][::997])[:, 2].max() < 2e-5


def test_who_only_looks_gets_fewer_points_of_the_same_cloud(scan: Scan) -> None:
    distances = np.sort(scan.head.groups["distance"][1:].astype(float))
    least = float(distances[len(distances) // 2]) * scan.head.grid.step * 1.001
    head, pages = reduced_head(scan.head, least)
    assert head.is_cloud
    assert 0 < head.elements_at_finest < scan.head.elements_at_finest
    assert pages < set(range(len(scan.head.groups)))


def test_ply_keeps_every_point_and_layer(scan: Scan) -> None:
    data = scan.to_ply()
    assert data is not None
    again = read_scan(data, PurePosixPath("cloud.ply"), ScanTerms(unit="m")).mesh
    assert (again.vertices == CLOUD.vertices).all()
    assert (again.layers["intensity"] == CLOUD.layers["intensity"]).all()
    assert again.colors is not None
    assert (again.colors == CLOUD.colors).all()
    assert len(again.faces) == 0
    coarse = scan.to_ply(max_triangles=12_000)
    assert coarse is not None
    fewer = read_scan(coarse, PurePosixPath("cloud.ply"), ScanTerms(unit="m")).mesh
    assert 0 < len(fewer.vertices) <= 12_000
    kept = fewer.layers["measured_vertex"].astype(np.int64)
    step = scan.head.grid.step
    assert np.abs(fewer.vertices - CLOUD.vertices[kept]).max() <= step


def test_what_shows_triangles_only_is_refused_with_a_reason(scan: Scan) -> None:
    for refused in (scan.to_glb, scan.to_pythreejs):
        with pytest.raises(InputError, match="cloud of points") as caught:
            refused()
        assert caught.value.hint.endswith(".")


def test_a_slab_of_a_stored_cloud_reads_only_what_it_meets(scan: Scan) -> None:
    from museion.scans.measure import Plane  # noqa: PLC0415 - as in a notebook

    slab = scan.section(Plane.through((0.3, 0, 0), (1, 0, 0)), thickness=0.002)
    inside = np.abs(CLOUD.vertices[:, 0] - 0.3) <= 0.001 - scan.head.grid.step
    assert set(np.flatnonzero(inside).tolist()) <= set(slab.ids.tolist())  # type: ignore[union-attr]
    with pytest.raises(InputError, match="no surface that a plane could cross"):
        scan.section(Plane.through((0.3, 0, 0), (1, 0, 0)))


def test_notes_are_anchored_to_measured_points(scan: Scan) -> None:
    from museion.scans.annotations import Annotation, Shape  # noqa: PLC0415
    from museion.scans.annotations.anchoring import place_annotations  # noqa: PLC0415

    x, y, z = CLOUD.vertices[42].tolist()
    note = Annotation(id="n1", shape=Shape.POINT, points=((x, y, z),), body="Here")
    (placed,) = place_annotations([note], scan.measure, surface=scan.geometry, version=1)
    assert placed.anchors[0].vertex == 42
