"""A scan leaves the workspace whole, in files that other programs open."""

import json
import os
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
import trimesh
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from museion.errors import InputError
from museion.scans import Scan
from museion.scans.exports.content import ExportMesh
from museion.scans.exports.glb import encode_glb
from museion.scans.exports.iiif import CONTEXT, scene_url
from museion.scans.exports.ply import encode_ply
from museion_datasets.errors import PolicyError
from museion_datasets.ingest.scans.gltf import GltfDocument
from museion_datasets.ingest.scans.read import read_scan
from museion_datasets.ingest.scans.reader import Folder
from museion_datasets.ingest.scans.terms import ScanTerms, UpAxis
from museion_datasets.library import Library
from museion_datasets.policy import DatasetPolicy
from tests.support.gltf_validator import validate
from tests.support.scans import rough_ring

pytestmark = pytest.mark.integration
DATA = Path(os.environ.get("MUSEION_TEST_DATA", Path(__file__).parents[4] / "shared/data"))
SCHEMAS = DATA / "metadata/iiif_presentation_4"
MANIFEST = "https://museum.example/iiif/ring/manifest.json"
MODEL = "https://museum.example/iiif/ring/ring.glb"
NOTE = {
    "@context": "http://www.w3.org/ns/anno.jsonld",
    "id": "https://museum.example/iiif/ring/notes/1",
    "type": "Annotation",
    "motivation": ["commenting"],
    "body": {"type": "TextualBody", "value": "A crack", "format": "text/plain"},
    "target": {"id": scene_url(MANIFEST), "type": "Scene"},
}

CAMERA = {
    "id": "https://museum.example/iiif/ring/cameras/1",
    "type": "Annotation",
    "motivation": ["painting"],
    "body": {"id": "https://museum.example/iiif/ring/cameras/1/body", "type": "PerspectiveCamera"},
    "target": {"id": scene_url(MANIFEST), "type": "Scene"},
}


@pytest.fixture
def scan(library: Library) -> Scan:
    return Scan.of(library.open("murals/ring")["scan"])


def made(result: bytes | None) -> bytes:
    assert result is not None
    return result


@pytest.mark.parametrize("triangles", [None, 9_000])
def test_glb_passes_khronos_validator(scan: Scan, tmp_path: Path, triangles: int | None) -> None:
    assert scan.to_glb(tmp_path / "ring.glb", max_triangles=triangles) is None
    report = validate(tmp_path / "ring.glb")
    assert report["issues"]["messages"] == []
    expected = 43_200 if triangles is None else scan.simplified(9_000).faces.shape[0]
    assert report["info"]["totalTriangleCount"] == expected


def test_glb_is_in_metres_with_y_up_and_keeps_colours(scan: Scan, tmp_path: Path) -> None:
    path = tmp_path / "ring.glb"
    scan.to_glb(path)
    other = trimesh.load_scene(path).to_mesh()
    turned = np.stack([scan.vertices[:, 0], scan.vertices[:, 2], -scan.vertices[:, 1]], axis=1)
    assert np.abs(other.bounds - [turned.min(axis=0), turned.max(axis=0)]).max() < 1e-7
    terms = ScanTerms(unit="m", up=UpAxis.Y)
    again = read_scan(path.read_bytes(), PurePosixPath("ring.glb"), terms).mesh
    assert np.abs(again.vertices - scan.vertices).max() < 1e-7
    assert (again.faces == scan.faces).all()
    assert again.colors is not None
    assert (again.colors == scan.colors).all()


@pytest.mark.parametrize("triangles", [None, 9_000])
def test_files_say_whose_they_are(scan: Scan, tmp_path: Path, triangles: int | None) -> None:
    glb = made(scan.to_glb(max_triangles=triangles))
    said = GltfDocument(glb, Folder(tmp_path / "ring.glb")).json["asset"]
    extras = said["extras"]
    digest = scan.measure.origin.digest
    assert (extras["dataset"], extras["version"], extras["digest"]) == ("murals/ring", 1, digest)
    assert (extras["unit"], extras["synthetic"]) == ("m", True)
    assert "creativecommons.org/publicdomain/zero" in said["copyright"]
    assert extras["level"].startswith("full" if triangles is None else "level of detail: ")
    header = made(scan.to_ply(max_triangles=triangles)).partition(b"end_header\n")[0].decode()
    for name in ("title", "rights", "unit", "dataset", "version", "digest", "synthetic", "level"):
        assert f"comment {name}: {extras[name]}\n" in header


def test_ply_keeps_every_bit_and_every_layer(scan: Scan, tmp_path: Path) -> None:
    path = tmp_path / "ring.ply"
    scan.to_ply(path)
    again = read_scan(path.read_bytes(), PurePosixPath("ring.ply"), ScanTerms(unit="m")).mesh
    assert (again.vertices == scan.vertices).all()
    assert (again.faces == scan.faces).all()
    assert again.colors is not None
    assert (again.colors == scan.colors).all()
    assert len(trimesh.load_mesh(path, process=False).faces) == 43_200
    coarse = made(scan.to_ply(max_triangles=9_000))
    mesh = read_scan(coarse, PurePosixPath("ring.ply"), ScanTerms(unit="m")).mesh
    left = mesh.layers["measured_vertex"]
    assert np.abs(scan.vertices[left] - mesh.vertices).max() <= scan.head.grid.step


def test_layers_of_odd_names_and_types_come_back(scan: Scan) -> None:
    ring = rough_ring(12, 8)
    count, faces = len(ring.vertices), len(ring.faces)
    layers = {
        "x": np.arange(count),
        "is sound": np.arange(count) % 2 == 0,
        "is_sound": np.ones(count),
    }
    labels = {"part": np.arange(faces, dtype=np.uint16)}
    mesh = ExportMesh(ring.vertices, ring.faces, None, None, layers, labels)
    data = b"".join(encode_ply(mesh, scan.facts))
    again = read_scan(data, PurePosixPath("a.ply"), ScanTerms(unit="m")).mesh
    assert list(again.layers) == ["x_2", "is_sound", "is_sound_2"]
    assert again.layers["x_2"].tolist() == list(range(count))
    assert again.face_layers["part"].dtype == np.uint16
    odd = ExportMesh(ring.vertices, ring.faces, None, None, {"name": np.full(count, "a")})
    with pytest.raises(InputError, match="no type for the layer 'name'"):
        list(encode_ply(odd, scan.facts))


def test_positions_that_are_no_numbers_are_left_out_of_glb_and_said(
    scan: Scan, tmp_path: Path
) -> None:
    ring = rough_ring(12, 8)
    far = ring.vertices + np.array([2_600_000.0, 1_200_000.0, 400.0])
    far[5] = np.nan
    path = tmp_path / "far.glb"
    path.write_bytes(b"".join(encode_glb(ExportMesh(far, ring.faces, None, None), scan.facts)))
    assert validate(path)["issues"]["messages"] == []
    terms = ScanTerms(unit="m", up=UpAxis.Y)
    again = read_scan(path.read_bytes(), PurePosixPath("far.glb"), terms).mesh
    assert np.abs(again.vertices - np.delete(far, 5, axis=0)).max() < 1e-7
    document = GltfDocument(path.read_bytes(), Folder(path)).json
    assert document["asset"]["extras"]["vertices_left_out"] == 1
    nothing = ExportMesh(np.full((3, 3), np.nan), np.array([[0, 1, 2]]), None, None)
    with pytest.raises(InputError, match="No triangle of the scan"):
        list(encode_glb(nothing, scan.facts))


def test_manifest_has_one_scene_in_metres_and_what_must_be_shown(scan: Scan) -> None:
    manifest = json.loads(made(scan.to_iiif(MANIFEST, MODEL, annotations=[NOTE, CAMERA])))
    assert (manifest["@context"], manifest["id"]) == (CONTEXT, MANIFEST)
    assert manifest["rights"] == "http://creativecommons.org/publicdomain/zero/1.0/"
    assert "Computed, not measured" in manifest["requiredStatement"]["value"]["none"][0]
    (scene,) = manifest["items"]
    assert scene["spatialScale"] == {"type": "Quantity", "quantityValue": 1.0, "unit": "m"}
    painting, camera = scene["items"][0]["items"]
    assert camera == CAMERA
    assert (painting["body"]["id"], painting["target"]["id"]) == (MODEL, scene["id"])
    (note,) = scene["annotations"][0]["items"]
    assert note == {name: value for name, value in NOTE.items() if name != "@context"}
    said = {each["label"]["en"][0]: each["value"]["none"][0] for each in manifest["metadata"]}
    assert said["Dataset"] == "murals/ring, version 1"
    assert said["Digest"] == scan.measure.origin.digest


@pytest.mark.skipif(not SCHEMAS.exists(), reason="the schemas lie outside the repository")
def test_manifest_is_as_the_published_schemas_of_the_draft_say(scan: Scan) -> None:
    base = "https://iiif.io/api/presentation/4.0/schema"
    schemas = {
        f"{base}/{file.name}": json.loads(file.read_text()) for file in SCHEMAS.glob("*.json")
    }
    known = Registry().with_resources(
        (url, Resource.from_contents(schema, default_specification=DRAFT202012))
        for url, schema in schemas.items()
    )
    check = Draft202012Validator(schemas[f"{base}/main.json"], registry=known)
    manifest = json.loads(made(scan.to_iiif(MANIFEST, MODEL, annotations=[NOTE, CAMERA])))
    assert [error.message for error in check.iter_errors(manifest)] == []
    del manifest["items"][0]["id"]
    assert not check.is_valid(manifest)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"manifest_url": "ring.json"}, "Not an address"),
        ({"model_url": "file:///ring.glb"}, "Not an address"),
        ({"model_url": f"{MODEL}#1"}, "Not an address"),
        ({"annotations": [{"type": "Annotation"}]}, "Not a Web Annotation"),
        ({"max_triangles": 0}, "Not a number of triangles"),
        ({"path": "/proc/nowhere/manifest.json"}, "cannot be written"),
    ],
)
def test_manifests_are_refused_with_a_reason(
    scan: Scan, wrong: dict[str, object], message: str
) -> None:
    terms: dict[str, object] = {"manifest_url": MANIFEST, "model_url": MODEL} | wrong
    with pytest.raises(InputError, match=message):
        scan.to_iiif(**terms)  # type: ignore[arg-type]


def test_failed_export_leaves_the_file_that_was_there(
    scan: Scan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ring.ply"
    path.write_bytes(b"of yesterday")
    with monkeypatch.context() as patched:
        patched.setitem(scan.measured.layers, "name", np.full(len(scan.vertices), "a"))  # type: ignore[misc]
        with pytest.raises(InputError):
            scan.to_ply(path)
    (tmp_path / "folder.glb").mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        scan.to_glb(tmp_path / "folder.glb")
    assert path.read_bytes() == b"of yesterday"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["folder.glb", "ring.ply"]


def test_export_leaves_for_no_country_that_the_policy_leaves_out(
    scan: Scan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = DatasetPolicy("Museum", "CC0-1.0", storage_jurisdictions=("DE",))
    monkeypatch.setattr(Scan, "policy", policy)
    with pytest.raises(PolicyError):
        scan.to_glb(tmp_path / "ring.glb", max_triangles=9_000)
    with pytest.raises(PolicyError):
        scan.to_ply(tmp_path / "ring.ply", max_triangles=9_000, jurisdiction="US")
    scan.to_glb(tmp_path / "ring.glb", max_triangles=9_000, jurisdiction="DE")
    assert [each.name for each in tmp_path.iterdir()] == ["ring.glb"]


def test_scan_of_unknown_unit_is_not_exported(scan: Scan) -> None:
    del scan.head.metadata["unit"]
    with pytest.raises(InputError, match="unit of length is not known"):
        scan.to_glb()
