"""Spectral information divergence: which reference a pixel's spectrum says least new beside.

A spectrum scaled to a sum of one is a distribution; the divergence of two is the relative
entropy of each from the other. Two matrix products give those of a slab of pixels from all
references.

References
----------
C.-I. Chang, "An information-theoretic approach to spectral variability, similarity, and
discrimination for hyperspectral image analysis", IEEE Transactions on Information Theory 46
(2000) 1927-1932.
"""

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from museion.errors import InputError
from museion.imaging.analysis.nearest import Nearest, described, outputs
from museion.imaging.analysis.pixels import map_pixels, require_cube, slabs
from museion.imaging.analysis.references import require_references

MAX_DIVERGENCE = 0.05

type Floats = NDArray[np.float64]


def map_information_divergence(
    cube: xr.DataArray, references: xr.DataArray, max_divergence: float = MAX_DIVERGENCE
) -> xr.Dataset:
    """Find for each pixel the reference with the smallest spectral information divergence.

    Brightness cancels out. Bands where a spectrum is dark weigh more than in a spectral angle.

    Parameters
    ----------
    cube : DataArray
        Dimensions ``y``, ``x`` and ``wavelength`` in nm, values positive; Dask stays lazy.
    references : DataArray
        Spectra (reference, wavelength) as for `map_spectral_angles`, all positive.
    max_divergence : float
        In nats; a pixel further from every reference is unknown.

    Returns
    -------
    Dataset
        ``best`` (y, x) int32, -1 where unknown, with the names as attribute ``classes``;
        ``divergence`` (y, x) float32 in nats, also where unknown; ``runner_up`` and
        ``runner_up_divergence``. NaN and -1 where a pixel has a gap, or a value that is zero
        or negative: it has no logarithm, and none is made up.

    Raises
    ------
    InputError
        If it is no cube, the references are not such, or the limit is not positive.
    """
    cube = require_cube(cube)
    spectra, names = require_references(cube, references)
    if not max_divergence > 0:
        raise InputError(f"Not a largest divergence: {max_divergence}", hint="give more than 0.")
    if (spectra <= 0).any():
        wrong = names[int(np.argmax((spectra <= 0).any(axis=1)))]
        raise InputError(
            f"A reference is not positive in all bands: {wrong!r:.60}", hint="leave it out."
        )
    made = map_pixels(
        find_nearest, cube, outputs("divergence"), references=spectra, limit=max_divergence
    )
    made["best"].attrs["max_divergence_nat"] = float(max_divergence)
    long_name = "spectral information divergence"
    return described(made, names, "divergence", units="nat", long_name=long_name)


def find_nearest(block: NDArray[Any], references: Floats, limit: float) -> tuple[Any, ...]:
    """Find the two references nearest in information to each pixel of a block.

    Parameters
    ----------
    block : (…, bands) array
        Any numbers; NaN is a gap.
    references : (references, bands) float64
        All positive.
    limit : float
        In nats.

    Returns
    -------
    tuple of four (…) arrays
        Best reference, its divergence, the second best, its divergence.
    """
    nearest = Nearest(block.shape[:-1])
    other = references / references.sum(axis=1, keepdims=True)
    other_log = np.log(other)
    own = np.einsum("ij,ij->i", other, other_log)
    for rows, spectra in slabs(block, len(references) + 2 * block.shape[-1]):
        valid = (spectra.min(axis=1) > 0) & np.isfinite(spectra.max(axis=1))
        places = rows.start + np.flatnonzero(valid)
        share = spectra[valid] / spectra[valid].sum(axis=1, keepdims=True)
        share_log = np.log(share)
        apart = own - share @ other_log.T - share_log @ other.T
        for rank in range(min(2, len(other))):
            number = apart.argmin(axis=1)
            apart[np.arange(len(number)), number] = np.inf
            logs = share_log - other_log[number]
            nearest.put(rank, places, number, np.einsum("ij,ij->i", share - other[number], logs))
    return nearest.finished(limit)
