"""Measurements of a cloud of points: between measured points, without a surface between them."""

from functools import cached_property
from typing import Any, NoReturn, Self

import numpy as np
from numpy.typing import NDArray

from museion.errors import InputError
from museion.scans.measure import alignment, areas, geodesic
from museion.scans.measure.anchors import Anchor
from museion.scans.measure.icp import IcpOptions
from museion.scans.measure.measurements import Measurements, require_noise, require_unit
from museion.scans.measure.paradata import Origin
from museion.scans.measure.plane import Plane
from museion.scans.measure.slab import SlabSection, measure_slab
from museion.scans.measure.surface import Blocks, Patch, array_digest, morton_keys, require_points
from museion.scans.measure.transform import Transform
from museion.scans.measure.unroll import Unrolled
from museion_datasets.ingest.scans.mesh import MeshArrays

type Array = NDArray[Any]

BLOCK_POINTS = 4096
_SOURCE_HINT = "triangulate the cloud in the program that made it, and ingest the mesh as well."


class ArrayCloud:
    """A cloud in memory, its points in blocks of neighbours.

    Parameters
    ----------
    mesh : MeshArrays
        In metres, without triangles; positions that are no numbers are left out.
    """

    def __init__(self, mesh: MeshArrays) -> None:
        self.measured = mesh
        rows = np.flatnonzero(np.isfinite(mesh.vertices).all(axis=1))
        self._rows = rows[np.argsort(morton_keys(mesh.vertices[rows]), kind="stable")]
        self._starts = np.arange(0, len(rows), BLOCK_POINTS)

    @cached_property
    def blocks(self) -> Blocks:
        """Bounds of its parts."""
        points = self.measured.vertices[self._rows]
        low = np.minimum.reduceat(points, self._starts)
        high = np.maximum.reduceat(points, self._starts)
        half = (high - low) / 2.0
        return Blocks((low + high) / 2.0, np.linalg.norm(half, axis=1), half)

    def read(self, blocks: Array) -> Patch:
        """Return the points of some blocks."""
        places = (self._starts[blocks][:, None] + np.arange(BLOCK_POINTS)).ravel()
        rows = self._rows[places[places < len(self._rows)]]
        colors = self.measured.colors
        return Patch(
            self.measured.vertices[rows],
            np.empty((0, 3), np.int64),
            rows,
            None if colors is None else colors[rows],
        )

    def vertex_ids(self, block: int) -> Array:
        """Return the measured point behind each one that `read` gives of one block."""
        ids: Array = self._rows[self._starts[block] : self._starts[block] + BLOCK_POINTS]
        return ids


class CloudMeasurements(Measurements):
    """Measures between the points of one cloud.

    As `Measurements`, but a given place becomes the nearest measured point, and what needs a
    surface (geodesics, areas, volumes, unrolling, ICP) is refused with a sentence.
    """

    @classmethod
    def of_points(cls, points: object, *, unit: str, noise_m: float | None = None) -> Self:
        """Return measurements of a cloud that lives in the kernel only.

        Parameters
        ----------
        points : (n, 3) array-like
            In `unit`.
        unit : {"m", "cm", "mm", "um", "in"}
        noise_m : float, optional
            Standard deviation of each coordinate, in metres.

        Raises
        ------
        InputError
            If the unit is unknown, or the array is no cloud.
        """
        found = require_points(points, "cloud", (-1, 3)) * require_unit(unit)
        if len(found) == 0:
            raise InputError("The cloud has no points", hint="give an (n, 3) array.")
        surface = ArrayCloud(MeshArrays(found, np.empty((0, 3), np.int64)))
        origin = Origin("", None, array_digest([found]), "cloud", 0.0, require_noise(noise_m))
        return cls(surface, origin)

    def pick(self, start: object, direction: object) -> Anchor:
        """Return the measured point that is nearest to a ray, as an angle seen from its start.

        Parameters
        ----------
        start, direction : (3,) array-like

        Raises
        ------
        InputError
            If the ray has no direction, or no point lies ahead.
        """
        origin = require_points(start, "start of the ray")
        along = require_points(direction, "direction of the ray")
        length = float(np.linalg.norm(along))
        if length == 0.0:
            raise InputError("The ray has no direction: its length is 0", hint="give a direction.")
        to = self.patch.vertices - origin
        ahead = to @ (along / length)
        aside = np.sqrt(np.maximum((to * to).sum(axis=1) - ahead**2, 0.0))
        slope = np.where(ahead > 0.0, aside / np.where(ahead > 0.0, ahead, 1.0), np.inf)
        best = int(np.argmin(slope))
        if not np.isfinite(slope[best]):
            raise InputError("No point lies ahead of the ray", hint="turn it to the cloud.")
        return self.point(self.patch.vertices[best])

    def section(  # type: ignore[override]  # points of a slab, in place of polylines
        self, plane: Plane, *, thickness: float | None = None
    ) -> SlabSection:
        """Return the points within a slab around a plane, brought onto the plane.

        Parameters
        ----------
        plane : Plane
        thickness : float
            Of the slab, in metres; half of it on either side of the plane.

        Raises
        ------
        InputError
            If the thickness is missing or no length, or no point lies in the slab.
        """
        if thickness is None:
            raise InputError(
                "A cloud has no surface that a plane could cross",
                hint="say how thick the slab is: section(plane, thickness=0.005), in metres.",
            )
        return measure_slab(self.surface, self.origin, plane, thickness)

    def geodesic(self, start: object, end: object, *, method: str = "exact") -> geodesic.Geodesic:
        """Refuse: needs a surface."""
        del start, end, method
        _refuse("A way over the surface")

    def area(self, faces: object = None) -> areas.Area:
        """Refuse: needs a surface."""
        del faces
        _refuse("An area")

    def volume(self, plane: Plane | None = None) -> areas.Volume | areas.PlaneVolume:
        """Refuse: needs a surface."""
        del plane
        _refuse("A volume")

    def unroll(
        self,
        pixel_m: float,
        *,
        kind: str = "cylinder",
        axis: tuple[object, object] | None = None,
        seam_deg: float = 0.0,
    ) -> Unrolled:
        """Refuse: needs a surface."""
        del pixel_m, kind, axis, seam_deg
        _refuse("Unrolling")

    def align(
        self,
        fixed: Measurements,
        start: alignment.Alignment | Transform | None = None,
        *,
        options: IcpOptions | None = None,
    ) -> alignment.Alignment:
        """Refuse: needs a surface; `align_pairs` does not.

        Raises
        ------
        InputError
            Always.
        """
        del fixed, start, options
        raise InputError(
            "Clouds of points are not aligned by their surfaces: they have none",
            hint="align them with pairs of points, align_pairs, or in the scanner's own program.",
        )

    @cached_property
    def patch(self) -> Patch:
        """All points."""
        return self.surface.read(np.arange(len(self.surface.blocks.radius)))


def _refuse(what: str) -> NoReturn:
    raise InputError(f"{what} needs a surface, and this is a cloud of points", hint=_SOURCE_HINT)
