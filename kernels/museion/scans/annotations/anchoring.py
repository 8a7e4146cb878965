"""Puts annotations onto the measured surface, and anew where the scan has a new version.

A point is anchored to the nearest point of the full-resolution surface and to the id of the
measured vertex there. Ids hold for one geometry only, so on another one the point is looked for
again: nearest first, after a motion if the new scan lies elsewhere. Where it is farther off
than three times the noise, the annotation is flagged, and a person looks at it.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from museion.errors import InputError
from museion.scans.annotations.model import Anchored, Annotation, Point, require_annotations
from museion.scans.measure.anchors import nearest
from museion.scans.measure.measurements import Measurements
from museion.scans.measure.quantities import show_length

if TYPE_CHECKING:
    from museion.scans.measure.transform import Transform

NOISES = 3.0
STEPS_PER_NOISE = 10.0
_FARTHEST = 0.02  # of the diagonal: what a mark on a simplified surface may be off


def place_annotations(
    annotations: Sequence[Annotation],
    measure: Measurements,
    *,
    surface: str,
    version: int,
    transform: "Transform | None" = None,
) -> tuple[Annotation, ...]:
    """Return annotations anchored on a scan.

    Parameters
    ----------
    annotations : sequence of Annotation
        New ones, or of another version of the scan: their `surface` says so.
    measure : Measurements
        Of the scan.
    surface : str
        Digest of its geometry; what is anchored to it already stays as it is.
    version : int
        Of the dataset.
    transform : Transform, optional
        From the frame of the annotations into the scan's, as `measure.align` finds it.

    Returns
    -------
    tuple of Annotation
        Their points on the surface; `moved_m` says by how much where that is more than three
        times the noise. Without declared noise ten steps of the grid stand for it, which is
        what noise is to the grid by default.

    Raises
    ------
    InputError
        If a new annotation is not on the scan at all.
    """
    limit = threshold_m(measure)
    return tuple(
        each
        if each.anchors and each.surface == surface
        else _placed(each, measure, surface, version, limit, transform)
        for each in require_annotations(annotations)
    )


def threshold_m(measure: Measurements) -> float:
    """Return how far off a point may be on a new version, in metres.

    Parameters
    ----------
    measure : Measurements
    """
    origin = measure.origin
    noise = origin.noise_m or STEPS_PER_NOISE * origin.grid_step_m
    return NOISES * noise


def _placed(
    annotation: Annotation,
    measure: Measurements,
    surface: str,
    version: int,
    limit_m: float,
    transform: "Transform | None",
) -> Annotation:
    """Return one annotation on the surface.

    Raises
    ------
    InputError
        If it was marked on this surface and is not there.
    """
    is_new = annotation.surface in {"", surface}
    moved = _moved(annotation.points, None if is_new else transform)
    found = [nearest(measure.surface, point) for point in moved]
    away = max(anchor.away_m for anchor in found)
    if is_new and away > measure.tolerance_m * _FARTHEST / 1e-3:
        raise InputError(
            f"Annotation {annotation.id} is not on the scan: {show_length(away)} away",
            hint="mark it on the surface of this scan.",
        )
    anchors = tuple(
        Anchored(anchor.vertex, _plain(anchor.point), anchor.away_m) for anchor in found
    )
    is_off = not is_new and away > limit_m
    return replace(
        annotation,
        points=tuple(each.point for each in anchors),
        anchors=anchors,
        surface=surface,
        version=version,
        moved_m=away if is_off else annotation.moved_m if is_new else None,
    )


def _moved(points: Sequence[Point], transform: "Transform | None") -> Sequence[Point]:
    if transform is None:
        return points
    return [_plain(point) for point in transform.apply(np.array(points))]


def _plain(point: object) -> Point:
    x, y, z = np.asarray(point, np.float64).tolist()
    return x, y, z
