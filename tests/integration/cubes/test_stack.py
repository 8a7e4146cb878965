"""Registered images over each other: what `museion.view` takes, writes and refuses."""

import io
import json
from collections.abc import Generator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import numpy as np
import pytest
import xarray as xr
from PIL import Image

import museion
from museion import _session
from museion.errors import InputError
from museion.widgets.base import StreamedView
from museion.widgets.layers import Layer, Transforms
from museion_datasets.item import Item
from tests.support.cubes import STEPS_SHAPE, pigments, save_cube, save_layers, steps

pytestmark = pytest.mark.integration
SCHEMA = Path(__file__).parents[3] / "shared_datasets" / "schema" / "view.schema.json"
XRF_TO_CUBE = np.array([[4.0, 0.0, 10.0], [0.0, 3.0, 5.0], [0.0, 0.0, 1.0]])


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    save_cube(tmp_path, "steps", steps(), "Steps")
    save_layers(tmp_path, "layers")
    monkeypatch.setenv("MUSEION_REGISTRY_URL", tmp_path.as_uri())
    monkeypatch.setenv("JUPYTERHUB_USER", "wg-murals")
    _session.library.cache_clear()
    yield
    _session.library.cache_clear()


def item(name: str) -> Item:
    return museion.open("murals/layers")[name]


def cube() -> Item:
    return museion.open("murals/steps")["vnir"]


def still(view: StreamedView) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.asarray(Image.open(io.BytesIO(view.still())).convert("RGB"))


def test_stack_says_what_lies_where() -> None:
    lead = Layer(item("xrf"), plane="Hg L", colours="red", opacity=0.5, transform=XRF_TO_CUBE)
    spec = museion.view([cube(), lead, item("pigments")]).spec
    jsonschema.validate(spec, json.loads(SCHEMA.read_text()))
    assert (spec["kind"], spec["item"]) == ("cube", "vnir")
    assert spec["options"]["layers"] == [
        {
            "kind": "map",
            "dataset": "murals/layers",
            "dataset_version": 1,
            "item": "xrf",
            "name": "Hg L",
            "opacity": 0.5,
            "shown": True,
            "transform": XRF_TO_CUBE.ravel().tolist(),
            "plane": "Hg L",
            "colours": "red",
        },
        {
            "kind": "map",
            "dataset": "murals/layers",
            "dataset_version": 1,
            "item": "pigments",
            "name": "pigments",
            "opacity": 1.0,
            "shown": True,
        },
    ]


@pytest.mark.parametrize(
    "transforms",
    [
        [None, XRF_TO_CUBE],
        {"xrf": XRF_TO_CUBE.tolist()},
        [None, SimpleNamespace(matrix=2 * XRF_TO_CUBE)],
    ],
    ids=["a list", "by name", "an object with a matrix"],
)
def test_transforms_may_stand_beside_the_images(transforms: Transforms) -> None:
    view = museion.view([cube(), item("xrf")], transforms=transforms)
    assert view.spec["options"]["layers"][0]["transform"] == XRF_TO_CUBE.ravel().tolist()


def test_still_shows_the_layer_where_the_transform_puts_it() -> None:
    pixels = np.zeros((30, 40), np.int32)
    array = xr.DataArray(pixels, dims=("y", "x"), name="spot", attrs={"classes": ["spot"]})
    spot = museion.save(array, "spot", rights="CC0-1.0")
    shift = np.array([[2.0, 0.0, 100.0], [0.0, 2.0, 60.0], [0.0, 0.0, 1.0]])
    shown = still(museion.view([cube(), spot["data"]], transforms=[None, shift]))
    is_spot = (shown == (0x00, 0x72, 0xB2)).all(axis=-1)
    rows, columns = np.nonzero(is_spot)
    assert shown.shape[:2] == STEPS_SHAPE
    assert (rows.min(), rows.max() + 1, columns.min(), columns.max() + 1) == pytest.approx(
        (59.5, 119.5, 99.5, 179.5), abs=1
    )
    assert is_spot.sum() == pytest.approx(60 * 80, rel=0.04)


def test_maps_and_pictures_are_shown_alone() -> None:
    for name, size in (("xrf", (118, 92)), ("pigments", STEPS_SHAPE[::-1]), ("xray", (104, 60))):
        view = museion.view(item(name))
        assert view.spec["kind"] == "map"
        assert Image.open(io.BytesIO(view.still())).size == size
        assert f"{size[0]} x {size[1]} px" in view.describe()


@pytest.mark.parametrize("name", ["xrf", "pigments"])
def test_map_opened_as_an_array_is_shown_and_a_changed_one_is_not(name: str) -> None:
    array = item(name).to_xarray()
    assert museion.view(array).spec["item"] == name
    with pytest.raises(InputError, match="no longer what"):
        museion.view((array + 1).assign_attrs(array.attrs))


def test_saved_map_has_a_pyramid() -> None:
    saved = museion.save(pigments(), "classes", rights="CC0-1.0")
    assert saved.levels("data") == [1, 2]
    assert museion.view(saved).spec["kind"] == "map"


REFUSED: list[tuple[str, Any, Any, str]] = [
    ("no transform", "xrf", None, "nothing says how they lie on each other"),
    ("a line", "xrf", [None, np.diag([1.0, 0.0, 1.0])], "puts the whole layer on a line"),
    ("a projection", "xrf", [None, [[1, 0, 0], [0, 1, 0], [0.1, 0, 1]]], "not affine"),
    ("not finite", "xrf", [None, np.full((3, 3), np.nan)], "Not a transform"),
    ("text", "xrf", [None, "left"], "Not a transform"),
    ("too few", "xrf", [None], "Not one transform for each image: 1 for 2"),
    ("a stranger", "xrf", {"swir": np.eye(3)}, "for what is not shown: swir"),
]


@pytest.mark.parametrize(
    ("name", "transforms", "message"), [row[1:] for row in REFUSED], ids=[r[0] for r in REFUSED]
)
def test_layer_that_does_not_fit_is_refused(
    name: str, transforms: Transforms, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        museion.view([cube(), item(name)], transforms=transforms)


@pytest.mark.parametrize(
    ("look", "message"),
    [
        ({"plane": "Pb M"}, "No such map: 'Pb M'"),
        ({"colours": "jet"}, "No such colours: 'jet'"),
        ({"opacity": 1.5}, "Not an opacity"),
        ({"limits": (5, 5)}, "The limits are not in order"),
    ],
)
def test_look_that_there_is_not_is_refused(look: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        museion.view([cube(), Layer(item("xrf"), transform=XRF_TO_CUBE, **look)])
    with pytest.raises(InputError, match="the list is empty"):
        museion.view([])


LAYER = "murals/layers/xrf"
CORNERS = [[0.0, 0.0], [60.0, 4.0], [8.0, 50.0], [55.0, 47.0]]


def control_points(layer: str = LAYER) -> list[dict[str, Any]]:
    """Return points whose places in the base are where `XRF_TO_CUBE` puts them."""
    fixed = np.c_[CORNERS, np.ones(4)] @ XRF_TO_CUBE[:2].T
    return [
        {"id": f"{layer} {at}", "layer": layer, "moving": moving, "fixed": there.tolist()}
        for at, (moving, there) in enumerate(zip(CORNERS, fixed, strict=True))
    ]


def test_control_points_tell_the_transform_of_a_stretched_layer() -> None:
    view: Any = museion.view([cube(), item("xrf")], transforms=[None, "stretch"])
    (layer,) = view.spec["options"]["layers"]
    height, width = STEPS_SHAPE[:2]
    image = item("xrf").to_xarray()
    across, down = width / image.sizes["x"], height / image.sizes["y"]
    assert layer["stretched"] is True
    assert layer["transform"][::4] == [across, down, 1]
    view.control_points = control_points()
    found = view.register_points("affine")
    np.testing.assert_allclose(found.matrix, XRF_TO_CUBE, atol=1e-9)
    assert found.moving_shape == (image.sizes["y"], image.sizes["x"])
    assert found.fixed_shape == (height, width)
    assert view.spec["options"]["control_points"] == control_points()
    jsonschema.validate(view.spec, json.loads(SCHEMA.read_text()))
    assert museion.view([cube(), item("xrf")], transforms=[None, found]).still()


def test_points_of_two_layers_are_not_mixed() -> None:
    view: Any = museion.view([cube(), item("pigments")])
    with pytest.raises(InputError, match="Not the points of one layer"):
        view.register_points()
    view.control_points = control_points() + control_points("murals/layers/pigments")
    with pytest.raises(InputError, match="Not the points of one layer"):
        view.register_points()
    assert len(view.register_points(layer=LAYER).residuals) == len(CORNERS)


@pytest.mark.parametrize(
    "change", [{"moving": [1.0]}, {"fixed": [1.0, float("nan")]}, {"id": ""}, {"x": 1}]
)
def test_what_is_no_control_point_is_refused(change: dict[str, Any]) -> None:
    view: Any = museion.view([cube(), item("pigments")])
    with pytest.raises(InputError, match="Not a control point"):
        view.control_points = [control_points()[0] | change]
