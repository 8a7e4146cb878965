import io
import json
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import numpy as np
import pytest
from PIL import Image

from tests.support.cubes import NM, STEPS_SHAPE, steps
from tests.support.workspace_server import WorkspaceServer

pytestmark = pytest.mark.integration
STEPS = "museion/cubes/murals/steps/vnir"
TILE = {"version": 1, "level": 0, "x": 0, "y": 0, "bands": "650,550,450"}
SCHEMAS = Path(__file__).parents[3] / "shared_datasets" / "schema"


def validate(answer: object, schema: str) -> None:
    jsonschema.validate(answer, json.loads((SCHEMAS / f"{schema}.schema.json").read_text()))


def picture(answer: httpx.Response) -> Image.Image:
    assert answer.headers["Content-Type"] == "image/png", answer.text
    return Image.open(io.BytesIO(answer.content))


def test_info_says_what_the_schema_says(client: httpx.Client) -> None:
    info = client.get(f"{STEPS}/info").json()
    validate(info, "cube-info")
    assert (info["height"], info["width"]) == STEPS_SHAPE
    assert info["coordinate"] == NM.tolist()
    assert info["levels"][-1] == {"level": 2, "width": 130, "height": 75}
    assert info["pixel_size_mm"] == 0.25
    assert info["has_daylight"] is False


def test_spectrum_is_the_mean_over_the_disc(client: httpx.Client) -> None:
    asked = {"version": 1, "x": 200, "y": 150, "radius": 5}
    answer = client.get(f"{STEPS}/spectrum", params=asked).json()
    validate(answer, "spectrum")
    assert answer["count"] == 81
    assert answer["mean"] == pytest.approx(steps()[150, 200].to_numpy(), abs=1e-4)
    across, down = np.meshgrid(np.arange(-5, 6), np.arange(-5, 6))
    spread = across[across**2 + down**2 <= 25].std() * 0.4 / (STEPS_SHAPE[1] - 1)
    assert answer["std"] == pytest.approx(np.full(NM.size, spread), rel=0.05)


def test_spectrum_in_a_hole_is_null_and_beside_it_is_not(client: httpx.Client) -> None:
    inside = client.get(f"{STEPS}/spectrum", params={"x": 320, "y": 120, "radius": 3}).json()
    across = client.get(f"{STEPS}/spectrum", params={"x": 299, "y": 120, "radius": 3}).json()
    assert set(inside["mean"]) == {None}
    assert None not in across["mean"]


def test_tile_shows_the_asked_values_between_the_limits(client: httpx.Client) -> None:
    image = picture(
        client.get(f"{STEPS}/tile", params={**TILE, "bands": "500", "low": 0, "high": 1})
    )
    light = steps().sel(wavelength=500)[10, :256].to_numpy()
    code = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    assert image.size == (256, 256)
    assert np.abs(np.asarray(image)[10] - 255 * code).max() <= 1.5


def test_missing_pixels_are_transparent(client: httpx.Client) -> None:
    image = picture(client.get(f"{STEPS}/tile", params={**TILE, "x": 1}))
    alpha = np.asarray(image)[..., 3]
    assert (alpha[100:140, 300 - 256 : 340 - 256] == 0).all()
    assert alpha.sum() == 255 * (alpha.size - 40 * 40)


@pytest.mark.parametrize(
    ("level", "column", "size"), [(0, 2, (8, 256)), (1, 1, (4, 150)), (2, 0, (130, 75))]
)
def test_last_tile_of_a_level_is_as_small_as_the_rest(
    client: httpx.Client, level: int, column: int, size: tuple[int, int]
) -> None:
    asked = {**TILE, "level": level, "x": column}
    assert picture(client.get(f"{STEPS}/tile", params=asked)).size == size


NO_COLOURS = "The cube has no true colours: it is no reflectance that spans the visible spectrum"
BAD: list[tuple[str, dict[str, Any], str]] = [
    ("tile", {"level": 9}, "There is no level 9"),
    ("tile", {"x": 7}, "There is no tile at column 7, row 0"),
    ("tile", {"x": -1}, "There is no tile at column -1, row 0"),
    ("tile", {"y": "one"}, "y is not a whole number"),
    ("tile", {"bands": "1700"}, "The wavelength 1700 nm is outside the cube"),
    ("tile", {"bands": "650,550"}, "Not one or three wavelengths: 2"),
    ("tile", {"bands": "nan"}, "bands is not a number"),
    ("tile", {"bands": ""}, "bands is not a number"),
    ("tile", {"bands": "daylight"}, NO_COLOURS),
    ("tile", {"low": 0.5}, "high is not a number"),
    ("tile", {"low": 0.5, "high": 0.5}, "The limits are not in order: 0.5 to 0.5"),
    ("tile", {"low": "-inf", "high": 1}, "low is not a number"),
    ("tile", {"version": "latest"}, "version is not a whole number"),
    ("tile", {"version": 0}, "There is no version 0"),
    ("spectrum", {"x": 520}, "The place x 520, y 0 is outside the cube"),
    ("spectrum", {"radius": 51}, "The radius 51 is out of range"),
    ("spectrum", {"radius": -1}, "The radius -1 is out of range"),
    ("spectrum", {"x": 1.5}, "x is not a whole number"),
]


@pytest.mark.parametrize(
    ("endpoint", "change", "message"), BAD, ids=[f"{row[0]} {row[1]}" for row in BAD]
)
def test_bad_query_gets_one_clear_sentence(
    client: httpx.Client, endpoint: str, change: dict[str, Any], message: str
) -> None:
    answer = client.get(f"{STEPS}/{endpoint}", params={**TILE, **change})
    assert answer.status_code == 400
    assert answer.json()["message"] == message
    assert answer.json()["hint"].endswith(".")


@pytest.mark.parametrize(
    "address",
    [
        "museion/cubes/murals/nothing/vnir/info",
        "museion/cubes/lapidary/steps/vnir/info",
        "museion/cubes/murals/steps/swir/info",
        "museion/cubes/murals/steps/vnir/info?version=7",
    ],
)
def test_unknown_and_foreign_look_the_same(client: httpx.Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 404
    assert answer.json()["kind"] == "not_found"


@pytest.mark.parametrize("endpoint", ["info", "tile", "spectrum"])
def test_stranger_gets_nothing(server: WorkspaceServer, endpoint: str) -> None:
    with server.browser(signed_in=False) as stranger:
        answer = stranger.get(f"{STEPS}/{endpoint}", params={**TILE, "radius": 0})
    assert answer.status_code == 403
    assert "wavelength" not in answer.text


def test_browser_that_knows_a_tile_is_told_so(client: httpx.Client) -> None:
    first = client.get(f"{STEPS}/tile", params=TILE)
    assert first.headers["Cache-Control"] == "private, max-age=3600"
    again = client.get(
        f"{STEPS}/tile", params=TILE, headers={"If-None-Match": first.headers["ETag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


def test_newest_version_is_never_taken_from_a_cache(client: httpx.Client) -> None:
    answer = client.get(f"{STEPS}/info")
    assert answer.headers["Cache-Control"] == "private, no-cache"
