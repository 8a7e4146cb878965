"""Spectral angle mapper: which reference each pixel resembles most, or none.

All angles of a slab of pixels come from one matrix product, in the precision of the cube: those
of float32 and of 16-bit numbers are good to 0.00001 rad. Of a float64 cube and many references
the product is in float32, and the two smallest angles are computed again. Angles too small for
their cosine come from a formula that is exact for them.

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
from museion.imaging.analysis.nearest import Nearest, described, outputs
from museion.imaging.analysis.pixels import map_pixels, precision_of, require_cube, slabs
from museion.imaging.analysis.references import require_references

MAX_ANGLE_RAD = 0.1
_FEW = 48
_NEARLY_ONE = {np.float32: 1 - 1e-3, np.float64: 1 - 1e-8}  # cosines that say too little

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
        attribute ``classes``; ``angle`` (y, x) float32 in radians, also where unknown;
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
    made = map_pixels(find_nearest, cube, outputs("angle"), references=spectra, max_angle=max_angle)
    made["best"].attrs["max_angle_rad"] = float(max_angle)
    return described(made, names, "angle", units="rad", long_name="spectral angle")


def find_nearest(block: NDArray[Any], references: Floats, max_angle: float) -> tuple[Any, ...]:
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
    nearest = Nearest(block.shape[:-1])
    units = references / np.linalg.norm(references, axis=1, keepdims=True)
    kind = precision_of(block.dtype)
    is_rough = kind is np.float64 and len(units) > _FEW
    product = np.ascontiguousarray(units.T, np.float32 if is_rough else kind)
    units = units.astype(kind)
    for rows, slab in slabs(block, len(units), kind):
        lengths = np.sqrt(np.einsum("ij,ij->i", slab, slab))
        places, valid = _measurable(rows, lengths)
        spectra, lengths = slab[valid], lengths[valid]
        cosines = spectra.astype(product.dtype, copy=False) @ product
        starts = np.arange(0, cosines.size, len(units))
        for rank in range(min(2, len(units))):
            number = cosines.argmax(axis=1)
            chosen = starts + number
            cosine = _products(spectra, units[number]) if is_rough else cosines.take(chosen)
            cosines.put(chosen, -np.inf)
            angle = _angle(cosine / lengths, spectra, (units, number), lengths)
            nearest.put(rank, places, number, angle)
    return nearest.finished(max_angle)


def _measurable(
    rows: slice, lengths: NDArray[Any]
) -> tuple[slice | NDArray[np.intp], slice | NDArray[np.bool_]]:
    """Return which pixels of all, and of these rows, have an angle: no gap, and not dark."""
    valid = np.isfinite(lengths) & (lengths > 0)
    if valid.all():
        return rows, slice(None)  # views, where indices would copy
    return rows.start + np.flatnonzero(valid), valid


def _products(spectra: NDArray[Any], units: NDArray[Any]) -> NDArray[Any]:
    """Return the inner products of pairs of vectors."""
    products: NDArray[Any] = np.einsum("ij,ij->i", spectra, units)
    return products


def _angle(
    cosine: NDArray[Any],
    spectra: NDArray[Any],
    reference: tuple[NDArray[Any], NDArray[np.intp]],
    lengths: NDArray[Any],
) -> NDArray[Any]:
    """Return angles from their cosines, or where these say too little from the differences."""
    angles: NDArray[Any] = np.arccos(cosine.clip(-1, 1))
    units, number = reference
    small = np.flatnonzero(cosine > _NEARLY_ONE[cosine.dtype.type])
    apart = spectra.take(small, axis=0)
    apart /= lengths[small, None]
    apart -= units.take(number[small], axis=0)
    angles[small] = 2 * np.arcsin(np.sqrt(_products(apart, apart)) / 2)
    return angles
