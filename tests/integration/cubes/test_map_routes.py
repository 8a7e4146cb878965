"""Maps over HTTP: facts, tiles in colours, counts; and what a cube counts."""

import io
import json
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import numpy as np
import pytest
from PIL import Image

from tests.support.cubes import ELEMENTS, pigments, steps
from tests.support.workspace_server import WorkspaceServer

pytestmark = pytest.mark.integration
ROOT = "museion/maps/murals/layers"
TILE = {"version": 1, "level": 0, "x": 0, "y": 0}
SCHEMAS = Path(__file__).parents[3] / "shared_datasets" / "schema"


def validate(answer: object, schema: str) -> None:
    jsonschema.validate(answer, json.loads((SCHEMAS / f"{schema}.schema.json").read_text()))


def picture(answer: httpx.Response) -> np.ndarray[Any, np.dtype[np.uint8]]:
    assert answer.headers["Content-Type"] == "image/png", answer.text
    return np.asarray(Image.open(io.BytesIO(answer.content)))


def test_info_of_element_maps_says_what_the_schema_says(client: httpx.Client) -> None:
    info = client.get(f"{ROOT}/xrf/info?version=1").json()
    validate(info, "map-info")
    assert (info["kind"], info["units"]) == ("values", "counts")
    assert [each["name"] for each in info["planes"]] == ["Hg L", "Ca K"]
    assert info["planes"][1]["note"] == "not determined: too few counts"
    assert info["levels"] == [{"level": 0, "width": 118, "height": 92}]


def test_info_of_a_class_map_names_classes_and_colours(client: httpx.Client) -> None:
    info = client.get(f"{ROOT}/pigments/info?version=1").json()
    validate(info, "map-info")
    assert [each["name"] for each in info["classes"]] == pigments().attrs["classes"]
    assert info["levels"][-1] == {"level": 2, "width": 130, "height": 75}


def test_tile_of_an_element_is_coloured_between_the_limits(client: httpx.Client) -> None:
    asked = {**TILE, "plane": 0, "ramp": "red", "low": 0, "high": 100}
    pixels = picture(client.get(f"{ROOT}/xrf/tile", params=asked))
    share = (np.asarray(ELEMENTS["counts"][0]) / 100).clip(0, 1)
    assert pixels.shape == (92, 118, 4)
    assert np.abs(pixels[..., 3] - 255 * share).max() <= 1


def test_element_that_is_not_determined_is_transparent(client: httpx.Client) -> None:
    pixels = picture(client.get(f"{ROOT}/xrf/tile", params={**TILE, "plane": 1}))
    assert not pixels.any()


def test_coarse_tile_of_classes_shows_only_classes(client: httpx.Client) -> None:
    info = client.get(f"{ROOT}/pigments/info?version=1").json()
    pixels = picture(client.get(f"{ROOT}/pigments/tile", params={**TILE, "level": 2}))
    known = {each["colour"] for each in info["classes"]}
    seen = {f"#{bytes(each[:3]).hex()}" for each in pixels.reshape(-1, 4) if each[3]}
    assert seen == known
    assert (pixels[..., 3] == 0).any()


def test_histogram_of_a_map_counts_its_pixels(client: httpx.Client) -> None:
    found = client.get(f"{ROOT}/xrf/histogram?version=1&plane=0").json()
    validate(found, "histogram")
    assert sum(found["channels"][0]["counts"]) == 92 * 118
    assert found["unit"] == "counts"


def test_histogram_of_bands_has_the_widest_percentiles(client: httpx.Client) -> None:
    asked = {"version": 1, "bands": "650,450"}
    answer = client.get("museion/cubes/murals/steps/vnir/histogram", params=asked)
    assert answer.status_code == 400
    asked["bands"] = "650,550,450"
    found = client.get("museion/cubes/murals/steps/vnir/histogram", params=asked).json()
    validate(found, "histogram")
    assert [each["name"] for each in found["channels"]] == ["650 nm", "550 nm", "450 nm"]
    values = {each["percent"]: each["value"] for each in found["percentiles"]}
    assert values[0] == pytest.approx(float(steps().sel(wavelength=450).min()), abs=2e-3)
    assert values[100] == pytest.approx(float(steps().sel(wavelength=650).max()), abs=2e-3)
    assert found["missing"] > 0


def test_colours_depend_on_the_illuminant(client: httpx.Client) -> None:
    asked = {**TILE, "bands": "daylight"}
    at = "museion/cubes/murals/coloured/vnir/tile"
    first = picture(client.get(at, params=asked))[5, 30]
    named = picture(client.get(at, params={**asked, "illuminant": "D65"}))[5, 30]
    warm = picture(client.get(at, params={**asked, "illuminant": "A"}))[5, 30]
    assert first.tolist() == named.tolist() != warm.tolist()


def test_colours_of_what_is_no_reflectance_are_refused(client: httpx.Client) -> None:
    answer = client.get(
        "museion/cubes/murals/counts/vnir/tile", params={**TILE, "bands": "daylight"}
    )
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("The cube has no true colours")
    info = client.get("museion/cubes/murals/counts/vnir/info?version=1").json()
    validate(info, "cube-info")
    assert (info["has_daylight"], info["illuminants"]) == (False, [])


def test_bad_bands_are_said_and_add_nothing_to_colours(client: httpx.Client) -> None:
    info = client.get("museion/cubes/murals/coloured/vnir/info?version=1").json()
    validate(info, "cube-info")
    assert info["good_band"].count(False) == 1
    pixels = picture(
        client.get("museion/cubes/murals/coloured/vnir/tile", params={**TILE, "bands": "daylight"})
    )
    assert (
        np.ptp(pixels[5, 5, :3].astype(int)) <= 2
    )  # the bad band holds nonsense, the rest is grey


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("xrf/tile", {"plane": 2}, "There is no plane 2"),
    ("xrf/tile", {"plane": -1}, "There is no plane -1"),
    ("xrf/tile", {"ramp": "rainbow"}, "There is no ramp 'rainbow'"),
    ("xrf/tile", {"low": 3, "high": 3}, "The limits are not in order: 3 to 3"),
    ("xrf/tile", {"level": 1}, "There is no level 1"),
    ("pigments/tile", {"x": 9}, "There is no tile at column 9, row 0"),
    ("xrf/histogram", {"plane": "Hg"}, "plane is not a whole number"),
]


@pytest.mark.parametrize(
    ("endpoint", "change", "message"), BAD, ids=[f"{row[0]} {row[1]}" for row in BAD]
)
def test_bad_query_gets_one_clear_sentence(
    client: httpx.Client, endpoint: str, change: dict[str, Any], message: str
) -> None:
    answer = client.get(f"{ROOT}/{endpoint}", params={**TILE, **change})
    assert (answer.status_code, answer.json()["message"]) == (400, message)
    assert answer.json()["hint"].endswith(".")


def test_unknown_illuminant_is_answered_with_the_known_ones(client: httpx.Client) -> None:
    asked = {**TILE, "bands": "daylight", "illuminant": "moon"}
    answer = client.get("museion/cubes/murals/coloured/vnir/tile", params=asked)
    assert answer.status_code == 400
    assert "D65" in answer.json()["hint"]


@pytest.mark.parametrize("address", ["nothing/info", "xrf/info?variable=area"])
def test_what_is_no_map_is_not_shown(client: httpx.Client, address: str) -> None:
    answer = client.get(f"{ROOT}/{address}")
    assert (answer.status_code, answer.json()["kind"]) == (404, "not_found")


@pytest.mark.parametrize("endpoint", ["info", "tile", "histogram"])
def test_stranger_gets_nothing(server: WorkspaceServer, endpoint: str) -> None:
    with server.browser(signed_in=False) as stranger:
        answer = stranger.get(f"{ROOT}/xrf/{endpoint}", params=TILE)
    assert answer.status_code == 403
    assert "Hg" not in answer.text
