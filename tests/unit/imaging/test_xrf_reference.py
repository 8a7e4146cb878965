"""XRF and registration on reference data: maps against the panel's truth, a real spectrum."""

import os
from functools import cache
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr

from museion.imaging import registration, xrf

DATA = Path(os.environ.get("MUSEION_TEST_DATA", Path(__file__).parents[4] / "shared/data"))
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"no real data in {DATA}")
PANEL = "hyperspectral/synthetic_panel_from_hyppigments/panel"
LEAST = {"Hg L": 0.997, "As K": 0.992, "Zn K": 0.984, "Cu K": 0.98, "Pb L": 0.975, "Fe K": 0.963}
FAINT = {"Mn K": 0.67, "Ca K": 0.535}  # as much as so few photons can tell


@cache
def scan() -> tuple[xr.Dataset, dict[str, np.ndarray], np.ndarray]:
    """Return the panel's element maps, the true mass fractions, and the true affine."""
    with h5py.File(DATA / "xrf/synthetic_panel_maxrf/panel_maxrf.h5") as file:
        entry = file["entry"]
        energy = ("energy", entry["data/energy"][()], {"units": "keV"})
        dims = ("y", "x", "energy")
        cube = xr.DataArray(entry["data/counts"][()], dims=dims, coords={"energy": energy})
        live = xr.DataArray(entry["data/live_time_relative"][()], dims=("y", "x"))
        names = [name.decode() for name in entry["ground_truth/elements"][()]]
        fractions = entry["ground_truth/element_mass_fraction"][()]
        affine = entry["ground_truth/affine_xrf_to_hsi"][()]
    elements = ["Pb", "Hg", "As", "Cu", "Fe", "Zn", "Mn", "Ca", "K", "S", "Al", "Si", "P", "Mg"]
    maps = xrf.map_elements(cube, elements, anode="Mo", live_time=live)
    truth = {name: fractions[..., at] for at, name in enumerate(names)}
    return maps, truth, affine


@pytest.mark.parametrize("name", LEAST | FAINT)
def test_element_maps_of_the_panel_follow_the_truth(name: str) -> None:
    maps, truth, _ = scan()
    found = maps["counts"].sel(element=name).to_numpy()
    known = np.isfinite(found)
    correlation = np.corrcoef(found[known], truth[name.split(maxsplit=1)[0]][known])[0, 1]
    assert known.mean() > 0.9
    assert correlation >= (LEAST | FAINT)[name] - 5e-4


@pytest.mark.parametrize("name", ["Al K", "Si K", "Mg K", "P K", "K K"])
def test_light_elements_of_the_panel_are_not_determined(name: str) -> None:
    element = scan()[0].sel(element=name)
    assert element["status"] == "not determined"
    assert "no more than chance" in str(element["reason"].values)
    assert element["counts"].isnull().all()


def test_arsenic_names_lead_as_what_it_overlaps_with() -> None:
    maps, _, _ = scan()
    assert maps["interferes"].sel(element="As K") == "Pb L"
    assert float(maps["residual"].mean()) == pytest.approx(1, abs=0.05)


def test_xrf_and_cube_of_the_panel_are_registered_within_one_and_a_half_pixels() -> None:
    maps, _, affine = scan()
    bands = np.memmap(DATA / f"{PANEL}.dat", np.uint16, "r", shape=(180, 186, 240))
    cube = xr.DataArray(bands[:, 60:180:10], dims=("y", "band", "x")).astype(np.float32)
    fixed = cube.mean("band")
    paints = maps["counts"].sel(element=["Cu K", "Pb L", "Hg L", "As K", "Fe K"])
    moving = paints.fillna(0).sum("element")
    found = registration.register_mutual_information(moving, fixed)
    row, column = np.meshgrid(np.linspace(5, 86, 6), np.linspace(5, 112, 6), indexing="ij")
    truth = np.stack([row.ravel(), column.ravel()], axis=1) @ affine[:, :2].T + affine[:, 2]
    wrong = found.map_points(np.c_[column.ravel(), row.ravel()])[:, ::-1] - truth
    assert float(np.sqrt((wrong**2).sum(axis=1).mean())) < 1.5
    placed = registration.apply(found, maps["counts"], like=fixed)
    assert placed.chunks
    assert placed.shape == (14, 180, 240)


def test_a_real_spectrum_is_calibrated_by_its_cobalt_and_scattered_lines() -> None:
    text = (DATA / "xrf/pymca_training/XRFSpectrum.mca").read_text()
    counts = np.array([float(line) for line in text.splitlines() if line[:1].isdigit()])
    scattered = 3000 + int(counts[3000:].argmax())
    found = xrf.calibrate_energy(counts, {1474: "Co Ka", scattered: 17.44})
    assert found.channels[0] == pytest.approx(1474, abs=5)
    assert found.gain_kev == pytest.approx(5.33e-3, abs=5e-5)
    assert found.zero_kev == pytest.approx(-0.93, abs=0.05)
