"""Files as instruments write them, and files that lie."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion_datasets.dataset import Dataset
from museion_datasets.ingest.envi_header import DTYPES
from museion_datasets.ingest.report import Report
from museion_datasets.ingest.run import Options, Sources, ingest
from museion_datasets.library import Library

PATH = "murals/measured"
AXES = {"bil": (0, 2, 1), "bip": (0, 1, 2), "bsq": (2, 0, 1)}
ABOUT: dict[str, Any] = {"title": "Measured", "rights": "CC0-1.0", "synthetic": True}


def bring(library: Library, sources: Sources, **options: bool) -> Report:
    return ingest(library, PATH, sources, options=Options(**options), **ABOUT)


def opened(library: Library) -> Dataset:
    return library.open(PATH)


def make_cube(rows: int = 7, columns: int = 5, bands: int = 4, dtype: str = "u2") -> NDArray[Any]:
    values = np.arange(rows * columns * bands).reshape(rows, columns, bands)
    return (values % 251).astype(dtype)


def write_envi(
    folder: Path,
    cube: NDArray[Any],
    *,
    name: str = "panel",
    interleave: str = "bil",
    order: str = "<",
    more: Mapping[str, str] | None = None,
) -> Path:
    """Write a cube (y, x, band) with its header; `more` adds or replaces header fields."""
    folder.mkdir(parents=True, exist_ok=True)
    codes = {np.dtype(kind): code for code, kind in DTYPES.items()}
    rows, columns, bands = cube.shape
    fields = {
        "samples": str(columns),
        "lines": str(rows),
        "bands": str(bands),
        "header offset": "0",
        "data type": str(codes[cube.dtype.newbyteorder("=")]),
        "interleave": interleave,
        "byte order": str("<>".index(order)),
        "wavelength": f"{{{', '.join(str(400.0 + 10 * at) for at in range(bands))}}}",
        "wavelength units": "Nanometers",
        **(more or {}),
    }
    stored = cube.transpose(AXES[interleave]).astype(cube.dtype.newbyteorder(order))
    offset = int(fields["header offset"]) if fields["header offset"].isdecimal() else 0
    (folder / f"{name}.dat").write_bytes(b"\0" * offset + stored.tobytes())
    header = folder / f"{name}.hdr"
    lines = [f"{key} = {value}" for key, value in fields.items() if value]
    header.write_text("\n".join(["ENVI", *lines]) + "\n", encoding="utf-8")
    return header
