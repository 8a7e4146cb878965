"""The spectral axis of a cube: wavelengths in nm, energies in keV, or channels without unit."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

PICTURE_CHANNELS = 4
"""An array (y, x, channel) with as many or fewer is a picture."""


@dataclass(frozen=True, slots=True)
class SpectralAxis:
    """What the spectra of a cube stand over.

    Attributes
    ----------
    name : str
        Of the dimension.
    units : str
        Of its coordinate; empty where it has none.
    """

    name: str
    units: str

    def describe(self, value: float) -> str:
        """Return a place on the axis as people read it.

        Parameters
        ----------
        value : float
            On the axis.

        Returns
        -------
        str
            As in ``"650 nm"``, ``"6.4 keV"`` or ``"channel 320"``.
        """
        return f"{value:g} {self.units}" if self.units else f"{self.name} {value:g}"


WAVELENGTH = SpectralAxis("wavelength", "nm")
ENERGY = SpectralAxis("energy", "keV")
CHANNEL = SpectralAxis("channel", "")
AXES = (WAVELENGTH, ENERGY, CHANNEL)


def find_axis(dims: Sequence[Hashable], shape: Sequence[int]) -> SpectralAxis | None:
    """Return the spectral axis of an array, if it is a cube.

    Parameters
    ----------
    dims : sequence of hashable
        Names of its dimensions, in any order.
    shape : sequence of int
        Their lengths.

    Returns
    -------
    SpectralAxis or None
        None unless the others are y and x; None for a picture.
    """
    for axis in AXES:
        if set(dims) == {"y", "x", axis.name}:
            length = shape[list(dims).index(axis.name)]
            return None if axis is CHANNEL and length <= PICTURE_CHANNELS else axis
    return None
