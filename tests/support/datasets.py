"""A library on a temporary directory, sample data, and what an attacker does to storage."""

from pathlib import Path

import numpy as np
import xarray as xr

from museion_datasets import connect
from museion_datasets.draft import Draft
from museion_datasets.library import Library
from museion_datasets.objects import LocalObjects, ObjectStore
from museion_datasets.sealing.sealed import SealedObjects

PANEL = "murals/panel"
DATASET_ID = "0123456789abcdef0123456789abcdef"
CANARY = b"Kremer Pigmente 10550 ultramarine ash"


def make_library(folder: Path) -> Library:
    return connect(folder.as_uri())


def begin_panel(library: Library, path: str = PANEL) -> Draft:
    return library.draft(
        path, title="Painted panel", kind="cube", rights="CC-BY-4.0", synthetic=True
    )


def make_cube(rows: int = 48, columns: int = 40, bands: int = 12) -> xr.DataArray:
    values = np.arange(1, 1 + rows * columns * bands, dtype=np.uint16)
    return xr.DataArray(
        values.reshape(rows, columns, bands),
        dims=("y", "x", "wavelength"),
        coords={"wavelength": 400.0 + 10 * np.arange(bands)},
        name="reflectance",
        attrs={"unit": "1", "note": "calibrated on Spectralon"},
    )


def seal(objects: ObjectStore, *, key: bytes = b"k" * 32, epoch: int = 1) -> SealedObjects:
    return SealedObjects(objects, DATASET_ID, epoch, {epoch: key})


def make_sealed(folder: Path, *, key: bytes = b"k" * 32, epoch: int = 1) -> SealedObjects:
    return seal(LocalObjects(folder), key=key, epoch=epoch)


def dataset_folder(home: Path, library: Library, path: str = PANEL) -> Path:
    """Return where the objects of a dataset in a local catalogue lie."""
    return home / "storage" / path.partition("/")[0] / library.open(path).record.id


def object_file(folder: Path, name: str) -> Path:
    return folder / "objects" / name[:2] / name


def read_keys(library: Library, path: str = PANEL) -> list[bytes]:
    """Return the data keys of a dataset, to look for where they must not be."""
    return list(library._catalogue.open_dataset(path).keys.values())


def stored_files(home: Path) -> list[Path]:
    return sorted(path for path in (home / "storage").rglob("*") if path.is_file())


def flip_bit(path: Path, offset: int) -> None:
    data = bytearray(path.read_bytes())
    data[offset] ^= 1
    path.write_bytes(data)
