"""Components ordered by noise, independence or parts: what goes in must come out."""

import numpy as np
import pytest
import xarray as xr

from museion.errors import InputError
from museion.imaging.analysis import (
    compute,
    independent_components,
    minimum_noise_fraction,
    nonnegative_factors,
    principal_components,
    rebuild,
)
from tests.support.analysis_cubes import NM, cube_of, lazy, random_cube, spectra_of

SHAPES = spectra_of(3).to_numpy()


def smooth_scene(noise: np.ndarray, size: int = 64, seed: int = 3) -> xr.DataArray:
    """Return broad waves of three spectra, with noise of the given deviation for each band."""
    y, x = np.mgrid[:size, :size] / size
    amounts = 1 + np.stack([np.sin(0.3 * x), np.cos(4 * y), np.sin(0.3 * x + 3 * y)], axis=-1)
    random = np.random.default_rng(seed)
    return cube_of(amounts @ SHAPES + random.normal(0, noise, (size, size, len(NM))))


LEVELS = np.where(np.arange(len(NM)) % 2, 0.01, 0.2)


@pytest.mark.parametrize(
    "prepare",
    [lambda cube: cube, lambda cube: cube.chunk({"x": 32, "y": 9})],
    ids=["numpy", "dask"],
)
def test_noise_is_measured_and_three_components_stand_out(prepare: object) -> None:
    cube = smooth_scene(LEVELS)
    found = minimum_noise_fraction(prepare(cube), 6).compute()  # type: ignore[operator]
    np.testing.assert_allclose(found["noise"], LEVELS, rtol=0.1)
    assert (found["snr"][:3] > 10).all()
    assert (found["snr"][3:] < 0.5).all()
    assert (found["snr"].diff("component") <= 0).all()
    white = found["scores"].diff("x").var(["y", "x"]) / 2
    np.testing.assert_allclose(white, 1, rtol=0.1)


def test_rebuilding_from_few_components_takes_noise_away() -> None:
    clean, noisy = smooth_scene(0 * LEVELS), smooth_scene(LEVELS)
    found = minimum_noise_fraction(noisy, 8)
    error = float(abs(rebuild(found, 3) - clean).mean())
    assert error < 0.15 * float(abs(noisy - clean).mean())
    by_variance = float(abs(rebuild(principal_components(noisy, 8), 3) - clean).mean())
    assert error < by_variance


def test_all_components_give_the_cube_back() -> None:
    cube = random_cube()
    found = minimum_noise_fraction(cube, len(NM))
    np.testing.assert_allclose(rebuild(found), cube, atol=1e-4)


def test_noise_of_a_region_and_blocks_of_narrow_columns_do() -> None:
    cube = smooth_scene(LEVELS)
    region = cube.isel(y=slice(0, 20))
    np.testing.assert_allclose(
        minimum_noise_fraction(cube, 3, region=region)["noise"], LEVELS, rtol=0.15
    )
    narrow = minimum_noise_fraction(cube.chunk({"x": 1, "y": 32}), 3)
    np.testing.assert_allclose(narrow["snr"], minimum_noise_fraction(cube, 3)["snr"], rtol=1e-6)


def test_gaps_and_whole_numbers_are_no_hindrance() -> None:
    cube = smooth_scene(LEVELS)
    counts = (cube * 10_000 + 20_000).round().astype(np.uint16)
    scaled = minimum_noise_fraction(counts, 3)
    np.testing.assert_allclose(scaled["snr"], minimum_noise_fraction(cube, 3)["snr"], rtol=0.01)
    cube[5, 6, 7] = np.nan
    found = minimum_noise_fraction(cube, 3)
    assert int(found["pixels"]) == 64 * 64 - 1
    assert int(found["scores"].isnull().any("component").sum()) == 1


def test_independent_sources_are_found_again_and_called_stable() -> None:
    random = np.random.default_rng(5)
    sources = np.stack(
        [
            random.laplace(size=(60, 70)),
            random.uniform(-1, 1, (60, 70)),
            random.random((60, 70)) ** 6,
        ],
        axis=-1,
    )
    cube = cube_of(sources @ SHAPES + random.normal(0, 1e-3, (60, 70, len(NM))))
    found = independent_components(lazy(cube), 3).compute()
    scores = found["scores"].to_numpy().reshape(-1, 3)
    likeness = np.abs(np.corrcoef(scores.T, sources.reshape(-1, 3).T)[:3, 3:])
    assert sorted(likeness.argmax(axis=1)) == [0, 1, 2]
    assert likeness.max(axis=1).min() > 0.98
    assert float(found["stability"].min()) > 0.95
    np.testing.assert_allclose(found["scores"].var(["y", "x"]), 1, rtol=1e-3)
    assert float(abs(rebuild(found) - cube).max()) < 0.01


def test_what_is_normally_distributed_has_no_stable_components() -> None:
    random = np.random.default_rng(6)
    cube = cube_of(
        random.normal(0, 1, (60, 60, 3)) @ SHAPES + random.normal(0, 1e-3, (60, 60, len(NM)))
    )
    assert float(independent_components(cube, 3)["stability"].mean()) < 0.95


def test_parts_of_a_mixture_are_found_in_it() -> None:
    shares = np.random.default_rng(7).dirichlet(np.full(3, 0.3), (40, 40))
    found = nonnegative_factors(lazy(cube_of(shares @ SHAPES)), 3)
    assert found["abundance"].chunks
    spectra = found["spectra"].to_numpy()
    lengths = np.outer(np.linalg.norm(spectra, axis=1), np.linalg.norm(SHAPES, axis=1))
    cosines = spectra @ SHAPES.T / lengths
    assert sorted(cosines.argmax(axis=1)) == [0, 1, 2]
    assert cosines.max(axis=1).min() > 0.999
    assert ((found["stability"] > 0.9) & (found["stability"] <= 1 + 1e-12)).all()
    assert float(found["residual"].max()) < 0.01
    np.testing.assert_allclose(spectra.max(axis=1), 1)


def test_progress_is_told_to_the_end() -> None:
    told: list[tuple[int, int, str]] = []
    cube = lazy(random_cube())
    found = minimum_noise_fraction(cube, 2, progress=lambda *step: told.append(step))
    assert told[-1][0] == told[-1][1]
    assert {what for *_, what in told} == {"minimum noise fraction"}
    told.clear()
    xr.testing.assert_identical(
        compute(found, "scores", lambda *step: told.append(step)), found.compute()
    )
    assert told[-1][0] == told[-1][1] > 1
    assert [done for done, *_ in told] == sorted(done for done, *_ in told)


def constant_band() -> xr.DataArray:
    cube = random_cube()
    cube[..., 4] = 0.5
    return cube


REFUSED = {
    "a dead band": (lambda: minimum_noise_fraction(constant_band(), 2), "480 nm"),
    "a doubled band": (
        lambda: minimum_noise_fraction(random_cube()[..., np.r_[:10, 5]], 2),
        "follows from",
    ),
    "a region of other bands": (
        lambda: minimum_noise_fraction(random_cube(), 2, region=random_cube()[..., 1:]),
        "other bands",
    ),
    "too many components": (lambda: independent_components(random_cube(), 31), "components"),
    "nothing but one colour": (
        lambda: independent_components(cube_of(np.ones((9, 9, 1)) * SHAPES[0]), 2),
        "has not 2",
    ),
    "too many factors": (
        lambda: nonnegative_factors(cube_of(np.ones((9, 9, 1)) * SHAPES[0]), 2),
        "has not 2",
    ),
    "nothing but gaps": (lambda: nonnegative_factors(random_cube() * np.nan, 2), "Too few pixels"),
}


@pytest.mark.parametrize(("call", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_makes_no_sense_is_refused(call: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        call()  # type: ignore[operator]
