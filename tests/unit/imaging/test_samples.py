"""The synthetic scan and library: what physics demands of them."""

import numpy as np
import pytest
import xarray as xr

from museion.imaging import open_library, xrf
from museion.imaging.libraries import SpectralLibrary
from museion.imaging.xrf.response import Response
from museion.samples import _matter, panel_xrf
from museion.samples._fluorescence import Layers, expected_counts
from museion.samples._pigments import PIGMENTS
from museion.samples.reference_paints import make_library

ENERGY = panel_xrf.ZERO_KEV + panel_xrf.GAIN_KEV * np.arange(panel_xrf.CHANNELS)
THICKNESS_UM = np.array([0.0, 5.0, 20.0, 80.0])


def scanned(pigment: str) -> np.ndarray:
    """Return the spectra of one paint of rising thickness over the ground."""
    matter = _matter.PIGMENTS[pigment]
    mass = THICKNESS_UM[:, None] * 1e-4 * matter.density * matter.composition()
    ground = _matter.GROUND.composition() * 0.05
    wood = _matter.WOOD.composition() * 0.5
    amounts, shapes = expected_counts(Layers(mass, ground, wood), ENERGY, Response())
    return amounts @ shapes


def counts_at(spectra: np.ndarray, line: str) -> np.ndarray:
    channel = round((xrf.line_energy(line) - panel_xrf.ZERO_KEV) / panel_xrf.GAIN_KEV)
    return spectra[:, channel - 2 : channel + 3].sum(axis=1)


def test_thicker_lead_white_shows_more_lead_less_and_less_so_and_hides_the_chalk() -> None:
    spectra = scanned("lead_white")
    lead, calcium = counts_at(spectra, "Pb La1"), counts_at(spectra, "Ca Ka")
    gain = np.diff(lead) / np.diff(THICKNESS_UM)
    assert np.all(gain > 0)
    assert np.all(np.diff(gain) < 0)
    assert np.all(np.diff(calcium) < 0)
    assert calcium[-1] < 0.2 * calcium[0]


def test_ultramarine_shows_nothing_that_the_bare_ground_does_not() -> None:
    spectra = scanned("ultramarine")
    for line in ("Fe Ka", "Cu Ka", "Co Ka", "Pb La1"):
        assert counts_at(spectra, line)[2] < 2 * counts_at(spectra, line)[0]  # scatter


@pytest.mark.parametrize("name", _matter.PIGMENTS)
def test_each_pigment_is_made_of_known_elements(name: str) -> None:
    assert _matter.PIGMENTS[name].composition().sum() == pytest.approx(1)


def test_the_scan_lies_within_the_panel() -> None:
    corners = np.array([[-0.5, -0.5, 1], [151.5, -0.5, 1], [-0.5, 111.5, 1], [151.5, 111.5, 1]])
    x, y, _ = panel_xrf.to_panel() @ corners.T
    assert (x.min() > 0, x.max() < 639, y.min() > 0, y.max() < 479) == (True,) * 4


@pytest.fixture(scope="module")
def library() -> SpectralLibrary:
    return open_library(make_library())


def test_reference_paints_have_shades_elements_and_those_that_are_not_on_the_panel(
    library: SpectralLibrary,
) -> None:
    assert len(library) == 4 * 37
    assert {"vermilion--1", "vermilion--4"} == set(library.find("vermilion").names[::3])
    assert set(library.with_element("Hg").names) == set(library.find("vermilion").names)
    assert library.find("cadmium red").names
    values: xr.DataArray = library.spectra
    assert 0 < float(values.min()) < float(values.max()) < 1


def test_a_reference_is_like_the_paint_and_not_the_same(library: SpectralLibrary) -> None:
    nm = library.spectra["wavelength"]
    painted = xr.DataArray(
        PIGMENTS["vermilion"].masstone(nm.to_numpy()), dims="wavelength", coords={"wavelength": nm}
    )
    found = library.search(painted).matches[0]
    assert found.material == "vermilion"
    assert found.angle > 0.005
