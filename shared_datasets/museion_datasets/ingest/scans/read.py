"""Reads meshes as museums deliver them: GLB, glTF, PLY, OBJ and STL.

Coordinates become metres with z up. A texture is sampled to vertex colours unless that is
declined: base colour images are not always colour (masks, helper maps).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from types import MappingProxyType

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.scans.gltf_mesh import read_gltf
from museion_datasets.ingest.scans.mesh import MeshArrays, require_faces, require_mesh, scaled
from museion_datasets.ingest.scans.obj import read_obj
from museion_datasets.ingest.scans.ply import read_ply
from museion_datasets.ingest.scans.raw import Alone, Beside, FileBytes, RawScan
from museion_datasets.ingest.scans.stl import read_stl
from museion_datasets.ingest.scans.terms import (
    METRES_PER_UNIT,
    ColorUse,
    ScanTerms,
    UpAxis,
    require_unit,
)

__all__ = [
    "FORMATS",
    "METRES_PER_UNIT",
    "ColorUse",
    "ReadOptions",
    "ReadScan",
    "UpAxis",
    "read_mesh",
    "read_raw",
    "read_scan",
]

_READERS: Mapping[str, Callable[[bytes, Beside], RawScan]] = MappingProxyType({
    "glb": read_gltf, "gltf": read_gltf, "obj": read_obj, "ply": read_ply, "stl": read_stl,
})  # fmt: skip
FORMATS = tuple(_READERS)


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a file does not say about itself.

    Attributes
    ----------
    unit : str
        Unit of length of the coordinates: m, cm, mm, in …
    up : UpAxis
        glTF says y; many scanners write z all the same.
    colors : ColorUse
        Whether vertex colours or the base colour texture were measured.
    """

    unit: str = "m"
    up: UpAxis = UpAxis.Z
    colors: ColorUse = ColorUse.KEEP


@dataclass(frozen=True, slots=True)
class ReadScan:
    """A 3D file in metres with z up, and how it came to be so.

    Attributes
    ----------
    mesh : MeshArrays
        Its triangles point to vertices that exist; no triangles for a cloud of points.
    unit : str
        Unit of length of the file.
    up : UpAxis
        Axis of the file that points up.
    raw : RawScan
        Notes and facts of the reader.
    notes : tuple of str
        What was said by the file, by the person, or by neither.
    """

    mesh: MeshArrays
    unit: str
    up: UpAxis
    raw: RawScan
    notes: tuple[str, ...]


def read_mesh(data: bytes, suffix: str, options: ReadOptions) -> MeshArrays:
    """Read a mesh file without the files beside it.

    Parameters
    ----------
    data : bytes
    suffix : str
        "glb", "gltf", "obj", "ply" or "stl".
    options : ReadOptions

    Raises
    ------
    InvalidError
        If the file is empty, damaged, of another format, or holds no usable mesh.
    """
    terms = ScanTerms(options.unit, options.up, options.colors)
    return require_mesh(read_scan(data, PurePosixPath(f"mesh.{suffix.lstrip('.')}"), terms).mesh)


def read_scan(
    data: FileBytes, name: PurePosixPath, terms: ScanTerms, beside: Beside | None = None
) -> ReadScan:
    """Read a mesh, or a cloud of points, into metres with z up.

    Parameters
    ----------
    data : bytes
    name : PurePosixPath
        The file's name; its ending says the format.
    terms : ScanTerms
    beside : Beside, optional
        Where materials, textures and buffers are.

    Raises
    ------
    InvalidError
        If the file is empty, damaged, of another format, or nobody says its unit of length.
    """
    raw = read_raw(data, name.suffix.lower().lstrip("."), beside or Alone())
    unit = terms.unit or raw.unit
    if not unit:
        raise InvalidError(
            f"The file says no unit of length: {name.name!r:.80}",
            hint="say it: unit='mm', on the command line --unit mm;"
            " or put the file into a folder and ingest that, which keeps it as it is.",
        )
    up = terms.up or UpAxis(raw.up or UpAxis.Z)
    mesh = scaled(raw.mesh, require_unit(unit), is_y_up=up is UpAxis.Y)
    if len(mesh.faces):
        require_faces(mesh)
    if terms.colors is ColorUse.HIDE:
        mesh = replace(mesh, colors=None)
    said = "as declared" if terms.unit else "as the file says"
    axis = "as declared" if terms.up else "as the format says" if raw.up else "as nobody said"
    notes = (f"Unit of length: {unit}, {said}; up: {up}, {axis}",)
    return ReadScan(mesh, unit, up, raw, notes)


def read_raw(data: FileBytes, suffix: str, beside: Beside) -> RawScan:
    """Read a file in its own units.

    Parameters
    ----------
    data : bytes
    suffix : str
        One of `FORMATS`.
    beside : Beside
        Where materials, textures and buffers are.

    Raises
    ------
    InvalidError
        If the file is empty, damaged, of another format, or holds no points.
    """
    if len(data) == 0:
        raise InvalidError("The mesh file is empty: 0 bytes", hint="copy or export the file again.")
    if suffix not in _READERS:
        raise InvalidError(
            f"Meshes of this format can't be read yet: {suffix}",
            hint=f"export the mesh as one of {', '.join(FORMATS)}.",
        )
    raw = read_ply(data, beside) if suffix == "ply" else _READERS[suffix](data[:], beside)
    if len(raw.mesh.vertices) == 0:
        raise InvalidError(
            "The file holds neither triangles nor points", hint="choose a file that holds a mesh."
        )
    return raw
