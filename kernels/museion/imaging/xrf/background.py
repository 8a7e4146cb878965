"""The continuum under a spectrum's peaks, by SNIP clipping.

References
----------
C. G. Ryan et al., "SNIP, a statistics-sensitive background treatment for the quantitative
analysis of PIXE spectra in geoscience applications", Nucl. Instrum. Methods B 34 (1988)
396-402.
M. Morháč et al., "Background elimination methods for multidimensional coincidence
gamma-ray spectra", Nucl. Instrum. Methods A 401 (1997) 113-132 (from the widest window down).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion.errors import InputError

type Floats = NDArray[np.float64]


def snip(spectra: NDArray[Any], width: int | NDArray[np.intp]) -> Floats:
    """Estimate the continuum below peaks.

    A channel is replaced by the mean of its neighbours at a distance where that is smaller,
    for distances from the width down to one, in a scale that evens out counting statistics.
    Single spectra of few counts come out too low: clip the sum of many, or smooth before.

    Parameters
    ----------
    spectra : (…, channels) array
        Counts, not negative.
    width : int or (channels,) int
        Largest distance in channels, at each channel if wished: about the full width of a
        peak at its foot.

    Returns
    -------
    (…, channels) float64
        The continuum, nowhere above the spectrum.

    Raises
    ------
    InputError
        If counts are negative or the width is not positive.
    """
    values = np.asarray(spectra, np.float64)
    widths = np.broadcast_to(np.asarray(width, np.intp), values.shape[-1:])
    if widths.min(initial=1) < 1:
        raise InputError("The width of SNIP is not positive", hint="give channels, 1 or more.")
    if np.nanmin(values, initial=0) < 0:
        raise InputError(
            f"Counts are negative: {np.nanmin(values):g}",
            hint="give spectra as they were counted, before any subtraction.",
        )
    level = np.log(np.log(np.sqrt(values + 1) + 1) + 1)
    for distance in range(int(widths.max(initial=1)), 0, -1):
        if 2 * distance >= values.shape[-1]:
            continue
        inner = slice(distance, values.shape[-1] - distance)
        around = 0.5 * (level[..., : -2 * distance] + level[..., 2 * distance :])
        lower = np.minimum(level[..., inner], around)
        level[..., inner] = np.where(widths[inner] >= distance, lower, level[..., inner])
    found: Floats = (np.exp(np.exp(level) - 1) - 1) ** 2 - 1
    return np.clip(found, 0, values)
