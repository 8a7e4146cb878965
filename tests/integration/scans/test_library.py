"""Scans in a dataset, as a person in a notebook meets them."""

import io

import numpy as np
import pytest
from PIL import Image

from museion.errors import InputError
from museion.scans import Scan
from museion.widgets.scan import ScanView
from museion_datasets.library import Library
from tests.support.scans import glb_bytes, rough_ring

pytestmark = pytest.mark.integration


@pytest.fixture
def scan(library: Library) -> Scan:
    return Scan.of(library.open("murals/ring")["scan"])


def test_measured_mesh_comes_back_without_loss(scan: Scan) -> None:
    mesh = rough_ring(180, 120)
    assert (scan.vertices == mesh.vertices).all()
    assert (scan.faces == mesh.faces).all()
    assert scan.colors is not None
    assert (scan.colors == mesh.colors).all()


def test_original_bytes_are_kept(library: Library) -> None:
    kept = library.read_bytes("murals/ring", "files/ring.glb")
    assert kept == glb_bytes(rough_ring(180, 120))


def test_bounds_are_those_of_the_mesh(scan: Scan) -> None:
    low, high = scan.bounds
    assert np.allclose(low, scan.vertices.min(axis=0), atol=scan.head.grid.step)
    assert np.allclose(high, scan.vertices.max(axis=0), atol=scan.head.grid.step)


def test_simplified_scan_fits_pythreejs(scan: Scan) -> None:
    mesh = scan.to_pythreejs(max_triangles=15_000)
    index = mesh.geometry.attributes["index"].array
    assert 0 < len(index) // 3 <= 15_000
    assert index.max() < len(mesh.geometry.attributes["position"].array)
    with pytest.raises(InputError, match="Too many triangles"):
        scan.to_pythreejs(max_triangles=6_000_000)


def test_view_leaves_a_picture_and_an_address_but_no_geometry(library: Library) -> None:
    view = ScanView(library.open("murals/ring"), "scan", azimuth=10.0)
    data, _ = view._repr_mimebundle_()
    spec = data["application/vnd.museion.view+json"]
    assert (spec["dataset"], spec["item"], spec["synthetic"]) == ("murals/ring", "scan", True)
    assert Image.open(io.BytesIO(view.still())).size == (800, 520)
    assert "image/png" in data
    state = {name: value for name, value in view.get_state().items() if name != "_esm"}
    assert len(str(state)) < 3_000


def test_item_that_is_no_scan_is_refused(library: Library) -> None:
    with pytest.raises(InputError, match="is no scan"):
        Scan.of(library.open("murals/ring")["ring.glb"])
