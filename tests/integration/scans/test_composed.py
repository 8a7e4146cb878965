"""Scenes composed with pythreejs: what is in them, and what double clicks are answered."""

from typing import Any

import numpy as np
import pytest
from ipywidgets.widgets import widget as ipywidget

from museion import scans
from museion.errors import InputError
from museion.scans import ComposedScene, Scan
from museion.scans.composing.sealed import NEVER_SAVE
from museion.scans.measure import Plane
from museion_datasets.library import Library
from tests.support.scans import rough_ring

pytestmark = pytest.mark.integration


@pytest.fixture
def scan(library: Library) -> Scan:
    return Scan.of(library.open("murals/ring")["scan"])


@pytest.fixture
def scene(scan: Scan) -> ComposedScene:
    return scans.scene(scan, max_triangles=9_000)


def double_click(scene: ComposedScene, place: Any) -> None:  # noqa: ANN401 - three numbers
    """Do what pythreejs' picker does when somebody double-clicks there."""
    (mesh,) = scene._surfaces
    with scene._picker.hold_trait_notifications():
        scene._picker.object = mesh
        scene._picker.point = tuple((np.asarray(place) - scene._middle).tolist())


def held_states() -> list[dict[str, Any]]:
    """Give the states of all widgets of this process that hold arrays."""
    states = [each.get_state() for each in ipywidget._instances.values()]
    return [
        state
        for state in states
        if any(isinstance(value, dict) and "buffer" in value for value in state.values())
    ]


def test_simplified_scan_fits_pythreejs(scan: Scan) -> None:
    mesh = scan.to_pythreejs(max_triangles=15_000)
    attributes = mesh.geometry.attributes
    index, positions = attributes["index"].array, attributes["position"].array
    cut = scan.simplified(15_000)
    assert (index.reshape(-1, 3) == cut.faces).all()
    assert np.abs(positions + np.array(mesh.position) - cut.vertices).max() < 1e-7
    assert np.allclose(attributes["color"].array * 255, cut.colors, atol=1e-3)


@pytest.mark.parametrize(
    ("wished", "message"), [(6_000_000, "Too many triangles"), (0, "Not a number of triangles")]
)
def test_wishes_that_pythreejs_cannot_fulfil_are_refused(
    scan: Scan, wished: int, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        scan.to_pythreejs(max_triangles=wished)
    with pytest.raises(InputError, match="at least one scan"):
        scans.scene()


def test_double_clicks_are_measured_at_full_resolution(scene: ComposedScene, scan: Scan) -> None:
    heard: list[int] = []
    scene.on_pick(lambda anchor: heard.append(anchor.vertex))
    ends = scan.vertices[[100, 9_000]]
    for place in ends:
        double_click(scene, place + 1e-4)
    expected = scan.measure.distance(*ends)
    assert scene.found is not None
    assert float(scene.found.distance) == pytest.approx(float(expected.distance), abs=4e-4)
    assert scene.found.paradata.rows()[:2] == expected.paradata.rows()[:2]
    assert scene.found.paradata.level == "full resolution"
    assert len(heard) == 2
    assert str(scene.found.distance) in scene._text.value
    double_click(scene, ends[0])
    assert (len(scene.picks), scene.found) == (1, None)
    assert f"vertex {scene.picks[0].vertex}" in scene._text.value


def test_double_click_beside_the_surface_gets_a_sentence(scene: ComposedScene) -> None:
    double_click(scene, (0.0, 0.0, 0.0))
    assert scene.picks == []
    assert "surface" in scene._text.value


def test_picks_from_python_are_the_same(scene: ComposedScene, scan: Scan) -> None:
    anchor = scene.pick(scan.vertices[4_321])
    assert anchor.vertex == 4_321


def test_everything_can_be_added(scene: ComposedScene, scan: Scan) -> None:
    ring = rough_ring(12, 8)
    plane = Plane.through((0.31, 0.0, 0.0), (0.0, 1.0, 0.0))
    before = len(scene.root.children)
    scene.add_mesh(ring.vertices, ring.faces, opacity=0.5)
    scene.add_arrow((0, 0, 0.3), (0, 0, 0.1)).add_arrow((0, 0, 0), (0, 0.2, 0))
    scene.add_label((0, 0, 0.3), "lost handle").add_light(20, 5, only=True)
    scene.add_section(plane, cut=True).add_section(scan.section(plane), color="blue")
    assert len(scene.root.children) - before == 6
    assert len(scene._lamps.children) == 1
    (mesh,) = scene._surfaces
    (hidden,) = mesh.material.clippingPlanes
    assert np.allclose(hidden.normal, (0, -1, 0))
    assert scene.renderer.localClippingEnabled


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda scene: scene.add("a mesh"), "Not a pythreejs object"),
        (lambda scene: scene.add_arrow((0, 0, 0), (0, 0, 0)), "no length"),
        (lambda scene: scene.add_label((0, 0), "x"), "place of the label"),
        (lambda scene: scene.add_mesh([[0, 0, 0]], [[0, 1, 2]]), "does not exist"),
        (lambda scene: scene.add_section(Plane.through((9, 0, 0), (1, 0, 0))), "plane"),
    ],
)
def test_what_cannot_be_added_is_refused(
    scene: ComposedScene,
    call: Any,  # noqa: ANN401 - a function of the table
    message: str,
) -> None:
    with pytest.raises(InputError, match=message):
        call(scene)


def test_whatever_holds_an_array_is_marked(scene: ComposedScene, scan: Scan) -> None:
    scene.add_section(Plane.through((0.31, 0.0, 0.0), (0.0, 1.0, 0.0)))
    ring = rough_ring(12, 8)
    scene.add_mesh(ring.vertices, ring.faces)
    for place in scan.vertices[[100, 9_000]]:
        scene.pick(place)
    found = held_states()
    assert len(found) >= 8
    assert all(state[NEVER_SAVE] for state in found)
