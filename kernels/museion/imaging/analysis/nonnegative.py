"""Non-negative least squares for many pixels at once, exact for each.

Sets of present endmembers are exchanged until the conditions of an optimum hold. With one
matrix for all pixels, the pseudo-inverse of each set is computed once and kept in a table; with
a matrix of its own for each pixel, as error weights make it, the normal equations of many
pixels are factorized side by side.

References
----------
C. L. Lawson and R. J. Hanson, "Solving least squares problems" (1974), chapter 23.
R. Bro and S. de Jong, "A fast non-negativity-constrained least squares algorithm",
J. Chemometrics 11 (1997) 393-401 (normal equations).
M. H. Van Benthem and M. R. Keenan, "Fast algorithm for the solution of large-scale
non-negativity-constrained least squares problems", J. Chemometrics 18 (2004) 441-450 (pixels
with the same set share their factorization).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

_TOLERANCE = 1e-10  # of a gradient, relative to the largest
_ROUNDS_PER_ENDMEMBER = 5
_AT_ONCE = 4096  # pixels, so that what belongs to them stays in the cache
MOST_TABLED = 12
"""Endmembers whose sets, 2 to their number, are few enough for a table."""

type Floats = NDArray[np.float64]
type Truths = NDArray[np.bool_]
type Rows = NDArray[np.intp]


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


class Table:
    """Pseudo-inverses of all sets of a matrix's columns, each computed when first needed.

    Parameters
    ----------
    matrix : (m, k) float64
        Of full rank; k at most `MOST_TABLED`.
    """

    def __init__(self, matrix: Floats) -> None:
        self._matrix = matrix
        sets, count = 1 << matrix.shape[1], matrix.shape[1]
        self._places = 1 << np.arange(count)
        self._is_known = np.zeros(sets, np.bool_)
        self._inverses = np.zeros((sets, count, matrix.shape[0]))
        self._diagonals = np.full((sets, count), np.nan)

    def fit(self, values: Floats, present: Truths) -> Floats:
        """Fit the endmembers present by ordinary least squares.

        Parameters
        ----------
        values : (n, m) float64
            Right-hand sides.
        present : (n, k) bool
            Which endmembers.

        Returns
        -------
        (n, k) float64
            Abundances, of any sign; 0 for the others.
        """
        found: Floats = np.einsum("nij,nj->ni", self._inverses[self._codes(present)], values)
        return found

    def inverse(self, present: Truths) -> Floats:
        """Return diagonals of inverse normal matrices, NaN for those absent.

        Parameters
        ----------
        present : (n, k) bool
            Which endmembers.

        Returns
        -------
        (n, k) float64
            Variances for noise of variance one.
        """
        found: Floats = self._diagonals[self._codes(present)]
        return found

    def _codes(self, present: Truths) -> NDArray[np.int64]:
        """Return the numbers of sets, all of them known then."""
        codes: NDArray[np.int64] = present @ self._places
        if not (known := self._is_known[codes]).all():
            new = np.unique(codes[~known])
            sets = (new[:, None] & self._places) > 0
            inverses = np.linalg.pinv(self._matrix * sets[:, None, :]) * sets[:, :, None]
            self._inverses[new] = inverses
            self._diagonals[new] = np.where(sets, (inverses**2).sum(axis=2), np.nan)
            self._is_known[new] = True  # last: other threads read the table too
        return codes


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
    orthogonal, upper = np.linalg.qr(matrix)
    short = values if matrix.shape[0] == matrix.shape[1] else values @ orthogonal
    upper = matrix if short is values else upper
    alone = _solve_tabled if matrix.shape[1] <= MOST_TABLED else _solve_alone
    starts = range(0, max(1, len(values)), _AT_ONCE)
    parts = [alone(upper, short[start : start + _AT_ONCE]) for start in starts]
    return Solution(
        np.concatenate([part.abundance for part in parts]),
        np.concatenate([part.inverse for part in parts]),
    )


def _solve_tabled(matrix: Floats, values: Floats) -> Solution:
    """Solve with a table of all sets."""
    table = _table(matrix.tobytes(), matrix.shape[1])
    projected, normal = values @ matrix, matrix.T @ matrix

    def fit(rows: Rows, present: Truths) -> Floats:
        return table.fit(values[rows], present)

    def slope(rows: Rows, abundance: Floats) -> Floats:
        difference: Floats = projected[rows] - abundance @ normal
        return difference

    start = table.fit(values, np.ones(projected.shape, np.bool_)) > 0
    abundance, left = _exchange(fit, slope, start, np.abs(projected).max(axis=1, initial=0))
    for pixel in left:  # exchanged in circles: one endmember at a time doesn't
        abundance[pixel] = nnls(matrix, values[pixel])[0]
    return Solution(abundance, table.inverse(abundance > 0))


def _solve_alone(matrix: Floats, values: Floats) -> Solution:
    """Solve pixel by pixel, where there are too many sets for a table."""
    abundance = np.array([nnls(matrix, each)[0] for each in values]).reshape(-1, matrix.shape[1])
    inverse = np.full(abundance.shape, np.nan)
    for pixel, row in enumerate(abundance):
        chosen = np.flatnonzero(row)
        inverse[pixel, chosen] = (np.linalg.pinv(matrix[:, chosen]) ** 2).sum(axis=1)
    return Solution(abundance, inverse)


@lru_cache(maxsize=4)
def _table(content: bytes, count: int) -> Table:
    """Return the table of a matrix, the same for all blocks of a cube."""
    return Table(np.frombuffer(content).reshape(-1, count))


def solve_each(normal: Floats, projected: Floats) -> Solution:
    """Solve many non-negative least squares problems, each with its own matrix.

    Parameters
    ----------
    normal : (k, k, n) float64
        Normal matrices AᵀA, positive definite.
    projected : (n, k) float64
        Aᵀb.

    Returns
    -------
    Solution
        Of each.
    """

    def fit(rows: Rows, present: Truths) -> Floats:
        lower = _factorize(normal[:, :, rows], present.T)
        return _substitute(lower, np.where(present, projected[rows], 0).T).T

    def slope(rows: Rows, abundance: Floats) -> Floats:
        product: Floats = projected[rows] - np.einsum("ijn,nj->ni", normal[:, :, rows], abundance)
        return product

    rows, every = np.arange(len(projected)), np.ones(projected.shape, np.bool_)
    start = fit(rows, every) > 0
    abundance, left = _exchange(fit, slope, start, np.abs(projected).max(axis=1, initial=0))
    for pixel in left:
        lower = np.linalg.cholesky(normal[:, :, pixel])
        abundance[pixel] = nnls(lower.T, np.linalg.solve(lower, projected[pixel]))[0]
    final = abundance > 0
    return Solution(abundance, np.where(final, _inverse_diagonal(normal, final.T).T, np.nan))


def _factorize(normal: Floats, present: Truths) -> Floats:
    """Return lower Cholesky factors (k, k, n) of matrices, without rows that are absent."""
    count = len(present)
    left = normal * (present[:, None] & present[None])
    diagonal = np.arange(count)
    left[diagonal, diagonal] += ~present
    least = _TOLERANCE**2 * left[diagonal, diagonal]  # rounding of endmembers nearly alike
    for column in range(count):
        pivot = np.sqrt(np.maximum(left[column, column], least[column]))
        left[column:, column] /= pivot
        left[column, column] = pivot
        below = left[column + 1 :, column]
        left[column + 1 :, column + 1 :] -= below[:, None] * below[None]
    return left


def _substitute(lower: Floats, right: Floats) -> Floats:
    """Solve L Lᵀ x = b for (k, k, n) factors and (k, n) right-hand sides."""
    found = right.copy()
    for row in range(len(found)):
        found[row] = (found[row] - (lower[row, :row] * found[:row]).sum(axis=0)) / lower[row, row]
    for row in reversed(range(len(found))):
        after = (lower[row + 1 :, row] * found[row + 1 :]).sum(axis=0)
        found[row] = (found[row] - after) / lower[row, row]
    return found


def _inverse_diagonal(normal: Floats, present: Truths) -> Floats:
    """Return diagonals (k, n) of the inverses of matrices: sums of squares of L⁻¹."""
    lower, count = _factorize(normal, present), len(present)
    diagonal = np.zeros(present.shape)
    for column in range(count):
        solved = np.zeros((count, present.shape[1]))
        for row in range(column, count):
            before = (lower[row, column:row] * solved[column:row]).sum(axis=0)
            solved[row] = ((row == column) - before) / lower[row, row]
        diagonal[column] = (solved**2).sum(axis=0)
    return diagonal


def _exchange(
    fit: Callable[[Rows, Truths], Floats],
    slope: Callable[[Rows, Floats], Floats],
    present: Truths,
    scale: Floats,
) -> tuple[Floats, Rows]:
    """Exchange endmembers until all are optimal; return abundances, and which never were."""
    todo: Rows = np.arange(len(present))
    abundance = np.zeros(present.shape)
    for _ in range(_ROUNDS_PER_ENDMEMBER * present.shape[1] + 1):
        abundance[todo] = fit(todo, present[todo])
        slopes = slope(todo, abundance[todo]) / np.maximum(scale[todo, None], 1e-300)
        todo = _step(present, abundance, slopes, todo)
        if not len(todo):
            break
    return abundance, todo


def _step(present: Truths, abundance: Floats, slope: Floats, todo: Rows) -> Rows:
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
