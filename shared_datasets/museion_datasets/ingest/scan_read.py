"""Reads meshes as museums deliver them: GLB and PLY.

Coordinates become metres with z up. A texture is baked to vertex colours only when asked
for: base colour images are not always colour (masks, helper maps).
"""

import io
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import trimesh
from numpy.typing import NDArray

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.scan_mesh import MeshArrays, require_mesh

type Array = NDArray[Any]

METRES_PER_UNIT = {"m": 1.0, "cm": 0.01, "mm": 0.001, "in": 0.0254}
FORMATS = ("glb", "ply")


class UpAxis(StrEnum):
    """Which axis of the file points up."""

    Y = "y"
    Z = "z"


class ColorUse(StrEnum):
    """What to do with the colours of a file."""

    KEEP = "keep"
    HIDE = "hide"


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a file does not say about itself.

    Attributes
    ----------
    unit : str
        Unit of length of the coordinates: m, cm, mm or in.
    up : UpAxis
        glTF says y; many scanners write z all the same.
    colors : ColorUse
        Whether vertex colours or the base colour texture were measured.
    """

    unit: str = "m"
    up: UpAxis = UpAxis.Z
    colors: ColorUse = ColorUse.KEEP


def read_mesh(data: bytes, suffix: str, options: ReadOptions) -> MeshArrays:
    """Read a mesh file.

    Parameters
    ----------
    data : bytes
    suffix : str
        "glb" or "ply".
    options : ReadOptions

    Raises
    ------
    InvalidError
        If the file is empty, damaged, of another format, or holds no usable mesh.
    """
    if options.unit not in METRES_PER_UNIT:
        raise InvalidError(
            f"Unknown unit of length: {options.unit}",
            hint=f"use one of {', '.join(METRES_PER_UNIT)}.",
        )
    loaded = _load(data, suffix.lower().lstrip("."))
    vertices = np.asarray(loaded.vertices, np.float64) * METRES_PER_UNIT[options.unit]
    if options.up is UpAxis.Y:
        vertices = _stand_up(vertices)
    colors = _measured_colors(loaded) if options.colors is ColorUse.KEEP else None
    return require_mesh(MeshArrays(vertices, np.asarray(loaded.faces, np.int64), colors))


def _load(data: bytes, suffix: str) -> Any:  # noqa: ANN401 - trimesh has no types
    if len(data) == 0:
        raise InvalidError("The mesh file is empty: 0 bytes", hint="copy or export the file again.")
    if suffix not in FORMATS:
        raise InvalidError(
            f"Meshes of this format can't be read yet: {suffix}",
            hint=f"export the mesh as one of {', '.join(FORMATS)}.",
        )
    require_truthful_header(data, suffix)
    try:
        loaded = trimesh.load(io.BytesIO(data), file_type=suffix, process=False, force="mesh")
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OSError) as error:
        raise InvalidError(
            f"The file is no readable {suffix.upper()} mesh: {type(error).__name__}",
            hint="the file is damaged or cut short; copy or export it again.",
        ) from error
    if not isinstance(loaded, trimesh.Trimesh) or len(loaded.faces) == 0:
        raise InvalidError(
            "The file holds no triangles",
            hint="a point cloud can't be shown as a scan yet; triangulate it first.",
        )
    return loaded


def require_truthful_header(data: bytes, suffix: str) -> None:
    """Refuse a file whose header promises what the file does not hold.

    Raises
    ------
    InvalidError
        If the signature is missing or the stated length differs from the file's.
    """
    signature = b"glTF" if suffix == "glb" else b"ply"
    if not data.startswith(signature):
        raise InvalidError(
            f"The file is no {suffix.upper()}: it starts with {data[:4]!r}",
            hint="check that the file's name matches its content.",
        )
    if suffix == "glb":
        stated = int.from_bytes(data[8:12], "little")
        if stated != len(data):
            raise InvalidError(
                f"The file says it has {stated} bytes but has: {len(data)}",
                hint="the file is damaged or cut short; copy or export it again.",
            )
    else:
        _require_ply_length(data)


def _require_ply_length(data: bytes) -> None:
    header, _, body = data.partition(b"end_header")
    stated = {
        words[1]: int(words[2])
        for words in (line.split() for line in header.splitlines())
        if len(words) == 3 and words[0] == b"element" and words[2].isdigit()  # noqa: PLR2004
    }
    least = sum(stated.values())
    if not stated or len(body) < least:
        raise InvalidError(
            f"The file says it has {least} elements but holds fewer: {len(body)} bytes",
            hint="the file is damaged or cut short; copy or export it again.",
        )


def _stand_up(vectors: Array) -> Array:
    """From y up to z up: a quarter turn around x."""
    return np.stack([vectors[:, 0], -vectors[:, 2], vectors[:, 1]], axis=1)


def _measured_colors(loaded: Any) -> Array | None:  # noqa: ANN401 - trimesh has no types
    visual = loaded.visual
    if not visual.defined:
        return None
    if visual.kind == "texture":
        visual = visual.to_color()
    colors = np.asarray(visual.vertex_colors, np.uint8)
    return colors[:, :3].copy() if colors.shape[:1] == (len(loaded.vertices),) else None
