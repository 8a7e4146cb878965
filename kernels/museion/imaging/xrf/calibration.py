"""From channels to energies: a straight line through peaks whose lines are known."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from museion.errors import InputError
from museion.imaging.xrf.lines import line_energy
from museion.imaging.xrf.spectra import ENERGY

_CENTRING_ROUNDS = 12
_SETTLED_CHANNELS = 0.01
_MIN_HALF_WIDTH = 4
_MIN_POINTS = 2

type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class EnergyCalibration:
    """Energies of channels.

    Attributes
    ----------
    zero_kev, gain_kev : float
        Channel c is at ``zero_kev + gain_kev * c``.
    zero_error_kev, gain_error_kev : float
        Standard errors from the residuals; NaN with two peaks, which leave none.
    channels, lines_kev : tuple of float
        The peaks' centres as measured, and the energies of their lines.
    """

    zero_kev: float
    gain_kev: float
    zero_error_kev: float
    gain_error_kev: float
    channels: tuple[float, ...]
    lines_kev: tuple[float, ...]

    @property
    def residuals_kev(self) -> tuple[float, ...]:
        """How far each peak lies from the straight line."""
        pairs = zip(self.channels, self.lines_kev, strict=True)
        return tuple(self.zero_kev + self.gain_kev * at - energy for at, energy in pairs)

    def apply(self, cube: xr.DataArray, dim: str = "channel") -> xr.DataArray:
        """Give a cube its energies.

        Parameters
        ----------
        cube : DataArray
            With a dimension of channels, counted from 0 or from its coordinate.
        dim : str
            Its name.

        Returns
        -------
        DataArray
            The same values along ``energy`` in keV; a lazy cube stays lazy.

        Raises
        ------
        InputError
            If it has no such dimension.
        """
        if dim not in cube.dims:
            raise InputError(
                f"The cube has no dimension of channels: {dim!r:.40}",
                hint=f"name it, dim=…; the cube has {', '.join(map(str, cube.dims))}.",
            )
        channels = cube[dim].to_numpy() if dim in cube.coords else np.arange(cube.sizes[dim])
        energies = self.zero_kev + self.gain_kev * channels
        attrs = {"units": "keV", "long_name": "energy"}
        renamed = cube.drop_vars(dim, errors="ignore").rename({dim: ENERGY})
        return renamed.assign_coords({ENERGY: (ENERGY, energies, attrs)})


def calibrate_energy(spectrum: Any, peaks: Mapping[float, str | float]) -> EnergyCalibration:  # noqa: ANN401 - array or DataArray
    """Calibrate energies with peaks whose lines are known.

    Parameters
    ----------
    spectrum : (channels,) array or DataArray
        Counts, best the sum over a whole scan.
    peaks : mapping of float to str or float
        About where each peak is, in channels, and its line: ``{1474: "Co Ka"}``, or keV. The
        peak's centre is measured from the spectrum.

    Returns
    -------
    EnergyCalibration
        A straight line by least squares.

    Raises
    ------
    InputError
        If there are fewer than two lines, no peak where one is said to be, or energies that
        don't rise with the channel.
    """
    counts = np.asarray(spectrum, np.float64).ravel()
    energies = np.array([
        line_energy(e) if isinstance(e, str) else float(e) for e in peaks.values()
    ])
    if len(set(energies.tolist())) < _MIN_POINTS:
        raise InputError(
            f"Two known lines are needed, not {len(set(energies.tolist()))}",
            hint="name another peak, far from the first: the scattered line of the tube serves.",
        )
    centres = np.array([_centre(counts, float(at)) for at in peaks])
    matrix = np.stack([np.ones_like(centres), centres], axis=1)
    (zero, gain), *_ = np.linalg.lstsq(matrix, energies)
    if gain <= 0:
        raise InputError(
            f"The energies don't rise with the channels: {gain:g} keV per channel",
            hint="check which line belongs to which peak.",
        )
    free = len(centres) - 2
    variance = float(((matrix @ [zero, gain] - energies) ** 2).sum() / free) if free else np.nan
    errors = np.sqrt(np.diag(np.linalg.inv(matrix.T @ matrix)) * variance)
    return EnergyCalibration(
        float(zero),
        float(gain),
        float(errors[0]),
        float(errors[1]),
        tuple(centres.tolist()),
        tuple(energies.tolist()),
    )


def _centre(counts: Floats, guess: float) -> float:
    """Return the centre of the peak near a channel.

    Raises
    ------
    InputError
        If there is none.
    """
    centre, half = guess, max(_MIN_HALF_WIDTH, round(len(counts) * 0.006))
    for _ in range(_CENTRING_ROUNDS):
        low, high = round(centre) - half, round(centre) + half + 1
        if low < 0 or high > len(counts):
            break
        window = counts[low:high]
        foot = np.linspace(window[:2].mean(), window[-2:].mean(), len(window))
        above = np.clip(window - foot, 0, None)
        if window.max() <= 0 or above.sum() <= 3 * np.sqrt(window.sum()):
            break
        moved = float(above @ np.arange(low, high) / above.sum())
        if abs(moved - centre) < _SETTLED_CHANNELS:
            return moved
        centre = moved
    else:
        return centre
    raise InputError(
        f"There is no peak at channel {guess:g}", hint="plot the spectrum and read it off again."
    )
