"""A stored scan, opened in Python: measured arrays, levels of detail, ways to show it."""

from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from museion.errors import InputError
from museion.scans.levels import ScanCut, choose_groups, read_cut
from museion.scans.measure.quantities import METRES_PER_UNIT
from museion_datasets.ingest.scans.format import ScanHead, decode_head
from museion_datasets.ingest.scans.mesh import MeshArrays
from museion_datasets.ingest.scans.scan import decode_measured, measured_path
from museion_datasets.item import Item, ItemKind
from museion_datasets.versions.snapshot import Snapshot

if TYPE_CHECKING:
    from museion.scans.measure.measurements import Measurements
    from museion.scans.measure.plane import Plane
    from museion.scans.measure.section import Section

type Array = NDArray[Any]

PYTHREEJS_TRIANGLES = 200_000
PYTHREEJS_LIMIT = 5_000_000


class Scan:
    """A measured mesh of a dataset.

    Parameters
    ----------
    snapshot : Snapshot
        The dataset's version.
    name : str
        The scan's name in it.
    """

    unit = "m"

    def __init__(self, snapshot: Snapshot, name: str) -> None:
        self._snapshot = snapshot
        self.name = name
        self._declared: dict[str, Any] = {}

    @classmethod
    def of(cls, item: Item) -> Self:
        """Open an item of a dataset as a scan.

        Raises
        ------
        InputError
            If the item is no scan.
        """
        if item.kind is not ItemKind.SCAN:
            raise InputError(
                f"This item is no scan: {item.name} is a {item.kind.value}",
                hint="choose an item whose kind is scan; dataset.tree() lists them.",
            )
        return cls(item.snapshot, item.name)

    def __repr__(self) -> str:
        return f"Scan({self.dataset!r}, {self.name!r}, triangles={self.triangle_count})"

    @property
    def dataset(self) -> str:
        """Path of the dataset, `<workgroup>/<name>`."""
        return self._snapshot.record.path

    @property
    def version(self) -> int:
        """Version of the dataset."""
        return self._snapshot.head.version

    @property
    def title(self) -> str:
        """Title for people."""
        return str(self.head.metadata.get("title") or self.name)

    @property
    def is_synthetic(self) -> bool:
        """Whether the object was computed, not measured."""
        return self.head.is_synthetic or self._snapshot.record.synthetic

    @property
    def triangle_count(self) -> int:
        """Triangles at full resolution."""
        return self.head.triangle_count

    @property
    def bounds(self) -> Array:
        """Smallest and largest coordinates, (2, 3) float64 in metres."""
        grid = self.head.grid
        return np.stack([grid.origin, grid.positions(grid.size)])

    @cached_property
    def head(self) -> ScanHead:
        """Levels of detail, bounds and grid."""
        return decode_head(self._read("head"))

    @cached_property
    def measured(self) -> MeshArrays:
        """The mesh as it was read from the scanner's file, at full resolution."""
        return decode_measured(bytes(self._snapshot.read(f"files/{measured_path(self.name)}")))

    @property
    def vertices(self) -> Array:
        """Measured positions, (n, 3) float64 in metres, z up."""
        return self.measured.vertices

    @property
    def faces(self) -> Array:
        """Measured triangles, (m, 3) int64 vertex ids."""
        return self.measured.faces

    @property
    def colors(self) -> Array | None:
        """Measured colours, (n, 3) uint8 sRGB; None where none were measured."""
        return self.measured.colors

    def declare(self, *, unit: str | None = None, noise_m: float | None = None) -> Self:
        """Return the same scan with what its file does not say, for measuring.

        Parameters
        ----------
        unit : {"m", "cm", "mm", "um", "in"}, optional
            Unit of length of the coordinates.
        noise_m : float, optional
            Standard deviation of each coordinate of a vertex, in metres: the instrument's
            noise. Uncertainties follow from it.

        Raises
        ------
        InputError
            If the scan says another unit itself, or a value is no unit or no length.
        """
        from museion.scans.measure.measurements import require_noise, require_unit  # noqa: PLC0415

        stated = self.head.metadata.get("unit")
        if unit is not None:
            require_unit(unit)
            if stated in METRES_PER_UNIT and stated != unit:
                raise InputError(
                    f"The scan's unit of length is known already: {stated}",
                    hint="if it is wrong, ingest the original file again with the right unit.",
                )
        twin = type(self)(self._snapshot, self.name)
        given = {"unit": unit, "noise_m": require_noise(noise_m)}
        twin._declared = self._declared | {  # noqa: SLF001 - its own kind
            name: value for name, value in given.items() if value is not None
        }
        return twin

    @cached_property
    def measure(self) -> "Measurements":
        """Measurements on the full-resolution surface, see `museion.scans.measure`.

        Raises
        ------
        InputError
            If the unit of length is not known.
        """
        from museion.scans.measure.measurements import Measurements, require_unit  # noqa: PLC0415
        from museion.scans.measure.paradata import Origin  # noqa: PLC0415
        from museion.scans.measure.stored import StoredSurface  # noqa: PLC0415

        stated = self.head.metadata | self._declared
        scale = require_unit(stated.get("unit"))
        origin = Origin(
            self.dataset,
            self.version,
            self._snapshot.head.manifest_root,
            self.name,
            self.head.grid.step * scale,
            stated.get("noise_m"),
            self.is_synthetic,
        )
        surface = StoredSurface(self.head, self._read, lambda: self.measured, scale)
        return Measurements(surface, origin)

    def section(self, plane: "Plane") -> "Section":
        """Return the profile of the scan in a plane, at full resolution.

        Parameters
        ----------
        plane : museion.scans.measure.Plane

        Raises
        ------
        InputError
            If the plane does not cross the scan, or its unit of length is not known.
        """
        return self.measure.section(plane)

    def simplified(self, max_triangles: int) -> ScanCut:
        """Return the best level of detail within a number of triangles.

        Parameters
        ----------
        max_triangles : int
            The coarsest level comes back even if it has more.
        """
        return read_cut(self.head, choose_groups(self.head, max_triangles), self._read)

    def to_pythreejs(self, max_triangles: int = PYTHREEJS_TRIANGLES) -> Any:  # noqa: ANN401
        """Return the scan as a pythreejs mesh, to compose a scene with.

        pythreejs sends raw arrays and keeps them in the widget's state: saving a notebook
        *with widget state* would write the geometry, decrypted, into the notebook.

        Parameters
        ----------
        max_triangles : int
            Taken from the best level of detail within this number.

        Returns
        -------
        pythreejs.Mesh
            In metres, z up.

        Raises
        ------
        InputError
            If more triangles are asked for than pythreejs can handle.
        """
        if max_triangles > PYTHREEJS_LIMIT:
            raise InputError(
                f"Too many triangles for pythreejs: {max_triangles}",
                hint=f"ask for at most {PYTHREEJS_LIMIT}, or show the scan with museion.view.",
            )
        import pythreejs  # noqa: PLC0415 - takes a second

        cut = self.simplified(max_triangles)
        buffers = {
            name: pythreejs.BufferAttribute(values) for name, values in _raw_arrays(cut).items()
        }
        material = pythreejs.MeshStandardMaterial(
            vertexColors="NoColors" if cut.colors is None else "VertexColors", roughness=0.6
        )
        return pythreejs.Mesh(pythreejs.BufferGeometry(attributes=buffers), material)

    def _read(self, part: str) -> bytes:
        return bytes(self._snapshot.read(f"scans/{self.name}/{part}"))


def _raw_arrays(cut: ScanCut) -> dict[str, Array]:
    arrays: dict[str, Array] = {
        "position": cut.vertices.astype(np.float32),
        "normal": cut.normals.astype(np.float32),
        "index": cut.faces.astype(np.uint32).ravel(),
    }
    if cut.colors is not None:
        arrays["color"] = cut.colors.astype(np.float32) / np.float32(255)
    return arrays
