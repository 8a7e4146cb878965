"""All measurements of one surface, answered on full resolution: `scan.measure`."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from museion.errors import InputError
from museion.scans.measure import alignment, areas, geodesic, lengths, section
from museion.scans.measure.anchors import Anchor, pick, require_on_surface
from museion.scans.measure.axis import require_axis
from museion.scans.measure.deviation import Deviation, M3c2Options, measure_c2m, measure_m3c2
from museion.scans.measure.icp import IcpOptions, refine
from museion.scans.measure.paradata import Origin
from museion.scans.measure.plane import Plane
from museion.scans.measure.quantities import METRES_PER_UNIT
from museion.scans.measure.surface import ArraySurface, Patch, Surface, array_digest, whole
from museion.scans.measure.transform import Transform
from museion.scans.measure.unroll import Unrolled, UnrollOptions, WallKind, measure_unrolled
from museion_datasets.errors import InvalidError
from museion_datasets.ingest.scans.mesh import MeshArrays

type Array = NDArray[Any]

_TOLERANCE = 1e-3  # of the diagonal: how far a given point may be off the surface


class Measurements:
    """Measures on one surface.

    All coordinates are metres in the surface's own frame. Each result says how it came
    about, and carries a standard uncertainty where the declared noise gives one.

    Parameters
    ----------
    surface : Surface
    origin : Origin
    tolerance_m : float, optional
        How far a given point may be off the surface; a thousandth of the diagonal by default.
    """

    def __init__(self, surface: Surface, origin: Origin, tolerance_m: float | None = None) -> None:
        self.surface, self.origin = surface, origin
        self._tolerance_m = tolerance_m

    @classmethod
    def of_arrays(
        cls,
        vertices: object,
        faces: object,
        *,
        unit: str,
        noise_m: float | None = None,
        colors: object = None,
    ) -> Self:
        """Return measurements of a mesh that lives in the kernel only.

        Parameters
        ----------
        vertices : (n, 3) array-like
            In `unit`; vertices at the same position are taken as one.
        faces : (m, 3) array-like of int
            Counter-clockwise seen from outside.
        unit : {"m", "cm", "mm", "um", "in"}
        noise_m : float, optional
            Standard deviation of each coordinate, in metres.
        colors : (n, 3) array-like of uint8, optional

        Raises
        ------
        InputError
            If the unit is unknown, or the arrays are no mesh.
        """
        scale = require_unit(unit)
        mesh = MeshArrays(
            np.asarray(vertices, np.float64) * scale,
            np.asarray(faces, np.int64),
            None if colors is None else np.asarray(colors, np.uint8),
        )
        try:
            surface = ArraySurface(mesh)
        except InvalidError as error:
            raise InputError(error.message, hint=error.hint) from error
        digest = array_digest([mesh.vertices, mesh.faces])
        return cls(surface, Origin("", None, digest, "mesh", 0.0, require_noise(noise_m)))

    def __repr__(self) -> str:
        return f"Measurements({self.origin})"

    @cached_property
    def tolerance_m(self) -> float:
        """How far a given point may be off the surface, in metres."""
        if self._tolerance_m is not None:
            return self._tolerance_m
        blocks = self.surface.blocks
        reach = blocks.radius[:, None]
        low, high = (blocks.center - reach).min(axis=0), (blocks.center + reach).max(axis=0)
        return _TOLERANCE * float(np.linalg.norm(high - low))

    def point(self, place: object) -> Anchor:
        """Return the point of the surface at a place.

        Parameters
        ----------
        place : (3,) array-like or Anchor
            In metres.

        Raises
        ------
        InputError
            If the surface is farther away than `tolerance_m`.
        """
        if isinstance(place, Anchor):
            return place
        return require_on_surface(self.surface, place, self.tolerance_m)

    def pick(self, start: object, direction: object) -> Anchor:
        """Return the point of the surface that a ray hits first.

        Parameters
        ----------
        start, direction : (3,) array-like

        Raises
        ------
        InputError
            If it hits nothing.
        """
        return pick(self.surface, start, direction)

    def distance(self, start: object, end: object) -> lengths.Distance:
        """Return the straight distance of two points, with dx, dy and dz.

        Parameters
        ----------
        start, end : (3,) array-like or Anchor
        """
        return lengths.measure_distance(self.origin, self.point(start), self.point(end))

    def polyline(self, points: Sequence[object]) -> lengths.Polyline:
        """Return the length of straight lines from point to point.

        Parameters
        ----------
        points : sequence of (3,) array-like or Anchor

        Raises
        ------
        InputError
            If there are fewer than two, or one is not on the surface.
        """
        return lengths.measure_polyline(self.origin, [self.point(one) for one in points])

    def angle(self, first: object, apex: object, second: object) -> lengths.Angle:
        """Return the angle at `apex` between the directions to two other points.

        Parameters
        ----------
        first, apex, second : (3,) array-like or Anchor
        """
        found = (self.point(one) for one in (first, apex, second))
        return lengths.measure_angle(self.origin, *found)

    def geodesic(self, start: object, end: object, *, method: str = "exact") -> geodesic.Geodesic:
        """Return the length of the shortest way over the surface.

        Parameters
        ----------
        start, end : (3,) array-like or Anchor
        method : {"exact", "heat"}
            The heat method is approximate, and quick over many triangles.

        Raises
        ------
        InputError
            If no way joins the points, or too many triangles lie between them.
        """
        try:
            how = geodesic.GeodesicMethod(method)
        except ValueError as error:
            raise InputError(
                f"Unknown method for geodesics: {method:.20}", hint='use "exact" or "heat".'
            ) from error
        ends = self.point(start), self.point(end)
        return geodesic.measure_geodesic(self.surface, self.origin, *ends, how)

    def area(self, faces: object = None) -> areas.Area:
        """Return the area of the surface, or of some of its triangles.

        Parameters
        ----------
        faces : array-like of int, optional
            Rows of `scan.faces`; all triangles by default.
        """
        return areas.measure_area(self.surface, self.origin, faces)

    def volume(self, plane: Plane | None = None) -> areas.Volume | areas.PlaneVolume:
        """Return the volume within a closed surface, or between a surface and a plane.

        Parameters
        ----------
        plane : Plane, optional

        Raises
        ------
        InputError
            If the surface is open and no plane is given.
        """
        if plane is None:
            return areas.measure_volume(self.surface, self.origin)
        return areas.measure_plane_volume(self.surface, self.origin, plane)

    def section(self, plane: Plane) -> section.Section:
        """Return the profile of the surface in a plane.

        Parameters
        ----------
        plane : Plane

        Raises
        ------
        InputError
            If the plane does not cross the surface.
        """
        return section.measure_section(self.surface, self.origin, plane)

    def unroll(
        self,
        pixel_m: float,
        *,
        kind: str = "cylinder",
        axis: tuple[object, object] | None = None,
        seam_deg: float = 0.0,
    ) -> Unrolled:
        """Return the outer wall of a vessel laid flat, at scale.

        Parameters
        ----------
        pixel_m : float
            Side of a pixel, in metres.
        kind : {"cylinder", "cone"}
        axis : (point, direction), optional
            Fitted by default.
        seam_deg : float
            Angle around the axis at which the wall is cut open.

        Raises
        ------
        InputError
            If the kind is unknown, or no axis is determined.
        """
        try:
            how = WallKind(kind)
        except ValueError as error:
            raise InputError(
                f"Unknown kind of wall: {kind:.20}", hint='use "cylinder" or "cone".'
            ) from error
        line = None if axis is None else require_axis(*axis)
        options = UnrollOptions(how, pixel_m, line, seam_deg)
        return measure_unrolled(self.patch, self.origin, options)

    def align_pairs(
        self,
        fixed: "Measurements",
        own_points: Sequence[object],
        fixed_points: Sequence[object],
        *,
        with_scale: bool = False,
    ) -> alignment.Alignment:
        """Return the motion that brings this surface into another's frame, by pairs of points.

        Parameters
        ----------
        fixed : Measurements
            Of the other surface.
        own_points, fixed_points : sequence of (3,) array-like or Anchor
            The same points on this and on the other surface.
        with_scale : bool
            Whether a common factor of lengths is estimated too.
        """
        own = np.array([self.point(one).point for one in own_points])
        other = np.array([fixed.point(one).point for one in fixed_points])
        origins = self.origin, fixed.origin
        return alignment.align_pairs(own, other, origins, with_scale=with_scale)

    def align(
        self,
        fixed: "Measurements",
        start: alignment.Alignment | Transform | None = None,
        *,
        options: IcpOptions | None = None,
    ) -> alignment.Alignment:
        """Return the motion that brings this surface onto another, refined on the surfaces.

        Parameters
        ----------
        fixed : Measurements
            Of the other surface.
        start : Alignment or Transform, optional
            Where the search starts; as they are by default.
        options : IcpOptions, optional
        """
        begun = start.transform if isinstance(start, alignment.Alignment) else start
        return refine(
            self.patch,
            fixed.patch,
            begun or Transform.identity(),
            (self.origin, fixed.origin),
            options or IcpOptions(),
        )

    def deviation(
        self,
        earlier: "Measurements",
        moved: alignment.Alignment | Transform | None = None,
        *,
        registration_m: float | None = None,
        m3c2: M3c2Options | None = None,
    ) -> Deviation:
        """Return how far this epoch's surface lies from an earlier one's.

        Parameters
        ----------
        earlier : Measurements
            Of the earlier epoch.
        moved : Alignment or Transform, optional
            From this epoch's frame to the earlier one's; the same frame by default.
        registration_m : float, optional
            Standard uncertainty of the registration; by default the root mean square of the
            alignment's residuals, 0 if both epochs are in one frame.
        m3c2 : M3c2Options, optional
            To measure along local normals (M3C2) instead of from the mesh (C2M).
        """
        transform, known_m = moved, 0.0
        if isinstance(moved, alignment.Alignment):
            transform, known_m = moved.transform, moved.rms.value
        points = self.patch.vertices
        if isinstance(transform, Transform):
            points = transform.apply(points)
        error_m = known_m if registration_m is None else require_noise(registration_m) or 0.0
        origins = self.origin, earlier.origin
        if m3c2 is None:
            return measure_c2m(points, earlier.patch, origins, error_m)
        return measure_m3c2(points, earlier.patch, origins, error_m, m3c2)

    @cached_property
    def patch(self) -> Patch:
        """All triangles, each vertex once."""
        return whole(self.surface)


def require_unit(unit: object) -> float:
    """Return metres for one unit of length.

    Parameters
    ----------
    unit : object
        Name of the unit, or what a scan says instead.

    Raises
    ------
    InputError
        If it is not known.
    """
    if not isinstance(unit, str) or unit not in METRES_PER_UNIT:
        raise InputError(
            f"The scan's unit of length is not known: {unit!r:.40}",
            hint=f'declare it, as in scan.declare(unit="mm"); one of {", ".join(METRES_PER_UNIT)}.',
        )
    return METRES_PER_UNIT[unit]


def require_noise(noise_m: float | None) -> float | None:
    """Return a declared standard deviation in metres.

    Raises
    ------
    InputError
        If it is no length.
    """
    if noise_m is not None and not (np.isfinite(noise_m) and noise_m >= 0.0):
        raise InputError(
            f"Not a standard deviation: {noise_m} m", hint="give metres, as 2e-5 for 0.02 mm."
        )
    return noise_m
