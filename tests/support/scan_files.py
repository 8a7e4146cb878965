"""3D files as instruments and programs write them, made by other software where there is some."""

import io
import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import DracoPy
import laspy
import numpy as np
from numpy.typing import NDArray
from pye57 import E57

from museion_datasets.ingest.scans.mesh import MeshArrays
from museion_datasets.ingest.scans.wasm import thread_meshopt

type Array = NDArray[Any]

TETRAHEDRON = MeshArrays(
    np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 4.0]]),
    np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]]),
)


def ply_file(mesh: MeshArrays, *, order: str, layer: Array | None = None) -> bytes:
    """Give a PLY file; `order` is "<", ">" or "" for ascii; `layer` is a scalar of vertices."""
    names = {"": "ascii", "<": "binary_little_endian", ">": "binary_big_endian"}
    lines = ["ply", f"format {names[order]} 1.0", "comment by the tests"]
    lines += [f"element vertex {len(mesh.vertices)}", *(f"property double {a}" for a in "xyz")]
    lines += [] if layer is None else ["property ushort quality"]
    lines += [f"element face {len(mesh.faces)}", "property list uchar int vertex_indices"]
    head = "\n".join([*lines, "end_header\n"]).encode()
    if not order:
        rows = [
            " ".join(map(repr, [*point, *([] if layer is None else [int(layer[at])])]))
            for at, point in enumerate(mesh.vertices.tolist())
        ]
        rows += [f"3 {a} {b} {c}" for a, b, c in mesh.faces.tolist()]
        return head + ("\n".join(rows) + "\n").encode()
    kinds: list[Any] = [("p", f"{order}f8", 3)]
    kinds += [] if layer is None else [("q", f"{order}u2")]
    vertices = np.zeros(len(mesh.vertices), kinds)
    vertices["p"] = mesh.vertices
    if layer is not None:
        vertices["q"] = layer
    faces = np.zeros(len(mesh.faces), [("n", "u1"), ("f", f"{order}i4", 3)])
    faces["n"], faces["f"] = 3, mesh.faces
    return head + vertices.tobytes() + faces.tobytes()


def stl_file(mesh: MeshArrays, *, is_ascii: bool) -> bytes:
    """Give an STL file."""
    corners = mesh.vertices[mesh.faces].astype("<f4")
    if is_ascii:
        rows = [
            "facet normal 0 0 1\n outer loop\n"
            + "".join(f"  vertex {x!r} {y!r} {z!r}\n" for x, y, z in triangle)
            + " endloop\nendfacet\n"
            for triangle in corners.tolist()
        ]
        return f"solid made by the tests\n{''.join(rows)}endsolid\n".encode()
    records = np.zeros(len(corners), [("n", "<f4", 3), ("c", "<f4", (3, 3)), ("a", "<u2")])
    records["c"] = corners
    return b"\0" * 80 + struct.pack("<I", len(corners)) + records.tobytes()


def glb_file(document: Mapping[str, Any], body: bytes = b"") -> bytes:
    """Give a GLB file of a JSON and its buffer."""
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    body += b"\0" * (-len(body) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text
    chunks += struct.pack("<I4s", len(body), b"BIN\0") + body if body else b""
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def gltf_json(mesh: MeshArrays, views: list[dict[str, Any]], length: int) -> dict[str, Any]:
    """Give the JSON of a scene with one triangle mesh in two buffer views."""
    primitive = {"attributes": {"POSITION": 0}, "indices": 1}
    return {
        "asset": {"version": "2.0"},
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [primitive]}],
        "accessors": [
            {"bufferView": 0, "count": len(mesh.vertices), "type": "VEC3", "componentType": 5126},
            {"bufferView": 1, "count": mesh.faces.size, "type": "SCALAR", "componentType": 5125},
        ],
        "bufferViews": views,
        "buffers": [{"byteLength": length}],
    }


def plain_glb(mesh: MeshArrays) -> bytes:
    """Give a GLB without compression."""
    parts = [mesh.vertices.astype("<f4").tobytes(), mesh.faces.astype("<u4").tobytes()]
    return glb_file(gltf_json(mesh, _views(parts), len(b"".join(parts))), b"".join(parts))


def meshopt_glb(mesh: MeshArrays) -> bytes:
    """Give a GLB whose buffer views are compressed by meshoptimizer."""
    codec = thread_meshopt()
    parts = [
        codec.encode_vertices(mesh.vertices.astype("<f4")),
        codec.encode_faces(mesh.faces, len(mesh.vertices)),
    ]
    views = _views(parts)
    shapes = [(len(mesh.vertices), 12, "ATTRIBUTES"), (mesh.faces.size, 4, "TRIANGLES")]
    for view, (count, stride, mode) in zip(views, shapes, strict=True):
        packed = {**view, "count": count, "byteStride": stride, "mode": mode}
        view["extensions"] = {"EXT_meshopt_compression": packed}
    document = gltf_json(mesh, views, len(b"".join(parts)))
    return glb_file(document | {"extensionsRequired": ["EXT_meshopt_compression"]}, b"".join(parts))


def draco_glb(mesh: MeshArrays) -> bytes:
    """Give a GLB whose triangles are compressed by Draco's own encoder."""
    stream = DracoPy.encode(
        mesh.vertices.astype(np.float32), mesh.faces.astype(np.uint32), preserve_order=True
    )
    document = gltf_json(mesh, _views([stream]), len(stream))
    packed = {"bufferView": 0, "attributes": {"POSITION": 0}}
    primitive = document["meshes"][0]["primitives"][0]
    primitive["extensions"] = {"KHR_draco_mesh_compression": packed}
    for accessor in document["accessors"]:
        del accessor["bufferView"]
    return glb_file(document | {"extensionsRequired": ["KHR_draco_mesh_compression"]}, stream)


def _views(parts: list[bytes]) -> list[dict[str, Any]]:
    starts = np.cumsum([0, *(len(part) for part in parts)]).tolist()
    return [
        {"buffer": 0, "byteOffset": start, "byteLength": len(part)}
        for start, part in zip(starts, parts, strict=False)
    ]


def las_file(points: Array, *, is_packed: bool = False, wkt: str = "") -> bytes:
    """Give a LAS or LAZ file of (n, 3) metres, on a grid of a tenth of a millimetre."""
    header = laspy.LasHeader(point_format=7, version="1.4")
    header.scales, header.offsets = np.full(3, 1e-4), np.array([2_600_000.0, 1_200_000.0, 400.0])
    if wkt:
        record = laspy.vlrs.known.WktCoordinateSystemVlr(wkt)
        header.vlrs.append(record)
    cloud = laspy.LasData(header)
    cloud.x, cloud.y, cloud.z = points.T
    cloud.intensity = np.arange(len(points)) % 60_000
    cloud.red = cloud.green = cloud.blue = np.arange(len(points)) % 256
    buffer = io.BytesIO()
    cloud.write(buffer, do_compress=is_packed)
    return buffer.getvalue()


def e57_file(path: Path, scans: list[Array], *, moved: Array | None = None) -> Path:
    """Write an E57 file, each scan with a pose that moves it, and a quarter turn around z."""
    with E57(str(path), mode="w") as file:
        for points in scans:
            data = {f"cartesian{axis}": points[:, at] for at, axis in enumerate("XYZ")}
            data["intensity"] = np.arange(len(points), dtype=np.float32)
            turn = np.array([np.sqrt(0.5), 0.0, 0.0, np.sqrt(0.5)])
            file.write_scan_raw(
                data, rotation=turn, translation=np.zeros(3) if moved is None else moved
            )
    return path
