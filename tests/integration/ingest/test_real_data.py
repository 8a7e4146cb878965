"""Real measurements come in as independent readers see them.

They lie outside the repository (MUSEION_TEST_DATA); the made files of the unit tests cover
the same formats where they are absent.
"""

import hashlib
import os
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from spectral.io import envi as spy

from museion_datasets.library import Library, connect
from tests.support.ingest import bring, opened

pytestmark = [
    pytest.mark.integration,
    # Spectral Python sets an array's shape and type in place, which numpy 2.5 no longer likes.
    pytest.mark.filterwarnings("ignore:Setting the .* on a NumPy array:DeprecationWarning"),
]

DATA = Path(os.environ.get("MUSEION_TEST_DATA", Path(__file__).parents[4] / "shared/data"))
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"no real data in {DATA}")


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return connect((tmp_path / "home").as_uri())


@needs_data
def test_panel_is_what_spectral_python_reads(library: Library) -> None:
    header = DATA / "hyperspectral/synthetic_panel_from_hyppigments/panel.hdr"
    bring(library, header)
    found = opened(library)["panel"].to_xarray()
    image = spy.open(str(header), str(header.with_suffix(".dat")))
    assert np.allclose(found["reflectance"], np.asarray(image.load()), rtol=0, atol=1e-6)
    assert found["wavelength"].to_numpy() == pytest.approx(image.bands.centers)


@needs_data
def test_pigment_library_is_what_spectral_python_reads(library: Library) -> None:
    stem = DATA / "spectral_libraries/hyppigments_kremer_vnir/__speclib_averages"
    bring(library, stem.with_suffix(".sli"))
    found = opened(library)["speclib_averages"].to_xarray()
    theirs = spy.open(str(stem.with_suffix(".hdr")), str(stem.with_suffix(".sli")))
    assert np.array_equal(found["reflectance"], theirs.spectra, equal_nan=True)
    assert found["wavelength"].to_numpy() == pytest.approx(theirs.bands.centers)
    assert found["name"].to_numpy().tolist() == [name.strip() for name in theirs.names]


@needs_data
@pytest.mark.parametrize(
    ("name", "variable", "path"),
    [
        ("xrf/synthetic_panel_maxrf/panel_maxrf.h5", "counts", "entry/data/counts"),
        ("xrf/aps_2ide_maps/2xfm_0011_2xfm3__0.h5", "MAPS_RAW.data_b", "MAPS_RAW/data_b"),
    ],
)
def test_fluorescence_maps_are_what_h5py_reads(
    library: Library, name: str, variable: str, path: str
) -> None:
    bring(library, {"map": DATA / name})
    with h5py.File(DATA / name) as file:
        assert np.array_equal(opened(library)["map"].to_xarray()[variable], file[path][()])


@needs_data
def test_spectra_table_is_what_pandas_reads(library: Library) -> None:
    path = DATA / "spectral_libraries/calibration_targets_hylite/library.csv"
    bring(library, path)
    expected = pd.read_csv(path, skipinitialspace=True)
    table = opened(library)["library"].to_pandas()
    assert table.iloc[:, 1:].to_numpy() == pytest.approx(expected.iloc[:, 1:].to_numpy())
    spectra = opened(library)["library-spectra"].to_xarray()
    assert spectra["values"].to_numpy() == pytest.approx(expected.iloc[:, 1:].to_numpy())


@needs_data
def test_photographs_keep_their_bytes_and_pixels(library: Library) -> None:
    folder = DATA / "photogrammetry/skull_alansartlog_66"
    bring(library, [folder / "07.jpg", folder])
    dataset = opened(library)
    pixels = np.asarray(Image.open(folder / "07.jpg"))
    assert np.array_equal(dataset["07"].to_xarray()["image"], pixels)
    for path in folder.iterdir():
        kept = dataset.read_bytes(f"files/{folder.name}/{path.name}")
        assert hashlib.sha256(kept).digest() == hashlib.sha256(path.read_bytes()).digest()


@needs_data
def test_camera_raw_is_kept_as_it_is(library: Library) -> None:
    raw = next((DATA / "metadata/bagit_smithsonian_photogrammetry").rglob("*.dng"))
    bring(library, [raw])
    assert opened(library)[raw.name].read_bytes() == raw.read_bytes()
