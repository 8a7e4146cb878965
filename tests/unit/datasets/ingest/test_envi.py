"""ENVI cubes: what comes in is what was measured, and a header that lies is told."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from museion_datasets.errors import DatasetsError, InvalidError
from museion_datasets.ingest.envi import EnviReader
from museion_datasets.ingest.form import ArrayForm
from museion_datasets.library import Library
from tests.support.ingest import bring, make_cube, opened, write_envi


def test_cube_comes_in_with_wavelengths_and_originals(library: Library, tmp_path: Path) -> None:
    cube = make_cube()
    header = write_envi(tmp_path / "in", cube)
    report = bring(library, header)
    dataset = opened(library)
    found = dataset["panel"].to_xarray()
    assert found["values"].dims == ("y", "x", "wavelength")
    assert np.array_equal(found["values"], cube)
    assert found["wavelength"].to_numpy().tolist() == [400, 410, 420, 430]
    assert found["wavelength"].attrs["units"] == "nm"
    assert found["good_band"].to_numpy().all()
    kept = {name: dataset[name].read_bytes() for name in dataset.files}
    assert kept["originals/panel/panel.hdr"] == header.read_bytes()
    assert kept["originals/panel/panel.dat"] == header.with_suffix(".dat").read_bytes()
    assert "panel: ENVI, 2 files" in str(report)


def test_reflectance_is_scaled_and_what_was_ignored_is_missing(
    library: Library, tmp_path: Path
) -> None:
    cube = make_cube() * np.uint16(40)
    cube[2, 3] = 9999
    more = {"reflectance scale factor": "10000", "data ignore value": "9999"}
    bring(library, write_envi(tmp_path / "in", cube, more=more))
    found = opened(library)["panel"].to_xarray()
    assert found.attrs["calibration"] == "reflectance"
    values = found["reflectance"]
    assert values.dtype == np.float32
    assert np.isnan(values[2, 3]).all()
    assert values.to_numpy()[0] == pytest.approx(cube[0] / 10000, abs=1e-7)


def test_ignored_value_of_a_float_cube_becomes_nan(library: Library, tmp_path: Path) -> None:
    cube = make_cube(dtype="f4")
    cube[1, 1] = -9999.0
    bring(library, write_envi(tmp_path / "in", cube, more={"data ignore value": "-9999"}))
    values = opened(library)["panel"].to_xarray()["values"].to_numpy()
    assert np.isnan(values[1, 1]).all()
    assert np.array_equal(values[0], cube[0])


def test_falling_wavelengths_are_sorted_with_their_bands_and_it_is_said(
    library: Library, tmp_path: Path
) -> None:
    cube = make_cube()
    more = {
        "wavelength": "{ 0.7, 0.6, 0.5, 0.4 }",
        "wavelength units": "Micrometers",
        "bbl": "{1, 0, 1, 1}",
        "fwhm": "{ .004, .003, .002, .001 }",
        "band names": "{deep red, red, green, blue}",
    }
    report = bring(library, write_envi(tmp_path / "in", cube, more=more))
    found = opened(library)["panel"].to_xarray()
    assert found["wavelength"].to_numpy().tolist() == [400, 500, 600, 700]
    assert found["good_band"].to_numpy().tolist() == [True, True, False, True]
    assert found["fwhm"].to_numpy().tolist() == [1, 2, 3, 4]
    assert found["band_name"].to_numpy().tolist() == ["blue", "green", "red", "deep red"]
    assert np.array_equal(found["values"], cube[..., ::-1])
    assert "sorted by wavelength" in str(report)


def test_cube_without_wavelengths_keeps_numbered_bands(library: Library, tmp_path: Path) -> None:
    header = write_envi(
        tmp_path / "in", make_cube(), more={"wavelength": "", "wavelength units": ""}
    )
    assert "no wavelengths" in str(bring(library, header))
    assert opened(library)["panel"].to_xarray()["values"].dims == ("y", "x", "band")


def test_header_is_understood_as_people_write_it(library: Library, tmp_path: Path) -> None:
    cube = make_cube(2, 3, 2)
    header = write_envi(tmp_path / "in", cube)
    header.write_bytes(
        b"\xef\xbb\xbfENVI\r\n; exported on Monday\r\nDescription = {\r\n  lines = 99,\r\n"
        b"  two {lines}\r\nSAMPLES=3\r\nLines  =  2\r\nBands = 2\r\nData   Type = 12\r\n"
        b"Interleave = BIL\r\nByte Order = 0\r\nWavelength = {\r\n 500.0,\r\n 600.0\r\n}\r\n"
    )
    bring(library, header)
    found = opened(library)["panel"].to_xarray()
    assert np.array_equal(found["values"], cube)
    assert found["wavelength"].to_numpy().tolist() == [500, 600]


@pytest.mark.parametrize("ending", ["", ".img", ".raw", ".bil", ".DAT"])
def test_data_file_is_found_by_the_usual_names(
    library: Library, tmp_path: Path, ending: str
) -> None:
    header = write_envi(tmp_path / "in", make_cube())
    data = header.with_suffix(".dat").rename(header.with_suffix(ending))
    bring(library, data)
    assert np.array_equal(opened(library)["panel"].to_xarray()["values"], make_cube())


def test_two_possible_data_files_are_refused(library: Library, tmp_path: Path) -> None:
    header = write_envi(tmp_path / "in", make_cube())
    header.with_suffix(".img").write_bytes(b"other")
    with pytest.raises(InvalidError, match="Not one data file"):
        bring(library, header)


LIES = {
    "shorter file": ({"lines": "8"}, "shorter than its header says"),
    "longer file": ({"lines": "6"}, "longer than its header says"),
    "negative size": ({"samples": "-5"}, "samples is not usable: '-5'"),
    "no size": ({"bands": ""}, "bands is not usable: None"),
    "absurd size": ({"lines": "99999999999999999999"}, "lines is not usable"),
    "overflowing product": (
        {"lines": "16777216", "samples": "16777216", "wavelength": ""},
        "shorter than its header says",
    ),
    "negative offset": ({"header offset": "-1"}, "header offset is not usable"),
    "unknown type": ({"data type": "7"}, "Not a data type of ENVI: 7"),
    "unknown interleave": ({"interleave": "bpi"}, "interleave is not usable"),
    "unknown byte order": ({"byte order": "2"}, "byte order is not usable"),
    "too few wavelengths": ({"wavelength": "{400, 500}"}, "4 bands and 2 items in wavelength"),
    "NaN wavelength": ({"wavelength": "{400, NaN, 500, 600}"}, "wavelength is not a number"),
    "infinite wavelength": ({"wavelength": "{400, 1e999, 500, 600}"}, "is not a number"),
    "negative wavelength": ({"wavelength": "{-400, 450, 500, 600}"}, "is not positive"),
    "same wavelength": ({"wavelength": "{400, 450, 450, 600}"}, "same wavelength: 450.0 nm"),
    "unknown unit": ({"wavelength units": "Wavenumber"}, "Not a unit of wavelength"),
    "bad bands": ({"bbl": "{1, 1, 0}"}, "4 bands and 3 items in bbl"),
    "open brace": ({"description": "{ never ends"}, "A brace stays open"),
    "zero scale": ({"reflectance scale factor": "0"}, "is not positive"),
}


@pytest.mark.parametrize(("more", "message"), LIES.values(), ids=LIES)
def test_header_that_lies_is_told_and_leaves_nothing(
    library: Library, home: Path, tmp_path: Path, more: dict[str, str], message: str
) -> None:
    header = write_envi(tmp_path / "in", make_cube(), more=more)
    with pytest.raises(InvalidError, match=message) as caught:
        bring(library, header)
    assert caught.value.hint
    assert [path for path in (home / "storage").rglob("*") if path.is_file()] == []
    assert library.datasets() == []


def test_header_alone_is_refused(library: Library, tmp_path: Path) -> None:
    header = write_envi(tmp_path / "in", make_cube())
    header.with_suffix(".dat").unlink()
    with pytest.raises(InvalidError, match="Not one data file"):
        bring(library, header)


def test_file_that_shrinks_while_it_is_read_is_told(tmp_path: Path) -> None:
    header = write_envi(tmp_path / "in", make_cube())
    with EnviReader().open(header) as reading:
        form = reading.forms[0]
        assert isinstance(form, ArrayForm)
        header.with_suffix(".dat").write_bytes(b"short")
        with pytest.raises(InvalidError, match="became shorter"):
            form.variables["values"].read((slice(0, 7), slice(0, 5), slice(0, 4)))


def test_spectral_library_becomes_spectra(library: Library, tmp_path: Path) -> None:
    spectra = make_cube(3, 6, 1, "f4")
    more: dict[str, Any] = {
        "file type": "ENVI Spectral Library",
        "wavelength": "{400, 410, 420, 430, 440, 450}",
        "spectra names": "{azurite, vermilion, lead white}",
    }
    bring(library, write_envi(tmp_path / "in", spectra, interleave="bsq", more=more))
    found = opened(library)["panel"].to_xarray()
    assert found["reflectance"].dims == ("spectrum", "wavelength")
    assert np.array_equal(found["reflectance"], spectra[..., 0])
    assert found["name"].to_numpy().tolist() == ["azurite", "vermilion", "lead white"]


def test_unreadable_file_is_told(library: Library, tmp_path: Path) -> None:
    with pytest.raises(DatasetsError, match="There is no such file"):
        bring(library, tmp_path / "missing.hdr")
