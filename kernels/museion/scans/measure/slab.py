"""The section of a cloud: the points of a thin slab, brought onto its middle plane."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from museion.errors import InputError
from museion.scans.measure.drawn import Drawn
from museion.scans.measure.paradata import Origin, paradata
from museion.scans.measure.plane import Plane, require_plane
from museion.scans.measure.quantities import Quantity, show_length
from museion.scans.measure.surface import Surface

type Array = NDArray[Any]

METHOD = "points of a slab, projected onto its middle plane"
_SLACK = 1.0 + 1e-6
SOURCE = "each measured point within half the thickness of the plane"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class SlabSection(Drawn):
    """Points of a cloud within a slab around a plane.

    Attributes
    ----------
    thickness_m : float
    points : (n, 3) float64
        The measured points, where they are, in metres.
    ids : (n,) int64
        Their rows in `scan.points`.
    """

    thickness_m: float
    points: Array
    ids: Array
    _IS_DOTTED: ClassVar[bool] = True

    def values(self) -> dict[str, Quantity | str]:
        """Return what was found, by name."""
        low, high = self.bounds
        return {
            "points": f"{len(self.points):,}",
            "thickness": Quantity(self.thickness_m, "m"),
            "width": Quantity(float(high[0] - low[0]), "m"),
            "height": Quantity(float(high[1] - low[1]), "m"),
        }

    @property
    def flat(self) -> Array:
        """The points along the plane's `right` and `up`, (n, 2) float64 in metres."""
        return self.plane.flatten(self.points)

    @property
    def _lines(self) -> tuple[tuple[Array, bool], ...]:
        return ((self.points, False),)


def measure_slab(surface: Surface, origin: Origin, plane: Plane, thickness_m: float) -> SlabSection:
    """Return the points of a cloud that lie in a slab; only the blocks that it meets are read.

    Parameters
    ----------
    surface : Surface
        A cloud.
    origin : Origin
    plane : Plane
    thickness_m : float

    Raises
    ------
    InputError
        If the thickness is no length, or no point lies in the slab.
    """
    plane = require_plane(plane)
    if not (np.isfinite(thickness_m) and thickness_m > 0.0):
        raise InputError(
            f"Not a thickness: {thickness_m} m", hint="give metres, as 0.005 for 5 mm."
        )
    half = thickness_m / 2.0
    away = np.abs(surface.blocks.center @ plane.normal - plane.offset)
    near = np.flatnonzero(away <= (surface.blocks.radius + half) * _SLACK)
    points, ids = [np.empty((0, 3))], [np.empty(0, np.int64)]
    for block in near.tolist():
        own = surface.read(np.array([block])).vertices
        is_inside = np.abs(plane.heights(own)) <= half
        points.append(own[is_inside])
        ids.append(surface.vertex_ids(block)[is_inside])
    found = np.concatenate(points)
    if len(found) == 0:
        raise InputError(
            "No point of the cloud lies in the slab",
            hint="choose a point of the plane within scan.bounds, or a thicker slab.",
        )
    return SlabSection(
        plane=plane,
        thickness_m=float(thickness_m),
        points=found,
        ids=np.concatenate(ids),
        paradata=paradata(
            origin,
            METHOD,
            SOURCE,
            normal=", ".join(f"{value:.6g}" for value in plane.normal),
            offset=show_length(plane.offset),
            thickness=show_length(thickness_m),
        ),
    )
