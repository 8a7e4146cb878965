import colour
import dask.array as da
import numpy as np
import pytest
import xarray as xr

from museion.errors import InputError
from museion.imaging import delta_e, mark, to_lab, to_xyz
from museion.imaging.colour import colour_weights

NM = np.arange(400.0, 721.0, 4.0)


def grey(reflectance: float, nm: np.ndarray = NM) -> xr.DataArray:
    values = np.full((3, 4, nm.size), reflectance, np.float32)
    return xr.DataArray(values, dims=("y", "x", "wavelength"), coords={"wavelength": nm})


@pytest.mark.parametrize(
    ("illuminant", "observer", "white"),
    [
        ("D65", 2, (95.04, 100, 108.88)),
        ("D65", 10, (94.81, 100, 107.32)),
        ("A", 2, (109.85, 100, 35.58)),
        ("D50", 2, (96.42, 100, 82.51)),
    ],
)
def test_white_is_the_illuminants(
    illuminant: str, observer: int, white: tuple[float, float, float]
) -> None:
    found = to_xyz(grey(1.0), illuminant, observer)[0, 0]
    assert np.allclose(found, white, atol=0.06)
    lab = to_lab(grey(1.0), illuminant, observer)[0, 0]
    assert np.allclose(lab, (100, 0, 0), atol=1e-3)


def test_lightness_of_a_middle_grey() -> None:
    lab = to_lab(grey(0.1842).chunk(y=1))
    assert isinstance(lab.data, da.Array)
    assert np.allclose(lab, (50.0, 0, 0), atol=0.05)


def test_a_real_spectrum_agrees_with_colour_science() -> None:
    nm = np.arange(400.0, 721.0, 5.0)
    spectrum = 0.1 + 0.7 / (1 + np.exp(-(nm - 600) / 8))
    measured = colour.SpectralDistribution(dict(zip(nm, spectrum, strict=True)))
    with colour.utilities.suppress_warnings(colour_runtime_warnings=True):
        expected = colour.sd_to_XYZ(measured, illuminant=colour.SDS_ILLUMINANTS["D65"])
    red = xr.DataArray(spectrum, dims="wavelength", coords={"wavelength": nm})
    assert np.allclose(to_xyz(red), expected, atol=0.1)


def test_difference_is_that_of_the_published_pairs() -> None:
    # G. Sharma, W. Wu, E. N. Dalal, Color Research & Application 30 (2005), pairs 1, 7, 17.
    pairs = [
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
    ]
    for one, other, expected in pairs:
        first, second = (xr.DataArray(np.array(each), dims="lab") for each in (one, other))
        assert float(delta_e(first, second)) == pytest.approx(expected, abs=1e-4)


def test_two_dates_and_a_region_are_compared() -> None:
    before, after = to_lab(grey(0.5)), to_lab(grey(0.5).where(grey(0.5)["x"] != 2, 0.4))
    changed = delta_e(before.chunk(y=1), after.chunk(y=1)).compute()
    assert (changed.to_numpy() > 1).sum(axis=1).tolist() == [1, 1, 1]
    assert float(delta_e(before, before[0, 0]).max()) == 0
    assert changed.attrs["illuminant"] == "D65"


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda: delta_e(to_lab(grey(0.5)), to_lab(grey(0.5), "A")), "different illuminants"),
        (lambda: delta_e(to_lab(grey(0.5)), to_lab(grey(0.5))[:2]), "differ in size"),
        (lambda: delta_e(grey(0.5), grey(0.5)), "Not CIELAB"),
        (lambda: to_lab(grey(0.5).isel(wavelength=slice(None, None, 10))), "too few"),
        (lambda: to_lab(mark(grey(0.5), "radiance")), "Reflectance is needed"),
        (lambda: colour_weights(NM, "moonlight"), "Not an illuminant"),
        (lambda: colour_weights(NM, "D65", 5), "Not a standard observer"),
    ],
    ids=["illuminants", "sizes", "no colours", "few bands", "radiance", "light", "observer"],
)
def test_what_cannot_be_compared_is_refused(change: object, match: str) -> None:
    with pytest.raises(InputError, match=match):
        change()  # type: ignore[operator]
