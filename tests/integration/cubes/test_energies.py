"""A cube over energy, as an XRF scanner makes it: the same endpoints, in keV, counts added."""

import io
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.integration.cubes.test_routes import validate
from tests.support.cubes import KEV, scanned

pytestmark = pytest.mark.integration
SCAN = "museion/cubes/murals/scan/vnir"


def ask(client: httpx.Client, route: str, **asked: str) -> dict[str, Any]:
    answer = client.get(f"{SCAN}/{route}", params=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_axis_and_unit_are_said_and_the_highest_peak_is_shown_first(client: httpx.Client) -> None:
    info = ask(client, "info")
    validate(info, "cube-info")
    assert info["axis"] == {"name": "energy", "units": "keV"}
    assert info["coordinate"] == KEV.tolist()
    assert info["has_daylight"] is False
    assert abs(info["default_rgb"][0] - 10.56) < 0.1
    assert len(info["levels"]) > 1


def test_spectrum_of_a_spot_is_the_mean_count(client: httpx.Client) -> None:
    spectrum = ask(client, "spectrum", x="400", y="100", radius="0")
    validate(spectrum, "spectrum")
    assert spectrum["mean"] == scanned().to_numpy()[100, 400].tolist()


def test_window_adds_counts_which_means_of_channels_keep(client: httpx.Client) -> None:
    one = ask(client, "histogram", bands="10.56")
    added = ask(client, "histogram", bands="10.56", window="0.4")
    assert added["channels"][0]["name"] == "10.36 to 10.76 keV"
    inside = np.abs(KEV - 10.56) < 0.21
    whole = scanned().to_numpy()[..., inside].sum(axis=-1)[:, 300:].mean()
    best = {each["percent"]: each["value"] for each in added["percentiles"]}
    assert best[99.0] > 2 * {e["percent"]: e["value"] for e in one["percentiles"]}[99.0]
    assert best[95.0] == pytest.approx(whole, rel=0.3)


@pytest.mark.parametrize("level", [0, 1])
def test_tile_of_a_window_shows_where_lead_is(client: httpx.Client, level: int) -> None:
    query = {"level": level, "x": 1, "y": 0, "bands": "10.56", "window": "0.4"}
    answer = client.get(f"{SCAN}/tile", params=query)
    assert answer.status_code == 200, answer.text
    grey = np.asarray(Image.open(io.BytesIO(answer.content)).convert("L"))
    assert grey[:, -4:].mean() > 100
    if level == 0:
        assert grey[:, :3].mean() < 60


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"bands": "99"}, "The energy 99 keV is outside the cube"),
        ({"bands": "6.4", "window": "-1"}, "Bands are added"),
        ({"bands": "daylight"}, "no true colours"),
    ],
)
def test_what_makes_no_sense_is_refused(
    client: httpx.Client, asked: dict[str, str], said: str
) -> None:
    answer = client.get(f"{SCAN}/histogram", params=asked)
    assert answer.status_code == 400
    assert said in answer.json()["message"]


def test_wavelengths_are_not_added(client: httpx.Client) -> None:
    asked = {"bands": "550", "window": "50"}
    answer = client.get("museion/cubes/murals/steps/vnir/histogram", params=asked)
    assert answer.status_code == 400
