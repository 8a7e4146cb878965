"""Annotations on scans: as Web Annotations and back, in a dataset, on a new version of the scan."""

import json
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from museion import _session
from museion.errors import InputError
from museion.scans.annotations import (
    Annotation,
    Camera,
    Person,
    Reply,
    Shape,
    Status,
    from_json_ld,
    scene_cameras,
    scene_id,
    to_json_ld,
)
from museion.scans.scan import Scan
from museion.widgets.scan import ScanView
from museion_datasets.ingest.scans.mesh import MeshArrays
from museion_datasets.ingest.scans.scan import ScanInfo, put_scan
from tests.support.bodies import sphere
from tests.support.scan_views import open_view

SCENE = scene_id("demo/object", "scan")
NOISE_M = 2e-5
POLE, SIDE, FRONT = (0.0, 0.0, 0.1), (0.1, 0.0, 0.0), (0.0, -0.1, 0.0)
ANNA, BEN = Person("anna", "Anna A."), Person("ben", "Ben B.")
MARKUP = "<script>alert(1)</script> & \u202e *bold*"


def crack(**changes: object) -> Annotation:
    members = {"id": "a-1", "shape": Shape.POINT, "points": (POLE,), **changes}
    return Annotation(**members)  # type: ignore[arg-type]


FULL = crack(
    shape=Shape.POLYGON,
    points=(POLE, SIDE, (0.1 / 3, -2e-17, 1e-9)),
    body=f"Crack in the glaze\n\n{MARKUP}",
    tags=("crack", "glaze"),
    status=Status.RESOLVED,
    camera=Camera(12.5, -30.0, 0.4, (0.0, 0.01, 0.02)),
    replies=(Reply(id="r-1", body="since 2019", author=BEN, created="2026-11-23T09:00:00Z"),),
    author=ANNA,
    created="2026-11-23T08:40:00Z",
    edited_by=BEN,
    modified="2026-11-23T08:45:00Z",
    version=3,
    moved_m=0.0004,
)


def ball(radius: float = 0.1) -> MeshArrays:
    body = sphere(radius, subdivisions=4)
    return MeshArrays(np.asarray(body.vertices), np.asarray(body.faces), None, None)


@pytest.fixture
def view(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[ScanView]:
    """Give the view of a ball in a library that `museion` uses."""
    monkeypatch.setenv("MUSEION_REGISTRY_URL", tmp_path.as_uri())
    _session.library.cache_clear()
    yield open_view(tmp_path, ball(), noise_m=NOISE_M)
    _session.library.cache_clear()


def put_ball(radius: float) -> None:
    """Replace the scan, as ingesting it again does."""
    info = ScanInfo("Object", is_synthetic=True, noise_m=NOISE_M)
    with _session.library().draft("demo/object") as draft:
        put_scan(draft, "scan", ball(radius), info)


def stored() -> Scan:
    return Scan.of(_session.library().open("demo/object")["scan"])


@pytest.mark.parametrize("base", ["", "https://museum.example/iiif/amphora"])
def test_everything_comes_back_from_web_annotations(base: str) -> None:
    line = crack(id="b-2", shape=Shape.LINE, points=(POLE, FRONT))
    text = json.dumps(to_json_ld([FULL, line, crack(id="c-3")], SCENE, base=base))
    assert from_json_ld(json.loads(text), scene=SCENE) == (FULL, line, crack(id="c-3"))


def test_selectors_are_those_of_iiif_in_its_scene_with_y_up() -> None:
    first, answer, second = to_json_ld([FULL, crack(id="c-3", points=(FRONT,))], SCENE)["items"]
    assert second["target"]["selector"] == [{"type": "PointSelector", "x": 0.0, "y": 0.0, "z": 0.1}]
    selector = first["target"]["selector"][0]
    assert selector["type"] == "WktSelector"
    assert selector["value"].startswith("POLYGON Z ((0.0 0.1 -0.0, 0.1 0.0 -0.0, ")
    assert first["target"]["source"] == {"id": SCENE, "type": "Scene"}
    assert first["creator"] == {"type": "Person", "name": "Anna A.", "nickname": "anna"}
    assert (answer["motivation"], answer["target"]) == (["replying"], first["id"])


def test_saved_views_are_hidden_cameras_of_the_scene() -> None:
    (camera,) = scene_cameras([replace(FULL, camera=Camera(0, 90, 2, (0, 0, 1))), crack()], SCENE)
    stand = camera["target"]["selector"][0]
    assert [stand[axis] for axis in "xyz"] == pytest.approx([0.0, 3.0, 0.0])
    assert camera["body"]["lookAt"] == {"type": "PointSelector", "x": 0.0, "y": 1.0, "z": -0.0}
    page = to_json_ld([FULL], SCENE)
    assert page["items"][0]["target"]["scope"][0]["id"] == "urn:uuid:a-1/camera"


def test_annotations_of_another_program_are_read_as_text() -> None:
    theirs = {
        "id": "https://example.org/anno/4",
        "type": "Annotation",
        "motivation": "commenting",
        "body": {"type": "TextualBody", "format": "text/html", "value": "<b>Foramen</b>"},
        "target": {
            "source": [{"id": "https://example.org/scene1", "type": "Scene"}],
            "selector": [{"type": "WKTSelector", "value": "POLYGON Z ((0 1 2, 3 4 5, 6 7 8))"}],
        },
    }
    (found,) = from_json_ld({"type": "AnnotationPage", "items": [theirs]})
    assert (found.id, found.body) == ("4", "<b>Foramen</b>")
    assert found.points == ((0.0, -2.0, 1.0), (3.0, -5.0, 4.0), (6.0, -8.0, 7.0))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"points": ((float("nan"), 0, 0),)}, "Not a point"),
        ({"points": ((float("inf"), 0, 0),)}, "Not a point"),
        ({"points": (POLE, SIDE)}, "Not the points of a point"),
        ({"shape": "polygon", "points": (POLE, SIDE)}, "Not the points of a polygon"),
        ({"shape": "line", "points": (POLE,) * 1001}, "Not the points of a line"),
        ({"shape": "splat"}, "Not a shape"),
        ({"status": "done"}, "Not a status"),
        ({"id": "../../etc"}, "Not an id"),
        ({"body": "x" * 20_001}, "too long"),
        ({"tags": ("a,b",)}, "Not a tag"),
        ({"created": "yesterday"}, "no time"),
        ({"moved_m": -1.0}, "no length"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_is_no_annotation_is_refused(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        crack(**changes)


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda item: item["target"]["source"].update(id="urn:other"), "something else"),
        (lambda item: item["target"]["selector"][0].update(x="0.1"), "Item 1: Not a point"),
        (lambda item: item["target"]["selector"][0].update(type="SvgSelector"), "three dimensions"),
        (lambda item: item["target"].pop("selector"), "item 1"),
        (lambda item: item.update(target="urn:uuid:nothing"), "item 1"),
        (lambda item: item.update(id="urn:uuid:a b"), "Not an id"),
    ],
    ids=["other-scan", "text", "flat", "no-selector", "no-place", "id"],
)
def test_a_damaged_page_is_refused_with_the_item(
    spoil: Callable[[dict[str, Any]], object], complaint: str
) -> None:
    page = to_json_ld([crack()], SCENE)
    spoil(page["items"][0])
    with pytest.raises(InputError, match=complaint):
        from_json_ld(page, scene=SCENE)


def test_ten_thousand_come_back_and_one_more_is_refused() -> None:
    many = [crack(id=f"a{number}") for number in range(10_000)]
    assert len(from_json_ld(to_json_ld(many, SCENE))) == 10_000
    with pytest.raises(InputError, match="Too many annotations: 10001"):
        to_json_ld([*many, crack()], SCENE)


def test_saved_annotations_are_anchored_to_measured_vertices(view: ScanView) -> None:
    view.annotate([POLE], MARKUP, tags=["crack"])
    saved = view.save_annotations("Cracks")
    (found,) = Scan.of(saved["scan"]).annotations
    assert (found.body, found.tags, found.moved_m) == (MARKUP, ("crack",), None)
    vertex = view.scan.vertices[found.anchors[0].vertex]
    assert np.linalg.norm(vertex - found.points[0]) < 0.01
    assert found.surface == view.scan.geometry
    assert "scans/scan/annotations.jsonld" in saved.files


def test_a_new_version_of_the_scan_keeps_what_is_near_and_flags_what_is_off(view: ScanView) -> None:
    view.annotate([POLE], "crack")
    view.save_annotations()
    put_ball(0.1 + 2 * NOISE_M)
    (near,) = stored().annotations
    assert near.moved_m is None
    assert near.points[0][2] == pytest.approx(0.1 + 2 * NOISE_M, abs=NOISE_M)
    put_ball(0.1 + 10 * NOISE_M)
    (off,) = stored().annotations
    assert off.moved_m == pytest.approx(10 * NOISE_M, rel=0.1)


def test_marks_of_a_notebook_are_flagged_if_the_scan_was_replaced_meanwhile(view: ScanView) -> None:
    view.annotate([POLE], "crack")
    put_ball(0.1 + 10 * NOISE_M)
    view.save_annotations()
    assert stored().annotations[0].moved_m == pytest.approx(10 * NOISE_M, rel=0.1)


def test_others_annotations_stay_and_the_notebooks_own_count(view: ScanView) -> None:
    made = view.annotate([POLE], "crack")
    view.save_annotations()
    other = ScanView(_session.library().open("demo/object"), "scan")
    other.annotate([SIDE], "repair")
    other.save_annotations()
    assert {each.body for each in stored().annotations} == {"crack", "repair"}
    view._annotations = [{**each, "status": "resolved"} for each in view._annotations]
    view.save_annotations()
    found = {each.id: each for each in stored().annotations}
    assert (len(found), found[made.id].status) == (2, Status.RESOLVED)


def test_stored_annotations_come_into_a_notebook_with_where_they_are_from(view: ScanView) -> None:
    view._annotations = [browsers_copy()]
    view.save_annotations()
    other = ScanView(_session.library().open("demo/object"), "scan")
    (brought,) = other.load_annotations()
    assert (brought.origin and brought.origin.author) == ANNA
    assert other._annotations_wishes[0]["put"]["origin"]["version"] == 2
    assert other.load_annotations() == []


def test_a_mark_far_from_the_scan_is_refused(view: ScanView) -> None:
    with pytest.raises(InputError, match="not on the surface"):
        view.annotate([(0.0, 0.0, 0.5)])
    view._annotations = [browsers_copy(points=[[0.0, 0.0, 0.5]])]
    with pytest.raises(InputError, match="a-1 is not on the scan"):
        view.save_annotations()


def test_what_a_browser_sends_is_read_and_nonsense_is_refused(view: ScanView) -> None:
    view._annotations = [browsers_copy(body=MARKUP)]
    (found,) = view.annotations
    assert (found.body, found.author, found.camera) == (MARKUP, ANNA, Camera(1, 2, 3, (0, 0, 0)))
    view._annotations = [browsers_copy(points=[["x", 0, 0]])]
    with pytest.raises(InputError, match="Not a point"):
        _ = view.annotations


def test_what_python_adds_waits_until_a_browser_has_it(view: ScanView) -> None:
    made = view.annotate([POLE], "crack")
    view._annotations = []
    assert [each.id for each in view.annotations] == [made.id]
    view._annotations_wishes = []
    view._annotations_calls = [{"call": "1"}]
    assert view._annotations_wishes[0]["put"]["id"] == made.id
    view._annotations = [browsers_copy(id=made.id)]
    view._annotations = []
    assert view.annotations == []


def browsers_copy(**changes: object) -> dict[str, object]:
    camera = {"azimuth": 1, "elevation": 2, "distance": 3, "target": [0, 0, 0]}
    return {
        "id": "a-1",
        "shape": "point",
        "points": [list(POLE)],
        "body": "crack",
        "status": "open",
        "tags": [],
        "camera": {**camera, "isOrthographic": False},
        "version": 1,
        "moved_m": None,
        "origin": None,
        "replies": [],
        "author": {"username": "anna", "name": "Anna A."},
        "created": "2026-11-23T08:40:00Z",
        **changes,
    }
