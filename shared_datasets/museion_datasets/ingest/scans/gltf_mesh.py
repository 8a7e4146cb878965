"""Reads glTF: every triangle of the scene in one mesh, in metres with y up as glTF says.

Nodes are placed by their transforms; Draco and meshopt are decoded. What has no place in a
measured mesh (animations, skins, morph targets, lines, cameras) is named and left in the
original.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.scans.gltf import GltfDocument, Json
from museion_datasets.ingest.scans.gltf_color import MaterialColors
from museion_datasets.ingest.scans.gltf_draco import decode_draco
from museion_datasets.ingest.scans.mesh import MeshArrays
from museion_datasets.ingest.scans.raw import Beside, RawScan

type Array = NDArray[Any]

_POINTS, _TRIANGLES, _STRIP, _FAN = 0, 4, 5, 6
_DEEPEST = 64
_MOST_NODES = 1 << 16
_LEFT_OUT = {"animations": "animations", "skins": "skins", "cameras": "cameras"}
_HINT = "the file is damaged or cut short; copy or export it again."


@dataclass(frozen=True, slots=True)
class _Part:
    """One primitive at its place in the scene."""

    vertices: Array
    faces: Array
    normals: Array | None
    colors: Array | None
    uvs: Array | None
    material: int


def read_gltf(data: bytes, beside: Beside) -> RawScan:
    """Read a GLB or glTF file.

    Parameters
    ----------
    data : bytes
        The file.
    beside : Beside
        Where its buffers and images are.

    Returns
    -------
    RawScan
        In metres, y up, as the format says.

    Raises
    ------
    InvalidError
        If it is damaged, cut short, or needs what is not understood.
    """
    document = GltfDocument(data, beside)
    try:
        return _read(document)
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise InvalidError(
            f"The file is no readable glTF: {type(error).__name__}", hint=_HINT
        ) from error


def _read(document: GltfDocument) -> RawScan:
    notes = [
        f"In the original only: {what}" for key, what in _LEFT_OUT.items() if document.json.get(key)
    ]
    colors = MaterialColors(document)
    parts = []
    for matrix, mesh in _placed(document):
        for primitive in mesh["primitives"]:
            mode = primitive.get("mode", _TRIANGLES)
            if "targets" in primitive:
                notes.append("In the original only: morph targets")
            if mode not in {_POINTS, _TRIANGLES, _STRIP, _FAN}:
                notes.append("In the original only: lines")
                continue
            parts.append(_part(document, primitive, matrix, colors))
    asset = document.json.get("asset") or {}
    facts = {"asset": asset, "materials": colors.names, "images": colors.images}
    if not parts:
        return RawScan(MeshArrays(np.empty((0, 3)), np.empty((0, 3), np.int64)))
    unique = tuple(dict.fromkeys([*notes, *colors.notes]))
    return RawScan(_joined(parts, colors), "m", "y", unique, facts)


def _placed(document: GltfDocument) -> Iterator[tuple[Array, Json]]:
    """Yield each mesh of the scene with the transform of its node.

    Raises
    ------
    InvalidError
        If nodes contain themselves.
    """
    scenes = document.json.get("scenes")
    if scenes:
        roots = document.entry("scenes", document.json.get("scene", 0)).get("nodes") or []
    else:
        roots = list(range(len(document.json.get("nodes") or [])))
    waiting = [(index, np.eye(4), 0) for index in reversed(roots)]
    placed = 0
    while waiting:
        index, above, depth = waiting.pop()
        placed += 1
        if depth > _DEEPEST or placed > _MOST_NODES:
            raise InvalidError("The nodes of the glTF file run in a circle", hint=_HINT)
        node = document.entry("nodes", index)
        matrix = above @ _matrix(node)
        waiting += [(child, matrix, depth + 1) for child in reversed(node.get("children") or [])]
        if "mesh" in node:
            yield matrix, document.entry("meshes", node["mesh"])


def _matrix(node: Json) -> Array:
    if "matrix" in node:
        return np.array(node["matrix"], np.float64).reshape(4, 4).T
    matrix = np.eye(4)
    x, y, z, w = np.array(node.get("rotation", (0, 0, 0, 1)), np.float64)
    matrix[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    matrix[:3, :3] *= np.array(node.get("scale", (1, 1, 1)), np.float64)
    matrix[:3, 3] = node.get("translation", (0, 0, 0))
    return matrix


def _part(document: GltfDocument, primitive: Json, matrix: Array, colors: MaterialColors) -> _Part:
    found, corners = _attributes(document, primitive)
    positions = found["POSITION"].astype(np.float64)
    count = len(positions)
    if positions.ndim != 2 or positions.shape[1] != 3:  # noqa: PLR2004
        raise InvalidError("Positions of the glTF file have no x, y and z", hint=_HINT)
    wrong = [name for name, values in found.items() if len(values) != count]
    if wrong:
        raise InvalidError(
            f"A primitive of the glTF file has {count:,} positions but {len(found[wrong[0]]):,}"
            f" values of {wrong[0]}",
            hint=_HINT,
        )
    faces = _triangles(corners, primitive.get("mode", _TRIANGLES), count)
    linear = matrix[:3, :3]
    if np.linalg.det(linear) < 0:
        faces = faces[:, ::-1]
    normals = found.get("NORMAL")
    if normals is not None:
        normals = normals.astype(np.float64) @ np.linalg.pinv(linear)
    material = primitive.get("material", -1)
    vertices = positions @ linear.T + matrix[:3, 3]
    shown = colors.of_vertices(material, found)
    uvs = found.get("TEXCOORD_0")
    return _Part(vertices, faces, normals, shown, uvs, material)


def _attributes(document: GltfDocument, primitive: Json) -> tuple[dict[str, Array], Array]:
    """Return arrays by attribute, and the corners of the triangles."""
    packed = (primitive.get("extensions") or {}).get("KHR_draco_mesh_compression")
    if packed is not None:
        return decode_draco(document, primitive, packed)
    found = {
        name: document.accessor(index)
        for name, index in primitive["attributes"].items()
        if name.split("_")[0] in {"POSITION", "NORMAL", "COLOR", "TEXCOORD"}
    }
    if "indices" in primitive:
        return found, document.accessor(primitive["indices"]).astype(np.int64)
    return found, np.arange(len(found["POSITION"]))


def _triangles(corners: Array, mode: int, count: int) -> Array:
    """Return (m, 3) ids; strips and fans keep the side that faces outwards.

    Raises
    ------
    InvalidError
        If a corner is no vertex.
    """
    if len(corners) and not 0 <= int(corners.min()) <= int(corners.max()) < count:
        raise InvalidError(
            f"A triangle points to a vertex that does not exist: {int(corners.max())} of {count}",
            hint="the file is damaged or cut short; export it again.",
        )
    if mode == _POINTS:
        return np.empty((0, 3), np.int64)
    if mode == _TRIANGLES:
        return corners[: len(corners) // 3 * 3].reshape(-1, 3)
    if len(corners) < 3:  # noqa: PLR2004
        return np.empty((0, 3), np.int64)
    second, third = corners[1:-1], corners[2:]
    if mode == _FAN:
        return np.stack([np.full(len(third), corners[0]), second, third], axis=1)
    faces = np.stack([corners[:-2], second, third], axis=1)
    faces[1::2] = faces[1::2, [0, 2, 1]]
    return faces


def _joined(parts: list[_Part], colors: MaterialColors) -> MeshArrays:
    """Put all parts into one mesh."""
    starts = np.cumsum([0, *(len(part.vertices) for part in parts[:-1])])
    vertices = np.concatenate([part.vertices for part in parts])
    shifted = [part.faces + start for part, start in zip(parts, starts, strict=True)]
    materials = [np.full(len(part.faces), part.material, np.int32) for part in parts]
    shown = None
    if any(part.colors is not None for part in parts):
        shown = np.concatenate([
            colors.plain(part.material, len(part.vertices)) if part.colors is None else part.colors
            for part in parts
        ])
    normals = [part.normals for part in parts if part.normals is not None]
    uvs = [_upwards(part.uvs) for part in parts if part.uvs is not None]
    return MeshArrays(
        vertices,
        np.concatenate(shifted).astype(np.int64),
        shown,
        np.concatenate(normals) if len(normals) == len(parts) else None,
        uvs=np.concatenate(uvs) if len(uvs) == len(parts) else None,
        face_materials=np.concatenate(materials) if colors.names else None,
    )


def _upwards(uvs: Array) -> Array:
    """Turn v, which glTF counts downwards, upwards."""
    turned = uvs.astype(np.float64)
    turned[:, 1] = 1.0 - turned[:, 1]
    return turned
