"""Spectral angle mapper: which reference each pixel resembles most, or none.

All angles of a slab of pixels come from one matrix product in float32; the two smallest are
then computed again in float64 by a formula that is exact for small angles.

References
----------
F. A. Kruse et al., "The spectral image processing system (SIPS)", Remote Sensing of
Environment 44 (1993) 145-163.
W. Kahan, "How futile are mindless assessments of roundoff in floating-point computation?"
(2006), section 12 (angle between vectors).
"""

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from museion.errors import InputError
from museion.imaging.analysis.pixels import WAVELENGTH, map_pixels, require_cube, slabs
from museion.imaging.spectra import at_wavelengths

UNKNOWN = -1
MAX_ANGLE_RAD = 0.1

type Floats = NDArray[np.float64]


def map_spectral_angles(
    cube: xr.DataArray, references: xr.DataArray, max_angle: float = MAX_ANGLE_RAD
) -> xr.Dataset:
    """Find for each pixel the reference with the smallest spectral angle.

    Brightness cancels out. Many materials have nearly the same spectrum in a short range of
    wavelengths: look at the runner-up before you name one.

    Parameters
    ----------
    cube : DataArray
        Dimensions ``y``, ``x`` and ``wavelength`` in nm; Dask stays lazy.
    references : DataArray
        Spectra (reference, wavelength), the first dimension with any name, its coordinate
        with the references' names. Interpolated to the cube's wavelengths.
    max_angle : float
        In radians; a pixel further from every reference is unknown.

    Returns
    -------
    Dataset
        ``best`` (y, x) int32: number of the reference, -1 where unknown, with the names as
        attribute ``names``; ``angle`` (y, x) float32 in radians, also where unknown;
        ``runner_up`` and ``runner_up_angle``, of the second best reference, -1 and NaN if
        there is but one. NaN and -1 where a pixel has a gap or is dark.

    Raises
    ------
    InputError
        If it is no cube, the references are not such, or the angle is out of range.
    """
    cube = require_cube(cube)
    spectra, names = require_references(cube, references)
    if not 0 < max_angle <= np.pi / 2:
        raise InputError(
            f"Not an angle to the nearest reference: {max_angle}",
            hint="give radians, more than 0 and at most π/2.",
        )
    outputs: dict[str, tuple[str | None, int, Any]] = {
        "best": (None, 0, np.int32),
        "angle": (None, 0, np.float32),
        "runner_up": (None, 0, np.int32),
        "runner_up_angle": (None, 0, np.float32),
    }
    made = map_pixels(find_nearest, cube, outputs, references=spectra, max_angle=max_angle)
    for name in ("best", "runner_up"):
        made[name].attrs = {"names": names, "unknown": UNKNOWN}
    for name in ("angle", "runner_up_angle"):
        made[name].attrs = {"units": "rad", "long_name": "spectral angle"}
    made["best"].attrs["max_angle_rad"] = float(max_angle)
    return made


def require_references(cube: xr.DataArray, spectra: xr.DataArray) -> tuple[Floats, list[str]]:
    """Return spectra at a cube's wavelengths, and their names.

    Parameters
    ----------
    cube : DataArray
        From `require_cube`.
    spectra : DataArray
        Of two dimensions, one of them ``wavelength``.

    Returns
    -------
    (references, bands) float64
        Values.
    list of str
        Names: the coordinate of the first dimension, or numbers.

    Raises
    ------
    InputError
        If they are none, have gaps, or don't cover the cube's wavelengths.
    """
    good = isinstance(spectra, xr.DataArray) and WAVELENGTH in spectra.dims
    if not good or spectra.ndim != 2 or WAVELENGTH not in spectra.coords or not spectra.size:  # noqa: PLR2004
        raise InputError(
            "Not reference spectra: they need two dimensions, one of them wavelength in nm",
            hint='make them so: xarray.DataArray(values, dims=("reference", "wavelength"), …).',
        )
    fitted = at_wavelengths(spectra, cube[WAVELENGTH]).transpose(..., WAVELENGTH)
    values = fitted.to_numpy().astype(np.float64)
    usable = np.isfinite(values).all(axis=1) & (values**2).any(axis=1)
    if not usable.all():
        raise InputError(
            f"A reference has a gap or is zero: number {int(np.argmin(usable))}",
            hint="leave it out.",
        )
    (dim,) = (name for name in fitted.dims if name != WAVELENGTH)
    names = fitted[dim].to_numpy() if dim in fitted.coords else range(len(values))
    return values, [str(name) for name in names]


def find_nearest(
    block: NDArray[Any], references: Floats, max_angle: float
) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.int32], NDArray[np.float32]]:
    """Find the two nearest references of each pixel of a block.

    Parameters
    ----------
    block : (…, bands) array
        Any numbers; NaN is a gap.
    references : (references, bands) float64
        None zero.
    max_angle : float
        In radians.

    Returns
    -------
    tuple of four (…) arrays
        Best reference, its angle, the second best, its angle.
    """
    pixels = block[..., 0].size
    numbers = np.full((2, pixels), UNKNOWN, np.int32)
    angles = np.full((2, pixels), np.nan, np.float32)
    units = references / np.linalg.norm(references, axis=1, keepdims=True)
    product = units.astype(np.float32).T
    for rows, spectra in slabs(block, len(references)):
        lengths = np.linalg.norm(spectra, axis=1)
        valid = np.flatnonzero(np.isfinite(lengths) & (lengths > 0))
        found = spectra[valid] / lengths[valid, None]
        cosines = found.astype(np.float32) @ product
        for rank in range(min(2, len(units))):
            nearest = cosines.argmax(axis=1)
            cosines[np.arange(len(nearest)), nearest] = -np.inf
            numbers[rank, rows.start + valid] = nearest
            angles[rank, rows.start + valid] = _angle(found, units[nearest])
    _put_in_order(numbers, angles)
    numbers[0, ~(angles[0] <= max_angle)] = UNKNOWN
    shape = block.shape[:-1]
    return (
        numbers[0].reshape(shape),
        angles[0].reshape(shape),
        numbers[1].reshape(shape),
        angles[1].reshape(shape),
    )


def _angle(first: Floats, second: Floats) -> Floats:
    """Return the angles between pairs of unit vectors, exact for small ones."""
    apart = np.linalg.norm(first - second, axis=1)
    together = np.linalg.norm(first + second, axis=1)
    angles: Floats = 2 * np.arctan2(apart, together)
    return angles


def _put_in_order(numbers: NDArray[np.int32], angles: NDArray[np.float32]) -> None:
    """Exchange best and second where float32 had them the wrong way round."""
    wrong = angles[1] < angles[0]
    numbers[:, wrong] = numbers[::-1, wrong]
    angles[:, wrong] = angles[::-1, wrong]
