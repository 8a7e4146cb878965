"""A stored scan, opened in Python: measured arrays, levels of detail, ways to show it."""

from functools import cached_property
from hashlib import sha256
from importlib.metadata import version as version_of
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from museion.errors import InputError
from museion.scans.exports.content import ScanFacts
from museion.scans.exports.of_scan import ScanExports
from museion.scans.layers.of_scan import ScanLayers
from museion.scans.levels import ScanCut, choose_groups, read_cut
from museion.scans.measure.paradata import Origin
from museion.scans.measure.quantities import METRES_PER_UNIT
from museion_datasets.ingest.scans.format import ScanHead, decode_head
from museion_datasets.ingest.scans.measured import decode_measured, measured_path
from museion_datasets.ingest.scans.mesh import MeshArrays
from museion_datasets.item import Item, ItemKind
from museion_datasets.policy import RIGHTS, DatasetPolicy
from museion_datasets.versions.snapshot import Snapshot, keys_under

if TYPE_CHECKING:
    from museion.scans.annotations.model import Annotation
    from museion.scans.measure.measurements import Measurements
    from museion.scans.measure.plane import Plane
    from museion.scans.measure.section import Section
    from museion.scans.measure.slab import SlabSection

type Array = NDArray[Any]

PYTHREEJS_TRIANGLES = 1_000_000


class Scan(ScanExports, ScanLayers):
    """A measured mesh, or a cloud of points, of a dataset.

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
        what = "points" if self.is_cloud else "triangles"
        return f"Scan({self.dataset!r}, {self.name!r}, {what}={self.head.elements_at_finest})"

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
    def is_cloud(self) -> bool:
        """Whether it has points only, without triangles between them."""
        return self.head.is_cloud

    @property
    def point_count(self) -> int:
        """Points at full resolution: a cloud's, or a mesh's vertices on its grid."""
        return self.head.vertex_count

    @property
    def bounds(self) -> Array:
        """Smallest and largest coordinates, (2, 3) float64 in metres."""
        grid = self.head.grid
        return np.stack([grid.origin, grid.positions(grid.size)])

    @property
    def policy(self) -> DatasetPolicy | None:
        """What the owner of the dataset allows."""
        return self._snapshot.policy

    @property
    def facts(self) -> ScanFacts:
        """What goes with every export: title, rights, dataset, version, digest."""
        record, rights = self._snapshot.record, RIGHTS.get(self._snapshot.record.rights)
        return ScanFacts(
            self.title,
            record.description,
            rights.label if rights else record.rights,
            rights.uri if rights else "",
            self.dataset,
            self.version,
            self._snapshot.head.manifest_root,
            self.name,
            self.is_synthetic,
            str(self.head.metadata.get("source") or ""),
            (self.head.metadata | self._declared).get("noise_m"),
            f"Museion {version_of('museion')}",
        )

    @cached_property
    def head(self) -> ScanHead:
        """Levels of detail, bounds and grid."""
        return decode_head(self._read("head"))

    @cached_property
    def measured(self) -> MeshArrays:
        """The mesh as it was read from the scanner's file, at full resolution."""
        return decode_measured(bytes(self._snapshot.read(f"files/{measured_path(self.name)}")))

    @cached_property
    def geometry(self) -> str:
        """Digest that tells this scan's geometry from that of another version of it."""
        return f"sha256:{sha256(self._read('head')).hexdigest()}"

    @property
    def annotations(self) -> "tuple[Annotation, ...]":
        """What the dataset's version holds of annotations, placed on this scan's surface.

        Those of another geometry are looked for on this one, and flagged (`moved_m`) where
        they are farther off than three times the noise.
        """
        from museion.scans.annotations.stored import read_annotations  # noqa: PLC0415

        return read_annotations(self._snapshot, self)

    @property
    def vertices(self) -> Array:
        """Measured positions, (n, 3) float64 in metres, z up."""
        return self.measured.vertices

    @property
    def points(self) -> Array:
        """The same as `vertices`, as one calls them in a cloud."""
        return self.vertices

    @property
    def faces(self) -> Array:
        """Measured triangles, (m, 3) int64 vertex ids; none of them in a cloud."""
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

    @property
    def metres_per_unit(self) -> float:
        """Metres for one unit of the stored coordinates; 1 unless another was declared.

        Raises
        ------
        InputError
            If the unit of length is not known.
        """
        from museion.scans.measure.measurements import require_unit  # noqa: PLC0415

        return require_unit((self.head.metadata | self._declared).get("unit"))

    @cached_property
    def measure(self) -> "Measurements":
        """Measurements on the full-resolution surface, see `museion.scans.measure`.

        Raises
        ------
        InputError
            If the unit of length is not known.
        """
        from museion.scans.measure.clouds import CloudMeasurements  # noqa: PLC0415
        from museion.scans.measure.measurements import Measurements  # noqa: PLC0415
        from museion.scans.measure.stored import StoredSurface  # noqa: PLC0415

        scale = self.metres_per_unit
        surface = StoredSurface(self.head, self._read, lambda: self.measured, scale)
        return (CloudMeasurements if self.is_cloud else Measurements)(surface, self.origin)

    @property
    def origin(self) -> Origin:
        """What each result made of this scan says about it.

        Raises
        ------
        InputError
            If the unit of length is not known.
        """
        return Origin(
            self.dataset,
            self.version,
            self._snapshot.head.manifest_root,
            self.name,
            self.head.grid.step * self.metres_per_unit,
            (self.head.metadata | self._declared).get("noise_m"),
            self.is_synthetic,
        )

    def section(self, plane: "Plane", *, thickness: float | None = None) -> "Section | SlabSection":
        """Return the profile of the scan in a plane, at full resolution.

        Parameters
        ----------
        plane : museion.scans.measure.Plane
        thickness : float, optional
            Of a cloud: of the slab whose points are brought onto the plane, in metres.

        Raises
        ------
        InputError
            If the plane does not cross the scan, its unit of length is not known, or a
            thickness is missing for a cloud, or given for a mesh.
        """
        from museion.scans.measure.clouds import CloudMeasurements  # noqa: PLC0415

        if isinstance(self.measure, CloudMeasurements):
            return self.measure.section(plane, thickness=thickness)
        if thickness is not None:
            raise InputError(
                f"A mesh is cut by a plane, not by a slab: {thickness} m",
                hint="leave the thickness out.",
            )
        return self.measure.section(plane)

    def simplified(self, max_triangles: int) -> ScanCut:
        """Return the best level of detail within a number of triangles.

        Parameters
        ----------
        max_triangles : int
            Or points of a cloud. The coarsest level comes back even if it has more.
        """
        return read_cut(self.head, choose_groups(self.head, max_triangles), self._read)

    def to_pythreejs(self, max_triangles: int = PYTHREEJS_TRIANGLES) -> Any:  # noqa: ANN401
        """Return the scan as a pythreejs mesh, to compose a scene with.

        pythreejs sends raw arrays, 24 bytes and more for each triangle. They are marked so
        that a notebook saved with widget state does not keep them; see `museion.scans.scene`
        for a scene that is composed and measured.

        Parameters
        ----------
        max_triangles : int
            Taken from the best level of detail within this number.

        Returns
        -------
        pythreejs.Mesh
            In metres, z up, its `position` in the scan's own frame.

        Raises
        ------
        InputError
            If more triangles are asked for than pythreejs can handle, or the unit of length
            is not known.
        """
        from museion.scans.composing.mesh import make_mesh, require_drawable  # noqa: PLC0415

        return make_mesh(self.simplified(require_drawable(max_triangles)), self.metres_per_unit)

    def read_part(self, part: str) -> bytes:
        """Return one of the scan's stored objects.

        Parameters
        ----------
        part : str
            Its suffix, as in ``"ids/0"``.
        """
        return self._read(part)

    def keys(self, prefix: str = "") -> list[str]:
        """Return the suffixes of the scan's stored objects, sorted.

        Parameters
        ----------
        prefix : str
            Only those that begin with it, as in ``"layers/"``.
        """
        folder = f"scans/{self.name}/"
        found = keys_under(self._snapshot.keys(), f"{folder}{prefix}")
        return [key.removeprefix(folder) for key in found]

    def _read(self, part: str) -> bytes:
        return bytes(self._snapshot.read(f"scans/{self.name}/{part}"))
