import numpy as np
import pytest

from museion.imaging import absorption_over_scattering, infinite_reflectance, layer_reflectance

REFLECTANCES = np.array([0.02, 0.1, 0.5, 0.9, 0.99])


def test_ratio_and_reflectance_undo_each_other() -> None:
    assert infinite_reflectance(absorption_over_scattering(REFLECTANCES)) == pytest.approx(
        REFLECTANCES
    )


def test_thick_layer_hides_its_substrate() -> None:
    scattering = 50.0
    absorption = absorption_over_scattering(REFLECTANCES[:4]) * scattering
    over_black = layer_reflectance(absorption, scattering, 0.0)
    over_white = layer_reflectance(absorption, scattering, 0.95)
    assert over_black == pytest.approx(REFLECTANCES[:4], abs=1e-3)
    assert over_white == pytest.approx(over_black, abs=1e-3)


def test_vanishing_layer_shows_its_substrate() -> None:
    assert layer_reflectance(1e-7, 1e-6, REFLECTANCES) == pytest.approx(REFLECTANCES, abs=1e-4)


def test_layer_without_absorption_follows_the_closed_form() -> None:
    assert layer_reflectance(1e-9, 2.0, 0.0) == pytest.approx(2.0 / 3.0, abs=1e-4)


def test_two_layers_reflect_like_one_of_their_thickness() -> None:
    lower = layer_reflectance(0.3, 0.8, 0.4)
    assert layer_reflectance(0.3, 0.8, lower) == pytest.approx(layer_reflectance(0.6, 1.6, 0.4))
