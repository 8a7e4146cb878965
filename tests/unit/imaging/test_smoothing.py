import dask.array as da
import numpy as np
import pytest
import xarray as xr
from scipy.signal import savgol_filter
from scipy.spatial import ConvexHull

from museion.errors import InputError
from museion.imaging import derivative, remove_continuum, resample, smooth
from museion.imaging.continuum import continuum

NM = np.arange(400.0, 701.0, 5.0)
UNEVEN = np.cumsum(np.random.default_rng(3).uniform(2, 8, 60)) + 400


def cube(nm: np.ndarray = NM, seed: int = 0) -> xr.DataArray:
    rng = np.random.default_rng(seed)
    values = 0.5 + 0.3 * np.sin(nm / 40) + rng.normal(0, 0.02, (4, 6, nm.size))
    coords = {"wavelength": ("wavelength", nm, {"units": "nm"})}
    return xr.DataArray(values, dims=("y", "x", "wavelength"), coords=coords)


@pytest.mark.parametrize("order", [0, 1, 2])
def test_even_bands_agree_with_scipy(order: int) -> None:
    noisy = cube()
    expected = savgol_filter(noisy, 9, 2, deriv=order, delta=5.0, axis=-1)
    found = smooth(noisy, 41) if order == 0 else derivative(noisy, 41, order=order)
    assert np.allclose(found[..., 4:-4], expected[..., 4:-4], atol=1e-5)


def test_uneven_bands_of_a_parabola_are_exact_to_the_ends() -> None:
    parabola = 0.1 + 1e-5 * (UNEVEN - 500) ** 2
    spectrum = xr.DataArray(parabola, dims="wavelength", coords={"wavelength": UNEVEN})
    assert np.allclose(smooth(spectrum, 60), parabola, atol=1e-6)
    slope = derivative(spectrum, 60)
    assert np.allclose(slope, 2e-5 * (UNEVEN - 500), atol=1e-7)
    assert slope.attrs["units"] == "nm-1"
    assert slope.attrs["of"] == "reflectance"


def test_a_gap_spreads_as_far_as_the_window_and_lazy_stays_lazy() -> None:
    spoilt = cube()
    spoilt[0, 0, 30] = np.nan
    found = smooth(spoilt.chunk(y=2), 41)
    assert isinstance(found.data, da.Array)
    gaps = np.flatnonzero(np.isnan(found[0, 0].to_numpy()))
    assert gaps.tolist() == list(range(26, 35))
    assert not np.isnan(found[1:]).any()


def test_bad_bands_do_not_enter() -> None:
    spoilt = cube()
    spoilt[..., 30] = 9.0
    marked = spoilt.assign_coords(good_band=("wavelength", np.arange(NM.size) != 30))
    found = smooth(marked, 41)
    assert found.sizes["wavelength"] == NM.size - 1
    assert float(found.max()) < 1


def test_wider_bands_average_and_narrower_ones_are_refused() -> None:
    flat = xr.DataArray(np.full(NM.size, 0.4), dims="wavelength", coords={"wavelength": NM})
    wide = resample(flat, [450, 550, 650], fwhm_nm=40)
    assert np.allclose(wide, 0.4)
    assert wide["fwhm"].to_numpy().tolist() == [40, 40, 40]
    with pytest.raises(InputError, match="cannot be made"):
        resample(flat, [450.0], fwhm_nm=1)
    with pytest.raises(InputError, match="go from 400 to 700 nm only"):
        resample(flat, [300.0])
    assert np.allclose(resample(cube(), [402.5]), cube()[..., :2].mean("wavelength", keepdims=True))


def test_window_without_enough_bands_is_refused() -> None:
    with pytest.raises(InputError, match="holds 1 bands"):
        smooth(cube(), 4)


def test_continuum_is_the_upper_convex_hull() -> None:
    spectra = np.random.default_rng(1).uniform(0.1, 1, (50, UNEVEN.size))
    hulls = continuum(spectra, UNEVEN)
    assert np.all(hulls >= spectra - 1e-12)
    for spectrum, hull in zip(spectra, hulls, strict=True):
        points = np.stack([UNEVEN, spectrum], axis=1)
        floor = np.array([[UNEVEN[0], -1.0], [UNEVEN[-1], -1.0]])
        corners = ConvexHull(np.concatenate([points, floor])).vertices
        corners = np.sort(corners[corners < UNEVEN.size])
        assert np.allclose(hull, np.interp(UNEVEN, UNEVEN[corners], spectrum[corners]))


def test_a_feature_keeps_its_depth_under_any_brightness() -> None:
    slope = np.linspace(0.3, 0.8, NM.size)
    dip = 1 - 0.4 * np.exp(-(((NM - 560) / 25) ** 2))
    bright = xr.DataArray(slope * dip, dims="wavelength", coords={"wavelength": NM})
    for each in (bright, bright * 0.3):
        removed = remove_continuum(each)
        assert float(removed.min()) == pytest.approx(0.6, abs=0.01)
        assert float(removed.idxmin("wavelength")) == 560
        assert removed.attrs["quantity"] == "continuum_removed"
    part = remove_continuum(bright, 500, 620)
    assert float(part[0]) == pytest.approx(1)
    assert np.isnan(remove_continuum(bright.where(bright["wavelength"] != 500))).all()
    with pytest.raises(InputError, match="Too few bands"):
        remove_continuum(bright, 500, 504)
