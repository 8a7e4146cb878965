"""Brings one scan into another's frame, from pairs of points: the start of a registration.

The result is a transform with residuals. Nothing is resampled: the measured vertices stay as
they are.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion.errors import InputError
from museion.scans.measure.paradata import Measurement, Origin, paradata
from museion.scans.measure.quantities import Quantity
from museion.scans.measure.surface import require_points
from museion.scans.measure.transform import Transform

type Array = NDArray[Any]

_KABSCH = "Kabsch 1976, doi:10.1107/S0567739476001873"
_UMEYAMA = "Umeyama 1991, doi:10.1109/34.88573"
_FEWEST_PAIRS = 3
_THINNEST = 1e-6  # second singular value of the points, against the first


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Alignment(Measurement):
    """How a moving scan lies in a fixed scan's frame.

    Attributes
    ----------
    transform : Transform
        From the moving scan's frame to the fixed scan's.
    rms : Quantity
        Root mean square of the residuals that were used, in metres.
    residuals : (n,) float64
        Distances after the move, in metres: of pairs, or of samples from the fixed surface
        (signed, positive outside).
    is_used : (n,) bool
        Which residuals took part.
    stability : float or None
        How firmly the shapes hold each other, 0 (they slide) to 1; None for pairs.
    iterations : int
    """

    transform: Transform
    rms: Quantity
    residuals: Array
    is_used: Array
    stability: float | None = None
    iterations: int = 1

    def values(self) -> dict[str, Quantity | str]:
        """Return what was measured, by name."""
        shift = float(np.linalg.norm(self.transform.translation))
        found: dict[str, Quantity | str] = {
            "rotation": Quantity(self.transform.angle_deg, "°"),
            "translation": Quantity(shift, "m"),
            "scale": f"{self.transform.scale:.9g}",
            "rms residual": self.rms,
            "largest residual": Quantity(float(np.abs(self.residuals[self.is_used]).max()), "m"),
            "used": f"{int(self.is_used.sum())} of {len(self.is_used)}",
        }
        if self.stability is not None:
            found |= {"stability": f"{self.stability:.3g}", "iterations": str(self.iterations)}
        return found


def align_pairs(
    moving: Array, fixed: Array, origins: tuple[Origin, Origin], *, with_scale: bool = False
) -> Alignment:
    """Return the motion that brings points onto their partners, in the least-squares sense.

    Parameters
    ----------
    moving, fixed : (n, 3) array-like
        The same n ≥ 3 points in both frames, in metres.
    origins : (Origin, Origin)
        Of the moving and the fixed scan.
    with_scale : bool
        Whether a common factor of all lengths is estimated too.

    Raises
    ------
    InputError
        If there are fewer than three pairs, or the points are on a line.
    """
    one = require_points(moving, "moving points", (-1, 3))
    other = require_points(fixed, "fixed points", (-1, 3))
    if len(one) != len(other) or len(one) < _FEWEST_PAIRS:
        raise InputError(
            f"Registration needs three or more pairs of points: {len(one)} and {len(other)}",
            hint="give the same points, in the same order, on both scans.",
        )
    _require_spread(one)
    _require_spread(other)
    transform = fit_pairs(one, other, with_scale=with_scale)
    residuals = np.linalg.norm(transform.apply(one) - other, axis=1)
    return Alignment(
        transform=transform,
        rms=Quantity(float(np.sqrt(np.mean(residuals**2))), "m"),
        residuals=residuals,
        is_used=np.ones(len(one), bool),
        paradata=paradata(
            origins,
            "point pairs, least squares" + (" with scale" if with_scale else ""),
            _UMEYAMA if with_scale else _KABSCH,
            pairs=len(one),
        ),
    )


def fit_pairs(moving: Array, fixed: Array, *, with_scale: bool = False) -> Transform:
    """Return the least-squares motion of points onto their partners.

    Parameters
    ----------
    moving, fixed : (n, 3) float64
        In metres.
    with_scale : bool
        Whether lengths may change.
    """
    centers = moving.mean(axis=0), fixed.mean(axis=0)
    one, other = moving - centers[0], fixed - centers[1]
    left, sizes, right = np.linalg.svd(other.T @ one)
    signs = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    rotation = (left * signs) @ right
    scale = float((sizes * signs).sum() / (one * one).sum()) if with_scale else 1.0
    return Transform(rotation, centers[1] - scale * (rotation @ centers[0]), scale)


def _require_spread(points: Array) -> None:
    sizes = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
    if sizes[1] <= _THINNEST * sizes[0]:
        raise InputError(
            "The points of the pairs are on a line: the turn around it is not determined",
            hint="add a pair away from that line.",
        )
