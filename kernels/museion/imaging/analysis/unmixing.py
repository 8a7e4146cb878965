"""Unmixing: how much of each endmember a pixel holds, none of them negative.

Non-negative least squares in the quantity that adds up: reflectance where patches lie side by
side, K/S where paints are stirred together. The noise of a camera is that of reflectance, so
in K/S each band counts as much as its error there allows: ``w = dR/d(K/S) = 2R²/(1-R²)``.

References
----------
D. R. Duncan, "The colour of pigment mixtures", Proc. Phys. Soc. 52 (1940) 390-401 (K/S adds up).
J. K. Delaney et al., "Use of imaging spectroscopy, fiber optic reflectance spectroscopy, and
X-ray fluorescence to map and identify pigments in illuminated manuscripts", Studies in
Conservation 59 (2014) 91-101.
D. C. Heinz and C.-I. Chang, "Fully constrained least squares linear spectral mixture analysis
method", IEEE Transactions on Geoscience and Remote Sensing 39 (2001) 529-545 (sum of one).
The solver's references stand in `museion.imaging.analysis.nonnegative`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from museion.errors import InputError
from museion.imaging.analysis.nearest import UNKNOWN
from museion.imaging.analysis.nonnegative import Solution, solve, solve_each
from museion.imaging.analysis.pixels import map_pixels, require_cube, slabs
from museion.imaging.analysis.references import require_references
from museion.imaging.cubes import require_reflectance
from museion.imaging.kubelka_munk import absorption_over_scattering

DARKEST, BRIGHTEST = 1e-3, 0.99
"""Reflectances beyond are taken for these: K/S has no meaning there."""
MAX_RESIDUAL = 0.05
_AT_ONCE = 8192  # pixels
_HEAVY = 1e4  # how much more a sum of one counts than any endmember

type Floats = NDArray[np.float64]
type Solved = tuple[NDArray[np.intp], Solution, Floats]


class Mixing(StrEnum):
    """In which quantity endmembers add up."""

    REFLECTANCE = "reflectance"
    KUBELKA_MUNK = "kubelka-munk"


@dataclass(frozen=True, slots=True)
class Model:
    """What a pixel's spectrum is taken to be.

    Attributes
    ----------
    matrix : (bands, endmembers) float64
        The endmembers in the quantity that adds up.
    mixing : Mixing
        Which that is.
    is_weighted : bool
        Whether a band counts by the error that reflectance has in that quantity.
    sums_to_one : bool
        Whether the endmembers are all there is.
    max_residual : float
        Above it a pixel is unknown.
    """

    matrix: Floats
    mixing: Mixing
    is_weighted: bool
    sums_to_one: bool
    max_residual: float


def unmix(
    cube: xr.DataArray,
    endmembers: xr.DataArray,
    mixing: str = Mixing.REFLECTANCE,
    *,
    weighted: bool = True,
    sum_to_one: bool = False,
    max_residual: float = MAX_RESIDUAL,
) -> xr.Dataset:
    """Find the abundances of endmembers in each pixel by non-negative least squares.

    Parameters
    ----------
    cube : DataArray
        Reflectance, or what was made of it (absorbance, K/S), with dimensions ``y``, ``x`` and
        ``wavelength`` in nm; Dask stays lazy.
    endmembers : DataArray
        Reflectance spectra (endmember, wavelength), the first dimension with any name, its
        coordinate with their names. Interpolated to the cube's wavelengths.
    mixing : str
        ``"reflectance"``: patches side by side. ``"kubelka-munk"``: paints stirred together,
        whose K/S add up; reflectances below 0.001 and above 0.99 are taken for these.
    weighted : bool
        In K/S, whether bands count by their error. Without, dark bands outweigh all others.
    sum_to_one : bool
        Whether abundances add up to one, as shares of an opaque paint do. Not where there is
        shadow, gloss, or a paint that is missing among the endmembers.
    max_residual : float
        A pixel that the endmembers leave a larger residual of is unknown.

    Returns
    -------
    Dataset
        ``abundance`` (endmember, y, x) float32, of any sum unless `sum_to_one`;
        ``abundance_error``, its standard error from the residual, NaN for an endmember that
        is absent; ``residual`` (y, x) float32: root mean square over the bands, of
        reflectance, or of K/S if that is not weighted; ``main`` (y, x) int32, number of the
        endmember with the largest abundance, named by the attribute ``classes``: -1, unknown,
        where the residual is too large or the second is as large within both errors. NaN and
        -1 where a pixel has a gap.

    Raises
    ------
    InputError
        If it is no cube of reflectance, the endmembers are not such, depend on each other, or
        are as many as the bands.
    """
    cube = require_reflectance(require_cube(cube))
    spectra, names = require_references(cube, endmembers)
    if mixing not in set(Mixing):
        raise InputError(
            f"Not a way of mixing: {mixing!r:.40}", hint=f"use one of {', '.join(Mixing)}."
        )
    if not max_residual > 0:
        raise InputError(f"Not a largest residual: {max_residual}", hint="give more than 0.")
    mixed = Mixing(mixing)
    is_weighted = weighted and mixed is Mixing.KUBELKA_MUNK
    model = Model(_mixed(spectra, mixed).T, mixed, is_weighted, sum_to_one, max_residual)
    _require_independent(model.matrix)
    count = len(names)
    outputs: dict[str, tuple[str | None, int, Any]] = {
        "abundance": ("endmember", count, np.float32),
        "abundance_error": ("endmember", count, np.float32),
        "residual": (None, 0, np.float32),
        "main": (None, 0, np.int32),
    }
    made = map_pixels(_unmixed, cube, outputs, model=model)
    return _described(made.transpose("endmember", ...), names, model)


def _require_independent(matrix: Floats) -> None:
    """Require endmembers that can be told apart.

    Raises
    ------
    InputError
        If they cannot.
    """
    bands, count = matrix.shape
    if count >= bands or np.linalg.matrix_rank(matrix) < count:
        raise InputError(
            f"{count} endmembers cannot be told apart in {bands} bands",
            hint="leave out those that resemble others, or that are mixtures of others.",
        )


def _described(made: xr.Dataset, names: list[str], model: Model) -> xr.Dataset:
    """Return maps with names, units and how they were made."""
    made = made.assign_coords(endmember=names)
    quantity = model.mixing if model.mixing is Mixing.REFLECTANCE or not model.is_weighted else ""
    made["abundance"].attrs = {
        "units": "1",
        "long_name": "abundance",
        "mixing": str(model.mixing),
        "weighted": int(model.is_weighted),
        "sum_to_one": int(model.sums_to_one),
    }
    made["abundance_error"].attrs = {"units": "1", "long_name": "standard error"}
    long_name = f"residual of {quantity or Mixing.REFLECTANCE}"
    made["residual"].attrs = {"units": "1", "long_name": long_name}
    made["main"].attrs = {
        "classes": names,
        "unknown": UNKNOWN,
        "max_residual": float(model.max_residual),
    }
    return made


def _unmixed(block: NDArray[Any], model: Model) -> tuple[NDArray[Any], ...]:
    """Return abundances, their errors, the residual and the main endmember of a block."""
    pixels, (bands, count) = block[..., 0].size, model.matrix.shape
    spectra = block.reshape(-1, bands)
    maps = np.full((pixels, count), np.nan, np.float32)
    error, residual = maps.copy(), np.full(pixels, np.nan, np.float32)
    solved = _solve_weighted if model.is_weighted else _solve_plain
    for places, found, squares in solved(spectra, model):
        squares = squares.clip(0)  # noqa: PLW2901 - rounding
        free = bands - (found.abundance > 0).sum(axis=1)
        maps[places] = found.abundance
        error[places] = np.sqrt(found.inverse * (squares / free)[:, None])
        residual[places] = np.sqrt(squares / bands)
    main = _find_main(maps, error, residual, model.max_residual)
    shape = block.shape[:-1]
    return (
        maps.reshape(*shape, count),
        error.reshape(*shape, count),
        residual.reshape(shape),
        main.reshape(shape),
    )


def _solve_plain(spectra: NDArray[Any], model: Model) -> Iterator[Solved]:
    """Yield places, solutions and sums of squared residuals, all bands counting the same.

    A QR factorization first reduces a spectrum to as many numbers as there are endmembers.
    """
    bands, count = model.matrix.shape
    one = np.sqrt(_HEAVY * (model.matrix**2).sum(axis=0).max()) * model.sums_to_one
    orthogonal, upper = np.linalg.qr(np.vstack([model.matrix, np.full(count, one)]))
    short = np.empty((len(spectra), count))
    squares = np.empty(len(spectra))
    for rows, slab in slabs(spectra, 2 * count):
        values = _mixed(slab, model.mixing)
        with np.errstate(invalid="ignore"):
            short[rows] = values @ orthogonal[:bands] + one * orthogonal[bands]
            squares[rows] = np.einsum("ij,ij->i", values, values) + one**2
    places = np.flatnonzero(np.isfinite(squares))
    found = solve(upper, short[places])
    left = short[places] - found.abundance @ upper.T
    beside = squares[places] - np.einsum("ij,ij->i", short[places], short[places])
    yield places, found, beside + np.einsum("ij,ij->i", left, left)


def _solve_weighted(spectra: NDArray[Any], model: Model) -> Iterator[Solved]:
    """Yield places, solutions and sums of squares, bands counting by their error in K/S."""
    count = model.matrix.shape[1]
    first, second = np.triu_indices(count)
    pairs = model.matrix[:, first] * model.matrix[:, second]
    for start in range(0, len(spectra), _AT_ONCE):
        some = spectra[start : start + _AT_ONCE]
        normal = np.empty((count, count, len(some)))
        projected, squares = np.empty((len(some), count)), np.empty(len(some))
        for rows, slab in slabs(some, 3 * some.shape[1]):
            reflectance = slab.clip(DARKEST, BRIGHTEST)
            values = absorption_over_scattering(reflectance)
            weights = (2 * reflectance**2 / (1 - reflectance**2)) ** 2
            normal[first, second, rows] = normal[second, first, rows] = pairs.T @ weights.T
            projected[rows] = (weights * values) @ model.matrix
            squares[rows] = np.einsum("ij,ij,ij->i", weights, values, values)
        one = _HEAVY * np.einsum("iin->n", normal) / count * model.sums_to_one
        normal, projected, squares = normal + one, projected + one[:, None], squares + one
        valid = np.flatnonzero(np.isfinite(squares))
        found = solve_each(normal[:, :, valid], projected[valid])
        explained = np.einsum("ni,ni->n", found.abundance, projected[valid])
        yield start + valid, found, squares[valid] - explained


def _find_main(
    abundance: NDArray[np.float32],
    error: NDArray[np.float32],
    residual: NDArray[np.float32],
    max_residual: float,
) -> NDArray[np.int32]:
    """Return the endmember with the largest abundance, or unknown."""
    pixels = np.arange(len(abundance))
    order = np.argsort(-abundance, axis=1)[:, :2]
    best, second = order[:, 0], order[:, -1]
    both = np.hypot(error[pixels, best], np.nan_to_num(error[pixels, second]))
    ahead = abundance[pixels, best] - (abundance[pixels, second] if order.shape[1] > 1 else 0)
    known = (residual <= max_residual) & (abundance[pixels, best] > 0) & (ahead > both)
    main: NDArray[np.int32] = np.where(known, best, UNKNOWN).astype(np.int32)
    return main


def _mixed(spectra: Floats, mixing: Mixing) -> Floats:
    """Return spectra as the quantity that adds up."""
    if mixing is Mixing.REFLECTANCE:
        return spectra
    ratio: Floats = absorption_over_scattering(spectra.clip(DARKEST, BRIGHTEST))
    return ratio
