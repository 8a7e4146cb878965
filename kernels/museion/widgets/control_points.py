"""Control points that members set in a viewer, in Python: `ControlPoints`."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict

import numpy as np
import traitlets

from museion.errors import InputError
from museion.widgets.regions import SIGNED, Author

if TYPE_CHECKING:
    from museion.imaging.registration import Transform

MAX_CONTROL_POINTS = 500
_KEYS = {"id", "layer", "moving", "fixed"}


class ControlPoint(TypedDict):
    """One place of the object, as browser and kernel exchange it.

    ``moving`` and ``fixed`` are x and y in pixels of the layer and of the base, the centre of
    the upper left pixel at 0, 0; ``layer`` is its ``<workgroup>/<dataset>/<item>``. ``author``
    and ``edited_by`` are added by the workspace's server.
    """

    id: str
    layer: str
    moving: list[float]
    fixed: list[float]
    author: NotRequired[Author]
    edited_by: NotRequired[Author]


class ControlPoints(traitlets.HasTraits):
    """What a viewer of several images shares with its members: `control_points`."""

    control_points = traitlets.List(traitlets.Dict()).tag(sync=True)

    def register_points(self, model: str = "affine", *, layer: str = "") -> "Transform":
        """Return the transform that the control points of a layer tell.

        Parameters
        ----------
        model : str
            As of `museion.imaging.registration.register_points`.
        layer : str
            Its ``<workgroup>/<dataset>/<item>``; may be left out if all points are of one.

        Returns
        -------
        Transform
            From the layer's pixels to those of the base, with the residual of each point in
            pixels of the base.

        Raises
        ------
        InputError
            If there are no points of the layer, they are of several, too few, or lie on a
            line.
        """
        from museion.imaging.registration import register_points  # noqa: PLC0415 - loads scipy

        known = sorted({point["layer"] for point in self.control_points})
        chosen = layer or (known[0] if len(known) == 1 else "")
        if chosen not in known:
            raise InputError(
                f"No control points of {layer!r:.120}" if layer else "Not the points of one layer",
                hint=f"layer= may be {', '.join(known)}." if known else "set some in the viewer.",
            )
        points = [point for point in self.control_points if point["layer"] == chosen]
        moving, fixed = self._shapes(chosen)
        return register_points(
            [point["moving"] for point in points],
            [point["fixed"] for point in points],
            model,
            moving_shape=moving,
            fixed_shape=fixed,
        )

    def _shapes(self, layer: str) -> tuple[tuple[int, int] | None, tuple[int, int]]:
        """Return height and width of a layer, if it is shown, and of the base."""
        raise NotImplementedError

    @traitlets.validate("control_points")
    def _check_control_points(self, proposal: dict[str, Any]) -> list[ControlPoint]:
        """Accept only control points.

        Raises
        ------
        InputError
            From Python; a browser only sends what was clicked.
        """
        points: Sequence[ControlPoint] = proposal["value"]
        if len(points) > MAX_CONTROL_POINTS:
            raise InputError(
                f"Too many control points: {len(points)}", hint=f"at most {MAX_CONTROL_POINTS}."
            )
        for point in points:
            if not _is_control_point(point):
                raise InputError(
                    f"Not a control point: {point!r:.160}",
                    hint="give id, layer, and x and y in pixels as moving and fixed.",
                )
        if len({point["id"] for point in points}) < len(points):
            raise InputError("Two control points have the same id", hint="give each its own.")
        return list(points)


def _is_control_point(point: Mapping[str, Any]) -> bool:
    is_named = all(isinstance(point.get(key), str) and point[key] for key in ("id", "layer"))
    return (
        set(point) - SIGNED == _KEYS
        and is_named
        and all(_is_place(point[key]) for key in ("moving", "fixed"))
    )


def _is_place(value: Any) -> bool:  # noqa: ANN401 - from outside
    if not isinstance(value, list | tuple) or len(value) != 2:  # noqa: PLR2004 - x and y
        return False
    return all(type(each) in {int, float} and np.isfinite(each) for each in value)
