import dask.array as da
import numpy as np
import pytest
import xarray as xr

from museion.errors import InputError
from museion.imaging import mean_spectrum, normalized_difference, spectral_angle, to_srgb
from museion_datasets.colour import srgb_weights
from museion_datasets.errors import InvalidError

NM = np.arange(400.0, 701.0, 10.0)


def cube(values: np.ndarray | None = None) -> xr.DataArray:
    rising = np.linspace(0.1, 0.9, NM.size)
    data = np.broadcast_to(rising, (6, 8, NM.size)).copy() if values is None else values
    return xr.DataArray(data, dims=("y", "x", "wavelength"), coords={"wavelength": NM})


def test_angle_ignores_brightness() -> None:
    bright, dark = cube(), cube() * 0.2
    assert np.allclose(spectral_angle(dark, bright[0, 0]), 0.0, atol=1e-6)


def test_angle_between_separate_bands_is_a_right_angle() -> None:
    one, other = np.zeros(NM.size), np.zeros(NM.size)
    one[3], other[9] = 1.0, 1.0
    reference = xr.DataArray(other, dims="wavelength", coords={"wavelength": NM})
    angle = spectral_angle(cube(np.broadcast_to(one, (1, 1, NM.size)).copy()), reference)
    assert float(angle[0, 0]) == pytest.approx(np.pi / 2)


def test_angle_stays_lazy_and_agrees_with_numpy() -> None:
    noisy = cube() + np.random.default_rng(0).normal(0, 0.02, (6, 8, NM.size))
    lazy = spectral_angle(noisy.chunk(y=2, x=4), noisy[0, 0])
    assert isinstance(lazy.data, da.Array)
    assert np.allclose(lazy.compute(), spectral_angle(noisy, noisy[0, 0]))


def test_reference_on_another_grid_is_interpolated() -> None:
    fine = np.arange(400.0, 701.0, 5.0)
    reference = cube()[0, 0].interp(wavelength=fine)
    assert np.allclose(spectral_angle(cube(), reference), 0.0, atol=1e-6)


def test_reference_that_is_too_short_is_refused() -> None:
    with pytest.raises(InputError, match="does not cover"):
        spectral_angle(cube(), cube()[0, 0].sel(wavelength=slice(450, 600)))


def test_mean_spectrum_takes_a_disc_and_stops_at_the_edge() -> None:
    values = np.zeros((6, 8, NM.size))
    values[0, 0] = 1.0
    corner = mean_spectrum(cube(values), x=0, y=0, radius=1)
    assert float(corner["mean"][0]) == pytest.approx(1 / 3)
    assert float(corner["std"][0]) == pytest.approx(np.std([1.0, 0.0, 0.0]))


def test_place_outside_the_cube_is_refused() -> None:
    with pytest.raises(InputError, match="outside the cube"):
        mean_spectrum(cube(), x=8, y=0)


def test_normalized_difference_uses_the_nearest_bands() -> None:
    index = normalized_difference(cube(), 698.0, 402.0)
    assert float(index[0, 0]) == pytest.approx((0.9 - 0.1) / (0.9 + 0.1))


def test_white_is_white_and_black_is_black() -> None:
    white = to_srgb(cube(np.ones((1, 1, NM.size))))
    assert white.to_numpy() == pytest.approx(1.0, abs=1e-3)
    assert to_srgb(cube(np.zeros((1, 1, NM.size)))).to_numpy() == pytest.approx(0.0)


@pytest.mark.parametrize(("low", "high", "channel"), [(600, 700, 0), (510, 560, 1), (400, 480, 2)])
def test_light_of_one_colour_looks_so(low: int, high: int, channel: int) -> None:
    band = ((low <= NM) & (high >= NM)).astype(float)
    image = to_srgb(cube(np.broadcast_to(band, (1, 1, NM.size)).copy()))
    assert int(image[0, 0].to_numpy().argmax()) == channel


def test_infrared_bands_have_no_colour() -> None:
    with pytest.raises(InvalidError, match="visible spectrum"):
        srgb_weights(np.arange(900.0, 1700.0, 10.0))
