"""Cubes in a local library: the painted panel, and a small one whose every value is known."""

from functools import cache
from pathlib import Path

import numpy as np
import xarray as xr

from museion.samples.panel import Panel, make_panel
from museion_datasets.ingest.cube import put_cube
from museion_datasets.ingest.maps import put_map
from museion_datasets.library import Library, connect

NM = np.arange(400.0, 1001.0, 50.0)
STEPS_SHAPE = (300, 520)
HOLE = (slice(100, 140), slice(300, 340))


ELEMENTS = xr.Dataset(
    {
        "counts": (
            ("element", "y", "x"),
            np.stack([
                np.linspace(0, 200, 92 * 118, dtype=np.float32).reshape(92, 118),
                np.full((92, 118), np.nan, np.float32),
            ]),
            {"units": "counts", "quantity": "counts"},
        ),
        "counts_error": (("element", "y", "x"), np.ones((2, 92, 118), np.float32)),
    },
    coords={
        "element": ["Hg L", "Ca K"],
        "status": ("element", ["determined", "not determined"]),
        "reason": ("element", ["", "too few counts"]),
    },
)


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


def pigments() -> xr.DataArray:
    """Return a map of classes over the same pixels as `steps`, a quarter of it unknown."""
    height, width = STEPS_SHAPE
    rows, columns = np.mgrid[:height, :width]
    classes = np.where(rows < height // 2, columns // 130, -1 + 2 * (columns // 260))
    names = ["lead white", "vermilion", "azurite", "smalt"]
    return xr.DataArray(
        classes.astype(np.int32), dims=("y", "x"), name="pigment", attrs={"classes": names}
    )


def coloured() -> xr.DataArray:
    """Return a grey half and a red one, with nonsense in the one band that is marked as bad."""
    nm = np.arange(400.0, 1001.0, 10.0)
    good = nm != 600.0
    red = np.where(nm > 580.0, 0.65, 0.05)
    values = np.where(np.arange(40)[None, :, None] < 20, 0.3, red) + np.zeros((40, 1, 1))
    return xr.DataArray(
        np.where(good, values, 4.0).astype(np.float32),
        dims=("y", "x", "wavelength"),
        coords={"wavelength": nm, "good_band": ("wavelength", good)},
        attrs={"quantity": "reflectance"},
    )


KEV = np.round(np.arange(0.0, 16.0, 0.04), 2)


def scanned() -> xr.DataArray:
    """Return counts over energy: iron everywhere, lead in the right half, few in a channel."""
    lead = np.arange(520)[None, :, None] >= 260
    peaks = {6.4: 2.0 + 0 * lead, 10.56: 3.0 * lead}
    counts = sum(much * np.exp(-(((KEV - at) / 0.08) ** 2)) for at, much in peaks.items())
    noisy = np.random.default_rng(0).poisson(counts + 0.02 + np.zeros((300, 1, 1)))
    return xr.DataArray(
        noisy.astype(np.uint16),
        dims=("y", "x", "energy"),
        coords={"energy": ("energy", KEV, {"units": "keV"})},
        attrs={"quantity": "counts", "pixel_size_mm": 0.5},
    )


def save_layers(folder: Path, name: str) -> None:
    """Put element maps, an X-ray and a class map into `murals/<name>`."""
    xray = xr.DataArray(
        np.arange(60 * 104, dtype=np.uint16).reshape(60, 104, 1),
        dims=("y", "x", "channel"),
        attrs={"quantity": "image"},
    )
    with connect(folder.as_uri()).draft(
        f"murals/{name}", title="Layers", kind="files", rights="CC0-1.0", synthetic=True
    ) as draft:
        draft.put_array("xrf", ELEMENTS)
        draft.put_array("xray", xray)
        put_map(draft, "pigments", pigments())
