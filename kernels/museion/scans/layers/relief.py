"""Relief: where a surface stands out and where it is hollow, at a scale that one chooses."""

from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion.errors import InputError
from museion.scans.layers.integral import Progress, ball_shares
from museion.scans.layers.layer import Layer
from museion.scans.layers.solid import Solid
from museion.scans.measure.paradata import Origin, paradata
from museion.scans.measure.quantities import show_length

type Array = NDArray[Any]

_INTEGRAL = "Pottmann et al. 2009, doi:10.1016/j.cagd.2008.01.002"
_MSII = "Mara et al. 2010, doi:10.2312/VAST/VAST10/131-138"
_FEWEST_EDGES = 2.0
_MOST_SCALES = 8


class ReliefKind(StrEnum):
    """What is measured.

    Attributes
    ----------
    MSII
        Share of a ball that lies outside the material, mean over several radii.
    CURVATURE
        Mean curvature, in 1/m.
    """

    MSII = "msii"
    CURVATURE = "curvature"


def measure_relief(
    solid: Solid,
    origin: Origin,
    radius_m: float,
    *,
    kind: str = ReliefKind.MSII,
    scales: int = 3,
    progress: Progress | None = None,
) -> Layer:
    """Return the relief of a surface.

    Parameters
    ----------
    solid : Solid
    origin : Origin
    radius_m : float
        Of the largest ball: about the width of what is to be seen.
    kind : {"msii", "curvature"}
    scales : int
        Radii for "msii": the given one, its half, its quarter and so on, as far as the
        triangles are fine enough.
    progress : callable, optional
        Told which share is done, from 0 to 1.

    Raises
    ------
    InputError
        If the kind is unknown, or the radius does not suit the triangles.
    """
    how = _require_kind(kind)
    radii = _require_radii(radius_m, 1 if how is ReliefKind.CURVATURE else scales, solid)
    shares = [
        ball_shares(solid, radius, _part(progress, number, len(radii)))
        for number, radius in enumerate(radii)
    ]
    text = ", ".join(show_length(radius) for radius in radii)
    if how is ReliefKind.CURVATURE:
        values, title = 16.0 * (0.5 - shares[0]) / (3.0 * radius_m), f"Curvature within {text}"
        method, source = "mean curvature from the volume integral invariant", _INTEGRAL
    else:
        values, title = 1.0 - np.mean(shares, axis=0), f"Relief, {text}"
        method = "multi-scale integral invariant: share of a ball outside the material"
        source = f"{_INTEGRAL}; {_MSII}"
    is_curvature = how is ReliefKind.CURVATURE
    return Layer(
        name="curvature" if is_curvature else "relief",
        values=solid.spread(values),
        title=title,
        unit="1/m" if is_curvature else "",
        quantity="curvature" if is_curvature else "relief",
        center=0.0 if is_curvature else 0.5,
        paradata=paradata(origin, method, source, ("scipy",), radii=text),
    )


def _require_radii(radius_m: float, scales: int, solid: Solid) -> list[float]:
    """Return the radii of the balls, largest first, none too small for the triangles.

    Raises
    ------
    InputError
        If the largest is, or the number of scales makes no sense.
    """
    if not 1 <= scales <= _MOST_SCALES:
        raise InputError(f"Not a number of scales: {scales}", hint=f"1 to {_MOST_SCALES}.")
    least_m = _FEWEST_EDGES * solid.edge_m
    if not (np.isfinite(radius_m) and radius_m >= least_m):
        raise InputError(
            f"The radius does not suit the scan: {radius_m} m",
            hint=f"give at least {least_m:.3g} m, twice the usual edge of its triangles.",
        )
    halved = (radius_m / 2**number for number in range(scales))
    return [radius for radius in halved if radius >= least_m]


def _require_kind(kind: str) -> ReliefKind:
    """Return the kind of relief.

    Raises
    ------
    InputError
        If it is unknown.
    """
    try:
        return ReliefKind(kind)
    except ValueError as error:
        raise InputError(
            f"Unknown kind of relief: {kind:.20}", hint='use "msii" or "curvature".'
        ) from error


def _part(progress: Progress | None, number: int, count: int) -> Progress | None:
    if progress is None:
        return None
    return lambda share: progress((number + share) / count)
