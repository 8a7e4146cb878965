"""Measurements taken in the viewer, in Python: the same numbers as `scan.measure`."""

from typing import Any

import numpy as np
import pytest

from museion.errors import InputError
from museion.scans.measure.lengths import Distance
from museion.widgets.scan import ScanView
from museion_datasets.ingest.scans.mesh import MeshArrays
from tests.support.bodies import sphere
from tests.support.scan_views import KernelSide, open_view

POLE, SIDE, FRONT = [0.0, 0.0, 0.1], [0.1, 0.0, 0.0], [0.0, -0.1, 0.0]
LONG_LABEL = "Height"


def drawn(kind: str, *points: list[float], **changes: object) -> dict[str, Any]:
    """Give a measurement as a browser sends it."""
    mark = {"id": f"id-{kind}", "kind": kind, "label": kind.title(), "points": list(points)}
    return {**mark, "along": None, "within": 0.0, **changes}


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> KernelSide:
    ball = sphere(0.1, subdivisions=4)
    mesh = MeshArrays(np.asarray(ball.vertices), np.asarray(ball.faces), None, None)
    return KernelSide(open_view(tmp_path_factory.mktemp("library"), mesh, noise_m=2e-5))


@pytest.fixture
def view(kernel: KernelSide) -> ScanView:
    kernel.view.measurement_marks = []
    return kernel.view


def test_browsers_marks_are_answered_with_what_scan_measure_gives(
    kernel: KernelSide, view: ScanView
) -> None:
    marks = [
        drawn("distance", POLE, SIDE),
        drawn("angle", POLE, SIDE, FRONT),
        drawn("polyline", POLE, SIDE, FRONT),
        drawn("geodesic", POLE, SIDE),
        drawn("section", [-0.1, 0, 0], [0.1, 0, 0], along=[0.0, -1.0, 0.0]),
    ]
    answers = kernel.receive({"method": "update", "state": {"measurement_marks": marks}})["state"]
    distance = view.scan.measure.distance(POLE, SIDE)
    told = answers["measurement_answers"][0]
    assert told["values"][0] == {
        "name": "distance",
        "value": float(distance.distance),
        "unit": "m",
        "uncertainty": distance.distance.uncertainty,
        "text": str(distance.distance),
    }
    assert "±" in told["values"][0]["text"]
    assert ["level", "full resolution"] in told["notes"]
    found = view.measurements
    assert list(found) == ["Distance", "Angle", "Polyline", "Geodesic", "Section"]
    assert isinstance(found["Distance"], Distance)
    assert found["Section"].plane.normal.tolist() == pytest.approx([0.0, 0.0, 1.0])  # type: ignore[attr-defined]
    length = float(found["Geodesic"].length)  # type: ignore[attr-defined]
    assert length == pytest.approx(0.05 * np.pi, rel=2e-3)


def test_what_is_measured_in_python_is_shown_to_the_browsers(
    kernel: KernelSide, view: ScanView
) -> None:
    found = view.add_measurement("distance", [POLE, SIDE], label=LONG_LABEL)
    again = view.add_measurement("distance", [POLE, FRONT])
    assert view.measurements == {LONG_LABEL: found, "Distance 1": again}
    assert [mark["label"] for mark in kernel.state["measurement_marks"]] == [
        LONG_LABEL,
        "Distance 1",
    ]
    assert view.spec["options"]["answers"] == kernel.state["measurement_answers"]
    view.remove_measurement("Distance 1")
    assert len(kernel.state["measurement_answers"]) == 1
    with pytest.raises(InputError, match="label is taken"):
        view.add_measurement("distance", [POLE, SIDE], label=LONG_LABEL)


def test_point_beside_the_surface_has_a_trouble_and_no_value(
    kernel: KernelSide, view: ScanView
) -> None:
    marks = [drawn("distance", POLE, [0.0, 0.0, 0.0], within=9.0)]
    state = kernel.receive({"method": "update", "state": {"measurement_marks": marks}})["state"]
    (told,) = state["measurement_answers"]
    assert "not on the surface" in told["trouble"]
    assert told["values"] == []
    assert view.measurements == {}
    assert list(view.measurement_troubles) == ["Distance"]
    with pytest.raises(InputError, match="not on the surface"):
        view.add_measurement("distance", [POLE, [0.0, 0.0, 0.0]])


def test_point_put_on_a_simplified_triangle_is_brought_onto_the_surface(view: ScanView) -> None:
    inside = [0.0, 0.0, 0.0985]
    view.measurement_marks = [drawn("distance", inside, SIDE, within=2e-3)]
    found = view.measurements["Distance"]
    assert isinstance(found, Distance)
    assert found.start.away_m == pytest.approx(1.5e-3, rel=1e-2)


def test_two_members_labels_that_are_the_same_both_count(view: ScanView) -> None:
    twin = drawn("distance", POLE, FRONT, id="another")
    view.measurement_marks = [drawn("distance", POLE, SIDE), twin]
    assert list(view.measurements) == ["Distance", "Distance (2)"]


def test_declared_noise_measures_anew(view: ScanView) -> None:
    view.measurement_marks = [drawn("distance", POLE, SIDE)]
    before = view.measurement_answers[0]["values"][0]["uncertainty"]
    view.declare(noise_m=4e-5)
    assert view.measurement_answers[0]["values"][0]["uncertainty"] > 1.8 * before


@pytest.mark.parametrize("form", ["svg", "dxf", "csv"])
def test_browser_is_given_the_drawing_of_a_section(
    kernel: KernelSide, view: ScanView, form: str
) -> None:
    view.add_measurement("section", [SIDE, FRONT, [-0.1, 0.0, 0.0]])
    question = {"ask": "section", "id": view.measurement_marks[0]["id"], "format": form}
    said = kernel.receive({
        "method": "custom",
        "content": {"request": "r", "question": question | {"scale": "1:2"}},
    })["custom"]
    section = next(iter(view.measurements.values()))
    expected = section.to_svg("1:2") if form == "svg" else getattr(section, f"to_{form}")()  # type: ignore[attr-defined]
    assert said == [{"content": {"request": "r", "answer": {"text": expected}}, "buffers": []}]


def test_question_about_a_deleted_section_gets_a_sentence(kernel: KernelSide) -> None:
    question = {"ask": "section", "id": "gone", "format": "svg"}
    content = {"request": "r", "question": question}
    said = kernel.receive({"method": "custom", "content": content})["custom"]
    assert said[0]["content"]["answer"]["trouble"].startswith("There is no such section any more")


@pytest.mark.parametrize(
    ("mark", "message"),
    [
        (drawn("weight", POLE, SIDE), "Unknown kind"),
        (drawn("angle", POLE, SIDE), "points of one angle"),
        (drawn("distance", POLE, [0.0, float("nan"), 0.0]), "Not points in metres"),
        (drawn("section", POLE, SIDE), "no direction"),
        (drawn("distance", POLE, SIDE, within=-1.0), "Not a length"),
        ({"id": "a"}, "Not a measurement"),
    ],
    ids=["kind", "too few", "no number", "no plane", "negative", "nothing"],
)
def test_what_is_no_measurement_is_refused(
    view: ScanView, mark: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        view.measurement_marks = [mark]
