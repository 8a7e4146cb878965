"""The profile of a surface in a plane, as a drawing for a report."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion.errors import InputError
from museion.scans.measure.cutting import Chain, chain, cut
from museion.scans.measure.drawn import Drawn
from museion.scans.measure.paradata import Origin, paradata
from museion.scans.measure.plane import Plane, require_plane
from museion.scans.measure.quantities import Quantity, show_length
from museion.scans.measure.surface import Surface

type Array = NDArray[Any]

METHOD = "plane section of all triangles"
SOURCE = "exact edge-plane intersection, vertices on the plane taken as above it"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Section(Drawn):
    """Polylines in which a plane crosses a surface.

    Attributes
    ----------
    chains : tuple of Chain
        Longest first; of closed ones the material is on the left, seen with the plane's
        normal towards the viewer.
    length : Quantity
        Of all polylines, in metres.
    area : Quantity or None
        Of the material, holes taken off, in square metres; None unless all polylines are
        closed and the surface's triangles agree about its outside.
    """

    chains: tuple[Chain, ...]
    length: Quantity
    area: Quantity | None

    def values(self) -> dict[str, Quantity | str]:
        """Return what was measured, by name."""
        closed = sum(one.is_closed for one in self.chains)
        low, high = self.bounds
        found: dict[str, Quantity | str] = {
            "polylines": f"{len(self.chains)}, closed: {closed}",
            "width": Quantity(float(high[0] - low[0]), "m"),
            "height": Quantity(float(high[1] - low[1]), "m"),
            "length": self.length,
        }
        return found if self.area is None else {**found, "area": self.area}

    @property
    def flat(self) -> tuple[Array, ...]:
        """Each polyline along the plane's `right` and `up`, (n, 2) float64 in metres."""
        return tuple(self.plane.flatten(one.points) for one in self.chains)

    @property
    def _lines(self) -> tuple[tuple[Array, bool], ...]:
        return tuple((one.points, one.is_closed) for one in self.chains)


def measure_section(surface: Surface, origin: Origin, plane: Plane) -> Section:
    """Return the section of a surface by a plane.

    Parameters
    ----------
    surface : Surface
    origin : Origin
    plane : Plane

    Raises
    ------
    InputError
        If the plane does not cross the surface.
    """
    plane = require_plane(plane)
    chains = sorted(chain(cut(surface, plane)), key=_length, reverse=True)
    if not chains:
        raise InputError(
            "The plane does not cross the surface",
            hint="choose a point of the plane within scan.bounds.",
        )
    return Section(
        plane=plane,
        chains=tuple(chains),
        length=Quantity(sum(_length(one) for one in chains), "m"),
        area=_area(chains, plane),
        paradata=paradata(
            origin,
            METHOD,
            SOURCE,
            normal=", ".join(f"{value:.6g}" for value in plane.normal),
            offset=show_length(plane.offset),
        ),
    )


def _length(one: Chain) -> float:
    points = np.concatenate([one.points, one.points[:1]]) if one.is_closed else one.points
    return float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())


def _area(chains: list[Chain], plane: Plane) -> Quantity | None:
    if not all(one.is_closed and one.is_directed for one in chains):
        return None
    total = 0.0
    for one in chains:
        x, y = (plane.flatten(one.points) - plane.flatten(one.points[:1])).T
        total += float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2.0
    return Quantity(total, "m²")
