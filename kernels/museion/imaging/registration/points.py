"""Registration by control points: chosen by hand, or found by `features`.

References
----------
S. Umeyama, "Least-squares estimation of transformation parameters between two point
patterns", IEEE Trans. PAMI 13 (1991) 376-380.
R. Hartley and A. Zisserman, "Multiple View Geometry", 2nd ed. (2004), chapter 4
(normalised estimation of a homography).
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from museion.errors import InputError
from museion.imaging.registration.transform import Freedom, Residual, Transform, rows_of

NEEDED = {
    Freedom.TRANSLATION: 1,
    Freedom.RIGID: 2,
    Freedom.SIMILARITY: 2,
    Freedom.AFFINE: 3,
    Freedom.PROJECTIVE: 4,
}
"""Points that a kind of transform needs at least."""

_FLAT = 1e-3
_OUTLYING = 4.0
_WORTH_NAMING_PX = 1.0

type Floats = NDArray[np.float64]


def register_points(
    moving_xy: ArrayLike,
    fixed_xy: ArrayLike,
    model: str = Freedom.AFFINE,
    *,
    moving_shape: tuple[int, int] | None = None,
    fixed_shape: tuple[int, int] | None = None,
) -> Transform:
    """Register two images by points that show the same place.

    Parameters
    ----------
    moving_xy, fixed_xy : (n, 2) array
        x and y of each point in both images, in pixels; the centre of the upper left pixel
        is (0, 0).
    model : str
        ``"translation"``, ``"rigid"``, ``"similarity"``, ``"affine"`` or ``"projective"``.
    moving_shape, fixed_shape : (int, int), optional
        Height and width of the images.

    Returns
    -------
    Transform
        By least squares, with the residual of each point. ``error_px`` is from leaving out
        each point in turn, and ``note`` names a point that looks misplaced.

    Raises
    ------
    InputError
        If points are missing, too few for the model, or lie on a line.
    """
    freedom = require_freedom(model)
    moving, fixed = _pairs(moving_xy, fixed_xy)
    if len(moving) < NEEDED[freedom]:
        raise InputError(
            f"{len(moving)} points are too few for a transform of the kind {freedom}",
            hint=f"give {NEEDED[freedom]} or more; one more shows how good it is.",
        )
    if NEEDED[freedom] > 2:  # noqa: PLR2004 - two points always lie on a line
        _require_spread(moving)
        _require_spread(fixed)
    matrix = fit_matrix(moving, fixed, freedom)
    missed = _mapped(matrix, moving) - fixed
    residuals = tuple(
        Residual(tuple(one), tuple(two), float(dx), float(dy))
        for one, two, (dx, dy) in zip(moving.tolist(), fixed.tolist(), missed, strict=True)
    )
    missed_alone, rest = _left_out(moving, fixed, freedom)
    error = float(np.sqrt((missed_alone**2).mean())) if len(rest) else float("nan")
    return Transform(
        rows_of(matrix),
        freedom,
        "points",
        moving_shape,
        fixed_shape,
        residuals,
        error,
        _misplaced(missed_alone, rest, freedom),
    )


def require_freedom(model: str) -> Freedom:
    """Return a kind of transform by its name.

    Parameters
    ----------
    model : str
        As in ``"affine"``.

    Returns
    -------
    Freedom
        The kind.

    Raises
    ------
    InputError
        If there is none of this name.
    """
    if model not in set(Freedom):
        raise InputError(
            f"Not a kind of transform: {model!r:.40}", hint=f"use {', '.join(Freedom)}."
        )
    return Freedom(model)


def fit_matrix(moving: Floats, fixed: Floats, freedom: Freedom) -> Floats:
    """Fit a transform to points by least squares.

    Parameters
    ----------
    moving, fixed : (n, 2) float64
        x and y, as many as the kind needs.
    freedom : Freedom
        The kind.

    Returns
    -------
    (3, 3) float64
        Homogeneous matrix.
    """
    return _FITS[freedom](moving, fixed)


def _translation(moving: Floats, fixed: Floats) -> Floats:
    matrix = np.eye(3)
    matrix[:2, 2] = (fixed - moving).mean(axis=0)
    return matrix


def _rigid(moving: Floats, fixed: Floats) -> Floats:
    return _umeyama(moving, fixed, is_scaled=False)


def _similarity(moving: Floats, fixed: Floats) -> Floats:
    return _umeyama(moving, fixed, is_scaled=True)


def _umeyama(moving: Floats, fixed: Floats, *, is_scaled: bool) -> Floats:
    """Return rotation, translation and perhaps scale; never a reflection."""
    centre, target = moving.mean(axis=0), fixed.mean(axis=0)
    one, two = moving - centre, fixed - target
    left, values, right = np.linalg.svd(two.T @ one)
    sign = np.array([1.0, np.sign(np.linalg.det(left @ right))])
    rotation = left * sign @ right
    scale = float(values @ sign / max((one**2).sum(), 1e-300)) if is_scaled else 1.0
    matrix = np.eye(3)
    matrix[:2, :2] = scale * rotation
    matrix[:2, 2] = target - matrix[:2, :2] @ centre
    return matrix


def _affine(moving: Floats, fixed: Floats) -> Floats:
    solved = np.linalg.lstsq(np.c_[moving, np.ones(len(moving))], fixed)[0]
    return np.vstack([solved.T, [0, 0, 1]])


def _projective(moving: Floats, fixed: Floats) -> Floats:
    """Return a homography by the normalised direct linear transform."""
    one, two = _normalizer(moving), _normalizer(fixed)
    source, target = _mapped(one, moving), _mapped(two, fixed)
    full, none = np.c_[source, np.ones(len(source))], np.zeros((len(source), 3))
    rows = np.vstack([
        np.hstack([full, none, -target[:, :1] * full]),
        np.hstack([none, full, -target[:, 1:] * full]),
    ])
    solution = np.linalg.svd(rows)[2][-1].reshape(3, 3)
    return np.asarray(np.linalg.inv(two) @ solution @ one)


def _normalizer(points: Floats) -> Floats:
    """Return the similarity that centres points and scales them to a mean distance of √2."""
    centre = points.mean(axis=0)
    scale = np.sqrt(2) / max(np.linalg.norm(points - centre, axis=1).mean(), 1e-300)
    return np.array([[scale, 0, -scale * centre[0]], [0, scale, -scale * centre[1]], [0, 0, 1]])


_FITS: dict[Freedom, Callable[[Floats, Floats], Floats]] = {
    Freedom.TRANSLATION: _translation,
    Freedom.RIGID: _rigid,
    Freedom.SIMILARITY: _similarity,
    Freedom.AFFINE: _affine,
    Freedom.PROJECTIVE: _projective,
}


def _mapped(matrix: Floats, points: Floats) -> Floats:
    mapped = np.c_[points, np.ones(len(points))] @ matrix.T
    return np.asarray(mapped[:, :2] / mapped[:, 2:])


def _pairs(moving_xy: ArrayLike, fixed_xy: ArrayLike) -> tuple[Floats, Floats]:
    """Return both sets of points.

    Raises
    ------
    InputError
        If they don't belong together.
    """
    moving, fixed = np.asarray(moving_xy, np.float64), np.asarray(fixed_xy, np.float64)
    if moving.ndim != 2 or moving.shape[1:] != (2,) or moving.shape != fixed.shape:  # noqa: PLR2004
        raise InputError(
            f"The points don't come in pairs: {moving.shape} and {fixed.shape}",
            hint="give x and y of each point in both images, in the same order.",
        )
    bad = np.flatnonzero(~np.isfinite(np.c_[moving, fixed]).all(axis=1))
    if len(bad):
        raise InputError(
            f"Point {bad[0] + 1} has no position in one image", hint="set it, or leave it out."
        )
    return moving, fixed


def _require_spread(points: Floats) -> None:
    """Raise if points lie on a line.

    Raises
    ------
    InputError
        If they do.
    """
    values = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
    if values[1] < _FLAT * values[0] or values[0] == 0:
        raise InputError("The points lie on a line", hint="add one far from it.")


def _left_out(moving: Floats, fixed: Floats, freedom: Freedom) -> tuple[Floats, Floats]:
    """Return by how much each point is missed by the fit to the others, and how these fit."""
    count = len(moving)
    if count <= NEEDED[freedom]:
        return np.empty(0), np.empty(0)
    missed, rest = np.empty(count), np.empty(count)
    for at in range(count):
        others = np.arange(count) != at
        matrix = fit_matrix(moving[others], fixed[others], freedom)
        distance = np.linalg.norm(_mapped(matrix, moving) - fixed, axis=1)
        missed[at], rest[at] = distance[at], np.sqrt((distance[others] ** 2).mean())
    return missed, rest


def _misplaced(missed: Floats, rest: Floats, freedom: Freedom) -> str:
    """Return a sentence about the point without which the others fit, if there is one."""
    if len(missed) < NEEDED[freedom] + 3:  # else leaving out any makes the others fit
        return ""
    worst = int(rest.argmin())
    if missed[worst] < max(_WORTH_NAMING_PX, _OUTLYING * rest[worst]):
        return ""
    if np.partition(rest, 1)[1] < 2 * rest[worst]:
        return ""
    return f"Point {worst + 1} lies {missed[worst]:.1f} px off the others: look at it again"
