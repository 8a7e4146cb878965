"""What becomes of good and of bad mesh files."""

from dataclasses import replace

import numpy as np
import pytest

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.scans.measured import decode_measured, encode_measured
from museion_datasets.ingest.scans.mesh import MeshArrays, require_mesh
from museion_datasets.ingest.scans.read import ColorUse, ReadOptions, UpAxis, read_mesh
from museion_datasets.ingest.scans.scan import ScanInfo, build_scan
from museion_datasets.ingest.scans.scratch import Scratch
from museion_datasets.ingest.scans.surface import choose_grid
from museion_datasets.ingest.scans.weld import weld
from tests.support.scans import glb_bytes, open_sheet, ply_bytes, rough_ring

RING = rough_ring(24, 12)
GLB, PLY = glb_bytes(RING), ply_bytes(RING)


@pytest.mark.parametrize(("data", "suffix"), [(GLB, "glb"), (PLY, ".PLY")])
def test_glb_and_ply_give_the_same_mesh(data: bytes, suffix: str) -> None:
    mesh = read_mesh(data, suffix, ReadOptions())
    assert np.allclose(mesh.vertices, RING.vertices, atol=1e-7)
    assert (mesh.faces == RING.faces).all()
    assert mesh.colors is not None
    assert (mesh.colors == RING.colors).all()


def test_millimetres_with_y_up_become_metres_with_z_up() -> None:
    mesh = read_mesh(GLB, "glb", ReadOptions("mm", UpAxis.Y, ColorUse.HIDE))
    x, y, z = RING.vertices.T
    assert np.allclose(mesh.vertices, np.stack([x, -z, y], axis=1) / 1000.0, atol=1e-9)
    assert mesh.colors is None


BAD_FILES = {
    "no bytes": (b"", "ply", "0 bytes"),
    "another format": (b"\x89PNG\r\n\x1a\n", "glb", "no GLB"),
    "a name that lies": (PLY, "glb", "no GLB"),
    "a cut GLB": (GLB[:-40], "glb", "says it has"),
    "a cut PLY": (PLY[: len(PLY) // 2], "ply", ""),
    "a format not read yet": (b"PK", "3mf", "can't be read yet"),
    "a GLB without content": (b"glTF\x02\x00\x00\x00\x0c\x00\x00\x00", "glb", "no readable GLB"),
    "a header that promises the moon": (
        PLY.replace(b"element vertex 288", b"element vertex 999999999"), "ply", "holds fewer",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_files_are_refused_in_one_sentence(name: str) -> None:
    data, suffix, part = BAD_FILES[name]
    with pytest.raises(InvalidError) as caught:
        read_mesh(data, suffix, ReadOptions())
    assert part in caught.value.message
    assert caught.value.hint.endswith(".")


def test_unknown_units_are_refused() -> None:
    with pytest.raises(InvalidError, match="Unknown unit of length: cubit"):
        read_mesh(GLB, "glb", ReadOptions("cubit"))


def with_nan() -> MeshArrays:
    vertices = RING.vertices.copy()
    vertices[5, 1] = np.nan
    return replace(RING, vertices=vertices)


BAD_MESHES = {
    "NaN": (with_nan(), "not a number: 1"),
    "no points": (MeshArrays(np.empty((0, 3)), np.empty((0, 3), np.int64)), "No point"),
    "no vertices": (MeshArrays(np.empty((0, 3)), RING.faces), "no vertices"),
    "missing vertex": (replace(RING, faces=RING.faces + 1), "does not exist"),
    "negative id": (replace(RING, faces=RING.faces - 1), "does not exist"),
    "one point": (replace(RING, vertices=RING.vertices * 0.0), "one point"),
    "too few colours": (replace(RING, colors=RING.colors[:-1]), "colors do not match"),
}


@pytest.mark.parametrize("name", BAD_MESHES)
def test_bad_meshes_are_refused_before_anything_is_built(name: str) -> None:
    mesh, part = BAD_MESHES[name]
    with pytest.raises(InvalidError, match=part):
        next(build_scan(mesh, ScanInfo("bad")))


def test_triangles_that_form_no_surface_are_refused_in_one_sentence() -> None:
    """Corners shared by some ninety triangles each: nothing can be left out between them."""
    rng = np.random.default_rng(0)
    faces = np.sort(rng.integers(0, 1_000, (30_000, 3)), axis=1)
    with pytest.raises(InvalidError, match="form no surface"):
        list(
            build_scan(
                MeshArrays(rng.uniform(0, 1, (1_000, 3)), faces),
                ScanInfo("web"),
                cluster_triangles=90,
            )
        )


@pytest.mark.parametrize("step", [0.0, -1.0, 1e-12, float("nan")])
def test_grid_steps_that_can_not_be_are_refused(step: float) -> None:
    with pytest.raises(InvalidError, match="grid step"):
        choose_grid(RING, step)


def test_a_grid_coarser_than_the_mesh_is_refused() -> None:
    with pytest.raises(InvalidError, match="larger than the scan's grid step"):
        weld(RING, choose_grid(RING, 10.0), Scratch())


def test_vertices_doubled_at_seams_are_joined_and_keep_an_id() -> None:
    doubled = MeshArrays(
        np.concatenate([RING.vertices, RING.vertices]),
        np.where(
            np.arange(len(RING.faces))[:, None] % 2, RING.faces, RING.faces + len(RING.vertices)
        ),
    )
    surface, _ = weld(doubled, choose_grid(doubled), Scratch())
    assert len(surface.points) == len(RING.vertices)
    positions = surface.grid.positions(surface.points)
    assert np.abs(positions - doubled.vertices[surface.ids]).max() <= surface.grid.step * 0.5001


def test_measured_mesh_comes_back_bit_by_bit() -> None:
    back = decode_measured(encode_measured(RING))
    assert (back.vertices == RING.vertices).all()
    assert (back.faces == RING.faces).all()
    assert back.colors is not None
    assert back.normals is None


def test_good_meshes_pass_unchanged() -> None:
    sheet = open_sheet(5)
    assert require_mesh(sheet) is sheet
