"""Counts to reflectance: the detector's dark signal off, divided by a white panel's signal.

``R = (raw - dark) / (white - dark) · panel``, for each column and band of a line camera, the
references averaged over their lines. Where the white is no brighter than the dark, or the
detector is saturated, there is no reflectance, and the value is NaN. Pure functions.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion_datasets.errors import InvalidError

_FEWEST_USABLE = 0.5
_LEAST_SIGNAL_SIGMA = 3.0

type Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class WhiteReference:
    """What a camera saw of nothing and of white.

    Attributes
    ----------
    dark : (columns, bands) float32
        Mean dark counts at the object's exposure.
    gain : (columns, bands) float32
        Reflectance of one count above dark; NaN where white is no brighter than dark.
    full_scale : float
        Counts from which the detector is saturated.
    """

    dark: Floats
    gain: Floats
    full_scale: float

    @property
    def unusable(self) -> NDArray[np.bool_]:
        """Which (columns, bands) give no reflectance."""
        return ~np.isfinite(self.gain)

    def reflectance(self, raw: NDArray[Any], columns: slice, bands: slice) -> Floats:
        """Return the reflectance of a region.

        Parameters
        ----------
        raw : (rows, columns, bands) array
            Counts.
        columns, bands : slice
            Which part of the detector they come from.

        Returns
        -------
        (rows, columns, bands) float32
            NaN where it is unknown.
        """
        dark, gain = self.dark[columns, bands], self.gain[columns, bands]
        found: Floats = (raw.astype(np.float32) - dark) * gain
        found[raw >= self.full_scale] = np.nan
        return found


def make_reference(
    white: NDArray[Any],
    dark: NDArray[Any],
    *,
    white_dark: NDArray[Any] | None = None,
    panel: float | NDArray[np.floating] = 1.0,
    exposure_ratio: float = 1.0,
    full_scale: float = np.inf,
) -> WhiteReference:
    """Average references.

    Parameters
    ----------
    white, dark : (lines, columns, bands) array
        Counts of the white panel and of the closed shutter.
    white_dark : (lines, columns, bands) array, optional
        Dark counts at the white's exposure, if that was another.
    panel : float or (bands,) array
        The panel's own reflectance.
    exposure_ratio : float
        Exposure of the object over that of the white.
    full_scale : float
        Counts from which the detector is saturated.

    Returns
    -------
    WhiteReference
        For every column and band.

    Raises
    ------
    InvalidError
        If the references differ in size, or white is mostly not brighter than dark.
    """
    of_white = dark if white_dark is None else white_dark
    if not white.shape[1:] == dark.shape[1:] == of_white.shape[1:]:
        raise InvalidError(
            f"White and dark differ in columns or bands: {white.shape[1:]} and {dark.shape[1:]}",
            hint="use references taken with the same binning and field of view.",
        )
    saturated = (white >= full_scale).any(axis=0)
    span = white.mean(axis=0, dtype=np.float64) - of_white.mean(axis=0, dtype=np.float64)
    noise = of_white.std(axis=0, dtype=np.float64) if len(of_white) > 1 else 0.0
    usable = (span > np.maximum(_LEAST_SIGNAL_SIGMA * noise, 0)) & ~saturated
    if usable.mean() < _FEWEST_USABLE:
        why = "saturated" if saturated.mean() > _FEWEST_USABLE else "no brighter than the dark"
        raise InvalidError(
            f"The white reference is {why} in {1 - usable.mean():.0%} of the detector",
            hint="check that the white and dark files were not exchanged, and the exposure.",
        )
    gain = np.where(usable, np.divide(panel, np.where(usable, span, 1)) / exposure_ratio, np.nan)
    mean = dark.mean(axis=0, dtype=np.float64)
    return WhiteReference(mean.astype(np.float32), gain.astype(np.float32), full_scale)
