"""Small cubes and spectra of known make, for the tests of analyses."""

import os
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import NDArray

NM = np.arange(400.0, 1000.0, 20.0)
DIMS = ("y", "x", "wavelength")
DATA = Path(os.environ.get("MUSEION_TEST_DATA", Path(__file__).parents[3] / "shared/data"))


def cube_of(values: NDArray[np.floating]) -> xr.DataArray:
    """Return values (y, x, band) as a cube of reflectance."""
    wavelength = ("wavelength", NM[: values.shape[-1]], {"units": "nm"})
    return xr.DataArray(values, dims=DIMS, coords={"wavelength": wavelength})


def random_cube(seed: int = 1) -> xr.DataArray:
    """Return a small noisy mixture of four random spectra."""
    random = np.random.default_rng(seed)
    mixed = random.random((23, 31, 4)) @ random.random((4, len(NM)))
    return cube_of(mixed + random.normal(0, 0.01, mixed.shape))


def lazy(cube: xr.DataArray) -> xr.DataArray:
    """Return a cube in blocks that cut through its spectra."""
    return cube.chunk({"y": 7, "x": 10, "wavelength": 11})


def spectra_of(count: int) -> xr.DataArray:
    """Return spectra with one broad band each, named pigment 0, 1, …."""
    centres = np.linspace(450, 950, count)[:, None]
    values = 0.1 + 0.8 * np.exp(-(((NM - centres) / 120) ** 2))
    names = [f"pigment {number}" for number in range(count)]
    coords = {"pigment": names, "wavelength": NM}
    return xr.DataArray(values, dims=("pigment", "wavelength"), coords=coords)


def patches(seed: int = 4) -> tuple[xr.DataArray, NDArray[np.intp]]:
    """Return three pigments side by side with noise, and which pixel is of which.

    They cover a half, a third and a sixth of the image.
    """
    truth = np.repeat([0, 0, 0, 1, 1, 2], 6)[None].repeat(30, axis=0)
    random = np.random.default_rng(seed)
    values = spectra_of(3).to_numpy()[truth] + random.normal(0, 0.02, (*truth.shape, len(NM)))
    return cube_of(values), truth
