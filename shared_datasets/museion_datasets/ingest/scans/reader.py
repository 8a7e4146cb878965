"""Which 3D files `ingest` understands, which files belong to them, and what becomes of them.

A mesh or a cloud of points becomes a scan that a browser streams. What a person
declares (unit, axis, noise, frame) comes in with `ScanReader.terms`.
"""

import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import SEEK_END
from pathlib import Path, PurePosixPath

from museion_datasets.errors import DatasetsError
from museion_datasets.ingest.damage import parsing
from museion_datasets.ingest.form import Reading, ScanForm
from museion_datasets.ingest.scans.check import check_geometry
from museion_datasets.ingest.scans.cloud import cloud_info
from museion_datasets.ingest.scans.e57 import open_e57
from museion_datasets.ingest.scans.gltf import GltfDocument, file_names
from museion_datasets.ingest.scans.las import open_las
from museion_datasets.ingest.scans.mesh import MeshArrays, drawable_part
from museion_datasets.ingest.scans.obj import companions
from museion_datasets.ingest.scans.raw import FileBytes
from museion_datasets.ingest.scans.read import ReadScan, read_scan
from museion_datasets.ingest.scans.scan import ScanInfo
from museion_datasets.ingest.scans.surface import bounds, step_for_noise
from museion_datasets.ingest.scans.terms import NOTHING_DECLARED, ScanTerms
from museion_datasets.ingest.source import Original, look_at, reading, safe_name

_CLOUDS = {"LAS": open_las, "E57": open_e57}


class Folder:
    """The files beside a 3D file, none outside its folder.

    Parameters
    ----------
    path : Path
        The 3D file.
    """

    def __init__(self, path: Path) -> None:
        self._root = path.parent
        self._read: dict[str, bytes | None] = {}

    def find(self, name: str) -> Original | None:
        """Return a file; None if it is not there, is a link, or lies elsewhere."""
        parts = PurePosixPath(name.replace("\\", "/")).parts
        if not parts or "\0" in name or parts[0].startswith("/") or ".." in parts:
            return None
        path = self._root.joinpath(*parts)
        try:
            if not path.resolve().is_relative_to(self._root.resolve()):
                return None
            return look_at(path, "/".join(safe_name(part) for part in parts))
        except (DatasetsError, OSError):
            return None

    def read(self, name: str) -> bytes | None:
        """Return a file's bytes; None if it is not there, or not inside the folder."""
        if name not in self._read:
            found = self.find(name)
            self._read[name] = None if found is None else _bytes_of(found.path)
        return self._read[name]


@dataclass(frozen=True, slots=True)
class ScanReader:
    """One format of meshes or clouds.

    Attributes
    ----------
    name : str
        For people.
    endings : tuple of str
        In lower case.
    magic : bytes
        What files begin with; empty if there is no such thing.
    terms : ScanTerms
        What the person declares.
    """

    name: str
    endings: tuple[str, ...]
    magic: bytes = b""
    terms: ScanTerms = NOTHING_DECLARED

    @property
    def asked(self) -> str:
        """What is made of a file: where a dataset holds another form of it, it is made anew."""
        return repr(self.terms) + (", a scan of points" if self.name in _CLOUDS else "")

    def recognises(self, path: Path, head: bytes) -> bool:
        """Return whether the file begins, or ends its name, as this format does."""
        if path.is_dir():
            return False
        is_named = path.suffix.lower() in self.endings
        return is_named or bool(self.magic and head.startswith(self.magic))

    def originals(self, path: Path) -> tuple[Original, ...]:
        """Return the file with its materials, textures and buffers.

        Raises
        ------
        InvalidError
            If the file can't be read.
        """
        beside, names = Folder(path), list[str]()
        with parsing(path):
            if self.name == "OBJ":
                names = companions(_bytes_of(path), beside)
            elif self.name == "glTF" and path.suffix.lower() == ".gltf":
                names = file_names(GltfDocument(_bytes_of(path), beside))
        found = [beside.find(name) for name in names]
        return (look_at(path), *(each for each in found if each is not None))

    @contextmanager
    def open(self, path: Path) -> Iterator[Reading]:
        """Read the file, check its geometry, and say what was found.

        Raises
        ------
        InvalidError
            If it is damaged, cut short, lies, or nobody says its unit of length.
        """
        if self.name in _CLOUDS:
            with _CLOUDS[self.name](path, self.terms) as opened:
                yield opened
            return
        named = PurePosixPath(path.name).with_suffix(self._ending(path))
        with parsing(path):
            scan = read_scan(_mapped(path), named, self.terms, Folder(path))
        yield _reading(path, scan, self)

    def _ending(self, path: Path) -> str:
        return path.suffix if path.suffix.lower() in self.endings else self.endings[0]


def _reading(path: Path, scan: ReadScan, reader: ScanReader) -> Reading:
    """Return the form of a mesh or a cloud, and what to say of it."""
    terms, facts = reader.terms, dict(scan.raw.facts)
    facts |= {"file_unit": scan.unit, "up": scan.up.value, "frame": terms.frame}
    facts["noise_m"] = terms.noise_m
    about = {"frame": terms.frame, "format": reader.name, "file_unit": scan.unit}
    if len(scan.mesh.faces) == 0:
        plain = ScanInfo(path.stem, source=path.name, about=about)
        cloud = ScanForm("", scan.mesh, cloud_info(plain, scan.mesh, terms))
        said = f"Cloud of {len(scan.mesh.vertices):,} points"
        notes = (said, *scan.notes, *_layers(scan.mesh), *scan.raw.notes)
        return Reading((cloud,), notes, facts)
    geometry = check_geometry(scan.mesh)
    facts["geometry"] = geometry.to_json()
    shown, _ = drawable_part(scan.mesh)
    step, limit = step_for_noise(shown, terms.noise_m)
    info = ScanInfo(
        path.stem,
        source=path.name,
        step_m=step,
        noise_m=terms.noise_m,
        about={**about, "geometry": geometry.to_json()},
    )
    notes = (
        *geometry.sentences(),
        _size(shown),
        *scan.notes,
        *((limit,) if limit else ()),
        *([] if terms.noise_m else ["The instrument's noise is not declared"]),
        *_layers(scan.mesh),
        *scan.raw.notes,
    )
    return Reading((ScanForm("", scan.mesh, info),), notes, facts)


def _size(mesh: MeshArrays) -> str:
    """Say the size, by which a person sees at once whether the unit is right."""
    if len(mesh.vertices) == 0:
        return "No vertex has a position that is a number"
    low, high = bounds(mesh.vertices)
    extent = high - low
    return "Size: {} m".format(" x ".join(f"{length:.4g}" for length in extent))


def _layers(mesh: MeshArrays) -> tuple[str, ...]:
    names = [*mesh.layers, *(f"{name} of triangles" for name in mesh.face_layers)]
    return (f"Layers: {', '.join(names)}",) if names else ()


def _mapped(path: Path) -> FileBytes:
    """Return a file's bytes, read from the disk as they are looked at."""
    with reading(path), path.open("rb") as file:
        if file.seek(0, SEEK_END) == 0:
            return b""
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _bytes_of(path: Path) -> bytes:
    with reading(path):
        return path.read_bytes()
