"""Files that are damaged, cut short or lie are refused in one sentence that says where."""

import json
import tracemalloc
from pathlib import PurePosixPath

import pytest

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.scans.read import read_scan
from museion_datasets.ingest.scans.terms import NOTHING_DECLARED, ScanTerms, declared
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

METRES = ScanTerms(unit="m")
ASCII, BINARY = ply_file(TETRAHEDRON, order=""), ply_file(TETRAHEDRON, order=">")
STL, STL_TEXT = (stl_file(TETRAHEDRON, is_ascii=kind) for kind in (False, True))
GLB, MESHOPT, DRACO = (make(TETRAHEDRON) for make in (plain_glb, meshopt_glb, draco_glb))
OBJ = b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"
MANY = b"999999999"
VIEWS = [{"buffer": 0, "byteLength": 48}, {"buffer": 0, "byteOffset": 48, "byteLength": 48}]
PROMISING = gltf_json(TETRAHEDRON, VIEWS, 96)
PROMISING["accessors"][0]["count"] = 999_999_999
BAD = {
    "ply: nothing": ("ply", b"", "0 bytes"),
    "ply: a header without end": ("ply", BINARY[:60], "has no end"),
    "ply: a thousand million vertices": (
        "ply", BINARY.replace(b"vertex 4", b"vertex " + MANY), "999,999,999 vertex elements",
    ),
    "ply: a thousand million faces in text": (
        "ply", ASCII.replace(b"face 4", b"face " + MANY), "999,999,999 face elements",
    ),
    "ply: cut short": ("ply", BINARY[:-3], "ends, or has an impossible number, in face"),
    "ply: a word among numbers": (
        "ply", ASCII.replace(b"2.0", b"2,0"), "Not a number in line 13 of the PLY file: '2,0'",
    ),
    "ply: a corner that is no vertex": (
        "ply", ASCII.replace(b"3 0 3 2", b"3 0 4 2"), "Triangle 3 points to a vertex",
    ),
    "ply: a type nobody knows": ("ply", BINARY.replace(b"uchar", b"uchat"), "Line 9"),
    "stl: a thousand million triangles": (
        "stl", STL[:80] + b"\x00\xca\x9a\x3b" + STL[84:], "1,000,000,000 triangles",
    ),
    "stl: cut short": ("stl", STL[:-7], "4 triangles"),
    "stl: text cut short": ("stl", STL_TEXT[:-60], "Facet 4 of the STL file is not whole"),
    "stl: a corner with two numbers": (
        "stl", STL_TEXT.replace(b"2.0 0.0\n", b"2.0\n", 1), "Facet 1 of the STL file",
    ),
    "obj: a corner that is no vertex": ("obj", OBJ + b"f 1 2 9\n", "Face 2 of the OBJ file"),
    "obj: a relative corner above the first": ("obj", OBJ + b"f -1 -2 -9\n", "Face 2"),
    "obj: a word": ("obj", OBJ.replace(b"1 0\n", b"1 x\n"), "'x'"),
    "obj: too few numbers": ("obj", OBJ.replace(b"1 0 0", b"1 0"), "Line 2 of the OBJ file has 2"),
    "obj: a corner that is none": ("obj", OBJ + b"f 1/ 2 3\n", "in line 5"),
    "obj: prose": ("obj", b"veni vidi vici\n", "no line of it begins with v"),
    "glb: cut short": ("glb", GLB[:-4], "says it has"),
    "glb: a thousand million vertices": (
        "glb", glb_file(PROMISING, bytes(96)), "999,999,999 values in an accessor",
    ),
    "glb: an accessor beyond its view": (
        "glb", GLB.replace(b'"count": 4,', b'"count":99,'), "99 values in an accessor",
    ),
    "glb: a meshopt stream that is none": (
        "glb", MESHOPT.replace(b"\xa1", b"\x17"), "is no meshopt stream",
    ),
    "glb: a draco stream that is none": ("glb", DRACO.replace(b"DRACO", b"DRAKO"), "damaged"),
    "glb: needs what nobody knows": (
        "glb", glb_file({"extensionsRequired": ["X_splats"]}), "'X_splats'",
    ),
    "gltf: a buffer that is missing": (
        "gltf",
        json.dumps(PROMISING | {"buffers": [{"byteLength": 96, "uri": "lost.bin"}]}).encode(),
        "missing: 'lost.bin'",
    ),
    "gltf: nodes in a circle": (
        "gltf", b'{"scenes":[{"nodes":[0]}],"nodes":[{"children":[0]}]}', "circle",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_refused_with_the_place_and_a_hint(name: str) -> None:
    ending, data, part = BAD[name]
    with pytest.raises(InvalidError) as caught:
        read_scan(data, PurePosixPath(f"mesh.{ending}"), METRES)
    assert part in caught.value.message
    assert caught.value.hint.endswith(".")


@pytest.mark.parametrize("name", [name for name in BAD if "thousand million" in name])
def test_promises_are_refused_before_memory_is_taken(name: str) -> None:
    ending, data, _ = BAD[name]
    tracemalloc.start()
    try:
        with pytest.raises(InvalidError):
            read_scan(data, PurePosixPath(f"mesh.{ending}"), METRES)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("data", "ending"), [(BINARY, "ply"), (STL, "stl"), (OBJ, "obj")], ids=["ply", "stl", "obj"]
)
def test_a_file_without_unit_is_asked_for_it(data: bytes, ending: str) -> None:
    with pytest.raises(InvalidError, match="says no unit of length: 'mesh") as caught:
        read_scan(data, PurePosixPath(f"mesh.{ending}"), NOTHING_DECLARED)
    assert "--unit mm" in caught.value.hint


def test_what_can_not_be_said_is_refused() -> None:
    for said in ({"unit": "cubit"}, {"noise_mm": -1.0}, {"noise_mm": float("nan")}, {"up": "x"}):
        with pytest.raises(InvalidError):
            declared(**said)  # type: ignore[arg-type]
