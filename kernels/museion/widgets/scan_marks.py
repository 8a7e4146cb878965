"""Measurements as browser and kernel exchange them, and what is measured for each."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict, cast

import numpy as np

from museion.errors import InputError
from museion.widgets.regions import SIGNED, Author

if TYPE_CHECKING:
    from museion.scans.measure import Measurements
    from museion.scans.measure.anchors import Anchor
    from museion.scans.measure.paradata import Measurement
    from museion.scans.measure.plane import Plane

MAX_POINTS = 500
_KEYS = {"id", "kind", "label", "points", "along", "within"}
_FARTHEST = 0.02  # of the diagonal: what a browser may say that a point is off the surface
_STEEP = 0.5


class MarkKind(StrEnum):
    """What is measured between points."""

    DISTANCE = "distance"
    POLYLINE = "polyline"
    GEODESIC = "geodesic"
    ANGLE = "angle"
    SECTION = "section"


POINTS: Mapping[MarkKind, tuple[int, int]] = {
    MarkKind.DISTANCE: (2, 2),
    MarkKind.POLYLINE: (2, MAX_POINTS),
    MarkKind.GEODESIC: (2, 2),
    MarkKind.ANGLE: (3, 3),
    MarkKind.SECTION: (2, 3),
}


class Mark(TypedDict):
    """A measurement, as browser and kernel exchange it.

    ``points`` are metres in the scan's frame: two ends, the points of a line, or first side,
    apex and second side of an angle. A section runs through three points, or through two and
    the direction ``along``; for a geodesic ``along`` points away from the surface and is only
    used by the browser's preview. ``within`` says how many metres the points may be off the
    measured surface because they were put on a simplified one. ``author`` and ``edited_by``
    are added by the workspace's server.
    """

    id: str
    kind: str
    label: str
    points: list[list[float]]
    along: list[float] | None
    within: float
    author: NotRequired[Author]
    edited_by: NotRequired[Author]


def require_mark(value: Mapping[str, Any]) -> Mark:
    """Return a dict that is a measurement.

    Raises
    ------
    InputError
        With what is wrong.
    """
    is_named = all(isinstance(value.get(key), str) for key in ("id", "label")) and value["id"]
    if set(value) - SIGNED != _KEYS or not is_named:
        raise InputError(
            f"Not a measurement: {value!r:.120}", hint=f"give {', '.join(sorted(_KEYS))}."
        )
    kind = require_kind(value["kind"])
    fewest, most = POINTS[kind]
    points, along = value["points"], value["along"]
    if not isinstance(points, list | tuple) or not fewest <= len(points) <= most:
        wanted = f"{fewest}" if fewest == most else f"{fewest} to {most}"
        raise InputError(f"Not the points of one {kind.value}", hint=f"give {wanted} points.")
    if not all(map(_is_place, points)) or not (along is None or _is_place(along)):
        raise InputError(f"Not points in metres: {points!r:.120}", hint="give x, y and z of each.")
    if kind is MarkKind.SECTION and len(points) == fewest and along is None:
        raise InputError(
            "Two points and no direction: no plane is determined",
            hint="give three points, or along= as a direction in the plane.",
        )
    if not (_is_number(value["within"]) and value["within"] >= 0.0):
        raise InputError(f"Not a length: {value['within']!r:.40}", hint="give metres.")
    return cast("Mark", value)


def require_kind(kind: object) -> MarkKind:
    """Return the kind of a measurement.

    Raises
    ------
    InputError
        If there is no such kind.
    """
    try:
        return MarkKind(str(kind))
    except ValueError as error:
        known = ", ".join(each.value for each in MarkKind)
        raise InputError(f"Unknown kind of measurement: {kind!r:.40}", hint=known) from error


def measure_mark(measure: "Measurements", mark: Mark) -> "Measurement":
    """Return what is measured for a mark, at full resolution.

    Parameters
    ----------
    measure : Measurements
    mark : Mark

    Raises
    ------
    InputError
        If a point is not on the surface, or nothing can be measured.
    """
    kind = require_kind(mark["kind"])
    if kind is MarkKind.SECTION:
        return measure.section(_plane(mark))
    points = [_anchor(measure, point, mark["within"]) for point in mark["points"]]
    if kind is MarkKind.POLYLINE:
        return measure.polyline(points)
    if kind is MarkKind.GEODESIC:
        return _geodesic(measure, *points)
    two_or_three: Mapping[MarkKind, Callable[..., Measurement]] = {
        MarkKind.DISTANCE: measure.distance,
        MarkKind.ANGLE: measure.angle,
    }
    return two_or_three[kind](*points)


def answer_of(mark: Mark, result: "Measurement") -> dict[str, Any]:
    """Return what a browser is told of a result: values in SI units, texts, paradata."""
    from museion.scans.measure.quantities import Quantity  # noqa: PLC0415 - loads with measuring

    values = [
        {
            "name": name,
            "value": one.value if isinstance(one, Quantity) else None,
            "unit": one.unit if isinstance(one, Quantity) else "",
            "uncertainty": one.uncertainty if isinstance(one, Quantity) else None,
            "text": str(one),
        }
        for name, one in result.values().items()
    ]
    notes = [list(row) for row in result.paradata.rows()]
    return {"id": mark["id"], "values": values, "notes": notes, "trouble": ""}


def _anchor(measure: "Measurements", point: list[float], within_m: float) -> "Anchor":
    """Return the point of the measured surface behind a displayed one.

    Raises
    ------
    InputError
        If the surface is farther away than the display can be.
    """
    from museion.scans.measure.anchors import require_on_surface  # noqa: PLC0415

    tolerance = measure.tolerance_m
    allowed = min(within_m, tolerance * _FARTHEST / 1e-3)
    return require_on_surface(measure.surface, point, max(tolerance, allowed))


def _geodesic(measure: "Measurements", start: "Anchor", end: "Anchor") -> "Measurement":
    """Return the exact geodesic, or where that is too much the approximate one.

    Raises
    ------
    InputError
        If no way joins the points.
    """
    try:
        return measure.geodesic(start, end)
    except InputError:
        return measure.geodesic(start, end, method="heat")


def _plane(mark: Mark) -> "Plane":
    """Return a section's plane, its normal upwards where it is steep.

    Raises
    ------
    InputError
        If the points are on a line, or the direction is along it.
    """
    from museion.scans.measure import Plane  # noqa: PLC0415

    first, second, *third = (np.array(point, np.float64) for point in mark["points"])
    other = third[0] if third else first + np.linalg.norm(second - first) * _unit(mark["along"])
    plane = Plane.through_points(first, second, other)
    is_down = plane.normal[2] < -_STEEP
    return Plane(-plane.normal, -plane.offset) if is_down else plane


def _unit(along: list[float] | None) -> Any:  # noqa: ANN401
    direction = np.array(along, np.float64)
    return direction / max(float(np.linalg.norm(direction)), 1e-300)


def _is_place(value: Any) -> bool:  # noqa: ANN401 - from outside
    is_three = isinstance(value, list | tuple) and len(value) == 3  # noqa: PLR2004 - x, y, z
    return is_three and all(map(_is_number, value))


def _is_number(value: Any) -> bool:  # noqa: ANN401 - from outside
    return type(value) in {int, float} and bool(np.isfinite(value))
