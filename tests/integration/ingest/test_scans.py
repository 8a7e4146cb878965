"""Meshes and clouds in a dataset: what is kept, what is made, what is said."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image

import museion
from museion.scans import Scan
from museion_datasets.errors import InvalidError
from museion_datasets.ingest.report import Report
from museion_datasets.ingest.run import Options, Sources, ingest
from museion_datasets.ingest.scans import cloud
from museion_datasets.ingest.scans.reader import ScanReader
from museion_datasets.ingest.scans.terms import DeclaredScan, declared
from museion_datasets.item import ItemKind
from museion_datasets.library import Library, connect
from tests.support.ingest import ABOUT, PATH, opened
from tests.support.scan_files import e57_file, las_file, ply_file
from tests.support.scans import rough_ring

pytestmark = pytest.mark.integration

DATA = Path(os.environ.get("MUSEION_TEST_DATA", Path(__file__).parents[4] / "shared/data")) / "3d"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"no real data in {DATA}")
VENUS = DATA / "venus_de_milo_smk/venus.glb"
WHALE = DATA / "smithsonian_pilot_whale_skull"
SAXOPHONE = DATA / "smithsonian_charlie_parker_saxophone/saxophone_draco.glb"
RING = rough_ring(24, 12)


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return connect((tmp_path / "home").as_uri())


def bring(library: Library, sources: Sources, said: DeclaredScan) -> Report:
    return ingest(library, PATH, sources, options=Options(scan=declared(**said)), **ABOUT)


def test_a_mesh_becomes_a_scan_beside_its_bytes(library: Library, tmp_path: Path) -> None:
    path, layer = tmp_path / "ring.ply", np.arange(288, dtype=np.uint16)
    path.write_bytes(ply_file(RING, order=">", layer=layer))
    report = bring(library, path, {"unit": "mm", "noise_mm": 0.001, "frame": "table"})
    dataset = opened(library)
    scan = Scan.of(dataset["ring"])
    assert dataset.read_bytes("files/originals/ring/ring.ply") == path.read_bytes()
    assert (scan.vertices == RING.vertices * 0.001).all()
    assert (scan.measured.layers["quality"] == layer).all()
    assert scan.head.grid.step == pytest.approx(1e-7)
    about = {"frame": "table", "noise_m": 1e-6, "unit": "m", "file_unit": "mm", "format": "PLY"}
    assert scan.head.metadata.items() >= about.items()
    assert scan.head.metadata["geometry"]["open_edges"] == 0
    assert "Mesh of 576 triangles, 288 vertices, closed" in str(report)


def test_the_same_file_is_known_and_another_unit_is_another_scan(
    library: Library, tmp_path: Path
) -> None:
    path = tmp_path / "ring.ply"
    path.write_bytes(ply_file(RING, order=""))
    with pytest.raises(InvalidError, match="says no unit of length"):
        bring(library, path, {})
    assert bring(library, path, {"unit": "mm"}).is_new_version
    assert not bring(library, path, {"unit": "mm"}).is_new_version
    assert bring(library, path, {"unit": "m"}).version == 2
    assert (Scan.of(opened(library)["ring"]).vertices == RING.vertices).all()


def test_materials_and_textures_are_kept_beside_the_mesh(library: Library, tmp_path: Path) -> None:
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps/skin.png").write_bytes(b"no image")
    (tmp_path / "vase.mtl").write_text("newmtl a\nmap_Kd maps/skin.png\nmap_bump lost.png\n")
    text = "mtllib vase.mtl\nusemtl a\nv 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nf 1/1 2/1 3/1\n"
    (tmp_path / "vase.obj").write_text(text)
    report = str(bring(library, tmp_path / "vase.obj", {"unit": "cm"}))
    kept = [key for key in opened(library).keys() if key.startswith("files/originals/")]  # noqa: SIM118
    names = ("maps/skin.png", "vase.mtl", "vase.obj")
    assert sorted(kept) == [f"files/originals/vase/{name}" for name in names]
    assert "Texture missing: 'lost.png', named by material 'a'" in report
    assert "The texture can't be read: 'maps/skin.png'" in report


def test_positions_that_are_no_numbers_are_kept_told_and_not_shown(
    library: Library, tmp_path: Path
) -> None:
    vertices = RING.vertices.copy()
    vertices[3] = np.nan
    path = tmp_path / "ring.ply"
    path.write_bytes(ply_file(type(RING)(vertices, RING.faces), order="<"))
    report = bring(library, path, {"unit": "m"})
    scan = Scan.of(opened(library)["ring"])
    assert np.array_equal(scan.vertices, vertices, equal_nan=True)
    assert scan.head.metadata["geometry"]["not_finite"] == 1
    assert scan.triangle_count == 576 - 6
    assert "1 vertices whose position is not a number" in str(report)


def test_a_cloud_is_a_scan_of_points_that_views(library: Library, tmp_path: Path) -> None:
    points = np.array([2_600_010.0, 1_200_020.0, 430.0]) + np.arange(3000).reshape(-1, 3) / 1000
    path = tmp_path / "trench.laz"
    path.write_bytes(las_file(points, is_packed=True))
    report = bring(library, path, {"unit": "m", "noise_mm": 2.0, "frame": "LV95"})
    dataset = opened(library)
    scan = Scan.of(dataset["trench"])
    assert (scan.is_cloud, scan.point_count, scan.triangle_count) == (True, 1000, 0)
    assert np.allclose(scan.points, points, rtol=0, atol=1e-6)
    assert (scan.measured.layers["intensity"] == np.arange(1000)).all()
    assert scan.head.metadata.items() >= {"frame": "LV95", "noise_m": 0.002, "unit": "m"}.items()
    assert dataset.read_bytes("files/originals/trench/trench.laz") == path.read_bytes()
    assert "Cloud of 1,000 points" in str(report)
    view = museion.view(dataset["trench"])
    assert "1000 points" in view.describe()
    assert Image.open(io.BytesIO(view.still())).size == (800, 520)
    assert "stills/scans/trench" in set(dataset.keys())


def test_a_cloud_that_was_an_array_becomes_a_scan_when_it_is_ingested_again(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "trench.las"
    near = np.random.default_rng(1).uniform(0, 5, (400, 3)).round(4)
    path.write_bytes(las_file(np.add(near, [2_600_010.0, 1_200_020.0, 430.0])))
    with monkeypatch.context() as earlier:
        earlier.setattr(ScanReader, "asked", property(lambda reader: repr(reader.terms)))
        earlier.setattr(cloud, "MAX_POINTS", 0)
        bring(library, path, {"unit": "m"})
    assert opened(library)["trench"].kind is ItemKind.ARRAY
    assert bring(library, path, {"unit": "m"}).is_new_version
    assert Scan.of(opened(library)["trench"]).point_count == 400
    assert not bring(library, path, {"unit": "m"}).is_new_version


def test_scans_of_one_e57_file_are_items_of_their_own(library: Library, tmp_path: Path) -> None:
    near = np.random.default_rng(1).uniform(0, 5, (400, 3)).round(4)
    path = e57_file(tmp_path / "nave.e57", [near, near[:50] * 2.0])
    bring(library, path, {})
    counts = [Scan.of(opened(library)[f"nave-scan-{n}"]).point_count for n in (1, 2)]
    assert counts == [400, 50]


@needs_data
def test_venus_is_what_trimesh_reads(library: Library) -> None:
    bring(library, VENUS, {"unit": "mm", "hide_colors": True})
    scan = Scan.of(opened(library)["venus"])
    theirs = trimesh.load(VENUS, force="mesh", process=False)
    x, y, z = np.asarray(theirs.vertices).T / 1000.0
    assert np.allclose(scan.vertices, np.stack([x, -z, y], axis=1), rtol=0, atol=1e-9)
    assert (scan.faces == theirs.faces).all()
    assert opened(library).read_bytes("files/originals/venus/venus.glb") == VENUS.read_bytes()


@needs_data
def test_whale_is_the_same_with_and_without_draco(library: Library) -> None:
    plain, packed = WHALE / "whale_cranium.glb", WHALE / "whale_cranium_draco.glb"
    report = bring(library, [plain, packed], {})
    scans = [Scan.of(opened(library)[path.stem]) for path in (plain, packed)]
    assert [scan.triangle_count for scan in scans] == [100_000, 100_000]
    assert np.allclose(scans[0].bounds, scans[1].bounds, atol=1e-4)
    assert str(report).count("100,000 triangles, 57,565 vertices, closed") == 2


@needs_data
def test_saxophone_comes_with_the_colours_of_its_texture(library: Library) -> None:
    report = bring(library, SAXOPHONE, {})
    scan = Scan.of(opened(library)["saxophone_draco"])
    assert scan.colors is not None
    red, _, blue = scan.colors.mean(axis=0)
    assert red > blue + 10  # brass
    assert "1,519 triangles without area" in str(report)
