"""What a silicon detector makes of a line: a peak of known width, and its escape peak.

References
----------
R. Van Grieken and A. Markowicz (eds.), "Handbook of X-Ray Spectrometry", 2nd ed. (2001),
chapter 4 (width of a peak: noise and Fano's statistics).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from museion.imaging.xrf.lines import Family, escape_share, silicon_ka_kev

KEV_PER_PAIR = 3.66e-3
"""Energy that makes an electron-hole pair in silicon."""

FWHM_PER_SIGMA = float(2 * np.sqrt(2 * np.log(2)))

type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Response:
    """How a detector widens and shifts lines.

    Attributes
    ----------
    shift_kev, stretch : float
        A line of energy E appears at ``shift_kev + stretch * E`` on the spectrum's own axis.
    noise_kev : float
        Full width at half maximum at energy zero, from electronics.
    fano : float
        Fano's factor; about 0.115 in silicon.
    """

    shift_kev: float = 0.0
    stretch: float = 1.0
    noise_kev: float = 0.09
    fano: float = 0.115

    def sigma_kev(self, energy_kev: Floats | float) -> Floats:
        """Return the standard deviation of a peak at an energy."""
        noise = self.noise_kev / FWHM_PER_SIGMA
        return np.sqrt(noise**2 + self.fano * KEV_PER_PAIR * np.asarray(energy_kev, np.float64))

    def fwhm_kev(self, energy_kev: Floats | float) -> Floats:
        """Return the full width at half maximum of a peak at an energy."""
        return FWHM_PER_SIGMA * self.sigma_kev(energy_kev)

    def peaks(self, edges_kev: Floats, energy_kev: Floats, widening: float = 1.0) -> Floats:
        """Return which share of lines falls into each channel.

        Parameters
        ----------
        edges_kev : (channels + 1,) float64
            Limits of the channels on the spectrum's axis.
        energy_kev : (lines,) float64
            True energies.
        widening : float
            Factor to the width, for Compton peaks.

        Returns
        -------
        (lines, channels) float64
            Integrals of Gaussian peaks of area one.
        """
        centre = self.shift_kev + self.stretch * energy_kev
        sigma = self.sigma_kev(energy_kev) * widening
        scaled = (edges_kev[None] - centre[:, None]) / (np.sqrt(2) * sigma[:, None])
        shares: Floats = 0.5 * np.diff(erf(scaled), axis=1)
        return shares

    def family(self, edges_kev: Floats, family: Family) -> Floats:
        """Return the spectrum of a family: (channels,), one photon in all full peaks."""
        energies = np.array([line.energy_kev for line in family.lines])
        shares = np.array([line.share for line in family.lines])
        return self.lines(edges_kev, energies, shares)

    def lines(self, edges_kev: Floats, energy_kev: Floats, shares: Floats) -> Floats:
        """Return lines with the escape peaks that belong to them, (channels,)."""
        escaping = shares * np.array([escape_share(float(each)) for each in energy_kev])
        full = shares @ self.peaks(edges_kev, energy_kev)
        lost = np.maximum(energy_kev - silicon_ka_kev(), 0)
        spectrum: Floats = full + escaping @ self.peaks(edges_kev, lost)
        return spectrum


def channel_edges(energy_kev: Iterable[float]) -> Floats:
    """Return the limits of channels half-way between their centres, (channels + 1,)."""
    centres = np.asarray(list(energy_kev), np.float64)
    middle = 0.5 * (centres[1:] + centres[:-1])
    first, last = 2 * centres[0] - middle[0], 2 * centres[-1] - middle[-1]
    return np.concatenate([[first], middle, [last]])
