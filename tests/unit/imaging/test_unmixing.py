"""Unmixing with error weights, sums of one and many endmembers: against plain solvers."""

from itertools import pairwise

import numpy as np
import pytest
import xarray as xr
from scipy.optimize import nnls

from museion.errors import InputError
from museion.imaging import absorption_over_scattering, infinite_reflectance
from museion.imaging.analysis import unmix
from museion.imaging.analysis.nonnegative import MOST_TABLED, solve, solve_each
from tests.support.analysis_cubes import NM, cube_of, spectra_of

type Floats = np.ndarray


@pytest.mark.parametrize("count", [1, 3, 9])
def test_each_with_its_own_matrix_is_solved_as_scipy_does(count: int) -> None:
    random = np.random.default_rng(count)
    matrices = random.random((200, 25, count)) ** 3
    values = np.einsum("nij,nj->ni", matrices, random.random((200, count)))
    values += random.normal(0, 0.5, values.shape)
    normal = np.einsum("nij,nik->jkn", matrices, matrices)
    found = solve_each(normal, np.einsum("nij,ni->nj", matrices, values))
    expected = [nnls(one, other)[0] for one, other in zip(matrices, values, strict=True)]
    np.testing.assert_allclose(found.abundance, expected, atol=1e-9)
    for pixel in range(0, 200, 20):
        chosen = found.abundance[pixel] > 0
        inverse = np.linalg.inv(normal[:, :, pixel][np.ix_(chosen, chosen)])
        np.testing.assert_allclose(found.inverse[pixel, chosen], np.diag(inverse), rtol=1e-6)
        assert np.isnan(found.inverse[pixel, ~chosen]).all()


def test_more_endmembers_than_a_table_has_room_for() -> None:
    random, count = np.random.default_rng(8), MOST_TABLED + 6
    matrix = random.random((40, count)) ** 3
    values = random.random((50, count)) @ matrix.T + random.normal(0, 0.5, (50, 40))
    expected = [nnls(matrix, each)[0] for each in values]
    np.testing.assert_allclose(solve(matrix, values).abundance, expected, atol=1e-9)


def stirred(shares: Floats, spectra: xr.DataArray, noise: float = 0.0) -> xr.DataArray:
    ratio = shares @ absorption_over_scattering(spectra.to_numpy())
    reflectance = infinite_reflectance(ratio)
    random = np.random.default_rng(11)
    return cube_of(reflectance + random.normal(0, noise, reflectance.shape))


def error_of(found: xr.Dataset, shares: Floats) -> float:
    return float(np.sqrt(((found["abundance"].transpose("y", "x", ...) - shares) ** 2).mean()))


def test_error_weights_and_a_sum_of_one_each_come_nearer_to_the_truth() -> None:
    spectra = spectra_of(4).clip(0.03, 0.97)
    shares = np.random.default_rng(9).dirichlet(np.ones(4), (20, 20))
    cube = stirred(shares, spectra, noise=0.005)
    how = ({"weighted": False}, {}, {"sum_to_one": True})
    errors = [error_of(unmix(cube, spectra, "kubelka-munk", **each), shares) for each in how]  # type: ignore[arg-type]
    assert all(worse > better for worse, better in pairwise(errors))
    closed = unmix(cube, spectra, "kubelka-munk", sum_to_one=True)["abundance"]
    np.testing.assert_allclose(closed.sum("endmember"), 1, atol=0.01)


@pytest.mark.parametrize("mixing", ["reflectance", "kubelka-munk"])
def test_error_of_an_abundance_is_its_spread(mixing: str) -> None:
    spectra = spectra_of(3).clip(0.05, 0.95)
    shares = np.broadcast_to([0.5, 0.3, 0.2], (30, 30, 3))
    cube = stirred(shares, spectra, 0.004)
    if mixing == "reflectance":
        noise = np.random.default_rng(4).normal(0, 0.004, cube.shape)
        cube = cube.copy(data=shares @ spectra.to_numpy() + noise)
    found = unmix(cube, spectra, mixing)
    spread = found["abundance"].std(["y", "x"])
    np.testing.assert_allclose(found["abundance_error"].mean(["y", "x"]), spread, rtol=0.12)
    assert float(found["residual"].mean()) == pytest.approx(0.004 * np.sqrt(27 / 30), rel=0.05)


def test_main_endmember_is_unknown_where_nothing_fits_or_two_are_alike() -> None:
    spectra = spectra_of(3)
    pure, even = spectra.to_numpy()[1], spectra.to_numpy()[:2].mean(axis=0)
    strange = 0.5 + 0.4 * np.sin(NM / 15)
    noise = np.random.default_rng(3).normal(0, 0.01, (8, len(NM)))
    cube = cube_of(np.stack([pure, *(even + noise), strange])[None])
    found = unmix(cube, spectra)
    assert found["main"].attrs["classes"] == ["pigment 0", "pigment 1", "pigment 2"]
    assert int(found["main"][0, 0]) == 1
    assert int(found["main"][0, -1]) == -1
    assert float(found["residual"][0, -1]) > 0.05
    assert int((found["main"][0, 1:-1] == -1).sum()) >= 3


def test_what_is_no_reflectance_is_turned_back_or_refused() -> None:
    spectra = spectra_of(3)
    cube = cube_of(np.random.default_rng(2).dirichlet(np.ones(3), (4, 5)) @ spectra.to_numpy())
    dense = (-np.log10(cube)).assign_attrs(quantity="absorbance")
    xr.testing.assert_allclose(unmix(dense, spectra), unmix(cube, spectra), atol=1e-5)
    with pytest.raises(InputError):
        unmix(cube.assign_attrs(quantity="raw"), spectra)


def test_bands_that_are_not_good_count_for_nothing() -> None:
    spectra = spectra_of(3)
    cube = cube_of(np.random.default_rng(2).dirichlet(np.ones(3), (4, 5)) @ spectra.to_numpy())
    good = np.arange(len(NM)) != 7
    spoilt = cube.copy()
    spoilt[..., 7] = np.nan
    marked = spoilt.assign_coords(good_band=("wavelength", good))
    expected = unmix(cube.isel(wavelength=good), spectra)
    xr.testing.assert_allclose(
        unmix(marked, spectra), expected.drop_vars("good_band", errors="ignore")
    )
