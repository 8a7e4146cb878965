"""What is wrong with a mesh is counted, told, and left as it is."""

from dataclasses import replace

import numpy as np
import pytest

from museion_datasets.ingest.scans.check import GeometryReport, check_geometry
from museion_datasets.ingest.scans.format import decode_ids
from museion_datasets.ingest.scans.merging import merge_exactly
from museion_datasets.ingest.scans.mesh import MeshArrays, drawable_part
from museion_datasets.ingest.scans.scan import ScanInfo, build_scan
from museion_datasets.ingest.scans.surface import step_for_noise
from museion_datasets.ingest.scans.wasm import thread_meshopt
from tests.support.scan_files import TETRAHEDRON
from tests.support.scans import open_sheet, rough_ring

SOUND = GeometryReport(4, 4)
T = TETRAHEDRON


def with_faces(*more: tuple[int, int, int]) -> MeshArrays:
    return replace(T, faces=np.concatenate([T.faces, more]))


def with_vertices(*more: tuple[float, float, float]) -> MeshArrays:
    return replace(T, vertices=np.concatenate([T.vertices, more]))


FAULTS = {
    "nothing": (T, SOUND),
    "a hole": (replace(T, faces=T.faces[:3]), replace(SOUND, triangles=3, open_edges=3)),
    "a loose vertex": (with_vertices((9, 9, 9)), replace(SOUND, vertices=5, unreferenced=1)),
    "a loose double": (
        with_vertices((0, 0, 0)),
        replace(SOUND, vertices=5, unreferenced=1, duplicate_vertices=1),
    ),
    "twice the same corner": (
        with_faces((0, 0, 1)),
        replace(SOUND, triangles=5, degenerate_triangles=1),
    ),
    "a triangle twice": (
        with_faces((1, 0, 2)),
        replace(SOUND, triangles=5, duplicate_triangles=1, non_manifold_edges=3),
    ),
    "a triangle that faces inwards": (
        replace(T, faces=np.concatenate([T.faces[:3], T.faces[3:, ::-1]])),
        replace(SOUND, flipped_edges=3),
    ),
    "a fin": (
        MeshArrays(np.concatenate([T.vertices, [[5.0, 5.0, 0.0]]]), with_faces((0, 1, 4)).faces),
        replace(SOUND, vertices=5, triangles=5, open_edges=2, non_manifold_edges=1),
    ),
    "no number": (
        replace(T, vertices=np.where(np.arange(4)[:, None] == 3, np.nan, T.vertices)),
        replace(SOUND, not_finite=1, open_edges=3),
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_counted_alone(name: str) -> None:
    mesh, expected = FAULTS[name]
    before = mesh.vertices.copy(), mesh.faces.copy()
    assert check_geometry(mesh) == expected
    assert np.array_equal(mesh.vertices, before[0], equal_nan=True)
    assert (mesh.faces == before[1]).all()


def test_meshes_that_are_sound_are_said_to_be_closed() -> None:
    assert check_geometry(rough_ring(24, 12)).sentences() == (
        "Mesh of 576 triangles, 288 vertices, closed",
    )
    report = check_geometry(open_sheet(5))
    assert report.open_edges == 16
    assert report.sentences()[1] == "Geometry, kept as it is: 16 open edges"


def test_seams_do_not_look_like_tears() -> None:
    ring = rough_ring(24, 12)
    soup = MeshArrays(ring.vertices[ring.faces].reshape(-1, 3), np.arange(576 * 3).reshape(-1, 3))
    report = check_geometry(soup)
    assert report.is_watertight
    assert report.duplicate_vertices == 576 * 3 - 288


def test_merging_keeps_the_order_and_knows_one_zero() -> None:
    points = np.array([[1.0, 0, 0], [0.0, 0, 0], [1.0, -0.0, 0], [np.nan, 0, 0], [np.nan, 0, 0]])
    first, places = merge_exactly(points)
    assert first.tolist() == [0, 1, 3, 4]
    assert places.tolist() == [0, 1, 0, 2, 3]


def test_what_is_no_number_is_left_out_of_the_picture_and_ids_stay() -> None:
    ring = rough_ring(24, 12)
    vertices = ring.vertices.copy()
    vertices[:7] = np.nan
    shown, ids = drawable_part(replace(ring, vertices=vertices))
    assert ids is not None
    assert ids.tolist() == list(range(7, 288))
    parts = dict(build_scan(shown, ScanInfo("part"), measured_ids=ids))
    kept = decode_ids(parts["ids/0"], thread_meshopt())
    assert np.concatenate(kept).min() >= 7


def test_the_grid_is_a_tenth_of_the_noise_or_as_fine_as_it_goes() -> None:
    ring = rough_ring(24, 12)
    assert step_for_noise(ring, None) == (None, "")
    step, why = step_for_noise(ring, 20e-6)
    assert (step, why) == (pytest.approx(2e-6), "")
    coarse, why = step_for_noise(ring, 1e-9)
    assert coarse == pytest.approx(0.8 / 2**21, rel=0.05)
    assert why.startswith("Shown on a grid of")
