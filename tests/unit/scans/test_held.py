"""Meshes that live in the kernel only: what is shown, answered, and never saved."""

import struct
from typing import Any

import numpy as np
import pytest
import trimesh
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display
from IPython.utils.capture import capture_output

import museion
from museion.errors import InputError
from museion.scans.held import HeldScan, find_mesh
from museion.widgets.held_scan import HeldScanView
from museion_datasets.ingest.scans.format import decode_head
from museion_datasets.ingest.scans.mesh import MeshArrays
from tests.support.scans import rough_ring

RING = rough_ring()


@pytest.fixture(scope="module")
def view() -> HeldScanView:
    return HeldScanView(RING, title="Ring")


def ask(view: HeldScanView, question: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
    """Ask as a browser does, and give what the kernel sends."""
    said: list[tuple[dict[str, Any], list[bytes]]] = []
    view.send = lambda content, buffers=(): said.append((content, list(buffers)))
    view._handle_custom_msg({"request": "r", "question": question}, [])
    ((content, buffers),) = said
    assert content["request"] == "r"
    return content["answer"], buffers


def test_a_browser_gets_head_and_pages(view: HeldScanView) -> None:
    answer, (stored,) = ask(view, {"ask": "head"})
    head = decode_head(stored)
    assert answer == {}
    assert head.triangle_count == len(RING.faces)
    _, (packed,) = ask(view, {"ask": "pages", "ids": [1]})
    count, page, size = struct.unpack_from("<3I", packed)
    assert (count, page, size) == (1, 1, len(packed) - 12)


@pytest.mark.parametrize("ids", [[], [0], ["1"], [1] * 9, None, [True], [10**9]])
def test_odd_questions_get_a_sentence(view: HeldScanView, ids: object) -> None:
    answer, buffers = ask(view, {"ask": "pages", "ids": ids})
    assert answer["trouble"]
    assert buffers == []


def test_nothing_that_could_be_saved_holds_geometry(view: HeldScanView) -> None:
    assert view.get_state(["_spec"])["_spec"]["options"]["source"] == "kernel"
    kept = set(view.keys) - {"_esm", "_css"}
    assert len(repr({name: getattr(view, name) for name in kept})) < 4000


def test_the_view_is_told_before_its_still_picture_is_drawn(view: HeldScanView) -> None:
    InteractiveShell.instance()
    with capture_output() as said:
        display(view)
    first, whole = said.outputs
    assert "image/png" not in first.data
    assert whole.data.pop("image/png")
    assert whole.data == first.data
    assert whole.update
    assert whole.transient == first.transient


def test_it_is_measured_in_metres() -> None:
    ball = trimesh.creation.icosphere(subdivisions=3, radius=100.0)
    held = HeldScan(find_mesh(ball), "Ball", unit="mm")  # type: ignore[arg-type]
    assert held.measure.distance((0, 0, 0.1), (0, 0, -0.1)).distance.value == pytest.approx(0.2)


def test_view_takes_meshes_arrays_and_levels_of_detail() -> None:
    ball = trimesh.creation.icosphere(subdivisions=3)
    level = HeldScan(RING, "Ring").simplified(2000)
    for mesh in (
        ball,
        (RING.vertices, RING.faces),
        (RING.vertices, RING.faces, RING.colors),
        level,
    ):
        assert isinstance(museion.view(mesh), HeldScanView)
    assert museion.view(RING).scan.head.has_colors
    assert not museion.view(ball).scan.head.has_colors


@pytest.mark.parametrize(
    ("obj", "words"),
    [
        ((np.zeros((3, 2)), np.zeros((1, 3))), "shape"),
        ((np.zeros((3, 3)),), "1 arrays"),
        ((np.zeros((3, 3)), np.array([[0, 1, 9]])), "vert"),
        ((np.zeros((3, 3)), np.array([[0, 1, 2]]), np.zeros((2, 3))), "colour"),
    ],
)
def test_what_is_no_mesh_is_refused(obj: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        museion.view(obj)


def test_unknown_units_are_refused() -> None:
    with pytest.raises(InputError, match="unit"):
        museion.view(RING, unit="ell")


def test_points_without_triangles_are_a_cloud_to_look_at_and_measure() -> None:
    view = HeldScanView(MeshArrays(RING.vertices, np.empty((0, 3), np.int64)), title="Points")
    assert f"{len(RING.vertices)} points" in view.describe()
    a, b = RING.vertices[[5, 900]]
    found = view.scan.measure.distance(a, b)
    assert found.distance.value == pytest.approx(float(np.linalg.norm(a - b)))
    assert view.still()[:4] == b"\x89PNG"
