"""The reference panel: its pigments are named out of 1,592, and its mixtures taken apart."""

import re

import numpy as np
import pytest
import xarray as xr

from museion.imaging.analysis import map_spectral_angles, minimum_noise_fraction, unmix
from tests.support.analysis_cubes import DATA

PANEL = DATA / "hyperspectral/synthetic_panel_from_hyppigments"
LIBRARY = DATA / "spectral_libraries/hyppigments_kremer_vnir/__speclib_averages"
BANDS = 186

pytestmark = pytest.mark.skipif(not PANEL.is_dir(), reason=f"no real data in {DATA}")


@pytest.fixture(scope="module")
def truth() -> dict[str, np.ndarray]:
    with np.load(PANEL / "ground_truth.npz") as kept:
        return {
            name: kept[name] for name in ("abundance", "pigments", "endmembers", "wavelength_nm")
        }


@pytest.fixture(scope="module")
def panel(truth: dict[str, np.ndarray]) -> xr.DataArray:
    lines = np.fromfile(PANEL / "panel.dat", "<u2").reshape(180, BANDS, 240).transpose(0, 2, 1)
    wavelength = ("wavelength", truth["wavelength_nm"], {"units": "nm"})
    return xr.DataArray(
        np.ascontiguousarray(lines) / np.float32(10_000),
        dims=("y", "x", "wavelength"),
        coords={"wavelength": wavelength},
        attrs={"quantity": "reflectance"},
    )


def spectra_of(values: np.ndarray, names: np.ndarray, nm: np.ndarray) -> xr.DataArray:
    coords = {"pigment": names, "wavelength": nm}
    return xr.DataArray(values, dims=("pigment", "wavelength"), coords=coords)


def test_pure_patches_are_named_by_the_right_one_of_all_library_spectra(
    panel: xr.DataArray, truth: dict[str, np.ndarray]
) -> None:
    values = np.fromfile(LIBRARY.with_suffix(".sli"), "<f4").reshape(-1, BANDS)
    header = LIBRARY.with_suffix(".hdr").read_text()
    (listed,) = re.findall(r"spectra names = \{(.*?)\}", header, re.DOTALL)
    names = np.array([name.strip() for name in listed.split(",")])
    assert len(names) == len(values) == 1592
    shares, pixels = truth["abundance"].astype(np.float64), panel.to_numpy()
    pure = [shares[..., each] >= shares[..., each].max() - 1e-3 for each in range(10)]
    means = np.stack([pixels[where].mean(axis=0) for where in pure])
    cube = panel[:1, :10].copy(data=means[None])
    numbered = spectra_of(values, np.arange(len(values)).astype(str), truth["wavelength_nm"])
    found = map_spectral_angles(cube, numbered)
    apart = np.linalg.norm(values[found["best"].to_numpy()[0]] - truth["endmembers"], axis=1)
    np.testing.assert_allclose(apart, 0, atol=1e-4)
    assert (found["runner_up_angle"] > found["angle"]).all()


def test_mixtures_are_taken_apart(panel: xr.DataArray, truth: dict[str, np.ndarray]) -> None:
    endmembers = spectra_of(truth["endmembers"], truth["pigments"], truth["wavelength_nm"])
    some = panel.isel(y=slice(0, None, 3), x=slice(0, None, 3))
    shares = truth["abundance"][::3, ::3].astype(np.float64)
    found = unmix(some, endmembers, "kubelka-munk", sum_to_one=True)
    error = found["abundance"].transpose("y", "x", "endmember").to_numpy() - shares
    assert np.sqrt((error**2).mean()) <= 0.081
    named = found["main"].to_numpy()
    known = named >= 0
    assert known.mean() > 0.9
    assert (named == shares.argmax(axis=-1))[known].mean() > 0.95


def test_few_components_stand_out_of_the_noise(panel: xr.DataArray) -> None:
    found = minimum_noise_fraction(panel, 10)
    assert int((found["snr"] > 10).sum()) >= 4
    assert float(found["snr"][-1]) < 1
