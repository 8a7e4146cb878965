"""Analyses of whole cubes: against scipy and analytic truth, lazy as in memory."""

import dask.array as da
import numpy as np
import pytest
import xarray as xr
from scipy.optimize import nnls

from museion.errors import InputError
from museion.imaging import absorption_over_scattering, infinite_reflectance, spectral_angle
from museion.imaging.analysis import map_spectral_angles, principal_components, unmix
from museion.imaging.analysis.moments import find_moments
from museion.imaging.analysis.nonnegative import solve
from tests.support.analysis_cubes import DIMS, NM, cube_of, lazy, random_cube, spectra_of
from tests.support.cubes import painted_panel

# --- principal components -------------------------------------------------------------------


@pytest.mark.parametrize("prepare", [lambda cube: cube, lazy], ids=["numpy", "dask"])
def test_components_are_those_of_the_covariance(prepare: object) -> None:
    cube = random_cube()
    found = principal_components(prepare(cube), 5).compute()  # type: ignore[operator]
    pixels = cube.to_numpy().reshape(-1, len(NM))
    singular = np.linalg.svd(pixels - pixels.mean(axis=0), compute_uv=False)
    np.testing.assert_allclose(found["variance"], singular[:5] ** 2 / (len(pixels) - 1), rtol=1e-9)
    np.testing.assert_allclose(
        found["variance"], found["scores"].var(["y", "x"], ddof=1), rtol=1e-4
    )
    product = found["loadings"].to_numpy() @ found["loadings"].to_numpy().T
    np.testing.assert_allclose(product, np.eye(5), atol=1e-12)
    assert int(found["pixels"]) == 23 * 31
    assert (found["loadings"].max("wavelength") >= -found["loadings"].min("wavelength")).all()
    assert found["loadings"]["wavelength"].attrs["units"] == "nm"


def test_all_components_give_the_cube_back() -> None:
    cube = random_cube()
    found = principal_components(cube, len(NM))
    back = xr.dot(found["scores"], found["loadings"], dim="component") + found["mean"]
    np.testing.assert_allclose(back.transpose(*DIMS), cube, atol=1e-5)
    assert float(found["variance_share"].sum()) == pytest.approx(1)


def test_scores_stay_lazy_and_pixels_with_a_gap_get_none() -> None:
    cube = random_cube()
    cube[3, 4, 5] = np.nan
    found = principal_components(lazy(cube), 2)
    assert found["scores"].chunks
    assert np.isnan(found["scores"][3, 4]).all()
    assert int(found["scores"].notnull().all("component").sum()) == int(found["pixels"]) == 712


def test_moments_do_not_cancel_far_from_zero() -> None:
    near = np.random.default_rng(2).random((64, 64, 6))
    far = find_moments(near + 1e7).scatter
    np.testing.assert_allclose(far, find_moments(near).scatter, rtol=1e-4, atol=1e-2)


def test_error_of_a_variance_is_its_spread_over_repeated_measurements() -> None:
    random = np.random.default_rng(3)
    repeated = [random.normal(0, [3, 2, 1], (30, 30, 3)) for _ in range(200)]
    found = [principal_components(cube_of(each), 1) for each in repeated]
    spread = np.std([float(each["variance"][0]) for each in found])
    claimed = np.mean([float(each["variance_error"][0]) for each in found])
    assert claimed == pytest.approx(spread, rel=0.2)


# --- spectral angle mapper ------------------------------------------------------------------


def test_best_and_runner_up_are_those_of_the_plain_formula() -> None:
    cube, references = random_cube(), spectra_of(9)
    found = map_spectral_angles(lazy(cube), references, max_angle=1.5).compute()
    angles = np.sort(spectral_angle(cube, references).transpose("y", "x", "pigment"), axis=-1)
    np.testing.assert_allclose(found["angle"], angles[..., 0], atol=1e-6)
    np.testing.assert_allclose(found["runner_up_angle"], angles[..., 1], atol=1e-6)
    plain = spectral_angle(cube, references).argmin("pigment")
    np.testing.assert_array_equal(found["best"], plain)
    assert found["best"].attrs["classes"][int(found["best"][0, 0])].startswith("pigment")


def test_single_precision_is_good_to_a_hundred_thousandth() -> None:
    references = spectra_of(6)
    shares = np.random.default_rng(4).dirichlet(np.full(6, 0.2), (40, 50))
    exact = cube_of(shares @ references.to_numpy())
    found = map_spectral_angles(exact.astype(np.float32), references, 1.5)
    expected = map_spectral_angles(exact, references, 1.5)
    for name in ("angle", "runner_up_angle"):
        np.testing.assert_allclose(found[name], expected[name], atol=1e-5)
    assert float((found["best"] == expected["best"]).mean()) > 0.999


def test_brightness_cancels_and_a_tiny_angle_is_exact() -> None:
    reference = spectra_of(3)
    spectrum = reference.to_numpy()[1]
    aside = np.zeros(len(NM))
    aside[0], aside[1] = spectrum[1], -spectrum[0]
    aside *= np.linalg.norm(spectrum) / np.linalg.norm(aside)
    tilted = np.cos(1e-5) * spectrum + np.sin(1e-5) * aside
    found = map_spectral_angles(cube_of(np.stack([0.01 * spectrum, tilted])[None]), reference)
    np.testing.assert_array_equal(found["best"], [[1, 1]])
    np.testing.assert_allclose(found["angle"], [[0, 1e-5]], rtol=1e-4, atol=1e-9)


def test_far_dark_and_incomplete_pixels_are_unknown() -> None:
    far, dark, gap = np.eye(len(NM))[0], np.zeros(len(NM)), np.full(len(NM), np.nan)
    found = map_spectral_angles(cube_of(np.stack([far, dark, gap])[None]), spectra_of(2), 0.1)
    np.testing.assert_array_equal(found["best"], [[-1, -1, -1]])
    assert np.isfinite(found["angle"][0, 0])
    assert np.isnan(found["angle"][0, 1:]).all()


def test_one_reference_has_no_runner_up() -> None:
    found = map_spectral_angles(random_cube(), spectra_of(1), 1.5)
    assert (found["best"] == 0).all()
    assert (found["runner_up"] == -1).all()
    assert found["runner_up_angle"].isnull().all()


def test_references_at_other_wavelengths_are_interpolated() -> None:
    references = spectra_of(4)
    coarse = references.isel(wavelength=slice(0, None, 2)).interp(wavelength=NM[:-1:1])
    cube = cube_of(np.broadcast_to(references.to_numpy()[2], (2, 2, len(NM)))).isel(
        wavelength=slice(0, -1)
    )
    assert (map_spectral_angles(cube, coarse, 0.2)["best"] == 2).all()


# --- unmixing -------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 5, 12])
def test_abundances_are_those_of_scipy(count: int) -> None:
    random = np.random.default_rng(count)
    matrix = random.random((20, count)) ** 3
    values = random.random((400, count)) @ matrix.T + random.normal(0, 0.5, (400, 20))
    expected = np.stack([nnls(matrix, each)[0] for each in values])
    np.testing.assert_allclose(solve(matrix, values).abundance, expected, atol=1e-9)


def test_mixture_is_unmixed_lazily_with_residual_and_error() -> None:
    random, spectra = np.random.default_rng(5), spectra_of(4)
    truth = random.random((12, 15, 4)) * (random.random((12, 15, 4)) > 0.4)
    noise = random.normal(0, 0.01, (12, 15, len(NM)))
    found = unmix(lazy(cube_of(truth @ spectra.to_numpy() + noise)), spectra)
    assert found["abundance"].chunks
    found = found.compute()
    assert float(found["residual"].mean()) == pytest.approx(0.01, rel=0.1)
    abundance = found["abundance"].transpose("y", "x", "endmember")
    deviation = (abundance - truth) / found["abundance_error"]
    inside = deviation.where((truth > 0.1) & np.isfinite(deviation))
    assert float(inside.std()) == pytest.approx(1, rel=0.15)
    assert found["abundance"]["endmember"][0] == "pigment 0"
    assert (found["abundance"] >= 0).all()


def test_stirred_paints_are_unmixed_in_kubelka_munk() -> None:
    spectra = spectra_of(3).clip(0.05, 0.95)
    shares = np.random.default_rng(6).dirichlet(np.ones(3), (5, 6))
    ratio = shares @ absorption_over_scattering(spectra.to_numpy())
    cube = cube_of(infinite_reflectance(ratio))
    found = unmix(cube, spectra, mixing="kubelka-munk")
    maps = found["abundance"].transpose("y", "x", "endmember")
    np.testing.assert_allclose(maps, shares, atol=1e-6)
    wrong = unmix(cube, spectra)["abundance"].transpose("y", "x", "endmember") - shares
    assert float(abs(wrong).max()) > 0.05


def test_pixel_with_a_gap_has_no_abundance() -> None:
    cube = random_cube()
    cube[0, 0, 0] = np.nan
    found = unmix(cube, spectra_of(3))
    assert found["abundance"][:, 0, 0].isnull().all()
    assert np.isnan(found["residual"][0, 0])
    assert found["main"][0, 0] == -1


# --- all of them ----------------------------------------------------------------------------

ANALYSES = {
    "components": principal_components,
    "angles": lambda cube: map_spectral_angles(cube, spectra_of(3)),
    "unmixing": lambda cube: unmix(cube, spectra_of(3)),
}
BAD = {
    "a plane": (xr.DataArray(np.ones((3, 4)), dims=("y", "x")), "Not a cube"),
    "no wavelengths": (xr.DataArray(np.ones((3, 4, 30)), dims=DIMS), "no wavelengths"),
    "energies": (
        random_cube().assign_coords(wavelength=("wavelength", NM, {"units": "eV"})),
        "not in nm",
    ),
    "an array": (np.ones((3, 4, 30)), "Not a cube"),
}


@pytest.mark.parametrize("analyse", ANALYSES.values(), ids=ANALYSES.keys())
@pytest.mark.parametrize(("bad", "message"), BAD.values(), ids=BAD.keys())
def test_what_is_no_cube_is_refused_with_a_hint(analyse: object, bad: object, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        analyse(bad)  # type: ignore[operator]
    assert caught.value.hint


REFUSED = {
    "too many components": lambda: principal_components(random_cube(), 31),
    "no component": lambda: principal_components(random_cube(), 0),
    "no valid pixel": lambda: principal_components(random_cube() * np.nan, 2),
    "no angle": lambda: map_spectral_angles(random_cube(), spectra_of(2), 0.0),
    "one spectrum": lambda: map_spectral_angles(random_cube(), spectra_of(2)[0]),
    "reference with a gap": lambda: map_spectral_angles(random_cube(), spectra_of(2) * np.nan),
    "short references": lambda: unmix(random_cube(), spectra_of(2)[:, 3:]),
    "twice the same": lambda: unmix(random_cube(), xr.concat([spectra_of(2)] * 2, "pigment")),
    "more endmembers than bands": lambda: unmix(random_cube()[..., :3], spectra_of(3)),
    "unknown mixing": lambda: unmix(random_cube(), spectra_of(2), mixing="magic"),
}


@pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED.keys())
def test_what_makes_no_sense_is_refused(call: object) -> None:
    with pytest.raises(InputError):
        call()  # type: ignore[operator]


def test_on_the_painted_panel_pure_patches_are_named_and_unmixed() -> None:
    panel = painted_panel()
    cube = panel.cube.isel(y=slice(0, None, 4), x=slice(0, None, 4))
    found = principal_components(lazy_panel := cube.chunk({"y": 20}), 6)
    assert float(found["variance_share"].sum()) > 0.98
    own = cube.stack(pixel=("y", "x")).isel(pixel=[10, 500, 900]).reset_index("pixel", drop=True)
    references = own.rename(pixel="reference").transpose("reference", "wavelength")
    angles = map_spectral_angles(lazy_panel, references, 0.2).compute()
    assert [int((angles["best"] == number).sum()) > 0 for number in range(3)] == [True] * 3
    unmixed = unmix(lazy_panel, references).compute()
    assert float(unmixed["residual"].min()) < 1e-6


def test_blocks_of_any_shape_give_the_same() -> None:
    cube, references = random_cube(), spectra_of(4)
    whole = unmix(cube, references)
    for chunks in ((23, 1, 30), (1, 31, 7), (5, 5, 30)):
        blocks = cube.copy(data=da.from_array(cube.to_numpy(), chunks=chunks))
        xr.testing.assert_allclose(unmix(blocks, references).compute(), whole)
