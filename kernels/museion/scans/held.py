"""A mesh that lives in the kernel only, made ready to be shown and measured: `HeldScan`."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from museion.errors import InputError
from museion.scans.levels import ScanCut, choose_groups, read_cut
from museion.scans.measure.quantities import METRES_PER_UNIT
from museion_datasets.errors import InvalidError, NotFoundError
from museion_datasets.ingest.scans.format import ScanHead, decode_head
from museion_datasets.ingest.scans.mesh import MeshArrays
from museion_datasets.ingest.scans.scan import ScanInfo, build_scan

if TYPE_CHECKING:
    from museion.scans.measure.measurements import Measurements

_CORNERS = 3
_HINT = "give a mesh with vertices and faces, or a tuple of these two arrays."


class HeldScan:
    """A mesh with its levels of detail, in memory; nothing of it is stored.

    Parameters
    ----------
    mesh : MeshArrays
        Positions in `unit`.
    title : str
    unit : {"m", "cm", "mm", "um", "in"}
    is_synthetic : bool
        Computed, not measured on an object.

    Raises
    ------
    InputError
        If it is no mesh, or the unit is unknown.
    """

    def __init__(
        self, mesh: MeshArrays, title: str, *, unit: str = "m", is_synthetic: bool = False
    ) -> None:
        if unit not in METRES_PER_UNIT:
            known = ", ".join(METRES_PER_UNIT)
            raise InputError(f"Unknown unit of length: {unit!r:.20}", hint=f"one of {known}.")
        scale = METRES_PER_UNIT[unit]
        self.mesh = MeshArrays(mesh.vertices * scale, mesh.faces, mesh.colors)
        self.title = title
        self.is_synthetic = is_synthetic
        self._noise_m: float | None = None
        info = ScanInfo(title, is_synthetic=is_synthetic)
        try:
            self._parts = dict(build_scan(self.mesh, info))
        except InvalidError as error:
            raise InputError(error.message, hint=error.hint) from error

    @property
    def triangle_count(self) -> int:
        """Triangles at full resolution."""
        return self.head.triangle_count

    @cached_property
    def head(self) -> ScanHead:
        """Levels of detail, bounds and grid."""
        return decode_head(self.read_part("head"))

    @cached_property
    def measure(self) -> "Measurements":
        """Measurements on all triangles or points, see `museion.scans.measure`."""
        from museion.scans.measure.clouds import CloudMeasurements  # noqa: PLC0415
        from museion.scans.measure.measurements import Measurements  # noqa: PLC0415

        vertices, faces = self.mesh.vertices, self.mesh.faces
        if self.head.is_cloud:
            return CloudMeasurements.of_points(vertices, unit="m", noise_m=self._noise_m)
        return Measurements.of_arrays(vertices, faces, unit="m", noise_m=self._noise_m)

    def declare(self, *, unit: str | None = None, noise_m: float | None = None) -> Self:
        """Say how exactly the mesh was measured.

        Raises
        ------
        InputError
            If another unit is given: the mesh is in metres since it was taken.
        """
        if unit not in {None, "m"}:
            raise InputError("The mesh is in metres", hint="give its unit to museion.view.")
        self._noise_m = noise_m
        vars(self).pop("measure", None)
        return self

    def simplified(self, max_triangles: int) -> ScanCut:
        """Return the best level of detail within a number of triangles."""
        return read_cut(self.head, choose_groups(self.head, max_triangles), self.read_part)

    def read_part(self, part: str) -> bytes:
        """Return `head`, `pages/<n>` or `ids/<n>` in its stored form.

        Raises
        ------
        NotFoundError
            If there is no such part.
        """
        try:
            return self._parts[part]
        except KeyError as error:
            raise NotFoundError(f"No such part: {part:.40}", hint="see the head.") from error


def find_mesh(obj: object) -> MeshArrays | None:
    """Return the triangles in an object, None if it has none.

    Parameters
    ----------
    obj : object
        With `vertices` and `faces`, as meshes of trimesh and results of `museion.scans` have;
        or a tuple of these two arrays, and colours as a third.

    Raises
    ------
    InputError
        If its arrays are no mesh.
    """
    if isinstance(obj, tuple) and obj and all(isinstance(each, np.ndarray) for each in obj):
        return _mesh_of(obj)
    if not (hasattr(obj, "vertices") and hasattr(obj, "faces")):
        return None
    return _mesh_of((obj.vertices, obj.faces, _colors_of(obj)))


def _mesh_of(arrays: Sequence[Any]) -> MeshArrays:
    """Return a mesh of arrays.

    Raises
    ------
    InputError
        If they are none.
    """
    if len(arrays) not in {2, 3}:
        raise InputError(f"Not a mesh: {len(arrays)} arrays", hint=_HINT)
    try:
        vertices, faces = np.asarray(arrays[0], np.float64), np.asarray(arrays[1], np.int64)
    except (TypeError, ValueError) as error:
        raise InputError("Not a mesh: its arrays hold no numbers", hint=_HINT) from error
    shapes = vertices.shape, faces.shape
    if any(len(each) != 2 or each[1] != _CORNERS for each in shapes):  # noqa: PLR2004
        raise InputError(f"Not a mesh: arrays of shape {shapes}", hint=_HINT)
    colors = None if len(arrays) == 2 or arrays[2] is None else _bytes(arrays[2])  # noqa: PLR2004
    if colors is not None and colors.shape != vertices.shape:
        raise InputError(f"Not a colour for each vertex: {colors.shape}", hint=_HINT)
    return MeshArrays(vertices, faces, colors)


def _bytes(colors: Any) -> NDArray[np.uint8]:  # noqa: ANN401 - whatever a library has
    return np.asarray(colors)[:, :_CORNERS].astype(np.uint8)


def _colors_of(obj: Any) -> Any:  # noqa: ANN401 - whatever a library has
    visual = getattr(obj, "visual", None)
    if visual is not None:  # trimesh
        return visual.vertex_colors if getattr(visual, "kind", None) == "vertex" else None
    return getattr(obj, "colors", None)
