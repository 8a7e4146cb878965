"""The spectra of regions, values along lines, and spectral libraries over HTTP."""

import json
from collections.abc import Generator
from pathlib import Path

import httpx
import jsonschema
import numpy as np
import pytest
import xarray as xr

import museion
from museion import _session
from museion.errors import InputError
from museion_datasets.library import connect
from tests.support.cubes import NM, STEPS_SHAPE, steps
from tests.support.workspace_server import WorkspaceServer

pytestmark = pytest.mark.integration
STEPS = "museion/cubes/murals/steps/vnir"
SCHEMAS = Path(__file__).parents[3] / "shared_datasets" / "schema"
REGION = {
    "id": "r1",
    "shape": "rectangle",
    "parts": [[[10, 20], [30, 60]]],
    "radius": 0,
    "label": "robe",
}


def validate(answer: object, schema: str) -> None:
    jsonschema.validate(answer, json.loads((SCHEMAS / f"{schema}.schema.json").read_text()))


@pytest.fixture(scope="session", autouse=True)
def pigments(library_folder: Path) -> None:
    """Put a spectral library beside the cube."""
    names = ["Azurite, natural", "Cinnabar", "Vermilion, dark"]
    values = np.linspace(0.1, 0.9, 3 * 5, dtype=np.float32).reshape(3, 5)
    array = xr.DataArray(
        values,
        dims=("spectrum", "wavelength"),
        coords={
            "wavelength": ("wavelength", np.linspace(500.0, 900.0, 5), {"units": "nm"}),
            "name": ("spectrum", names),
            "elements": ("spectrum", ["Cu", "Hg S", "Hg S"]),
        },
        name="reflectance",
        attrs={"quantity": "reflectance"},
    )
    with connect(library_folder.as_uri()).draft(
        "murals/pigments", title="Pigments", kind="library", rights="CC0-1.0", synthetic=True
    ) as draft:
        draft.put_array("pigments", array)


SHAPES = {
    "rectangle": (
        "rectangle:0:10,20;30,60",
        lambda y, x: (x > 10) & (x < 30) & (y > 20) & (y < 60),
    ),
    "rectangle across windows": (
        "rectangle:0:100,100;290,280",
        lambda y, x: (x > 100) & (x < 290) & (y > 100) & (y < 280),
    ),
    "triangle": ("polygon:0:0,0;100,0;0,100", lambda y, x: x + y < 100),
    "brush": (
        "brush:4:50,50;80,50/50,90",
        lambda y, x: (np.hypot(x - x.clip(50, 80), y - 50) <= 4) | (np.hypot(x - 50, y - 90) <= 4),
    ),
    "line": ("line:0:5,7.5;45,7.5", lambda y, x: (y == 7.5) & (x > 5) & (x < 46)),
    "partly outside": ("rectangle:0:-50,-50;4,4", lambda y, x: (x < 4) & (y < 4)),
    "over the hole": (
        "rectangle:0:290,90;350,150",
        lambda y, x: (x > 290) & (x < 350) & (y > 90) & (y < 150),
    ),
}


@pytest.mark.parametrize(("shape", "rule"), SHAPES.values(), ids=SHAPES)
def test_spectrum_of_a_region_is_that_of_its_pixels(
    client: httpx.Client, shape: str, rule: object
) -> None:
    answer = client.get(f"{STEPS}/region", params={"version": 1, "shape": shape}).json()
    validate(answer, "region-spectrum")
    y, x = np.mgrid[: STEPS_SHAPE[0], : STEPS_SHAPE[1]] + 0.5
    inside = rule(y, x)  # type: ignore[operator]
    values = steps().to_numpy()[inside]
    assert answer["count"] == inside.sum()
    assert answer["mean"] == pytest.approx(np.nanmean(values, axis=0), abs=2e-5)
    assert answer["std"] == pytest.approx(np.nanstd(values, axis=0), abs=2e-5)


def test_region_inside_a_hole_has_pixels_and_no_values(client: httpx.Client) -> None:
    shape = "rectangle:0:305,105;315,115"
    answer = client.get(f"{STEPS}/region", params={"shape": shape}).json()
    assert answer["count"] == 100
    assert set(answer["mean"]) == {None} == set(answer["std"])


def test_profile_reads_measured_values_along_the_line(client: httpx.Client) -> None:
    asked = {"version": 1, "shape": "line:0:250.5,120.5;350.5,120.5", "bands": "500,700"}
    answer = client.get(f"{STEPS}/profile", params=asked).json()
    validate(answer, "profile")
    assert answer["distance_px"] == list(range(101))
    assert answer["x"] == list(range(250, 351))
    truth = steps().sel(wavelength=[500, 700])[120, 250:351].to_numpy().T
    found = np.array(answer["values"], dtype=float)
    assert np.allclose(found, truth, atol=1e-4, equal_nan=True)
    assert np.isnan(found[0, 50:90]).all()


BAD = {
    "no shape": ("region", {}, "not well formed"),
    "unknown shape": ("region", {"shape": "star:0:1,1;2,2"}, "not well formed"),
    "no numbers": ("region", {"shape": "rectangle:0:a,b;c,d"}, "not well formed"),
    "not finite": ("region", {"shape": "rectangle:0:nan,0;5,5"}, "finite"),
    "one corner": ("region", {"shape": "rectangle:0:1,1"}, "needs more points"),
    "outside": ("region", {"shape": "rectangle:0:9000,9000;9010,9010"}, "no pixel"),
    "between pixel centres": ("region", {"shape": "polygon:0:1,1;1.2,1;1,1.2"}, "no pixel"),
    "too many points": ("region", {"shape": "polygon:0:" + ";".join(["1,1"] * 301)}, "Too many"),
    "huge brush": ("region", {"shape": "brush:501:1,1"}, "too large"),
    "profile of an area": ("profile", {"shape": "rectangle:0:0,0;5,5", "bands": "500"}, "line"),
    "profile without bands": ("profile", {"shape": "line:0:0,0;5,5"}, "bands"),
    "profile too far red": (
        "profile",
        {"shape": "line:0:0,0;5,5", "bands": "2500"},
        "outside the cube",
    ),
}


@pytest.mark.parametrize(("route", "asked", "said"), BAD.values(), ids=BAD)
def test_bad_region_is_refused_in_a_sentence(
    client: httpx.Client, route: str, asked: dict[str, str], said: str
) -> None:
    answer = client.get(f"{STEPS}/{route}", params=asked)
    assert answer.status_code == 400
    assert said in answer.json()["message"]
    assert answer.json()["hint"]


def test_strangers_get_no_regions(server: WorkspaceServer) -> None:
    with server.browser(signed_in=False) as stranger:
        answer = stranger.get(f"{STEPS}/region", params={"shape": "rectangle:0:1,1;5,5"})
        assert answer.status_code == 403
        assert stranger.get("museion/libraries", params={"q": "Hg"}).status_code == 403


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("hg", ["Cinnabar", "Vermilion, dark"]),
        ("dark hg", ["Vermilion, dark"]),
        ("azurit", ["Azurite, natural"]),
        ("gold", []),
    ],
)
def test_library_is_searched_by_name_and_element(
    client: httpx.Client, words: str, names: list[str]
) -> None:
    answer = client.get("museion/libraries", params={"q": words}).json()
    validate(answer, "library-search")
    assert answer["libraries"] == ["Pigments"]
    assert [hit["name"] for hit in answer["hits"]] == names == names[: answer["found"]]


def test_found_entry_has_its_spectrum(client: httpx.Client) -> None:
    hit = client.get("museion/libraries", params={"q": "cinnabar"}).json()["hits"][0]
    address = f"museion/libraries/{hit['dataset']}/{hit['item']}/spectrum"
    asked = {"version": hit["dataset_version"], "entry": hit["entry"]}
    entry = client.get(address, params=asked).json()
    validate(entry, "library-entry")
    assert (entry["name"], entry["library"], entry["quantity"]) == (
        "Cinnabar",
        "Pigments",
        "reflectance",
    )
    assert entry["wavelength_nm"] == [500, 600, 700, 800, 900]
    assert entry["values"] == pytest.approx(np.linspace(0.1, 0.9, 15)[5:10], abs=1e-5)
    assert client.get(address, params={**asked, "entry": 3}).status_code == 400
    assert client.get("museion/libraries/murals/steps/vnir/spectrum").status_code == 404


class TestInPython:
    @pytest.fixture(autouse=True)
    def workspace(self, library_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
        monkeypatch.setenv("MUSEION_REGISTRY_URL", library_folder.as_uri())
        monkeypatch.setenv("JUPYTERHUB_USER", "wg-murals")
        _session.library.cache_clear()
        yield
        _session.library.cache_clear()

    def test_regions_give_spectra_and_masks(self) -> None:
        view = museion.view("murals/steps")
        assert view.region_spectra().sizes["region"] == 0
        author = {"username": "anna", "name": "Anna"}
        view.regions = [REGION | {"author": author}]
        spectra = view.region_spectra().sel(region="robe")
        mask = view.region_mask("robe")
        mean = steps().where(mask).mean(("y", "x"))
        assert np.allclose(spectra["mean"], mean, atol=1e-4)
        assert (int(spectra["pixels"]), str(spectra["author"].item())) == (800, "anna")
        assert spectra["wavelength"].to_numpy().tolist() == NM.tolist()
        assert view.spec["options"]["regions"][0]["label"] == "robe"

    @pytest.mark.parametrize(
        "change",
        [
            {"shape": "star"},
            {"parts": []},
            {"parts": [[[1, 2]]]},
            {"parts": [[[1, float("nan")], [2, 3]]]},
            {"id": ""},
            {"colour": "red"},
        ],
        ids=str,
    )
    def test_what_is_no_region_is_refused(self, change: dict[str, object]) -> None:
        view = museion.view("murals/steps")
        with pytest.raises(InputError, match="Not a region"):
            view.regions = [REGION | change]

    def test_thousands_of_picks_are_taken_and_more_are_refused(self) -> None:
        view = museion.view("murals/steps")
        picks = [{"x": at % 520, "y": at // 520, "radius": 0, "label": "s"} for at in range(10_001)]
        view.picks = picks[:-1]
        assert len(view.picks) == 10_000
        with pytest.raises(InputError, match="Too many picks"):
            view.picks = picks
