"""What an export of a scan holds: a mesh at one level of detail, and who says what of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion.errors import InputError
from museion.scans.levels import ScanCut
from museion_datasets.ingest.scans.mesh import MeshArrays

type Array = NDArray[Any]

FULL_RESOLUTION = "full resolution"


@dataclass(frozen=True, slots=True)
class ScanFacts:
    """What goes with every export.

    Attributes
    ----------
    title : str
    description : str
    rights, rights_uri : str
        Label and canonical address of the rights statement; the address may be empty.
    dataset : str
        `<workgroup>/<name>`.
    version : int
    digest : str
        Manifest root of the version.
    item : str
        Name of the scan in the dataset.
    is_synthetic : bool
        Computed, not measured on an object.
    source : str
        File or program the scan came from.
    noise_m : float or None
        Declared standard deviation of each coordinate, in metres.
    software : str
        What wrote the file.
    level : str
        Which level of detail it is.
    """

    title: str
    description: str
    rights: str
    rights_uri: str
    dataset: str
    version: int
    digest: str
    item: str
    is_synthetic: bool
    source: str
    noise_m: float | None
    software: str
    level: str = FULL_RESOLUTION

    def rows(self) -> dict[str, str | int | float | bool]:
        """Return what a program reads, by name; lengths are in metres."""
        noise = {} if self.noise_m is None else {"noise_m": self.noise_m}
        return {
            "title": self.title,
            "rights": self.rights,
            "rights_uri": self.rights_uri,
            "unit": "m",
            "dataset": self.dataset,
            "version": self.version,
            "digest": self.digest,
            "item": self.item,
            "synthetic": self.is_synthetic,
            "level": self.level,
            "source": self.source,
            **noise,
        }

    @property
    def nature(self) -> str:
        """Whether the object was measured, as a sentence for people."""
        return "Computed, not measured on an object" if self.is_synthetic else "Measured"

    def at(self, cut: ScanCut) -> "ScanFacts":
        """Return the same of a level of detail.

        Parameters
        ----------
        cut : ScanCut
        """
        what = "triangles" if len(cut.faces) else "points"
        return replace(
            self,
            level=f"level of detail: {cut.size} {what}, measured vertices at most "
            f"{cut.error_m:.3g} m from them",
        )


@dataclass(frozen=True, slots=True)
class ExportMesh:
    """A mesh to be written.

    Attributes
    ----------
    vertices : (n, 3) float64
        Metres, z up, in the scan's own frame.
    faces : (m, 3) int64
    normals : (n, 3) array or None
    colors : (n, 3) uint8 or None
        sRGB.
    layers : mapping of str to (n,) array
        Scalars of the vertices.
    face_layers : mapping of str to (m,) array
    """

    vertices: Array
    faces: Array
    normals: Array | None
    colors: Array | None
    layers: Mapping[str, Array] = field(default_factory=dict)
    face_layers: Mapping[str, Array] = field(default_factory=dict)


def measured_mesh(mesh: MeshArrays, scale: float) -> ExportMesh:
    """Return a measured mesh with all that was delivered of its vertices and triangles.

    Parameters
    ----------
    mesh : MeshArrays
    scale : float
        Metres for one of its units.
    """
    return ExportMesh(
        mesh.vertices * scale, mesh.faces, mesh.normals, mesh.colors, mesh.layers, mesh.face_layers
    )


def coarse_mesh(cut: ScanCut, scale: float) -> ExportMesh:
    """Return a level of detail; its layer `measured_vertex` says which vertices are left.

    Parameters
    ----------
    cut : ScanCut
    scale : float
        Metres for one of its units.
    """
    layers = {"measured_vertex": cut.ids}
    return ExportMesh(cut.vertices * scale, cut.faces, cut.normals, cut.colors, layers)


def require_triangles(max_triangles: object) -> int:
    """Return a wished number of triangles.

    Raises
    ------
    InputError
        If it is none.
    """
    is_whole = isinstance(max_triangles, int | np.integer) and not isinstance(max_triangles, bool)
    if not is_whole or int(max_triangles) < 1:  # type: ignore[call-overload]
        raise InputError(
            f"Not a number of triangles: {max_triangles!r:.40}",
            hint="give a whole number above 0, or leave it away for full resolution.",
        )
    return int(max_triangles)  # type: ignore[call-overload,no-any-return]
