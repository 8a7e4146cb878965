"""Each format gives the mesh that was written, by our hand or by the format's own software."""

from pathlib import Path, PurePosixPath

import numpy as np
import pytest
import trimesh
from PIL import Image

from museion_datasets.ingest.scans.mesh import MeshArrays
from museion_datasets.ingest.scans.ply import read_ply
from museion_datasets.ingest.scans.raw import Alone
from museion_datasets.ingest.scans.read import ReadScan, read_scan
from museion_datasets.ingest.scans.reader import Folder
from museion_datasets.ingest.scans.terms import ScanTerms, UpAxis
from tests.support.scan_files import (
    TETRAHEDRON,
    draco_glb,
    glb_file,
    gltf_json,
    meshopt_glb,
    plain_glb,
    ply_file,
    stl_file,
)
from tests.support.scans import rough_ring

RING = rough_ring(24, 12)
LAYER = np.arange(len(RING.vertices), dtype=np.uint16) * 200
METRES = ScanTerms(unit="m", up=UpAxis.Z)


def read(data: bytes, ending: str, terms: ScanTerms = METRES) -> ReadScan:
    return read_scan(data, PurePosixPath(f"mesh.{ending}"), terms)


@pytest.mark.parametrize("order", ["", "<", ">"], ids=["ascii", "little", "big"])
def test_ply_keeps_every_number_and_further_scalars_as_layers(order: str) -> None:
    mesh = read(ply_file(RING, order=order, layer=LAYER), "ply").mesh
    assert (mesh.vertices == RING.vertices).all()
    assert (mesh.faces == RING.faces).all()
    assert mesh.layers["quality"].dtype == np.uint16
    assert (mesh.layers["quality"] == LAYER).all()


@pytest.mark.parametrize("order", ["ascii", "binary_little_endian", "binary_big_endian"])
def test_polygons_of_ply_are_cut_and_layers_of_faces_follow(order: str) -> None:
    text = (
        f"ply\nformat {order} 1.0\nelement vertex 5\nproperty float x\nproperty float y\n"
        "property float z\nelement face 3\nproperty uchar part\n"
        "property list uchar int vertex_indices\nproperty float weight\nend_header\n"
    ).encode()
    points = np.arange(15, dtype=np.float32).reshape(5, 3)
    faces = [(7, [0, 1, 2], 0.5), (8, [0, 1, 2, 3, 4], 1.5), (9, [2, 3, 4], 2.5)]
    sign = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}[order]
    if sign:
        body = points.astype(f"{sign}f4").tobytes()
        for part, ids, weight in faces:
            body += bytes([part, len(ids)]) + np.array(ids, f"{sign}i4").tobytes()
            body += np.array([weight], f"{sign}f4").tobytes()
    else:
        rows = [" ".join(map(str, row)) for row in points.tolist()]
        rows += [f"{part} {len(ids)} {' '.join(map(str, ids))} {w}" for part, ids, w in faces]
        body = "\n".join(rows).encode()
    raw = read_ply(text + body, Alone())
    assert (raw.mesh.vertices == points).all()
    wanted = [[0, 1, 2], [0, 1, 2], [0, 2, 3], [0, 3, 4], [2, 3, 4]]
    assert raw.mesh.faces.tolist() == wanted
    assert raw.mesh.face_layers["part"].tolist() == [7, 8, 8, 8, 9]
    assert raw.mesh.face_layers["weight"].tolist() == [0.5, 1.5, 1.5, 1.5, 2.5]
    assert raw.notes == ("1 faces of more than three corners are cut into triangles",)


@pytest.mark.parametrize("is_ascii", [True, False])
def test_stl_merges_equal_corners_and_no_others(is_ascii: bool) -> None:  # noqa: FBT001
    mesh = read(stl_file(RING, is_ascii=is_ascii), "stl").mesh
    stored = RING.vertices.astype(np.float32).astype(np.float64)
    assert len(mesh.vertices) == len(RING.vertices)
    assert (mesh.vertices[mesh.faces] == stored[RING.faces]).all()


@pytest.mark.parametrize("make", [plain_glb, meshopt_glb])
def test_glb_gives_back_its_numbers(make: type[plain_glb]) -> None:
    mesh = read(make(RING), "glb").mesh
    stored = RING.vertices.astype(np.float32).astype(np.float64)
    assert (np.sort(mesh.faces, axis=1) == np.sort(RING.faces, axis=1)).all()
    assert (mesh.vertices == stored).all()


def test_draco_gives_the_mesh_within_its_own_steps() -> None:
    mesh = read(draco_glb(RING), "glb").mesh
    assert (mesh.faces == RING.faces).all()
    assert np.abs(mesh.vertices - RING.vertices).max() < 1e-4


def test_nodes_of_gltf_place_their_meshes() -> None:
    document = gltf_json(TETRAHEDRON, [], 0)
    plain = plain_glb(TETRAHEDRON)
    body = plain[plain.index(b"BIN\0") + 4 :]
    half = np.sqrt(0.5)
    document |= {
        "nodes": [
            {"children": [1, 2], "translation": [10, 0, 0]},
            {"mesh": 0, "rotation": [0, 0, half, half], "scale": [2, 2, 2]},
            {"mesh": 0, "matrix": [-1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 5, 1]},
        ],
        "bufferViews": [
            {"buffer": 0, "byteLength": 48},
            {"buffer": 0, "byteOffset": 48, "byteLength": 48},
        ],
        "buffers": [{"byteLength": 96}],
    }
    mesh = read(glb_file(document, body), "glb").mesh
    x, y, z = TETRAHEDRON.vertices.T
    turned = np.stack([10 - 2 * y, 2 * x, 2 * z], axis=1)
    mirrored = np.stack([10 - x, y, z + 5], axis=1)
    assert np.allclose(mesh.vertices, np.concatenate([turned, mirrored]), atol=1e-12)
    volumes = [trimesh.Trimesh(mesh.vertices, part).volume for part in np.split(mesh.faces, 2)]
    assert np.allclose(volumes, [8 * 8 / 6, 8 / 6])


def test_obj_is_what_trimesh_wrote(tmp_path: Path) -> None:
    whole = trimesh.Trimesh(RING.vertices, RING.faces, vertex_colors=RING.colors, process=False)
    path = tmp_path / "ring.obj"
    whole.export(path, digits=17)
    mesh = read(path.read_bytes(), "obj").mesh
    assert np.allclose(mesh.vertices, RING.vertices, rtol=0, atol=1e-15)
    assert (mesh.faces == RING.faces).all()
    assert mesh.colors is not None
    assert np.abs(mesh.colors.astype(int) - np.asarray(RING.colors)).max() <= 1


OBJ = b"""# two halves
mtllib vase.mtl
v 0 0 0
v 1 0 0
v 1 1 0
v 0 1 0
vt 0.25 0.25
vt 0.75 0.75
vn 0 0 1
usemtl red
f 1/1/1 2/1/1 3/2/1
usemtl plain
  f -4//-1 3//1 \\
-1//-1
f 1 2 3 4 # a quad
"""


def test_obj_with_all_its_ways_to_write_a_corner(tmp_path: Path) -> None:
    pixels = np.zeros((2, 2, 3), np.uint8)
    pixels[1, 0], pixels[0, 1] = (200, 0, 0), (0, 100, 0)
    Image.fromarray(pixels).save(tmp_path / "red.png")
    materials = "newmtl red\nmap_Kd -s 1 1 1 red.png\nnewmtl plain\nmap_Kd lost.jpg\n"
    (tmp_path / "vase.mtl").write_text(materials)
    path = tmp_path / "vase.obj"
    scan = read_scan(OBJ, PurePosixPath("vase.obj"), METRES, Folder(path))
    mesh = scan.mesh
    assert mesh.faces.tolist() == [[0, 1, 2], [0, 2, 3], [0, 1, 2], [0, 2, 3]]
    assert mesh.face_uvs is not None
    assert mesh.face_uvs.tolist() == [[0, 0, 1], *[[-1] * 3] * 3]
    assert mesh.face_materials is not None
    assert mesh.face_materials.tolist() == [0, 1, 1, 1]
    assert mesh.colors is not None
    assert mesh.colors[[0, 2]].tolist() == [[200, 0, 0], [0, 100, 0]]
    assert "Texture missing: 'lost.jpg', named by material 'plain'" in scan.raw.notes


def test_no_file_outside_the_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(b"secret")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link.png").symlink_to(tmp_path / "secret.png")
    folder = Folder(inside / "vase.obj")
    outside = ["../secret.png", str(tmp_path / "secret.png"), "link.png", "", "a\0b", "."]
    assert [folder.read(name) for name in outside] == [None] * len(outside)


def test_measured_arrays_hold_layers_and_places_in_the_texture() -> None:
    from museion_datasets.ingest.scans.measured import decode_measured, encode_measured  # noqa: PLC0415

    mesh = MeshArrays(
        RING.vertices, RING.faces, layers={"a/b": LAYER},
        face_layers={"part": np.arange(len(RING.faces), dtype=np.uint8)},
        uvs=RING.vertices[:, :2].copy(), face_materials=np.zeros(len(RING.faces), np.int32),
    )  # fmt: skip
    back = decode_measured(encode_measured(mesh))
    assert (back.layers["a/b"] == LAYER).all()
    assert back.face_layers["part"].dtype == np.uint8
    assert back.uvs is not None
    assert (back.uvs == mesh.uvs).all()
    assert back.face_uvs is None
