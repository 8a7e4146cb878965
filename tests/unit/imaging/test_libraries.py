import os
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from museion.errors import InputError
from museion.imaging import mark, open_library, to_absorbance
from museion.imaging.libraries import SpectralLibrary

DATA = Path(os.environ.get("MUSEION_TEST_DATA", Path(__file__).parents[4] / "shared/data"))
HYPPIGMENTS = DATA / "spectral_libraries/hyppigments_kremer_vnir/__speclib_averages.hdr"
PANEL = DATA / "hyperspectral/synthetic_panel_from_hyppigments"
NM = np.arange(420.0, 981.0, 10.0)

real = pytest.mark.skipif(not HYPPIGMENTS.exists(), reason="the real sample data is not here")


def edge(centre: float, width: float = 12.0) -> np.ndarray:
    return 0.05 + 0.8 / (1 + np.exp(-(NM - centre) / width))


def library() -> SpectralLibrary:
    names = ["vermilion--1", "vermilion--2", "red lead--minium--1", "azurite--1"]
    spectra = np.stack([edge(600), 0.9 * edge(603), edge(570), edge(600)[::-1]])
    return SpectralLibrary.of_array(
        xr.DataArray(
            spectra,
            dims=("pigment", "wavelength"),
            coords={"wavelength": NM, "name": ("pigment", names)},
        ),
        "three pigments",
    )


def spectrum(values: np.ndarray, nm: np.ndarray = NM) -> xr.DataArray:
    return xr.DataArray(values, dims="wavelength", coords={"wavelength": nm})


def test_shades_compete_as_one_and_the_runner_up_is_another_material() -> None:
    found = library().search(spectrum(0.4 * edge(600)))
    assert [each.material for each in found.matches] == ["vermilion", "red lead--minium", "azurite"]
    assert found.matches[0].scale == pytest.approx(0.4)
    assert found.candidates == found.matches[:1]
    assert "rather than red lead--minium" in found.why
    assert 550 <= found.matches[1].differs_nm <= 610


def test_brightness_quantity_and_bands_do_not_matter() -> None:
    fine = np.arange(430.0, 900.0, 3.0)
    other = spectrum(np.interp(fine, NM, edge(570)), fine)
    assert library().search(to_absorbance(other)).matches[0].material == "red lead--minium"


def test_noise_decides_whether_two_are_told_apart() -> None:
    between = spectrum((edge(600) + edge(571)) / 2)
    assert (
        "cannot be told from"
        in library().search(between, max_angle=0.3, error=between * 0 + 0.2).why
    )
    assert library().search(between, max_angle=0.001).is_unknown


def test_names_and_elements() -> None:
    assert library().find("RED lead").names == ["red lead--minium--1"]
    assert library().with_element("Hg").names == ["vermilion--1", "vermilion--2"]
    assert len(library().with_element("Hg", "Pb")) == 0
    with pytest.raises(InputError, match="Not an element"):
        library().with_element("lead")


@pytest.mark.parametrize(
    ("spoil", "match"),
    [
        (lambda a: a * 100, "no reflectance from 0 to 1"),
        (lambda a: a.assign_coords(wavelength=NM / 1000), "not rising nanometres"),
        (lambda a: a.drop_vars("wavelength"), "Not a spectral library"),
        (lambda a: mark(a, "raw"), "Reflectance is needed"),
        (lambda a: a[0], "Not a spectral library"),
    ],
    ids=["percent", "micrometres", "no wavelengths", "counts", "one spectrum"],
)
def test_a_library_in_other_units_is_refused(spoil: object, match: str) -> None:
    array = library().spectra
    with pytest.raises(InputError, match=match):
        open_library(spoil(array))  # type: ignore[operator]


def test_percent_are_read_when_it_is_said() -> None:
    assert np.allclose(open_library(library().spectra * 100, scale=0.01).spectra, library().spectra)


def test_spectra_without_common_bands_are_refused() -> None:
    with pytest.raises(InputError, match="Nothing to compare"):
        library().search(spectrum(edge(600), NM + 900))
    with pytest.raises(InputError, match="Not a single spectrum"):
        library().search(library().spectra)


@pytest.mark.parametrize("unit", ["NANOMETERS", "MICROMETERS", "1/CM"])
def test_jcamp_of_any_unit_is_read(tmp_path: Path, unit: str) -> None:
    nm = np.linspace(1000.0, 2500.0, 16)
    x = {"NANOMETERS": nm, "MICROMETERS": nm / 1e3, "1/CM": 1e7 / nm}[unit]
    lines = "\n".join(f"{a:.6f}, {b:.4f}" for a, b in zip(x, np.linspace(20, 80, 16), strict=True))
    (tmp_path / "gypsum.jdx").write_text(
        "##TITLE=gypsum\n##JCAMP-DX=4.24\n##DATA TYPE=INFRARED SPECTRUM\n"
        f"##XUNITS={unit}\n##YUNITS=% REFLECTANCE\n##XFACTOR=1\n##YFACTOR=1\n##NPOINTS=16\n"
        f"##XYPOINTS=(XY..XY)\n{lines}\n##END=\n"
    )
    found = open_library(tmp_path / "gypsum.jdx")
    assert np.allclose(found.spectra["wavelength"], nm, rtol=1e-3)
    assert np.allclose(found.spectra[0], np.linspace(0.2, 0.8, 16))
    assert found.names == ["gypsum"]
    assert found.spectra["elements"].to_numpy().tolist() == ["Ca S"]


def test_csv_is_read(tmp_path: Path) -> None:
    rows = [f"{nm},{a:.6f}" for nm, a in zip(NM, edge(600), strict=True)]
    (tmp_path / "own.csv").write_text("\n".join(["nm,vermilion", *rows]))
    found = open_library(tmp_path / "own.csv")
    assert np.allclose(found.spectra[0], edge(600), atol=1e-5)


def test_a_file_without_spectra_is_refused(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("name,colour\nazurite,blue\n")
    with pytest.raises(InputError, match="no spectra"):
        open_library(tmp_path / "list.csv")


@real
def test_real_pigments_are_found_by_shape_name_and_element() -> None:
    pigments = open_library(HYPPIGMENTS)
    assert len(pigments) == 1592
    azurite = pigments.find("azurite natural standard--1")
    assert {"azurite natural standard"} == {
        each.material for each in pigments.search(azurite.spectra[0]).matches[:1]
    }
    mercury = {name.partition("--")[0] for name in pigments.with_element("Hg").names}
    assert mercury == {"vermilion", "cinnabar", "natural cinnabar"}


@real
def test_each_pure_pigment_of_the_reference_panel_is_ranked_first() -> None:
    truth = np.load(PANEL / "ground_truth.npz")
    pigments = open_library(HYPPIGMENTS)
    values = np.fromfile(PANEL / "panel.dat", "<u2").reshape(180, 186, 240).transpose(0, 2, 1)
    right = 0
    for number, name in enumerate(truth["pigments"]):
        pure = truth["abundance"][..., number] > 0.97
        mean = spectrum(values[pure].mean(axis=0) / 1e4, truth["wavelength_nm"])
        best = pigments.search(mean).matches[0].material
        right += str(name).replace("_", " ").split()[0] in best.lower()
    assert right == 10
