import dask.array as da
import numpy as np
import pytest
import xarray as xr

from museion.errors import InputError
from museion.imaging import (
    Quantity,
    good_bands,
    inspect,
    label_of,
    mark,
    quantity_of,
    require_reflectance,
    to_absorbance,
    to_k_over_s,
    to_reflectance,
)

NM = np.arange(400.0, 720.0, 10.0)


def cube(height: int = 20, width: int = 30) -> xr.DataArray:
    y, x, band = np.meshgrid(
        np.linspace(0.5, 1, height), np.linspace(0.6, 1, width), NM, indexing="ij"
    )
    values = 0.2 + 0.5 * y * x * (band - 300) / 400
    return xr.DataArray(
        values.astype(np.float32),
        dims=("y", "x", "wavelength"),
        coords={"wavelength": ("wavelength", NM, {"units": "nm"})},
        attrs={"pixel_size_mm": 0.1},
    )


@pytest.mark.parametrize(
    ("attrs", "name", "dtype", "expected"),
    [
        ({}, None, "f4", "reflectance"),
        ({}, None, "u2", "values"),
        ({"quantity": "raw"}, "reflectance", "f4", "raw"),
        ({"quantity": "values"}, "values", "f4", "values"),
        ({"quantity": "grumbles"}, None, "f4", "values"),
        ({}, "counts", "u2", "counts"),
    ],
)
def test_what_a_value_is(attrs: dict[str, str], name: str, dtype: str, expected: str) -> None:
    found = xr.DataArray(np.zeros((2, 2), dtype), dims=("y", "wavelength"), name=name, attrs=attrs)
    assert quantity_of(found) == expected


@pytest.mark.parametrize("turn", [to_absorbance, to_k_over_s], ids=lambda turn: turn.__name__)
def test_reflectance_comes_back(turn: object) -> None:
    lazy = cube().chunk(y=5)
    turned = turn(lazy)  # type: ignore[operator]
    assert isinstance(turned.data, da.Array)
    assert label_of(turned) != label_of(lazy)
    assert turned.attrs["pixel_size_mm"] == 0.1
    assert turned.dtype == np.float32
    assert np.allclose(to_reflectance(turned), lazy, atol=1e-5)


def test_what_has_no_absorbance_is_a_gap() -> None:
    spoilt = cube().copy()
    spoilt[0, 0, 0], spoilt[0, 0, 1], spoilt[0, 0, 2] = 0.0, -0.1, 1.2
    assert np.isnan(to_absorbance(spoilt)[0, 0, :2]).all()
    assert np.isnan(to_k_over_s(spoilt)[0, 0, :2]).all()
    assert float(to_k_over_s(spoilt)[0, 0, 2]) == 0.0


@pytest.mark.parametrize("quantity", ["raw", "radiance", "counts", "values", "derivative"])
def test_counts_are_never_taken_for_reflectance(quantity: str) -> None:
    with pytest.raises(InputError, match="Reflectance is needed"):
        require_reflectance(mark(cube(), quantity))


def test_bad_bands_are_left_out() -> None:
    good = NM < 650
    marked = cube().assign_coords(good_band=("wavelength", good))
    assert good_bands(marked)["wavelength"].to_numpy().tolist() == NM[good].tolist()
    with pytest.raises(InputError, match="All bands"):
        good_bands(marked.assign_coords(good_band=("wavelength", good & False)))


def test_a_sound_cube_is_found_sound() -> None:
    assert inspect(cube()).findings == ()
    assert "nothing wrong" in str(inspect(cube().chunk(y=7, x=11)))


def test_faults_are_found_where_they_are() -> None:
    spoilt = cube()
    spoilt[3:5, 7:9, 4] = -0.1
    spoilt[10, 20, 5:7] = 1.4
    spoilt[:, 12, 8] = np.nan
    spoilt[:, :, 20] = 0.5
    found = inspect(spoilt.chunk(y=7, x=11))
    (negative,) = found.find("negative")
    assert (negative.count, negative.bands, negative.window) == (4, (440.0,), (3, 5, 7, 9))
    (saturated,) = found.find("saturated")
    assert (saturated.count, saturated.bands) == (2, (450.0, 460.0))
    (stripe,) = found.find("stripes")
    assert (stripe.window, stripe.bands) == ((0, 20, 12, 13), (480.0,))
    assert found.find("gaps")[0].count == 20
    assert found.find("dead-bands")[0].bands == (600.0,)
    assert "rows 3 to 4, columns 7 to 8" in str(found)


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        (lambda c: mark(c, "values"), "quantity"),
        (lambda c: c.drop_vars("wavelength"), "wavelengths"),
        (lambda c: c.assign_coords(wavelength=NM / 1000), "wavelengths"),
        (lambda c: c.isel(wavelength=slice(None, None, -1)), "wavelengths"),
        (lambda c: c.assign_coords(good_band=("wavelength", NM < 500)), "bad-bands"),
        (
            lambda c: (c * 1e4).astype("u2").copy(data=(c * 1e4).astype("u2").data.byteswap()),
            "order",
        ),
    ],
    ids=["silent", "no wavelengths", "micrometres", "falling", "bad bands", "byte order"],
)
def test_what_is_odd_about_a_cube_is_said(spoil: object, kind: str) -> None:
    assert inspect(spoil(cube())).find(kind)  # type: ignore[operator]


def test_each_quantity_has_a_label() -> None:
    labels = {label_of(mark(cube(), each)) for each in Quantity}
    assert len(labels) == len(Quantity)
