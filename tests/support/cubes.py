"""Cubes in a local library: the painted panel, and a small one whose every value is known."""

from functools import cache
from pathlib import Path

import numpy as np
import xarray as xr

from museion.samples.panel import Panel, make_panel
from museion_datasets.ingest.cube import put_cube
from museion_datasets.library import Library, connect

NM = np.arange(400.0, 1001.0, 50.0)
STEPS_SHAPE = (300, 520)
HOLE = (slice(100, 140), slice(300, 340))


@cache
def painted_panel() -> Panel:
    """Return the panel; painting takes some seconds, so once for all tests."""
    return make_panel()


def steps() -> xr.DataArray:
    """Return reflectance that rises along x and with wavelength, with a hole in it."""
    height, width = STEPS_SHAPE
    values = np.linspace(0.1, 0.5, width)[None, :, None] + NM / 5000 + np.zeros((height, 1, 1))
    values[HOLE] = np.nan
    return xr.DataArray(
        values.astype(np.float32),
        dims=("y", "x", "wavelength"),
        coords={"wavelength": NM},
        attrs={"quantity": "reflectance", "pixel_size_mm": 0.25},
    )


def save_cube(folder: Path, name: str, cube: xr.DataArray, title: str = "A cube") -> Library:
    """Put a cube into the local library in `folder` as `murals/<name>`, item `vnir`."""
    library = connect(folder.as_uri())
    with library.draft(
        f"murals/{name}", title=title, kind="cube", rights="CC0-1.0", synthetic=True
    ) as draft:
        put_cube(draft, "vnir", cube)
    return library
