"""The deviation of two epochs as a layer: how far each measured vertex has moved."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from museion.errors import InputError
from museion.scans.layers.layer import Layer, require_name
from museion.scans.measure.deviation import Deviation

if TYPE_CHECKING:
    from museion.scans.scan import Scan

type Array = NDArray[Any]


def deviation_layer(
    scan: "Scan", deviation: Deviation, *, name: str = "deviation", reach_m: float | None = None
) -> Layer:
    """Return a deviation as a layer.

    Parameters
    ----------
    scan : Scan
        The epoch that was measured from: the later one for C2M, the earlier one for M3C2.
    deviation : Deviation
        As ``later.measure.deviation(earlier.measure, …)`` gives it.
    name : str
    reach_m : float, optional
        Of M3C2: how far from a core point its distance counts; needed there.

    Raises
    ------
    InputError
        If the deviation is not one of this scan.
    """
    patch = scan.measure.patch
    values = np.full(len(scan.measured.vertices), np.nan)
    rows = _grid_rows(scan, patch.keys)
    if len(deviation.points) == len(patch.vertices) and reach_m is None:
        values[rows >= 0] = deviation.distances[rows[rows >= 0]]
    else:
        values = _nearest(scan, deviation, reach_m)
    return Layer(
        name=require_name(name),
        values=values,
        title=f"Deviation, {deviation.paradata.method}",
        unit="m",
        quantity="distance",
        center=0.0,
        paradata=deviation.paradata,
    )


def _grid_rows(scan: "Scan", keys: Array) -> Array:
    """Row of `keys` (sorted, of grid points) of each measured vertex, -1 for none."""
    grid, vertices = scan.head.grid, scan.measured.vertices
    is_finite = np.isfinite(vertices).all(axis=1)
    places = np.where(is_finite[:, None], (vertices - grid.origin) / grid.step, 0.0)
    points = np.rint(places).astype(np.int64)
    wanted = (points[:, 0] << 42) | (points[:, 1] << 21) | points[:, 2]
    rows = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
    found: Array = np.where(is_finite & (keys[rows] == wanted), rows, -1)
    return found


def _nearest(scan: "Scan", deviation: Deviation, reach_m: float | None) -> Array:
    """Distance at the nearest core point within reach, NaN where there is none.

    Raises
    ------
    InputError
        If no reach is given, or no core point is near the scan.
    """
    if reach_m is None or not reach_m > 0.0:
        raise InputError(
            "The deviation has not one distance for each vertex of this scan",
            hint="give the later epoch for C2M; for M3C2 the earlier one, and reach_m.",
        )
    vertices = scan.measured.vertices * scan.metres_per_unit
    is_finite = np.isfinite(vertices).all(axis=1)
    away, found = cKDTree(deviation.points).query(vertices[is_finite], distance_upper_bound=reach_m)
    is_near = np.isfinite(away)
    if not is_near.any():
        raise InputError(
            "The deviation was measured elsewhere than on this scan",
            hint="its points are in the frame of the earlier epoch: give that scan.",
        )
    values = np.full(len(vertices), np.nan)
    rows = np.flatnonzero(is_finite)[is_near]
    values[rows] = deviation.distances[found[is_near]]
    return values
