"""Unmixing: how much of each endmember a pixel holds, none of them negative.

Non-negative least squares, exact for every pixel and for all pixels of a slab at once: those
in which the same endmembers are present share one small factorization. A QR factorization
of the endmembers first reduces a spectrum to as many numbers as there are endmembers.

References
----------
C. L. Lawson and R. J. Hanson, "Solving least squares problems" (1974), chapter 23.
M. H. Van Benthem and M. R. Keenan, "Fast algorithm for the solution of large-scale
non-negativity-constrained least squares problems", J. Chemometrics 18 (2004) 441-450.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.optimize import nnls

from museion.errors import InputError
from museion.imaging.analysis.angles import require_references
from museion.imaging.analysis.pixels import WAVELENGTH, map_pixels, require_cube, slabs
from museion.imaging.kubelka_munk import absorption_over_scattering

DARKEST = 1e-3
_TOLERANCE = 1e-10  # of a gradient, relative to the largest
_ROUNDS_PER_ENDMEMBER = 5

type Floats = NDArray[np.float64]
type Truths = NDArray[np.bool_]


class Mixing(StrEnum):
    """In which quantity endmembers add up."""

    REFLECTANCE = "reflectance"
    KUBELKA_MUNK = "kubelka-munk"


@dataclass(frozen=True, slots=True)
class Solution:
    """Abundances of some pixels.

    Attributes
    ----------
    abundance : (n, endmembers) float64
        None negative.
    inverse : (n, endmembers) float64
        Diagonal of the inverse normal matrix of the endmembers present; NaN for the others.
    """

    abundance: Floats
    inverse: Floats


def unmix(
    cube: xr.DataArray, endmembers: xr.DataArray, mixing: str = Mixing.REFLECTANCE
) -> xr.Dataset:
    """Find the abundances of endmembers in each pixel by non-negative least squares.

    Parameters
    ----------
    cube : DataArray
        Dimensions ``y``, ``x`` and ``wavelength`` in nm; Dask stays lazy.
    endmembers : DataArray
        Spectra (endmember, wavelength), the first dimension with any name, its coordinate
        with their names. Interpolated to the cube's wavelengths.
    mixing : str
        ``"reflectance"``: patches side by side. ``"kubelka-munk"``: paints stirred together,
        whose K/S add up; reflectances below 0.001 are taken for that.

    Returns
    -------
    Dataset
        ``abundance`` (y, x, endmember) float32, not scaled to a sum of one;
        ``abundance_error``, its standard error from the residual, NaN for an endmember that
        is absent; ``residual`` (y, x) float32: root mean square over the bands, of
        reflectance or of K/S. NaN where a pixel has a gap.

    Raises
    ------
    InputError
        If it is no cube, the endmembers are not such, depend on each other, or are as many
        as the bands.
    """
    cube = require_cube(cube)
    spectra, names = require_references(cube, endmembers)
    if mixing not in set(Mixing):
        raise InputError(
            f"Not a way of mixing: {mixing!r:.40}", hint=f"use one of {', '.join(Mixing)}."
        )
    mixed = Mixing(mixing)
    matrix = _mixed(spectra, mixed).T
    count, bands = len(names), cube.sizes[WAVELENGTH]
    if count >= bands or np.linalg.matrix_rank(matrix) < count:
        raise InputError(
            f"{count} endmembers cannot be told apart in {bands} bands",
            hint="leave out those that resemble others, or that are mixtures of others.",
        )
    outputs: dict[str, tuple[str | None, int, Any]] = {
        "abundance": ("endmember", count, np.float32),
        "abundance_error": ("endmember", count, np.float32),
        "residual": (None, 0, np.float32),
    }
    made = map_pixels(_unmixed, cube, outputs, matrix=matrix, mixing=mixed)
    made = made.assign_coords(endmember=names)
    made["abundance"].attrs = {"units": "1", "long_name": "abundance", "mixing": str(mixed)}
    made["abundance_error"].attrs = {"units": "1", "long_name": "standard error"}
    made["residual"].attrs = {"units": "1", "long_name": f"residual of {mixed}"}
    return made


def solve(matrix: Floats, values: Floats) -> Solution:
    """Solve many non-negative least squares problems with the same matrix.

    Parameters
    ----------
    matrix : (m, k) float64
        Of full rank, m not less than k.
    values : (n, m) float64
        Right-hand sides, finite.

    Returns
    -------
    Solution
        As of `scipy.optimize.nnls`.
    """
    projected = values @ matrix
    abundance = np.linalg.lstsq(matrix, values.T)[0].T
    present = abundance > 0
    abundance, inverse = _fit(matrix, values, present)
    normal, scale = matrix.T @ matrix, np.abs(projected).max(axis=1, initial=1e-300)
    todo = np.arange(len(values))
    for _ in range(_ROUNDS_PER_ENDMEMBER * matrix.shape[1]):
        slope = (projected[todo] - abundance[todo] @ normal) / scale[todo, None]
        todo = _step(present, abundance, slope, todo)
        if not len(todo):
            break
        abundance[todo], inverse[todo] = _fit(matrix, values[todo], present[todo])
    for pixel in todo:  # exchanged in circles: one endmember at a time doesn't
        exact = nnls(matrix, values[pixel])[0]
        abundance[[pixel]], inverse[[pixel]] = _fit(matrix, values[[pixel]], exact[None] > 0)
    return Solution(abundance, inverse)


def _step(
    present: Truths, abundance: Floats, slope: Floats, todo: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Exchange endmembers where the conditions of an optimum don't hold; return where.

    Negative ones leave all at once. Where there is none, the absent one with the steepest
    gradient enters.
    """
    negative = present[todo] & (abundance[todo] < 0)
    present[todo] &= ~negative
    leaves = negative.any(axis=1)
    rest = todo[~leaves]
    steepest = np.where(present[rest], -np.inf, slope[~leaves])
    enters = steepest.argmax(axis=1)
    is_better = steepest[np.arange(len(rest)), enters] > _TOLERANCE
    present[rest[is_better], enters[is_better]] = True
    return np.concatenate([todo[leaves], rest[is_better]])


def _fit(matrix: Floats, values: Floats, present: Truths) -> tuple[Floats, Floats]:
    """Fit the endmembers present by ordinary least squares, pixels with the same ones at once."""
    abundance = np.zeros(present.shape)
    inverse = np.full(present.shape, np.nan)
    weights = 1 << np.arange(present.shape[1], dtype=object if present.shape[1] > 62 else np.int64)  # noqa: PLR2004 - bits
    order = np.argsort(codes := present @ weights, kind="stable")
    starts = np.flatnonzero(np.r_[True, codes[order][1:] != codes[order][:-1]])
    for members in np.split(order, starts[1:]) if len(order) else ():
        chosen = np.flatnonzero(present[members[0]])
        if len(chosen):
            orthogonal, upper = np.linalg.qr(matrix[:, chosen])
            inverted = np.linalg.inv(upper)
            at = np.ix_(members, chosen)
            abundance[at] = values[members] @ (orthogonal @ inverted.T)
            inverse[at] = (inverted**2).sum(axis=1)
    return abundance, inverse


def _unmixed(
    block: NDArray[Any], matrix: Floats, mixing: Mixing
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return abundances, their errors and the residual of a block's pixels."""
    pixels, (bands, count) = block[..., 0].size, matrix.shape
    abundance = np.full((pixels, count), np.nan, np.float32)
    error, residual = abundance.copy(), np.full(pixels, np.nan, np.float32)
    orthogonal, upper = np.linalg.qr(matrix)
    for rows, spectra in slabs(block, 4 * count):
        valid = np.flatnonzero(np.isfinite(spectra).all(axis=1))
        values = _mixed(spectra[valid], mixing)
        found = solve(upper, values @ orthogonal)
        values -= found.abundance @ matrix.T
        squares = np.einsum("ij,ij->i", values, values)
        free = bands - (found.abundance > 0).sum(axis=1)
        at = rows.start + valid
        abundance[at] = found.abundance
        error[at] = np.sqrt(found.inverse * (squares / free)[:, None])
        residual[at] = np.sqrt(squares / bands)
    shape = block.shape[:-1]
    return abundance.reshape(*shape, count), error.reshape(*shape, count), residual.reshape(shape)


def _mixed(spectra: Floats, mixing: Mixing) -> Floats:
    """Return spectra as the quantity that adds up."""
    if mixing is Mixing.REFLECTANCE:
        return spectra
    ratio: Floats = absorption_over_scattering(spectra.clip(DARKEST, 1))
    return ratio
