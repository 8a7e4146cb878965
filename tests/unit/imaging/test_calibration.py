from pathlib import Path

import dask.array as da
import numpy as np
import pytest
import xarray as xr

from museion.errors import InputError
from museion.imaging import calibrate, inspect, mark, open_capture
from museion_datasets.errors import InvalidError
from museion_datasets.ingest.readers import find_reader
from tests.support.datasets import make_library
from tests.support.ingest import bring, opened, write_envi

ROWS, COLUMNS, BANDS = 12, 10, 20


def scene() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return reflectance, and what a camera counts of it, of white and of nothing."""
    rng = np.random.default_rng(5)
    y, x, band = np.meshgrid(
        np.linspace(0, 1, ROWS), np.linspace(0, 1, COLUMNS), np.linspace(0, 1, BANDS), indexing="ij"
    )
    reflectance = 0.2 + 0.3 * y + 0.2 * x + 0.2 * band
    light = 20_000 * (1 - 0.3 * x[0]) * (0.6 + 0.4 * np.sin(3 * band[0]))
    offset = 300 + rng.normal(0, 5, (1, COLUMNS, BANDS))
    dark = offset + rng.normal(0, 2, (8, COLUMNS, BANDS))
    white = 0.98 * light + offset + rng.normal(0, 20, (8, COLUMNS, BANDS))
    return reflectance, reflectance * light + offset, white, dark


def counts(values: np.ndarray) -> np.ndarray:
    return values.round().astype("u2")


def write_capture(folder: Path, *, inner: str = "", **more: str) -> Path:
    _, raw, white, dark = scene()
    place = folder / "panel" / inner if inner else folder / "panel"
    for name, values in (("panel", raw), ("WHITEREF_panel", white), ("DARKREF_panel", dark)):
        write_envi(place, counts(values), name=name, more=more or None)
    return folder / "panel"


def labelled(values: np.ndarray) -> xr.DataArray:
    coords = {"wavelength": 400.0 + 10 * np.arange(BANDS)}
    found = xr.DataArray(counts(values), dims=("y", "x", "wavelength"), coords=coords)
    return mark(found, "raw")


@pytest.mark.parametrize("inner", ["", "capture"])
def test_a_capture_folder_becomes_reflectance(tmp_path: Path, inner: str) -> None:
    found = open_capture(write_capture(tmp_path, inner=inner))
    assert isinstance(found.data, da.Array)
    assert found.attrs["quantity"] == "reflectance"
    assert np.allclose(found, 0.98**-1 * scene()[0], rtol=0.01)
    assert any("WHITEREF_panel" in note for note in found.attrs["notes"])


def test_a_capture_folder_is_ingested_as_a_cube_with_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    library = make_library(tmp_path / "home")
    bring(library, [write_capture(tmp_path / "camera")])
    dataset = opened(library)
    cube = dataset["panel"].to_xarray()["reflectance"]
    assert np.allclose(cube.transpose("y", "x", "wavelength"), scene()[0] / 0.98, rtol=0.01)
    assert cube.attrs["quantity"] == "reflectance"
    assert not inspect(cube).findings


def test_cubes_agree_with_the_folder_and_the_panel_counts(tmp_path: Path) -> None:
    _, raw, white, dark = (labelled(each) for each in scene())
    whole = calibrate(raw.chunk(y=5), white, dark)
    assert isinstance(whole.data, da.Array)
    assert np.allclose(whole, open_capture(write_capture(tmp_path)), atol=1e-6)
    panel = xr.DataArray([0.98, 0.98], dims="wavelength", coords={"wavelength": [300.0, 900.0]})
    assert np.allclose(calibrate(raw, white, dark, panel=panel), scene()[0], rtol=0.01)


def test_saturated_counts_have_no_reflectance() -> None:
    _, raw, white, dark = scene()
    raw[3, 4, 5] = 65535
    white[:, 7, :] = 65535
    found = calibrate(labelled(raw), labelled(white), labelled(dark))
    assert np.isnan(found[3, 4, 5])
    assert np.isnan(found[:, 7]).all()
    (stripe,) = inspect(found).find("stripes")
    assert stripe.window == (0, ROWS, 7, 8)
    assert int(np.isnan(found).sum()) == ROWS * BANDS + 1


def test_references_that_were_exchanged_are_refused() -> None:
    _, raw, white, dark = (labelled(each) for each in scene())
    with pytest.raises(InvalidError, match="no brighter than the dark"):
        calibrate(raw, dark, white)


def test_references_of_another_width_are_refused() -> None:
    _, raw, white, dark = (labelled(each) for each in scene())
    with pytest.raises(InputError, match="other columns"):
        calibrate(raw, white[:, 1:], dark[:, 1:])
    with pytest.raises(InvalidError, match="differ in columns"):
        calibrate(raw, white[:, 1:], dark)


def test_reflectance_is_not_calibrated_twice() -> None:
    _, raw, white, dark = (labelled(each) for each in scene())
    once = calibrate(raw, white, dark)
    with pytest.raises(InputError, match="reflectance already"):
        calibrate(once, white, dark)


@pytest.mark.parametrize("missing", ["WHITEREF", "DARKREF"])
def test_a_missing_reference_is_named(tmp_path: Path, missing: str) -> None:
    folder = write_capture(tmp_path)
    for each in folder.glob(f"{missing}*"):
        each.unlink()
    word = "white" if missing == "WHITEREF" else "dark"
    with (
        pytest.raises(InvalidError, match=f"no {word} reference"),
        find_reader(folder).open(folder),
    ):
        pass


@pytest.mark.parametrize(
    ("true", "said"), [("bil", "bip"), ("bip", "bsq"), ("bsq", "bil"), ("bil", "bsq")]
)
def test_a_wrong_interleave_is_refused_with_the_right_one(
    tmp_path: Path, true: str, said: str
) -> None:
    y, x, band = np.meshgrid(np.arange(40), np.arange(50), np.arange(30), indexing="ij")
    picture = 0.5 + 0.3 * np.sin(y / 5) * np.cos(x / 7) + 0.2 * np.tanh((band - 15) / 5)
    header = write_envi(tmp_path, counts(picture * 1e4), interleave=true)
    header.write_text(header.read_text().replace(f"interleave = {true}", f"interleave = {said}"))
    with (
        pytest.raises(InvalidError, match="interleave") as caught,
        find_reader(header).open(header),
    ):
        pass
    assert f"interleave = {true}" in str(caught.value)


def test_a_wrong_byte_order_is_refused(tmp_path: Path) -> None:
    header = write_envi(tmp_path, counts(scene()[1]), order="<")
    header.write_text(header.read_text().replace("byte order = 0", "byte order = 1"))
    with pytest.raises(InvalidError, match="byte order = 0"), find_reader(header).open(header):
        pass
