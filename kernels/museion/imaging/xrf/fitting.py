"""Non-negative least squares with weights of its own for every spectrum.

Counts have Poisson's statistics: what a channel is worth depends on what the spectrum holds
there. Each spectrum therefore has a normal matrix of its own, from one matrix product for
all; the active-set method then solves all spectra of a slab at once.

References
----------
C. L. Lawson and R. J. Hanson, "Solving least squares problems" (1974), chapter 23.
P. Green, "Iteratively reweighted least squares for maximum likelihood estimation", J. R.
Statist. Soc. B 46 (1984) 149-192 (weights from the model, not from the counts).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

_TOLERANCE = 1e-9
_ROUNDS = 60
_FLOOR_SHARE = 0.1  # of the mean model: below it a channel is worth no more
_FLOOR_COUNTS = 1e-4

type Floats = NDArray[np.float64]
type Truths = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Fit:
    """Amounts in some spectra.

    Attributes
    ----------
    amount : (n, templates) float64
        None negative.
    covariance : (n, templates, templates) float64
        Inverse of Fisher's information: of all templates together, so that an absent one
        counts as one that might be there.
    model : (n, channels) float64
        Expected counts.
    chi_square : (n,) float64
        Pearson's, divided by the degrees of freedom.
    """

    amount: Floats
    covariance: Floats
    model: Floats
    chi_square: Floats


def fit_spectra(counts: Floats, templates: Floats, expected: Floats) -> Fit:
    """Fit templates to spectra by non-negative least squares with Poisson's weights.

    Parameters
    ----------
    counts : (n, channels) float64
        Not negative, finite.
    templates : (templates, channels) float64
        Linearly independent.
    expected : (channels,) float64
        Mean counts of a model for all spectra: the first weights, and the floor of the others.

    Returns
    -------
    Fit
        After one round of weights from the spectrum's own model.
    """
    weight = 1 / (expected + _FLOOR_COUNTS)
    normal = (templates * weight) @ templates.T
    amount = solve_each(
        np.broadcast_to(normal, (len(counts), *normal.shape)), counts @ (templates * weight).T
    )
    least = _FLOOR_SHARE * expected + _FLOOR_COUNTS
    weights = 1 / np.maximum(amount @ templates, least)
    normals = _normals(weights, templates)
    amount = solve_each(normals, (counts * weights) @ templates.T)
    model = amount @ templates
    squares = ((counts - model) ** 2 / np.maximum(model, least)).sum(axis=1)
    free = max(1, counts.shape[1] - len(templates))
    return Fit(amount, np.linalg.inv(normals), model, squares / free)


def _normals(weights: Floats, templates: Floats) -> Floats:
    """Return each spectrum's normal matrix, (n, templates, templates)."""
    count = len(templates)
    first, second = np.triu_indices(count)
    upper = weights @ (templates[first] * templates[second]).T
    normals = np.empty((len(weights), count, count))
    normals[:, first, second] = upper
    normals[:, second, first] = upper
    return normals


def solve_each(normals: Floats, projected: Floats) -> Floats:
    """Solve many small non-negative least squares problems.

    Parameters
    ----------
    normals : (n, k, k) float64
        Positive definite.
    projected : (n, k) float64
        Right-hand sides of the normal equations.

    Returns
    -------
    (n, k) float64
        As of `scipy.optimize.nnls`.
    """
    present = np.ones(projected.shape, bool)
    found = np.zeros(projected.shape)
    todo = np.arange(len(projected))
    for _ in range(_ROUNDS):
        if not len(todo):
            return found
        found[todo] = _solve_present(normals[todo], projected[todo], present[todo])
        todo = todo[_exchange(present, todo, found[todo], normals[todo], projected[todo])]
    for each in todo:  # exchanged in circles: the classical method doesn't
        root = np.linalg.cholesky(normals[each])
        found[each] = nnls(root.T, np.linalg.solve(root, projected[each]))[0]
    return found


def _solve_present(normals: Floats, projected: Floats, present: Truths) -> Floats:
    """Solve for the templates present; the others are zero."""
    both = present[:, :, None] & present[:, None, :]
    identity = np.eye(present.shape[1]) * ~present[:, None, :]
    solved: Floats = np.linalg.solve(normals * both + identity, (projected * present)[..., None])
    return solved[..., 0]


def _exchange(
    present: Truths, todo: NDArray[np.intp], found: Floats, normals: Floats, projected: Floats
) -> Truths:
    """Let negative ones leave, else the steepest enter; return where something changed."""
    inside = present[todo]
    slope = projected - np.einsum("nij,nj->ni", normals, found)
    steep = slope > _TOLERANCE * np.abs(projected).max(axis=1, keepdims=True)
    negative = inside & (found < 0)
    leaves = negative.any(axis=1)
    enterable = ~inside & steep & ~leaves[:, None]
    enters = enterable.any(axis=1)
    changed = inside & ~negative
    which = np.where(enterable, slope, -np.inf).argmax(axis=1)
    changed[np.flatnonzero(enters), which[enters]] = True
    present[todo] = changed
    exchanged: Truths = leaves | enters
    return exchanged
