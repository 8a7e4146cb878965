"""Layers that a view shows: what the browser is told, and what it may ask the kernel for."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from museion.errors import InputError
from museion.scans import Layer
from museion.widgets.scan import ScanView
from museion_datasets.ingest.scans.format import decode_ids
from museion_datasets.ingest.scans.layer_format import decode_layer_page, layer_head
from museion_datasets.ingest.scans.wasm import thread_meshopt
from tests.support.scan_views import open_view
from tests.support.scans import rough_ring


@pytest.fixture
def view(tmp_path: Path) -> ScanView:
    return open_view(tmp_path, rough_ring(40, 30))


def heights(view: ScanView) -> Layer:
    values = view.scan.vertices[:, 2].copy()
    values[::9] = np.nan
    return Layer.of_values(view.scan, values, name="height", unit="m", center=0.0)


def asked(view: ScanView, question: object) -> list[Any]:
    said: list[Any] = []
    view.send = lambda content, buffers=None: said.append(content)  # type: ignore[method-assign] # noqa: ARG005
    view._handle_custom_msg({"request": "r", "question": question}, [])
    return said


def test_shown_layer_is_in_the_specification_and_its_values_are_not(view: ScanView) -> None:
    view.show_layer(heights(view), look="lit", limits=(-0.1, 0.1), colours="blue-red")
    options = view.spec["options"]
    assert options["layer"] == {
        "name": "height", "look": "lit", "low": -0.1, "high": 0.1, "ramp": "blue-red",
    }  # fmt: skip
    (info,) = options["kernel_layers"]
    assert (info["unit"], info["missing"]) == ("m", 134)
    state = {name: value for name, value in view.get_state().items() if name != "_esm"}
    assert len(str(state)) < 10_000


def test_kernel_gives_the_values_of_pages(view: ScanView) -> None:
    layer = heights(view)
    view.show_layer(layer)
    ((answer),) = asked(view, {"ask": "layer", "layer": "height", "pages": [0]})
    page = base64.b64decode(answer["answer"]["pages"]["0"])
    stored = layer.stored()
    head = layer_head(stored.values, stored.about, 1, b"")
    found = decode_layer_page(head, page, thread_meshopt())
    ids = decode_ids(view.scan.read_part("ids/0"), thread_meshopt())
    for values, rows in zip(found, ids, strict=True):
        assert np.allclose(values, layer.values[rows], atol=head.step, equal_nan=True)


@pytest.mark.parametrize(
    "question",
    [
        {"ask": "layer", "layer": "nothing", "pages": [0]},
        {"ask": "layer", "layer": "height", "pages": [10**9]},
        {"ask": "layer", "layer": "height", "pages": list(range(9))},
        {"ask": "layer", "layer": "height", "pages": "all"},
        {"ask": "layer", "layer": "height", "pages": [True]},
    ],
)
def test_what_it_does_not_have_gets_a_sentence(view: ScanView, question: object) -> None:
    view.show_layer(heights(view))
    (answer,) = asked(view, question)
    assert answer["answer"].keys() == {"trouble"}


def test_layer_given_again_replaces_the_one_before_and_none_takes_it_away(view: ScanView) -> None:
    view.show_layer(heights(view))
    first = view.layer_infos[0]["key"]
    view.show_layer(heights(view))
    assert [each["key"] != first for each in view.layer_infos] == [True]
    view.show_layer(None)
    assert view.spec["options"]["layer"] is None


@pytest.mark.parametrize(
    "show",
    [
        lambda view: view.show_layer("nothing"),
        lambda view: view.show_layer(heights(view), look="loud"),
        lambda view: view.show_layer(heights(view), colours="mud"),
        lambda view: view.show_layer(heights(view), limits=(1.0, 1.0)),
        lambda view: view.show_layer(heights(view), strength=9.0),
        lambda view: view.show_layer(Layer.of_values(view.scan, [1.0], name="x")),
    ],
    ids=["layer", "look", "colours", "limits", "strength", "values"],
)
def test_what_makes_no_sense_is_refused(view: ScanView, show: Callable[[ScanView], None]) -> None:
    with pytest.raises(InputError) as caught:
        show(view)
    assert caught.value.hint
