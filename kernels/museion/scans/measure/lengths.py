"""Distances, polylines and angles between points of a surface.

Uncertainties follow from the declared noise of each coordinate by linear propagation
(JCGM 100:2008); noise is taken as independent from point to point.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion.errors import InputError
from museion.scans.measure.anchors import Anchor
from museion.scans.measure.paradata import Measurement, Origin, paradata
from museion.scans.measure.quantities import Quantity

type Array = NDArray[Any]

PROPAGATION = "JCGM 100:2008, Guide to the expression of uncertainty in measurement"
_FEWEST_POINTS = 2


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Distance(Measurement):
    """The straight distance of two points of a surface.

    Attributes
    ----------
    start, end : Anchor
        The points.
    distance, dx, dy, dz : Quantity
        In metres; dz is the difference of heights.
    """

    start: Anchor
    end: Anchor
    distance: Quantity
    dx: Quantity
    dy: Quantity
    dz: Quantity


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Polyline(Measurement):
    """The length of straight lines from point to point.

    Attributes
    ----------
    points : tuple of Anchor
    length : Quantity
        In metres.
    """

    points: tuple[Anchor, ...]
    length: Quantity


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Angle(Measurement):
    """The angle between the directions from one point to two others.

    Attributes
    ----------
    points : tuple of Anchor
        First side, apex, second side.
    angle : Quantity
        In degrees, 0 to 180.
    """

    points: tuple[Anchor, ...]
    angle: Quantity


def measure_distance(origin: Origin, start: Anchor, end: Anchor) -> Distance:
    """Return the distance of two points.

    Parameters
    ----------
    origin : Origin
    start, end : Anchor
    """
    across = end.point - start.point
    sigma = origin.sigma_m
    spread = None if sigma is None else sigma * float(np.sqrt(2.0))
    return Distance(
        start=start,
        end=end,
        distance=Quantity(float(np.linalg.norm(across)), "m", spread),
        dx=Quantity(float(across[0]), "m", spread),
        dy=Quantity(float(across[1]), "m", spread),
        dz=Quantity(float(across[2]), "m", spread),
        paradata=paradata(origin, "straight distance of two points", PROPAGATION),
    )


def measure_polyline(origin: Origin, points: Sequence[Anchor]) -> Polyline:
    """Return the length of straight lines from point to point.

    Parameters
    ----------
    origin : Origin
    points : sequence of Anchor

    Raises
    ------
    InputError
        If there are fewer than two points.
    """
    if len(points) < _FEWEST_POINTS:
        raise InputError(
            f"A polyline has at least two points, this one: {len(points)}", hint="add points."
        )
    steps = np.diff([one.point for one in points], axis=0)
    lengths = np.linalg.norm(steps, axis=1)
    units = steps / np.where(lengths > 0.0, lengths, 1.0)[:, None]
    ends = np.zeros((1, 3))
    slopes = np.diff(np.concatenate([ends, units, ends]), axis=0)
    return Polyline(
        points=tuple(points),
        length=Quantity(float(lengths.sum()), "m", _propagate(origin, slopes)),
        paradata=paradata(origin, "straight lines through points of the surface", PROPAGATION),
    )


def measure_angle(origin: Origin, first: Anchor, apex: Anchor, second: Anchor) -> Angle:
    """Return the angle at a point.

    Parameters
    ----------
    origin : Origin
    first, apex, second : Anchor

    Raises
    ------
    InputError
        If a side of the angle has no length.
    """
    one, other = first.point - apex.point, second.point - apex.point
    lengths = float(np.linalg.norm(one)), float(np.linalg.norm(other))
    if 0.0 in lengths:
        raise InputError(
            "A side of the angle has no length: two of its points are the same",
            hint="choose three different points: first side, apex, second side.",
        )
    u, v = one / lengths[0], other / lengths[1]
    # Well conditioned near 0 and 180 degrees too [Kahan].
    angle = 2.0 * np.arctan2(np.linalg.norm(u - v), np.linalg.norm(u + v))
    spread = None
    if origin.sigma_m is not None and 0.0 < angle < np.pi:
        turn_one, turn_other = v - (u @ v) * u, u - (u @ v) * v
        slope_one = -turn_one / np.linalg.norm(turn_one) / lengths[0]
        slope_other = -turn_other / np.linalg.norm(turn_other) / lengths[1]
        slopes = np.stack([slope_one, slope_other, -(slope_one + slope_other)])
        spread = float(np.rad2deg(_propagate(origin, slopes) or 0.0))
    return Angle(
        points=(first, apex, second),
        angle=Quantity(float(np.rad2deg(angle)), "°", spread),
        paradata=paradata(origin, "angle of two straight sides", PROPAGATION),
    )


def _propagate(origin: Origin, slopes: Array) -> float | None:
    """Return the uncertainty of a value with these derivatives by the points' coordinates."""
    return None if origin.sigma_m is None else float(origin.sigma_m * np.linalg.norm(slopes))
