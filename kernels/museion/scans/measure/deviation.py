"""How far a surface has moved between two epochs.

- **C2M**: the signed distance of each vertex of the later epoch from the earlier triangles;
  the sign is that of the angle-weighted pseudonormal, positive outside (gained).
- **M3C2**: the distance of the two point clouds along the local normal, averaged within a
  cylinder, with a level of detection at 95 % from the spread found there.
"""

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from museion.errors import InputError
from museion.scans.measure.closest import ClosestPoints
from museion.scans.measure.paradata import Measurement, Origin, Paradata, paradata
from museion.scans.measure.quantities import Quantity, show_length
from museion.scans.measure.surface import Patch, require_points

type Array = NDArray[Any]

_PSEUDONORMALS = "Bærentzen & Aanæs 2005, doi:10.1109/TVCG.2005.49"
_M3C2 = "Lague, Brodu & Leroux 2013, doi:10.1016/j.isprsjprs.2013.04.009"
_NORMAL_95 = 1.959963984540054
_ROBUST = 1.4826022185056018  # median absolute to standard deviation of normal errors


@dataclass(frozen=True, slots=True)
class M3c2Options:
    """Scales of M3C2, in metres.

    Attributes
    ----------
    normal_radius_m : float
        Within which normals are averaged.
    cylinder_radius_m : float
        Within which points are averaged.
    max_distance_m : float
        How far along the normal partners are looked for.
    core_points : int
        Vertices of the earlier epoch at which is measured, drawn with `seed`.
    seed : int
    toward : (float, float, float)
        If the earlier epoch is a cloud of points: the direction, or the side, that its normals
        are turned to. Material that comes on there is positive.
    """

    normal_radius_m: float
    cylinder_radius_m: float
    max_distance_m: float
    core_points: int = 50_000
    seed: int = 0
    toward: tuple[float, float, float] = (0.0, 0.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Deviation(Measurement):
    """Signed distances of a later epoch from an earlier one.

    Attributes
    ----------
    points : (n, 3) float64
        Where it was measured, in metres in the earlier epoch's frame.
    distances : (n,) float64
        In metres, positive where material came on; NaN where the epochs do not overlap.
    detection : (n,) float64 or None
        Level of detection at 95 %, in metres; None if no noise is declared.
    """

    points: Array
    distances: Array
    detection: Array | None

    @property
    def is_significant(self) -> Array | None:
        """Where the distance exceeds the level of detection, (n,) bool."""
        if self.detection is None:
            return None
        with np.errstate(invalid="ignore"):
            significant: Array = np.abs(self.distances) > self.detection
        return significant

    def values(self) -> dict[str, Quantity | str]:
        """Return statistics of the distances, by name."""
        known = self.distances[np.isfinite(self.distances)]
        if len(known) == 0:
            return {"points": f"{len(self.distances)}, none in both epochs"}
        median = float(np.median(known))
        low, high = np.quantile(known, [0.025, 0.975])
        found: dict[str, Quantity | str] = {
            "points": f"{len(self.distances)}, in both epochs: {len(known)}",
            "mean": Quantity(float(known.mean()), "m"),
            "standard deviation": Quantity(float(known.std()), "m"),
            "median": Quantity(median, "m"),
            "robust deviation (NMAD)": Quantity(
                _ROBUST * float(np.median(np.abs(known - median))), "m"
            ),
            "2.5 % quantile": Quantity(float(low), "m"),
            "97.5 % quantile": Quantity(float(high), "m"),
        }
        if self.is_significant is not None:
            share = float(self.is_significant[np.isfinite(self.distances)].mean())
            found["significant (95 %)"] = f"{100.0 * share:.1f} %"
        return found


def measure_c2m(
    points: Array, earlier: Patch, origins: tuple[Origin, Origin], registration_m: float
) -> Deviation:
    """Return signed distances of points from a mesh.

    Parameters
    ----------
    points : (n, 3) float64
        Of the later epoch, in the earlier one's frame, in metres.
    earlier : Patch
        All its triangles, each vertex once.
    origins : (Origin, Origin)
        Of the later and the earlier epoch.
    registration_m : float
        Standard uncertainty of the registration in metres.

    Raises
    ------
    InputError
        If the earlier epoch has no triangles.
    """
    if len(earlier.faces) == 0:
        raise InputError(
            "The earlier epoch has no triangles: it is a cloud of points",
            hint="compare along local normals: deviation(earlier, m3c2=M3c2Options(…)).",
        )
    import igl  # noqa: PLC0415 - loads slowly

    closest = ClosestPoints(earlier).find(points)
    signed, *_ = igl.signed_distance(
        np.ascontiguousarray(points),
        np.ascontiguousarray(earlier.vertices),
        np.ascontiguousarray(earlier.faces),
        sign_type=igl.SIGNED_DISTANCE_TYPE_PSEUDONORMAL,
    )
    distances = np.where(closest.is_border, np.nan, np.asarray(signed).ravel())
    detection = None
    sigmas = [origin.sigma_m for origin in origins]
    if None not in sigmas:
        spread = float(np.linalg.norm([*(one or 0.0 for one in sigmas), registration_m]))
        detection = np.full(len(points), _NORMAL_95 * spread)
    return Deviation(
        points=points,
        distances=distances,
        detection=detection,
        paradata=_paradata(origins, "C2M, cloud to mesh", _PSEUDONORMALS, registration_m),
    )


def measure_m3c2(
    later: Array,
    earlier: Patch,
    origins: tuple[Origin, Origin],
    registration_m: float,
    options: M3c2Options,
) -> Deviation:
    """Return distances of two epochs along the local normal, with a level of detection.

    Parameters
    ----------
    later : (n, 3) float64
        Points of the later epoch, in the earlier one's frame, in metres.
    earlier : Patch
        All its triangles, each vertex once.
    origins : (Origin, Origin)
        Of the later and the earlier epoch.
    registration_m : float
        Standard uncertainty of the registration in metres.
    options : M3c2Options

    Raises
    ------
    InputError
        If a scale is no positive length.
    """
    _require_scales(options)
    import py4dgeo  # noqa: PLC0415 - loads slowly

    log = logging.getLogger("py4dgeo")
    log.handlers.clear()  # one writes a file wherever the kernel happens to be
    log.setLevel(logging.WARNING)  # it reports each tree it builds
    chosen = np.random.default_rng(options.seed).permutation(len(earlier.vertices))
    core_rows = np.sort(chosen[: options.core_points])
    core = np.ascontiguousarray(earlier.vertices[core_rows])
    is_cloud = len(earlier.faces) == 0
    known = None if is_cloud else _smooth_normals(earlier, core_rows, options.normal_radius_m)
    distances, spreads = py4dgeo.M3C2(
        epochs=(py4dgeo.Epoch(earlier.vertices.copy()), py4dgeo.Epoch(later.copy())),
        corepoints=core,
        corepoint_normals=known,
        normal_radii=[options.normal_radius_m],
        orientation_vector=_require_direction(options.toward),
        cyl_radius=options.cylinder_radius_m,
        max_distance=options.max_distance_m,
        registration_error=registration_m,
    ).run()
    return Deviation(
        points=core,
        distances=np.asarray(distances, np.float64),
        detection=np.asarray(spreads["lodetection"], np.float64),
        paradata=_paradata(
            origins,
            "M3C2",
            _M3C2,
            registration_m,
            ("py4dgeo", "scipy"),
            normal_radius=show_length(options.normal_radius_m),
            cylinder_radius=show_length(options.cylinder_radius_m),
            largest_distance=show_length(options.max_distance_m),
            seed=options.seed,
            **({"normals_toward": str(options.toward)} if is_cloud else {}),
        ),
    )


def _paradata(
    origins: tuple[Origin, Origin],
    method: str,
    source: str,
    registration_m: float,
    packages: tuple[str, ...] = ("libigl",),
    **parameters: object,
) -> Paradata:
    registration = show_length(registration_m)
    return paradata(
        origins, method, source, packages, registration_uncertainty=registration, **parameters
    )


def _require_scales(options: M3c2Options) -> None:
    for name in ("normal_radius_m", "cylinder_radius_m", "max_distance_m"):
        if not getattr(options, name) > 0.0:
            raise InputError(
                f"Not a length for {name}: {getattr(options, name)}",
                hint="give metres; about 20 times the roughness for the normals' radius.",
            )


def _require_direction(toward: object) -> Array:
    """Return a direction as float64.

    Raises
    ------
    InputError
        If it is none.
    """
    direction = require_points(toward, "side of the normals")
    if not np.linalg.norm(direction) > 0.0:
        raise InputError(
            f"Not a direction: {toward}", hint="give the side of gains, as (0, 0, 1) for above."
        )
    return direction


def _smooth_normals(patch: Patch, rows: Array, radius: float) -> Array:
    """Average normals within a radius of vertices, weighted by area; unit vectors."""
    corners = patch.corners
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    total = np.zeros_like(patch.vertices)
    for corner in range(3):
        np.add.at(total, patch.faces[:, corner], across)
    near = cKDTree(patch.vertices).query_ball_point(patch.vertices[rows], radius)
    starts = np.cumsum([0, *(len(one) for one in near)])[:-1]
    means = np.add.reduceat(total[np.concatenate(near).astype(np.int64)], starts)
    lengths = np.linalg.norm(means, axis=1, keepdims=True)
    return np.ascontiguousarray(means / np.where(lengths > 0.0, lengths, 1.0))
