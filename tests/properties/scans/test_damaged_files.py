"""Whatever bytes a 3D file has: it is read whole, or refused in a sentence; never half of it."""

from collections.abc import Callable
from pathlib import PurePosixPath

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.scans.mesh import MeshArrays
from museion_datasets.ingest.scans.read import read_scan
from museion_datasets.ingest.scans.terms import ScanTerms
from tests.support.scan_files import (
    TETRAHEDRON,
    draco_glb,
    meshopt_glb,
    plain_glb,
    ply_file,
    stl_file,
)

METRES = ScanTerms(unit="m")
OBJ = b"v 0 0 0\nv 1 0 0\nv 0 2 0\nv 0 0 4\nf 1 3 2\nf 1 2 4\nf 2 3 4\nf 1 4 3\n"
WHOLE = {
    "ply": ply_file(TETRAHEDRON, order="<"),
    "ply, big-endian": ply_file(TETRAHEDRON, order=">"),
    "ply in text": ply_file(TETRAHEDRON, order=""),
    "stl": stl_file(TETRAHEDRON, is_ascii=False),
    "stl in text": stl_file(TETRAHEDRON, is_ascii=True),
    "glb": plain_glb(TETRAHEDRON),
    "glb, meshopt": meshopt_glb(TETRAHEDRON),
    "glb, Draco": draco_glb(TETRAHEDRON),
}
BEGINNINGS = {
    "ply": WHOLE["ply"].partition(b"end_header\n")[0] + b"end_header\n",
    "stl": WHOLE["stl"][:84],
    "glb": WHOLE["glb"][:20],
    "gltf": b'{"asset": {"version": "2.0"}, ',
    "obj": b"v 0 0 0\n",
}
FEW = settings(max_examples=120, deadline=None)


def read(data: bytes, ending: str) -> MeshArrays | None:
    """Give the mesh; None if it was refused, with a hint."""
    found, hint = None, "."
    try:
        found = read_scan(data, PurePosixPath(f"scan.{ending}"), METRES).mesh
    except InvalidError as error:
        hint = error.hint
    assert hint.endswith(".")
    return found


def require_whole(mesh: MeshArrays) -> None:
    count = len(mesh.vertices)
    assert mesh.vertices.shape == (count, 3)
    assert mesh.faces.shape == (len(mesh.faces), 3)
    assert not len(mesh.faces) or 0 <= mesh.faces.min() <= mesh.faces.max() < count
    for values in (mesh.colors, mesh.normals, *mesh.layers.values()):
        assert values is None or len(values) == count


@FEW
@given(
    data=st.binary(max_size=300), ending=st.sampled_from(sorted(BEGINNINGS)), begins=st.booleans()
)
@example(data=b"", ending="obj", begins=False)
def test_any_bytes_are_a_whole_mesh_or_refused(data: bytes, ending: str, *, begins: bool) -> None:
    mesh = read((BEGINNINGS[ending] if begins else b"") + data, ending)
    if mesh is not None:
        require_whole(mesh)


@pytest.mark.parametrize("name", WHOLE)
def test_no_beginning_of_a_file_is_taken_for_the_file(name: str) -> None:
    """Text may lack its last line break, and its last word be cut: nothing can tell that."""
    data, ending = WHOLE[name], name[:3]
    last = len(data.rstrip()[:-1]) if "text" in name else len(data)
    for length in range(last):
        mesh = read(data[:length], ending)
        assert mesh is None or same(mesh, TETRAHEDRON), length


def same(mesh: MeshArrays, other: MeshArrays) -> bool:
    """Tell whether two meshes have the same triangles in the same places."""
    return len(mesh.faces) == len(other.faces) and bool(
        np.allclose(mesh.vertices[mesh.faces], other.vertices[other.faces])
    )


@given(length=st.integers(0, len(OBJ)))
@FEW
def test_obj_cut_short_has_only_faces_of_the_whole(length: int) -> None:
    """OBJ does not say how many faces it has; what is there must be right."""
    cut = OBJ[: OBJ[:length].rfind(b"\n") + 1]
    mesh = read(cut, "obj")
    if mesh is not None:
        whole = read(OBJ, "obj")
        assert whole is not None
        assert (mesh.faces == whole.faces[: len(mesh.faces)]).all()
        assert (mesh.vertices == whole.vertices[: len(mesh.vertices)]).all()


@given(
    change=st.sampled_from((np.nan, np.inf, -np.inf, 1e308, -0.0)),
    make=st.sampled_from((
        lambda mesh: ply_file(mesh, order=""),
        lambda mesh: ply_file(mesh, order=">"),
    )),
    at=st.integers(0, 11),
)
@FEW
def test_odd_numbers_come_back_as_they_are(
    change: float, make: Callable[[MeshArrays], bytes], at: int
) -> None:
    vertices = TETRAHEDRON.vertices.copy()
    vertices.flat[at] = change
    mesh = read(make(MeshArrays(vertices, TETRAHEDRON.faces)), "ply")
    assert mesh is not None
    np.testing.assert_array_equal(mesh.vertices, vertices)
