"""Throws bytes at the readers of meshes: PLY, OBJ, STL, GLB with and without compression.

Whatever comes through must be a mesh whose triangles point to vertices that exist.
``python -m tests.fuzz.fuzz_scans [FOLDER]``.
"""

import warnings
from pathlib import PurePosixPath

import numpy as np

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.scans.check import check_geometry
from museion_datasets.ingest.scans.mesh import require_faces
from museion_datasets.ingest.scans.read import read_scan
from museion_datasets.ingest.scans.terms import ScanTerms
from tests.support.fuzzing import fuzz
from tests.support.scan_files import TETRAHEDRON, meshopt_glb, plain_glb, ply_file, stl_file

_LAYER = np.arange(4, dtype=np.uint16)
_OBJ = b"v 0 0 0\nv 1 0 0 # b\nv 0 1 0\nvt 0 1\nvn 0 0 1\nusemtl a\nf 1/1/1 2//1 -1\nf 3 2 1\n"
SEEDS = (
    *(ply_file(TETRAHEDRON, order=order, layer=_LAYER) for order in ("", "<", ">")),
    *(stl_file(TETRAHEDRON, is_ascii=kind) for kind in (True, False)),
    plain_glb(TETRAHEDRON),
    meshopt_glb(TETRAHEDRON),
    _OBJ,
)
TOKENS = (
    b"\xff" * 4, b"\0" * 4, b"list", b"nan", b"-1", b"1e999", b"999999999", b"//", b"\n",
    b'"count":', b'"byteStride":3,', b"9" * 30,
)  # fmt: skip
_TERMS = ScanTerms(unit="m")


def check(data: bytes) -> None:
    """Read the bytes as what they begin as, and check what comes out."""
    ending = "ply" if data[:1] == b"p" else "glb" if data[:1] == b"g" else "obj"
    if data[:5] == b"solid" or data[:1] == b"\0":
        ending = "stl"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            mesh = read_scan(data, PurePosixPath(f"mesh.{ending}"), _TERMS).mesh
            if len(mesh.faces):
                report = check_geometry(require_faces(mesh))
                assert report.triangles == len(mesh.faces)
        except InvalidError:
            return
    assert mesh.vertices.ndim == 2
    assert mesh.colors is None or len(mesh.colors) == len(mesh.vertices)
    assert all(len(layer) == len(mesh.vertices) for layer in mesh.layers.values())
    assert all(len(layer) == len(mesh.faces) for layer in mesh.face_layers.values())


if __name__ == "__main__":
    fuzz(check)
