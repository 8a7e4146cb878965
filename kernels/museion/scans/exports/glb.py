"""Writes a mesh as binary glTF 2.0, as the standard has it: metres, y up, linear colours.

Source: The Khronos Group, glTF 2.0 Specification, ISO/IEC 12113:2022. Positions are float32
around the middle of the mesh, which a node moves to its place: so a scan in a national grid
keeps its details. What has no position that is a number is left out, and the file says so.
"""

import json
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion.errors import InputError
from museion.scans.exports.content import ExportMesh, ScanFacts
from museion_datasets.colour import decode_srgb
from museion_datasets.ingest.scans.mesh import MeshArrays, drawable_part
from museion_datasets.ingest.scans.surface import vertex_normals

type Array = NDArray[Any]

_FLOAT, _UINT32, _UINT16 = 5126, 5125, 5123
_VERTICES, _INDICES = 34962, 34963
_MOST_BYTES = 2**32 - 1
_OPAQUE = 65535
_CHUNK = 8
_HEAD = 12


def encode_glb(mesh: ExportMesh, facts: ScanFacts) -> Iterator[bytes]:
    """Yield the pieces of a GLB file.

    Parameters
    ----------
    mesh : ExportMesh
    facts : ScanFacts
        Written into `asset.extras`.

    Raises
    ------
    InputError
        If no triangle can be written, or the file would be larger than GLB allows.
    """
    if len(mesh.faces) == 0:
        raise InputError(
            "A cloud of points is not written as GLB, which viewers show as triangles",
            hint="export it as PLY, which keeps every point and layer.",
        )
    shown, kept = drawable_part(MeshArrays(mesh.vertices, mesh.faces, mesh.colors, mesh.normals))
    if len(shown.faces) == 0:
        raise InputError(
            "No triangle of the scan has positions that are numbers",
            hint="export it as PLY, which keeps everything.",
        )
    left_out = 0 if kept is None else len(mesh.vertices) - len(kept)
    middle = (shown.vertices.min(axis=0) + shown.vertices.max(axis=0)) / 2.0
    parts = _parts(shown, middle)
    document = _document(parts, facts, to_y_up(middle[None])[0], left_out)
    text = json.dumps(document, ensure_ascii=True, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    body = sum(values.nbytes for _, values in parts)
    total = _HEAD + _CHUNK + len(text) + _CHUNK + body
    if total > _MOST_BYTES:
        raise InputError(
            f"Too large for a GLB file: {total} bytes",
            hint="export a level of detail with max_triangles=, or export it as PLY.",
        )
    yield struct.pack("<4sIII4s", b"glTF", 2, total, len(text), b"JSON") + text
    yield struct.pack("<I4s", body, b"BIN\0")
    for _, values in parts:
        yield values.tobytes()


def to_y_up(vectors: Array) -> Array:
    """Return vectors of the scan's frame (z up) as glTF and IIIF scenes have them (y up).

    Parameters
    ----------
    vectors : (n, 3) array
    """
    return np.stack([vectors[:, 0], vectors[:, 2], -vectors[:, 1]], axis=1)


def _parts(mesh: MeshArrays, middle: Array) -> list[tuple[str, Array]]:
    """Return the arrays of the file in their order, each a multiple of four bytes."""
    normals = vertex_normals(mesh.vertices, mesh.faces, mesh.normals)
    parts = [
        ("POSITION", to_y_up(mesh.vertices - middle).astype("<f4")),
        ("NORMAL", to_y_up(normals).astype("<f4")),
    ]
    if mesh.colors is not None:
        linear = np.rint(decode_srgb(np.arange(256) / 255.0) * _OPAQUE).astype("<u2")
        opaque = np.full((len(mesh.colors), 4), _OPAQUE, "<u2")
        opaque[:, :3] = linear[mesh.colors]
        parts.append(("COLOR_0", opaque))
    return [*parts, ("indices", mesh.faces.astype("<u4").ravel())]


def _document(
    parts: list[tuple[str, Array]], facts: ScanFacts, place: Array, left_out: int
) -> dict[str, Any]:
    names = [name for name, _ in parts]
    sizes = [values.nbytes for _, values in parts]
    starts = np.cumsum([0, *sizes]).tolist()
    primitive = {
        "attributes": {name: at for at, name in enumerate(names) if name != "indices"},
        "indices": names.index("indices"),
        "material": 0,
    }
    rough = {"metallicFactor": 0.0, "roughnessFactor": 0.9}
    note = {"vertices_left_out": left_out} if left_out else {}
    return {
        "asset": {
            "version": "2.0",
            "generator": facts.software,
            "copyright": " ".join(filter(None, [facts.rights, facts.rights_uri])),
            "extras": facts.rows() | note,
        },
        "scene": 0,
        "scenes": [{"name": facts.title, "nodes": [0]}],
        "nodes": [{"name": facts.item, "mesh": 0, "translation": place.tolist()}],
        "meshes": [{"name": facts.item, "primitives": [primitive]}],
        "materials": [{"pbrMetallicRoughness": rough, "doubleSided": True}],
        "accessors": [_accessor(at, *part) for at, part in enumerate(parts)],
        "bufferViews": [
            {"buffer": 0, "byteOffset": start, "byteLength": size}
            | {"target": _INDICES if name == "indices" else _VERTICES}
            for name, start, size in zip(names, starts, sizes, strict=False)
        ],
        "buffers": [{"byteLength": starts[-1]}],
    }


def _accessor(view: int, name: str, values: Array) -> dict[str, Any]:
    kinds = {
        "COLOR_0": {"componentType": _UINT16, "type": "VEC4", "normalized": True},
        "indices": {"componentType": _UINT32, "type": "SCALAR"},
    }
    known = kinds.get(name, {"componentType": _FLOAT, "type": "VEC3"})
    accessor = {"bufferView": view, "count": len(values), **known}
    if name == "POSITION":
        limits = {"min": values.min(axis=0), "max": values.max(axis=0)}
        accessor |= {key: each.astype(float).tolist() for key, each in limits.items()}
    return accessor
