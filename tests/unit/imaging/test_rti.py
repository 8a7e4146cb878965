"""Fits, normals and relighting, against surfaces whose answer is known."""

import os
from collections.abc import Callable
from pathlib import Path

import dask.array as da
import numpy as np
import pytest
import xarray as xr

from museion.errors import InputError
from museion.imaging import rti
from museion.imaging.rti.models import direction_of
from museion.imaging.rti.relighting import Gloss
from museion_datasets.rti_basis import Basis, BasisKind
from tests.support.rti import (
    ALBEDO,
    as_capture,
    display,
    dome,
    matt,
    random_model,
    ripples,
    write_capture,
)

DATA = Path(os.environ.get("MUSEION_TEST_DATA", Path(__file__).parents[4] / "shared/data"))
RELIEF = DATA / "rti" / "synthetic_rti_venus_relief"
BASES = [
    Basis(BasisKind.PTM_LRGB, 6),
    Basis(BasisKind.PTM_RGB, 6),
    Basis(BasisKind.HSH, 4),
    Basis(BasisKind.HSH, 9),
    Basis(BasisKind.HSH, 16),
]


def angles(found: xr.DataArray, truth: np.ndarray) -> np.ndarray:
    cosine = np.einsum("yxc,yxc->yx", found.to_numpy().astype(np.float64), truth)
    return np.degrees(np.arccos(cosine.clip(-1, 1)))


def fit(capture: xr.DataArray, basis: Basis) -> xr.DataArray:
    if basis.kind is BasisKind.HSH:
        return rti.fit_hsh(capture, terms=basis.terms)
    return rti.fit_ptm(capture, colour="lrgb" if basis.is_lrgb else "rgb")


def test_harmonics_are_orthonormal_over_the_hemisphere() -> None:
    z, weights = np.polynomial.legendre.leggauss(24)
    z, weights = (z + 1) / 2, weights / 2
    around = np.arange(48) * 2 * np.pi / 48
    level = np.sqrt(1 - z**2)[:, None]
    grid = [level * np.cos(around), level * np.sin(around), np.repeat(z[:, None], 48, axis=1)]
    values = Basis(BasisKind.HSH, 16).weights(np.stack(grid, axis=-1).reshape(-1, 3))
    area = np.repeat(weights * 2 * np.pi / 48, 48)
    assert np.allclose(values.T @ (area[:, None] * values), np.eye(16), atol=1e-9)


@pytest.mark.parametrize("basis", BASES, ids=lambda basis: f"{basis.kind.value} {basis.terms}")
def test_fit_gives_back_what_its_basis_can_say(basis: Basis) -> None:
    truth, lights = random_model(basis, (5, 7)), dome(48)
    if basis.is_lrgb:
        truth.values[..., :6] = 0.1
        truth.values[..., 6:9] = ALBEDO
    images = np.stack([basis.relight(truth.to_numpy(), light) for light in lights])
    capture = as_capture(images, lights)
    for azimuth, elevation in ((20.0, 30.0), (200.0, 70.0)):
        shown = rti.relight(fit(capture, basis), azimuth, elevation)
        expected = basis.relight(truth.to_numpy(), direction_of(azimuth, elevation))
        assert np.allclose(shown, expected.clip(0, 1), atol=2e-4)


def test_lazy_fit_is_the_same_block_by_block_and_stays_lazy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    capture = as_capture(display(matt(ripples(), dome())), dome())
    lazy = capture.chunk({"light": 1, "y": 20, "x": 16})
    monkeypatch.setattr("museion.imaging.rti.capture._BLOCK_BYTES", 36 * 3 * 16 * 7)
    found = rti.fit_ptm(lazy)
    assert isinstance(found.data, da.Array)
    assert max(found.chunksizes["y"]) == 7
    assert np.allclose(found, rti.fit_ptm(capture), atol=1e-6, equal_nan=True)
    assert found.attrs["pixel_size_mm"] == 0.5
    error = rti.fit_error(lazy, found)
    assert isinstance(error.data, da.Array)
    assert 0 < float(error.mean()) < 0.06


def test_normals_survive_shadow_gloss_and_noise() -> None:
    lights, truth = dome(40), ripples()
    light = matt(truth, lights)
    random = np.random.default_rng(0)
    light[random.random(light.shape[:3]) < 0.15] = 0.001
    light[random.random(light.shape[:3]) < 0.08] = 0.98
    light += random.normal(0, 0.003, light.shape)
    found = rti.photometric_normals(as_capture(light, lights), encoding="linear")
    apart = angles(found["normal"], truth)
    assert np.isfinite(apart).mean() > 0.999
    assert np.nanmean(apart) < 0.5
    assert np.nanmedian(np.abs(found["albedo"] - ALBEDO.mean())) < 0.01
    assert 0.03 < float(found["uncertainty"].median()) < 0.3


def test_uncertainty_is_as_large_as_the_error() -> None:
    lights, truth = dome(40), ripples()
    noise = np.random.default_rng(1).normal(0, 0.01, (40, *truth.shape[:2], 3))
    capture = as_capture(matt(truth, lights) + noise, lights)
    found = rti.photometric_normals(capture, encoding="linear")
    error = np.sqrt(np.nanmean(angles(found["normal"], truth) ** 2))
    said = np.sqrt(float((found["uncertainty"] ** 2).mean()))
    assert 0.6 < said / error < 1.6


def test_what_lights_do_not_tell_is_not_determined() -> None:
    lights = dome()
    light = matt(ripples(), lights)
    light[:, :5] = 0.0
    light[:, 5:10] = np.random.default_rng(2).random((36, 5, SIZE_X, 1))
    found = rti.photometric_normals(as_capture(light, lights), encoding="linear")
    assert found["normal"][:5].isnull().all()
    assert float(found["normal"][5:10].isnull().mean()) > 0.9
    assert found["normal"][10:].notnull().all()


SIZE_X = ripples().shape[1]


def test_reference_relief_is_measured_to_half_a_degree() -> None:
    if not RELIEF.is_dir():
        pytest.skip("the reference relief is not here")
    capture = rti.read_capture(RELIEF / "lights.lp")[:, ::4, ::4].compute()
    found = rti.photometric_normals(capture, encoding=2.2)
    with np.load(RELIEF / "ground_truth.npz") as truth:
        normal = truth["normal"][::4, ::4].astype(np.float64)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    apart = angles(found["normal"], normal)
    assert np.isfinite(apart).mean() > 0.995
    assert np.nanmean(apart) <= 0.45
    errors = [
        rti.fit_error(capture, model) for model in (rti.fit_ptm(capture), rti.fit_hsh(capture))
    ]
    polynomial, harmonics = (float(error.mean()) for error in errors)
    assert harmonics < polynomial < 0.045


def test_gloss_stands_where_the_normal_halves_light_and_view() -> None:
    model = random_model(BASES[0], (1, 2))
    model[..., :-3] = 0.0
    model[0, 0, -3:] = direction_of(30, 70)
    model[0, 1, -3:] = direction_of(210, 70)
    shown = rti.enhance_specular(model, 30, 50, Gloss(diffuse=0.4, specular=0.7, exponent=75))
    assert np.allclose(shown[0, 0], 0.7, atol=1e-3)
    assert np.allclose(shown[0, 1], 0.0, atol=1e-3)


def test_normals_and_raking_strip_are_pictures() -> None:
    model = rti.fit_ptm(as_capture(display(matt(ripples(), dome())), dome()))
    assert np.allclose(rti.show_normals(model), 0.5 + 0.5 * model[..., -3:], atol=1e-6)
    strip = rti.raking_strip(model, count=4)
    assert strip["azimuth"].to_numpy().tolist() == [0.0, 90.0, 180.0, 270.0]
    right_side = ripples()[..., 0] > 0.35
    assert strip[0].to_numpy()[right_side].mean() > strip[2].to_numpy()[right_side].mean() + 0.1


def test_capture_is_read_from_its_light_position_file(tmp_path: Path) -> None:
    lights = dome(8)
    images = display(matt(ripples(), lights))
    capture = rti.read_capture(write_capture(tmp_path, images, lights))
    assert np.array_equal(capture, images)
    assert capture["image_name"].to_numpy()[1] == "light 01.png"
    assert np.allclose(capture["light_z"], lights[:, 2], atol=1e-5)


def few(capture: xr.DataArray) -> xr.DataArray:
    return capture.isel(light=slice(0, 5))


def in_a_plane(capture: xr.DataArray) -> xr.DataArray:
    return capture.assign_coords(light_y=("light", np.zeros(36)))


def behind(capture: xr.DataArray) -> xr.DataArray:
    return capture.assign_coords(light_z=-capture["light_z"])


def without_lights(capture: xr.DataArray) -> xr.DataArray:
    return capture.drop_vars("light_x")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (few, "Too few lights for robust normals: 5"),
        (in_a_plane, "lie in one plane"),
        (behind, "is not before the object: number 0"),
        (without_lights, "Not a capture for RTI"),
    ],
)
def test_bad_capture_is_refused_with_the_reason(
    spoil: Callable[[xr.DataArray], xr.DataArray], message: str
) -> None:
    capture = as_capture(display(matt(ripples(), dome())), dome())
    with pytest.raises(InputError, match=message):
        rti.fit_ptm(spoil(capture))


def test_too_few_lights_for_the_terms_are_refused() -> None:
    capture = as_capture(display(matt(ripples(), dome(12))), dome(12))
    with pytest.raises(InputError, match="12 lights of the capture don't tell the 16 terms"):
        rti.fit_hsh(capture, terms=16)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda model: rti.relight(model, 10, -5), "Not a place for a light"),
        (lambda model: rti.raking_strip(model, count=0), "Not a number of raking lights"),
        (lambda model: rti.relight(model[..., 0], 10, 5), "Not an RTI model"),
        (lambda model: rti.relight(model[..., :5], 10, 5), "has 12 planes, this one: 5"),
    ],
)
def test_bad_wish_is_refused_with_the_reason(
    call: Callable[[xr.DataArray], object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        call(random_model(BASES[0], (2, 2)))
