"""Areas and volumes, with the uncertainty that the declared noise gives them.

Volumes are sums over triangles (divergence theorem), so overhangs and hollows count as they
are. Noise also makes a surface rougher and its area larger; that bias is not in the
uncertainty.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion.errors import InputError
from museion.scans.measure.paradata import Measurement, Origin, paradata
from museion.scans.measure.plane import Plane, require_plane
from museion.scans.measure.quantities import Quantity, show_length
from museion.scans.measure.surface import Patch, Surface, weld, whole

type Array = NDArray[Any]

_VOLUME_SOURCE = "Zhang & Chen 2001, doi:10.1109/ICIP.2001.958278 (divergence theorem)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Area(Measurement):
    """The area of triangles.

    Attributes
    ----------
    triangles : int
        How many.
    area : Quantity
        In square metres.
    """

    triangles: int
    area: Quantity


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Volume(Measurement):
    """The volume within a closed surface.

    Attributes
    ----------
    volume : Quantity
        In cubic metres.
    """

    volume: Quantity


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class PlaneVolume(Measurement):
    """Volumes on both sides of a plane.

    Of an open surface, what lies between it and the plane, its border joined to the plane by
    perpendicular walls; what lies above the plane counts positive where the outside of the
    surface faces along the normal.

    Attributes
    ----------
    plane : Plane
    above, below : Quantity
        In cubic metres, on the normal's side of the plane and on the other.
    """

    plane: Plane
    above: Quantity
    below: Quantity


def measure_area(surface: Surface, origin: Origin, faces: object = None) -> Area:
    """Return the area of all or some triangles.

    Parameters
    ----------
    surface : Surface
    origin : Origin
    faces : array-like of int, optional
        Rows of `surface.measured.faces`, each counted once; all by default.

    Raises
    ------
    InputError
        If there is no such triangle.
    """
    patch = whole(surface) if faces is None else _chosen(surface, faces)
    across = _across(patch)
    double = np.linalg.norm(across, axis=1)
    normals = across / np.where(double > 0.0, double, 1.0)[:, None]
    slopes = np.zeros_like(patch.vertices)
    for corner in range(3):
        opposite = patch.corners[:, corner - 1] - patch.corners[:, (corner + 1) % 3]
        np.add.at(slopes, patch.faces[:, corner], np.cross(normals, opposite) / 2.0)
    return Area(
        triangles=len(patch.faces),
        area=Quantity(float(double.sum()) / 2.0, "m²", _propagate(origin, slopes)),
        paradata=paradata(origin, "sum of triangle areas", "elementary"),
    )


def measure_volume(surface: Surface, origin: Origin) -> Volume:
    """Return the volume within a closed surface.

    Parameters
    ----------
    surface : Surface
    origin : Origin

    Raises
    ------
    InputError
        If the surface is open, or encloses nothing with its outside out.
    """
    patch = whole(surface)
    is_open = open_edges(patch.faces)
    if len(is_open):
        raise InputError(
            f"The surface is not closed, it has no volume: {len(is_open)} open edges",
            hint="measure against a plane with volume(plane), or close the holes first.",
        )
    centered = patch.vertices - patch.vertices.mean(axis=0)
    corners = centered[patch.faces]
    opposite = np.cross(corners[:, 1], corners[:, 2])
    volume = float((corners[:, 0] * opposite).sum()) / 6.0
    if volume <= 0.0:
        raise InputError(
            f"The triangles face inwards, the volume would be negative: {volume:.6g} m³",
            hint="turn the triangles round in the software that made the mesh.",
        )
    slopes = np.zeros_like(centered)
    for corner in range(3):
        others = np.cross(corners[:, (corner + 1) % 3], corners[:, corner - 1])
        np.add.at(slopes, patch.faces[:, corner], others / 6.0)
    return Volume(
        volume=Quantity(volume, "m³", _propagate(origin, slopes)),
        paradata=paradata(origin, "volume of a closed mesh", _VOLUME_SOURCE),
    )


def measure_plane_volume(surface: Surface, origin: Origin, plane: Plane) -> PlaneVolume:
    """Return the volumes between a surface and a plane.

    Parameters
    ----------
    surface : Surface
    origin : Origin
    plane : Plane
    """
    plane = require_plane(plane)
    patch = whole(surface)
    heights = plane.heights(patch.vertices)[patch.faces]
    areas = _across(patch) @ plane.normal / 2.0
    total = areas * heights.sum(axis=1) / 3.0
    above = _above(areas, heights, total)
    spread = None
    if len(open_edges(patch.faces)):
        share = np.zeros((len(patch.vertices), 1))
        np.add.at(share, patch.faces, (areas / 3.0)[:, None, None])
        spread = _propagate(origin, share)
    return PlaneVolume(
        plane=plane,
        above=Quantity(float(above.sum()), "m³", spread),
        below=Quantity(float((total - above).sum()), "m³", spread),
        paradata=paradata(
            origin,
            "volume between surface and plane",
            _VOLUME_SOURCE,
            normal=", ".join(f"{value:.6g}" for value in plane.normal),
            offset=show_length(plane.offset),
        ),
    )


def open_edges(faces: Array) -> Array:
    """Return directed edges that no triangle walks the other way, (k, 2) int64.

    Parameters
    ----------
    faces : (m, 3) int64
    """
    if len(faces) == 0:
        return np.empty((0, 2), np.int64)
    count = int(faces.max()) + 1
    start, end = faces.ravel(), np.roll(faces, -1, axis=1).ravel()
    codes = np.minimum(start, end) * count + np.maximum(start, end)
    order = np.argsort(codes, kind="stable")
    ordered = codes[order]
    first = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    surplus = np.add.reduceat(np.where(start < end, 1, -1)[order], first)
    left = surplus != 0
    low, high = np.divmod(ordered[first[left]], count)
    is_forward = surplus[left] > 0
    return np.stack([np.where(is_forward, low, high), np.where(is_forward, high, low)], axis=1)


def _above(areas: Array, heights: Array, total: Array) -> Array:
    """Integral of the height over the part of each triangle that is above the plane."""
    is_above = heights > 0.0
    count = is_above.sum(axis=1)
    above = np.where(count == 3, total, 0.0)  # noqa: PLR2004 - all corners
    for how_many in (1, 2):
        mixed = np.flatnonzero(count == how_many)
        lone = np.argmax(is_above[mixed] == (how_many == 1), axis=1)
        tip, left, right = (heights[mixed, (lone + turn) % 3] for turn in range(3))
        tip_part = areas[mixed] * tip**3 / ((tip - left) * (tip - right)) / 3.0
        above[mixed] = tip_part if how_many == 1 else total[mixed] - tip_part
    return above


def _chosen(surface: Surface, faces: object) -> Patch:
    rows = np.unique(np.asarray(faces))
    mesh = surface.measured
    is_whole = np.issubdtype(rows.dtype, np.integer) and rows.ndim == 1 and len(rows) > 0
    if not is_whole or rows[0] < 0 or rows[-1] >= len(mesh.faces):
        raise InputError(
            f"Not triangles of this scan: {np.array2string(rows, threshold=6)}",
            hint=f"give rows of scan.faces, from 0 to {len(mesh.faces) - 1}.",
        )
    keys = np.arange(len(mesh.vertices))
    return weld(Patch(mesh.vertices, mesh.faces[rows], keys))


def _across(patch: Patch) -> Array:
    corners = patch.corners
    return np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])


def _propagate(origin: Origin, slopes: Array) -> float | None:
    return None if origin.sigma_m is None else float(origin.sigma_m * np.linalg.norm(slopes))
