"""RTI from a folder of photographs to the browser's tiles and the saved notebook."""

import base64
import io
import json
from collections.abc import Generator
from pathlib import Path

import httpx
import jsonschema
import numpy as np
import pytest
from PIL import Image

import museion
from museion import _session
from museion.errors import InputError
from museion.imaging import rti
from museion.widgets.base import VIEW_MIME
from museion_datasets.rti import RtiModel
from museion_datasets.rti_basis import Basis, BasisKind
from tests.support.rti import display, dome, matt, random_model, ripples, save_model, write_capture
from tests.support.schemas import load_schema
from tests.support.workspace_server import workspace_server

pytestmark = pytest.mark.integration
RELIEF = "museion/rti/murals/relief/relief"
SHAPE = (280, 300)
TILE = {"version": 1, "level": 0, "x": 0, "y": 0}


@pytest.fixture(scope="module")
def library_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library")
    model = random_model(Basis(BasisKind.HSH, 4), SHAPE)
    model[100:140, 50:90] = np.nan
    model.attrs["saved_lights"] = [{"label": "Crack", "azimuth": 200.0, "elevation": 9.0}]
    save_model(folder, "relief", model)
    return folder


@pytest.fixture(scope="module")
def client(
    library_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Generator[httpx.Client]:
    root = tmp_path_factory.mktemp("server")
    with (
        workspace_server(root, MUSEION_REGISTRY_URL=library_folder.as_uri()) as server,
        server.browser() as browser,
    ):
        yield browser


@pytest.fixture
def workspace(library_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    monkeypatch.setenv("MUSEION_REGISTRY_URL", library_folder.as_uri())
    monkeypatch.setenv("JUPYTERHUB_USER", "wg-murals")
    _session.library.cache_clear()
    yield
    _session.library.cache_clear()


def test_info_says_what_the_schema_says(client: httpx.Client) -> None:
    info = client.get(f"{RELIEF}/info").json()
    jsonschema.validate(info, load_schema("rti-info"))
    assert (info["height"], info["width"]) == SHAPE
    assert (info["basis"], info["terms"], len(info["low"])) == ("hsh", 4, 15)
    assert info["levels"][-1] == {"level": 1, "width": 150, "height": 140}
    assert info["lights"] == [{"label": "Crack", "azimuth": 200.0, "elevation": 9.0}]


@pytest.mark.usefixtures("workspace")
@pytest.mark.parametrize(("level", "x", "y"), [(0, 0, 0), (0, 1, 1), (1, 0, 0)])
def test_tile_holds_the_planes_between_their_limits(
    client: httpx.Client, level: int, x: int, y: int
) -> None:
    info = client.get(f"{RELIEF}/info").json()
    answer = client.get(f"{RELIEF}/tile", params={"version": 1, "level": level, "x": x, "y": y})
    pixels = np.asarray(Image.open(io.BytesIO(answer.content)))
    dataset = museion.open("murals/relief")
    stored = RtiModel(dataset.store, "relief", title="", synthetic=True)
    rows, columns = slice(256 * y, 256 * (y + 1)), slice(256 * x, 256 * (x + 1))
    values = stored.window(level, rows, columns)
    groups = pixels.reshape(5, -1, *pixels.shape[1:])
    shown = np.moveaxis(groups, 0, 2)[..., :3].reshape(*values.shape)
    low, high = np.array(info["low"]), np.array(info["high"])
    known = np.isfinite(values)
    expected = (255 * (values - low) / (high - low)).clip(0, 255)
    assert np.abs(shown - expected)[known].max() <= 0.51
    assert ((groups[0, ..., 3] == 255) == known[..., 0]).all()


def test_browser_that_knows_a_tile_is_told_so(client: httpx.Client) -> None:
    first = client.get(f"{RELIEF}/tile", params=TILE)
    tag = {"If-None-Match": first.headers["ETag"]}
    assert client.get(f"{RELIEF}/tile", params=TILE, headers=tag).status_code == 304


@pytest.mark.parametrize(
    ("change", "message"),
    [({"level": 5}, "There is no level 5"), ({"x": 2}, "There is no tile at column 2, row 0")],
)
def test_bad_query_gets_one_clear_sentence(
    client: httpx.Client, change: dict[str, int], message: str
) -> None:
    answer = client.get(f"{RELIEF}/tile", params={**TILE, **change})
    assert (answer.status_code, answer.json()["message"]) == (400, message)


@pytest.mark.parametrize("endpoint", ["info", "tile"])
def test_stranger_gets_nothing_and_foreign_is_missing(client: httpx.Client, endpoint: str) -> None:
    with httpx.Client(base_url=client.base_url) as stranger:
        assert stranger.get(f"{RELIEF}/{endpoint}", params=TILE).status_code == 403
    foreign = client.get(f"museion/rti/lapidary/relief/relief/{endpoint}", params=TILE)
    assert foreign.status_code == 404


@pytest.mark.usefixtures("workspace")
def test_photographs_become_a_model_that_is_shown(tmp_path: Path) -> None:
    lights = dome(16)
    write_capture(tmp_path / "stone", display(matt(ripples(), lights)), lights)
    terms = {"title": "Stone", "rights": "CC0-1.0", "synthetic": True}
    museion.ingest("murals/stone", tmp_path / "stone", **terms)
    capture = museion.open("murals/stone")["stone"].to_dask()
    saved = museion.save(rti.fit_ptm(capture, encoding=2.2), "murals/stone-ptm", rights="CC0-1.0")
    view = museion.view("murals/stone-ptm")
    data, _ = view._repr_mimebundle_()
    jsonschema.validate(data[VIEW_MIME], load_schema("view"))
    assert data[VIEW_MIME]["kind"] == "rti"
    assert "light from 135 degrees, 40 degrees high, synthetic" in data["text/plain"]
    shown = rti.relight(saved["data"].to_xarray(), 135, 40).to_numpy()
    still = np.asarray(Image.open(io.BytesIO(base64.b64decode(data["image/png"]))))
    left = (still.shape[1] - shown.shape[1]) // 2
    window = still[: shown.shape[0], left : left + shown.shape[1]]
    assert np.abs(window - 255 * shown).max() <= 2
    assert still.shape[0] > shown.shape[0]


@pytest.mark.usefixtures("workspace")
def test_light_is_kept_in_the_view_and_no_value_is() -> None:
    view = museion.view("murals/relief", light=(30, 20))
    before = view.still()
    view.move_light(210, 60)
    view.lights = [*view.lights, {"label": "Join", "azimuth": 370.0, "elevation": 5}]
    assert view.spec["options"]["light"] == {"azimuth": 210.0, "elevation": 60.0}
    assert [light["label"] for light in view.spec["options"]["lights"]] == ["Crack", "Join"]
    assert view.still() != before
    ours = {"light", "lights", "_spec"}
    assert set(view.get_state()) & set(view.class_trait_names(sync=True)) >= ours
    assert len(json.dumps([view.get_state(name) for name in sorted(ours)])) < 1200


@pytest.mark.usefixtures("workspace")
def test_light_below_the_surface_is_refused() -> None:
    view = museion.view("murals/relief")
    with pytest.raises(InputError, match="Not a light above the surface"):
        view.move_light(10, -3)
    with pytest.raises(InputError, match="Not a way to show an RTI model"):
        museion.view("murals/relief", look="glitter")
