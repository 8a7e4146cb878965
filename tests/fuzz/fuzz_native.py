"""Throws bytes at the readers that stand on native libraries: Draco, LAS, LAZ and E57.

A library that crashes takes its process with it, so this runs in one of its own:
``python -m tests.fuzz.fuzz_native COUNT FOLDER`` tries COUNT inputs of each kind, keeps the one
being tried in FOLDER, and is killed by the alarm if one takes longer than `LIMIT_S`. Sums over
E57's pages are made right again, or the library would see nothing but wrong sums.
"""

import resource
import signal
import struct
import sys
import tempfile
import warnings
from contextlib import suppress
from pathlib import Path, PurePosixPath

import numpy as np

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.form import CloudForm
from museion_datasets.ingest.readers import find_reader
from museion_datasets.ingest.scans.check import check_geometry
from museion_datasets.ingest.scans.mesh import require_faces
from museion_datasets.ingest.scans.read import read_scan
from museion_datasets.ingest.scans.reader import ScanReader
from museion_datasets.ingest.scans.terms import ScanTerms
from tests.support.fuzzing import mutations
from tests.support.scan_files import TETRAHEDRON, draco_glb, e57_file, las_file

LIMIT_S = 20
_MEMORY_BYTES = 8 << 30
_POINTS = np.random.default_rng(5).uniform(0, 5, (60, 3)).round(4)
_CORNER = np.array([2_600_010.0, 1_200_020.0, 430.0])
_PAGE, _SUM = 1024, 4
_TOKENS = (b"\xff" * 4, b"\0" * 4, b"\xff" * 8, b"DRACO", b"LASF", b"laszip", b"\x7f\xff\xff\xff")
_TERMS = ScanTerms(unit="m")


def seeds(folder: Path) -> dict[str, bytes]:
    """Give a small file of each kind."""
    return {
        "glb": draco_glb(TETRAHEDRON),
        "las": las_file(_POINTS + _CORNER),
        "laz": las_file(_POINTS + _CORNER, is_packed=True),
        "e57": e57_file(folder / "seed.e57", [_POINTS]).read_bytes(),
    }


def check(kind: str, data: bytes, path: Path) -> None:
    """Read everything; what comes through must be whole."""
    path.write_bytes(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with suppress(InvalidError):
            _read_mesh(data) if kind == "glb" else _read_cloud(path)
    assert path.read_bytes() == data


def _read_mesh(data: bytes) -> None:
    mesh = read_scan(data, PurePosixPath("mesh.glb"), _TERMS).mesh
    if len(mesh.faces):
        check_geometry(require_faces(mesh))
    assert mesh.colors is None or len(mesh.colors) == len(mesh.vertices)


def _read_cloud(path: Path) -> None:
    found = find_reader(path)
    assert isinstance(found, ScanReader)
    reader = ScanReader(found.name, found.endings, found.magic, _TERMS)
    with reader.open(path) as reading:
        for form in reading.forms:
            assert isinstance(form, CloudForm)
            mesh = form.read().mesh
            count = len(mesh.vertices)
            assert mesh.vertices.shape == (count, 3)
            for values in (mesh.colors, mesh.normals):
                assert values is None or values.shape == (count, 3)
            assert all(len(layer) == count for layer in mesh.layers.values())


def with_right_sums(data: bytes) -> bytes:
    """Give an E57 file whose pages have the sums (CRC-32C) that belong to them."""
    pages = [data[at : at + _PAGE] for at in range(0, len(data), _PAGE)]
    return b"".join(
        page[:-_SUM] + struct.pack(">I", _crc32c(page[:-_SUM])) if len(page) == _PAGE else page
        for page in pages
    )


def _crc32c(data: bytes) -> int:
    value = 0xFFFFFFFF
    for byte in data:
        value = (value >> 8) ^ _TABLE[(value ^ byte) & 0xFF]
    return value ^ 0xFFFFFFFF


def _row(value: int) -> int:
    for _ in range(8):
        value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
    return value


_TABLE = [_row(value) for value in range(256)]


def run(count: int, folder: Path) -> None:
    """Try `count` inputs of each kind."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    with tempfile.TemporaryDirectory() as scratch:
        for kind, seed in seeds(Path(scratch)).items():
            mend = with_right_sums if kind == "e57" else bytes
            assert mend(seed) == seed
            for data in mutations((seed,), _TOKENS, count):
                signal.alarm(LIMIT_S)
                check(kind, mend(data), folder / f"input.{kind}")
    signal.alarm(0)


if __name__ == "__main__":
    run(int(sys.argv[1]), Path(sys.argv[2]))
