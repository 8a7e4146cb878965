"""Seeded value noise in space, the same wherever a point is asked for."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

type Array = NDArray[Any]

_TABLE = 64


def solid_noise(points: Array, wavelength: float, seed: int, *, octaves: int = 1) -> Array:
    """Smooth random values from -1 to 1.

    Parameters
    ----------
    points : (n, 3) float
        Positions in metres.
    wavelength : float
        Distance in metres over which the coarsest octave changes.
    seed : int
    octaves : int
        Each further octave has half the wavelength and half the weight.

    Returns
    -------
    (n,) float64
    """
    total = np.zeros(len(points))
    for octave in range(octaves):
        scaled = points * (2.0**octave / wavelength)
        total += _one_octave(scaled, seed + 101 * octave) * 0.5**octave
    return total / (2.0 - 2.0 ** (1 - octaves))


def _one_octave(points: Array, seed: int) -> Array:
    """Smoothly blended lattice of random values that repeats after `_TABLE` cells."""
    lattice = np.random.default_rng(seed).uniform(-1.0, 1.0, (_TABLE, _TABLE, _TABLE))
    cell = np.floor(points)
    inside = points - cell
    blend = inside * inside * (3.0 - 2.0 * inside)
    cells = (cell % _TABLE + blend).T
    values: Array = map_coordinates(lattice, cells, order=1, mode="grid-wrap")
    return values
