"""`museion.view` in a kernel: what it accepts, and what it leaves in a notebook."""

import base64
import io
import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
import xarray as xr
from PIL import Image

import museion
from museion import _session
from museion.errors import InputError, SessionError
from museion.widgets.base import VIEW_MIME, StreamedView
from tests.support.cubes import STEPS_SHAPE, save_cube, steps

pytestmark = pytest.mark.integration
SCHEMA = Path(__file__).parents[3] / "shared_datasets" / "schema" / "view.schema.json"
PICK = {"x": 200, "y": 150, "radius": 2, "label": "wall"}


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    save_cube(tmp_path, "steps", steps(), "Steps")
    monkeypatch.setenv("MUSEION_REGISTRY_URL", tmp_path.as_uri())
    monkeypatch.setenv("JUPYTERHUB_USER", "wg-murals")
    _session.library.cache_clear()
    yield
    _session.library.cache_clear()


def bundle(view: StreamedView) -> dict[str, Any]:
    data, _metadata = view._repr_mimebundle_()
    return data


@pytest.mark.parametrize("form", ["path", "dataset", "item", "array", "lazy array"])
def test_every_form_of_a_cube_is_shown(form: str) -> None:
    dataset = museion.open("murals/steps")
    forms = {
        "path": "murals/steps",
        "dataset": dataset,
        "item": dataset["vnir"],
        "array": dataset["vnir"].to_xarray(),
        "lazy array": dataset["vnir"].to_dask(),
    }
    spec = bundle(museion.view(forms[form]))[VIEW_MIME]
    jsonschema.validate(spec, json.loads(SCHEMA.read_text()))
    assert (spec["dataset"], spec["dataset_version"], spec["item"]) == ("murals/steps", 1, "vnir")


def test_output_has_a_still_and_a_line_for_readers_without_viewer() -> None:
    data = bundle(museion.view("murals/steps"))
    still = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert still.size == STEPS_SHAPE[::-1]
    assert data["text/plain"].startswith("CubeView of murals/steps version 1, vnir: 520 x 300 px")
    assert "application/vnd.jupyter.widget-view+json" in data


def test_no_measured_value_is_in_the_widgets_state() -> None:
    view = museion.view("murals/steps", picks=[PICK])
    view.spectra()
    assert set(view.get_state()) & set(view.class_trait_names(sync=True)) >= {"picks", "_spec"}
    ours = json.dumps([view.get_state("picks"), view.get_state("_spec")])
    assert len(ours) < 1000


def test_picked_spectra_come_with_their_places() -> None:
    view = museion.view("murals/steps")
    assert view.spectra().sizes["pick"] == 0
    view.picks = [PICK]
    spectra = view.spectra().sel(pick="wall")
    assert np.allclose(spectra["mean"], steps()[150, 200], atol=1e-4)
    assert (int(spectra["x"]), int(spectra["radius"])) == (200, 2)
    assert view.spec["options"]["picks"] == [PICK]


@pytest.mark.parametrize(
    "change", [{"x": 520}, {"y": -1}, {"radius": 51}, {"x": 1.5}, {"label": 3}]
)
def test_pick_outside_the_cube_is_refused(change: dict[str, Any]) -> None:
    view = museion.view("murals/steps")
    with pytest.raises(InputError, match="Not a pick inside the cube"):
        view.picks = [{**PICK, **change}]


@pytest.mark.parametrize("change", ["computed on", "a part", "never stored"])
def test_array_that_is_not_what_is_stored_is_refused_with_a_remedy(change: str) -> None:
    cube = museion.open("murals/steps")["vnir"].to_xarray()
    arrays = {"computed on": cube * 2, "a part": cube[:9], "never stored": steps()}
    with pytest.raises(InputError, match=r"museion\.save"):
        museion.view(arrays[change])


def test_saved_result_can_be_viewed() -> None:
    cube = museion.open("murals/steps")["vnir"].to_xarray()
    assert isinstance(cube, xr.DataArray)
    saved = museion.save(cube / 2, "halved", rights="CC0-1.0")
    assert museion.view(saved).spec["dataset"] == "murals/halved"
    assert museion.save(cube / 4, "halved").version == 2


def test_what_cannot_be_shown_is_said() -> None:
    with pytest.raises(InputError, match="Cannot view a int"):
        museion.view(3)


def test_process_without_datasets_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MUSEION_REGISTRY_URL")
    _session.library.cache_clear()
    with pytest.raises(SessionError, match="was not told where the datasets are"):
        museion.datasets()
