"""A transform between two images of one object: what is stored, and how points go through.

Positions are pixel indices: x to the right, y down, and the centre of the upper left pixel is
(0, 0). The matrix takes homogeneous positions in the *moving* image to the *fixed* one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from museion.errors import InputError

FORMAT = "museion-transform"
VERSION = 1
_MATRIX = 3
_SINGULAR = 1e-9

type Floats = NDArray[np.float64]


class Freedom(StrEnum):
    """What a transform may do; each kind includes those before it."""

    TRANSLATION = "translation"
    RIGID = "rigid"
    SIMILARITY = "similarity"
    AFFINE = "affine"
    PROJECTIVE = "projective"


@dataclass(frozen=True, slots=True)
class Residual:
    """How far one control point misses.

    Attributes
    ----------
    moving, fixed : (float, float)
        Its (x, y) in both images, in pixels.
    dx, dy : float
        Where the transform puts it, less where it is, in pixels of the fixed image.
    """

    moving: tuple[float, float]
    fixed: tuple[float, float]
    dx: float
    dy: float

    @property
    def length_px(self) -> float:
        """Distance in pixels of the fixed image."""
        return float(np.hypot(self.dx, self.dy))


@dataclass(frozen=True, slots=True)
class Transform:
    """How one image lies on another.

    Attributes
    ----------
    rows : tuple of three tuples of three floats
        The matrix; see `matrix`.
    model : str
        What it may do, as in ``"affine"``.
    method : str
        How it was found: ``"points"``, ``"features"`` or ``"mutual information"``.
    moving_shape, fixed_shape : (int, int) or None
        Height and width of both images.
    residuals : tuple of Residual
        Of the points it rests on; none from mutual information.
    error_px : float
        Root mean square distance by which it misses points that it was not fitted to, in
        pixels of the fixed image; NaN if there are too few to tell.
    note : str
        What a person should know.
    """

    rows: tuple[tuple[float, ...], ...]
    model: str = Freedom.AFFINE
    method: str = "points"
    moving_shape: tuple[int, int] | None = None
    fixed_shape: tuple[int, int] | None = None
    residuals: tuple[Residual, ...] = ()
    error_px: float = float("nan")
    note: str = ""

    def __post_init__(self) -> None:
        matrix = np.array(self.rows, np.float64)
        good = matrix.shape == (_MATRIX, _MATRIX) and bool(np.all(np.isfinite(matrix)))
        if not good or abs(np.linalg.det(matrix)) < _SINGULAR:
            raise InputError(
                "Not the matrix of a transform", hint="give 3 by 3 finite numbers, not singular."
            )
        if self.model not in set(Freedom):
            raise InputError(
                f"Not a kind of transform: {self.model!r:.40}", hint=f"use {', '.join(Freedom)}."
            )

    @property
    def matrix(self) -> Floats:
        """(3, 3) float64: takes (x, y, 1) in the moving image to the fixed one."""
        return np.array(self.rows, np.float64)

    @property
    def rms_px(self) -> float:
        """Root mean square of the residuals in pixels of the fixed image; NaN without."""
        lengths = [each.length_px for each in self.residuals]
        return float(np.sqrt(np.mean(np.square(lengths)))) if lengths else float("nan")

    @property
    def inverse(self) -> Self:
        """The way back, without residuals."""
        return type(self)(
            rows_of(np.linalg.inv(self.matrix)),
            self.model,
            self.method,
            self.fixed_shape,
            self.moving_shape,
        )

    def map_points(self, points: ArrayLike) -> Floats:
        """Take points from the moving image to the fixed one.

        Parameters
        ----------
        points : (n, 2) array
            x and y in pixels.

        Returns
        -------
        (n, 2) float64
            x and y in pixels.
        """
        given = np.atleast_2d(np.asarray(points, np.float64))
        mapped = np.c_[given, np.ones(len(given))] @ self.matrix.T
        found: Floats = mapped[:, :2] / mapped[:, 2:]
        return found

    def then(self, other: "Transform") -> "Transform":
        """Return both, one after the other.

        Parameters
        ----------
        other : Transform
            From this one's fixed image to a third.

        Returns
        -------
        Transform
            From this one's moving image to the third.
        """
        freer = max(Freedom(self.model), Freedom(other.model), key=list(Freedom).index)
        return Transform(
            rows_of(other.matrix @ self.matrix),
            freer,
            f"{self.method}, then {other.method}",
            self.moving_shape,
            other.fixed_shape,
        )

    def to_json(self) -> dict[str, Any]:
        """Return the stored form, of JSON types."""
        known = np.isfinite(self.error_px)
        return {
            "format": FORMAT,
            "version": VERSION,
            "matrix": [list(row) for row in self.rows],
            "model": str(self.model),
            "method": self.method,
            "moving_shape": None if self.moving_shape is None else list(self.moving_shape),
            "fixed_shape": None if self.fixed_shape is None else list(self.fixed_shape),
            "residuals": [[*each.moving, *each.fixed, each.dx, each.dy] for each in self.residuals],
            "error_px": self.error_px if known else None,
            "note": self.note,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read the stored form.

        Parameters
        ----------
        stored : mapping
            From `to_json`.

        Returns
        -------
        Transform
            The same.

        Raises
        ------
        InputError
            If it is none, or of a later version.
        """
        if not isinstance(stored, Mapping) or stored.get("format") != FORMAT:
            raise InputError("Not a stored transform", hint="look at the file's name.")
        if stored.get("version") != VERSION:
            raise InputError(
                f"A transform of a later version: {stored.get('version')!r:.20}",
                hint="bring Museion up to date.",
            )
        try:
            error = stored["error_px"]
            return cls(
                tuple(tuple(float(value) for value in row) for row in stored["matrix"]),
                str(stored["model"]),
                str(stored["method"]),
                _shape(stored["moving_shape"]),
                _shape(stored["fixed_shape"]),
                tuple(_residual(each) for each in stored["residuals"]),
                float("nan") if error is None else float(error),
                str(stored["note"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"A stored transform is damaged: {error!s:.80}", hint="register the images again."
            ) from error


def rows_of(matrix: Floats) -> tuple[tuple[float, ...], ...]:
    """Return a matrix's rows, scaled so that its last number is one.

    Parameters
    ----------
    matrix : (3, 3) float64
        Homogeneous.

    Returns
    -------
    tuple of three tuples of three floats
        As `Transform` wants them.
    """
    scaled = matrix / matrix[2, 2]
    return tuple(tuple(float(value) for value in row) for row in scaled)


def _shape(stored: Any) -> tuple[int, int] | None:  # noqa: ANN401 - as read
    if stored is None:
        return None
    height, width = stored
    return int(height), int(width)


def _residual(stored: Any) -> Residual:  # noqa: ANN401 - as read
    x, y, fixed_x, fixed_y, dx, dy = map(float, stored)
    return Residual((x, y), (fixed_x, fixed_y), dx, dy)
