"""Classes of pixels: by information, by features, by themselves, and by date."""

import numpy as np
import pytest
import xarray as xr
from scipy.stats import entropy

from museion.errors import InputError
from museion.imaging.analysis import (
    classify_pixels,
    compare_dates,
    embed_pixels,
    map_information_divergence,
    match_features,
    pixels_within,
)
from museion.imaging.analysis.embedding import find_kept
from tests.support.analysis_cubes import NM, cube_of, lazy, patches, random_cube, spectra_of

# --- spectral information divergence --------------------------------------------------------


def test_divergence_is_that_of_scipy() -> None:
    cube, references = random_cube().clip(0.01, None), spectra_of(6)
    found = map_information_divergence(lazy(cube), references, 10.0).compute()
    pixels, others = cube.to_numpy()[:, :, None], references.to_numpy()
    both = entropy(pixels, others, axis=-1) + entropy(others, pixels, axis=-1)
    ranked = np.sort(both, axis=-1)
    np.testing.assert_allclose(found["divergence"], ranked[..., 0], rtol=1e-5)
    np.testing.assert_allclose(found["runner_up_divergence"], ranked[..., 1], rtol=1e-5)
    np.testing.assert_array_equal(found["best"], both.argmin(axis=-1))


def test_far_negative_and_incomplete_pixels_are_unknown() -> None:
    references = spectra_of(2)
    near, far = references.to_numpy()[0] * 0.3, np.geomspace(1e-3, 1, len(NM))
    negative, gap = near.copy(), near.copy()
    negative[3], gap[4] = -0.001, np.nan
    found = map_information_divergence(
        cube_of(np.stack([near, far, negative, gap])[None]), references
    )
    np.testing.assert_array_equal(found["best"], [[0, -1, -1, -1]])
    assert np.isfinite(found["divergence"][0, 1])
    assert found["divergence"][0, 2:].isnull().all()


# --- features -------------------------------------------------------------------------------

NAMES = ["at 550", "at 750"]
FEATURES = {"at 550": [(440.0, 660.0)], "at 750": [(640.0, 860.0)]}


def absorbing(centre: float, depth: float, slope: float = 0.0) -> np.ndarray:
    line = 0.5 + slope * (NM - 700) / 300
    return line * (1 - depth * np.exp(-(((NM - centre) / 45) ** 2)))


def absorbers() -> xr.DataArray:
    values = np.stack([absorbing(550, 0.5), absorbing(750, 0.5)])
    coords = {"pigment": NAMES, "wavelength": NM}
    return xr.DataArray(values, dims=("pigment", "wavelength"), coords=coords)


def test_shape_of_a_feature_is_found_under_any_slope_and_depth() -> None:
    pixels = [absorbing(550, 0.2, 0.3), absorbing(750, 0.1, -0.3), absorbing(750, 0.4, 0.2)]
    found = match_features(lazy(cube_of(np.stack(pixels)[None])), absorbers(), FEATURES).compute()
    np.testing.assert_array_equal(found["best"], [[0, 1, 1]])
    assert found["best"].attrs["classes"] == NAMES
    assert float(found["misfit"].max()) < 0.02
    np.testing.assert_allclose(found["depth"], [[0.2, 0.1, 0.4]], rtol=0.1)


def test_peak_shallow_other_and_incomplete_are_unknown() -> None:
    peak, shallow, other = absorbing(550, -0.3), absorbing(550, 0.01), absorbing(950, 0.5)
    gap, black = absorbing(550, 0.3), np.zeros(len(NM))
    gap[9] = np.nan
    cube = cube_of(np.stack([peak, shallow, other, gap, black])[None])
    found = match_features(cube, absorbers(), FEATURES)
    assert (found["best"] == -1).all()
    assert np.isfinite(found["misfit"][0, :3]).all()
    assert found["misfit"][0, 3:].isnull().all()


# --- k-means --------------------------------------------------------------------------------


def test_patches_are_their_own_classes_the_largest_first() -> None:
    cube, truth = patches()
    cube[0, 0], cube[1, 1, 2] = 5.0, np.nan
    found = classify_pixels(lazy(cube), 3).compute()
    truth[0, 0] = truth[1, 1] = -1
    assert (found["best"].to_numpy() == truth).mean() > 0.99
    assert int(found["best"][0, 0]) == int(found["best"][1, 1]) == -1
    np.testing.assert_allclose(found["share"], [1 / 2, 1 / 3, 1 / 6], atol=0.01)
    assert float(found["agreement"][0]) > 0.9
    other = classify_pixels(cube, 3).compute()
    xr.testing.assert_allclose(found, other)
    inside = found["distance"].where(found["best"] == 1)
    np.testing.assert_allclose(inside.mean(), found["radius"][1], rtol=0.05)


# --- two dates ------------------------------------------------------------------------------


def scene(seed: int, shape: tuple[int, int] = (60, 80)) -> np.ndarray:
    y, x = np.mgrid[: shape[0], : shape[1]] / shape[0]
    amounts = np.stack([1 + np.sin(7 * x), 1 + np.cos(9 * y), 1 + np.sin(5 * (x + y))], axis=-1)
    random = np.random.default_rng(seed)
    return amounts @ spectra_of(3).to_numpy() + random.normal(0, 0.01, (*shape, len(NM)))


def test_change_is_found_whatever_the_lamp_and_the_rest_is_not() -> None:
    before, after = scene(1), scene(2) * np.linspace(0.7, 1.1, len(NM)) + 0.05
    after[10:20, 10:20] *= 1 - 0.5 * np.exp(-(((NM - 600) / 60) ** 2))
    after[40, 40, 3] = np.nan
    found = compare_dates(lazy(cube_of(before)), lazy(cube_of(after)), components=3).compute()
    changed = found["changed"].to_numpy()
    assert (changed[10:20, 10:20] == 1).mean() > 0.9
    assert changed[40, 40] == -1
    elsewhere = np.delete(changed.ravel(), np.ravel_multi_index(np.mgrid[10:20, 10:20], (60, 80)))
    assert (elsewhere == 1).mean() < 0.01
    assert np.isnan(found["p_value"][40, 40])


def test_p_values_are_uniform_where_nothing_changed() -> None:
    found = compare_dates(cube_of(scene(3)), cube_of(scene(4)), components=3)
    for share in (0.05, 0.5):
        assert float((found["p_value"] < share).mean()) == pytest.approx(share, rel=0.35)
    np.testing.assert_allclose(found["brightness"].median(), 1, atol=0.01)


# --- embedding ------------------------------------------------------------------------------


def embedded() -> xr.Dataset:
    points = np.array([[0.2, 0.2], [0.8, 0.3], [2.0, 0.5], [0.5, -3.0]], np.float32)
    places = {"y_index": ("pixel", [0, 1, 2, 3]), "x_index": ("pixel", [4, 3, 2, 1])}
    made = xr.Dataset({"embedding": (("pixel", "axis"), points)}, places)
    return made.assign_attrs(y_size=4, x_size=5)


def test_points_inside_a_polygon_lead_back_to_the_image() -> None:
    mask = pixels_within(embedded(), [(0, 0), (1, 0), (1, 1), (0, 1)])
    np.testing.assert_array_equal(np.argwhere(mask.to_numpy()), [[0, 4], [1, 3]])
    with pytest.raises(InputError, match="polygon"):
        pixels_within(embedded(), [(0, 0), (1, 1)])


def test_kept_neighbours_are_those_of_both_spaces() -> None:
    values = np.random.default_rng(3).random((50, 2))
    np.testing.assert_array_equal(find_kept(values, values * 7, 5), 1)
    assert find_kept(values, values[::-1], 5).mean() < 0.4


# --- all of them ----------------------------------------------------------------------------


def with_zero(references: xr.DataArray) -> xr.DataArray:
    references[0, 0] = 0
    return references


REFUSED = {
    "divergence of nothing": (
        lambda: map_information_divergence(random_cube(), with_zero(spectra_of(2))),
        "not positive",
    ),
    "no limit": (lambda: map_information_divergence(random_cube(), spectra_of(2), 0), "largest"),
    "features of nobody": (
        lambda: match_features(random_cube(), absorbers(), {"azure": [(440, 660)]}),
        "azure",
    ),
    "feature outside": (
        lambda: match_features(random_cube(), absorbers(), {"at 550": [(300, 660)]}),
        "Not a feature",
    ),
    "feature that is none": (
        lambda: match_features(random_cube(), -absorbers() + 1, {"at 550": [(440, 660)]}),
        "No absorption",
    ),
    "one class": (lambda: classify_pixels(random_cube(), 1), "classes"),
    "more classes than spectra": (
        lambda: classify_pixels(cube_of(np.ones((9, 9, 30))), 2),
        "different pixels",
    ),
    "dates of other sizes": (
        lambda: compare_dates(random_cube(), random_cube()[1:]),
        "same pixels",
    ),
    "dates of other quantities": (
        lambda: compare_dates(random_cube(), random_cube().assign_attrs(quantity="k_over_s")),
        "same quantity",
    ),
    "no neighbours": (lambda: embed_pixels(random_cube(), 10, neighbours=10), "neighbours"),
}


@pytest.mark.parametrize(("call", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_makes_no_sense_is_refused(call: object, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        call()  # type: ignore[operator]
    assert caught.value.hint
