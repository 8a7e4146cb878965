"""Reads Wavefront OBJ with its materials and textures, in pieces of bounded size.

Positions stay as they are, one row each. Places in the texture keep their own rows, since a
vertex on a seam has several; colours are sampled at the first. OBJ says no unit.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.scans.mesh import Bytes, Floats, Integers, MeshArrays
from museion_datasets.ingest.scans.mtl import Material, library_names, read_materials
from museion_datasets.ingest.scans.obj_text import ObjText, read_text
from museion_datasets.ingest.scans.raw import Beside, RawScan, cut_polygons, polygon_notes
from museion_datasets.ingest.scans.texture import Texture, read_texture

type Array = NDArray[Any]

_WITH_COLOR = 6
_UDIM = "<UDIM>"
_GREY = 0.8


def read_obj(data: bytes, beside: Beside) -> RawScan:
    """Read an OBJ file.

    Parameters
    ----------
    data : bytes
        The file.
    beside : Beside
        Where its material files and textures are.

    Returns
    -------
    RawScan
        Without unit and without up axis.

    Raises
    ------
    InvalidError
        If a line is not understood, or an index leads nowhere.
    """
    text = read_text(data)
    positions = _stacked(text.numbers["v"], "v")
    if positions is None:
        raise InvalidError(
            "The file holds no vertices: no line of it begins with v",
            hint="check that it is an OBJ file, and whole.",
        )
    materials, notes = read_materials(text.libraries, beside)
    corners = np.concatenate(text.corners) if text.corners else np.empty((0, 3), np.int64)
    counts = np.concatenate(text.counts) if text.counts else np.empty(0, np.int64)
    uvs, normals = _stacked(text.numbers["vt"], "vt"), _stacked(text.numbers["vn"], "vn")
    _require_ids(corners, counts, (positions, uvs, normals))
    rows, owner = cut_polygons(np.arange(len(corners)), counts)
    notes += polygon_notes(counts)
    names, numbers = _face_materials(text, len(counts), materials)
    face_uvs = None if uvs is None else corners[rows, 1]
    mesh = MeshArrays(
        np.ascontiguousarray(positions[:, :3]),
        corners[rows, 0],
        _own_colors(positions),
        None if normals is None else _vertex_normals(corners, normals[:, :3], len(positions)),
        uvs=None if uvs is None else np.ascontiguousarray(uvs[:, :2]),
        face_uvs=face_uvs,
        face_materials=numbers[owner] if names else None,
    )
    known = [materials.get(name, Material(name)) for name in names]
    notes += [f"Material not described: {n!r:.80}" for n in names if n not in materials]
    mesh, more = _textured(mesh, known, beside)
    facts = {"materials": [{"name": m.name, "textures": m.textures} for m in known]}
    return RawScan(mesh, notes=(*notes, *more), facts=facts)


def companions(data: bytes, beside: Beside) -> list[str]:
    """Return the names of the files that an OBJ file needs and that are there."""
    lines = [
        line.split(maxsplit=1)[1].strip().decode("utf-8", "replace")
        for line in data.splitlines()
        if line.lstrip().startswith(b"mtllib ") and len(line.split(maxsplit=1)) > 1
    ]
    materials, _ = read_materials(lines, beside)
    wanted = [*library_names(lines, beside)]
    wanted += [name for each in materials.values() for name in each.textures.values()]
    return [name for name in dict.fromkeys(wanted) if beside.read(name) is not None]


def _stacked(parts: list[Array], kind: str) -> Array | None:
    if not parts:
        return None
    widths = {part.shape[1] for part in parts}
    if len(widths) > 1:
        raise InvalidError(
            f"Lines of the OBJ file have different numbers behind {kind!r}: {sorted(widths)}",
            hint="export the file again.",
        )
    return np.concatenate(parts)


def _require_ids(corners: Integers, counts: Integers, tables: tuple[Array | None, ...]) -> None:
    """Refuse corners that lead nowhere.

    Raises
    ------
    InvalidError
        With the first such face.
    """
    for column, (what, table) in enumerate(
        zip(("vertex", "texture place", "normal"), tables, strict=True)
    ):
        ids = corners[:, column]
        least = 0 if column == 0 else -1
        wrong = (ids < least) | (ids >= (0 if table is None else len(table)))
        if wrong.any():
            at = int(wrong.argmax())
            face = int(np.searchsorted(np.cumsum(counts), at, side="right")) + 1
            size = 0 if table is None else len(table)
            raise InvalidError(
                f"Face {face:,} of the OBJ file points to a {what} that does not exist:"
                f" there are {size:,}",
                hint="the file is damaged or cut short; export it again.",
            )


def _own_colors(positions: Floats) -> Bytes | None:
    """Return colours that stand behind positions, from 0 to 1 or from 0 to 255."""
    if positions.shape[1] < _WITH_COLOR:
        return None
    colors = positions[:, 3:6]
    if not np.isfinite(colors).all() or colors.min() < 0.0 or colors.max() > 255.0:  # noqa: PLR2004
        return None
    return np.rint(colors * (255.0 if colors.max() <= 1.0 else 1.0)).astype(np.uint8)


def _vertex_normals(corners: Integers, normals: Floats, count: int) -> Floats | None:
    """Return one normal for each vertex if no vertex has two; else they are left to be derived."""
    if len(corners) == 0 or (corners[:, 2] < 0).any():
        return None
    found = np.full(count, -1)
    found[corners[:, 0]] = corners[:, 2]
    if not (normals[found[corners[:, 0]]] == normals[corners[:, 2]]).all():
        return None
    up = np.array([0.0, 0.0, 1.0])
    return np.where((found >= 0)[:, None], normals[found], up)


def _face_materials(
    text: ObjText, faces: int, materials: dict[str, Material]
) -> tuple[list[str], NDArray[np.int32]]:
    """Return names of materials in use and which one each face has; -1 before the first."""
    names = list(dict.fromkeys([*materials, *(name for _, name in text.materials)]))
    starts = np.array([start for start, _ in text.materials], np.int64)
    used = np.array([-1, *(names.index(name) for _, name in text.materials)], np.int32)
    return names, used[np.searchsorted(starts, np.arange(faces), side="right")]


def _textured(
    mesh: MeshArrays, materials: list[Material], beside: Beside
) -> tuple[MeshArrays, list[str]]:
    """Give vertices without own colours those of their textures; say which are missing."""
    notes: list[str] = []
    colors = None
    for number, material in enumerate(materials):
        for name in material.textures.values():
            if _UDIM in name:
                notes.append(f"Texture in tiles, kept as it is and not shown: {name!r:.80}")
            elif beside.read(name) is None:
                notes.append(f"Texture missing: {name!r:.80}, named by material {material.name!r}")
        image = beside.read(material.color_map) if material.color_map else None
        if mesh.colors is None and image is not None and mesh.face_uvs is not None:
            try:
                texture = read_texture(image, material.color_map)
            except InvalidError as error:
                notes.append(error.message)
                continue
            colors = _grey(mesh, materials) if colors is None else colors
            _paint(colors, mesh, number, texture)
    if colors is None:
        return mesh, notes
    return replace(mesh, colors=colors), notes


def _grey(mesh: MeshArrays, materials: list[Material]) -> Bytes:
    """Return the plain colours of materials, for where no texture is."""
    colors = np.full((len(mesh.vertices), 3), round(255 * _GREY), np.uint8)
    if mesh.face_materials is not None:
        for number, material in enumerate(materials):
            if material.color is not None:
                plain = np.rint(np.array(material.color) * 255.0).astype(np.uint8)
                colors[mesh.faces[mesh.face_materials == number]] = plain
    return colors


def _paint(colors: Bytes, mesh: MeshArrays, number: int, texture: Texture) -> None:
    """Colour the vertices of a material's faces at the first place each has."""
    if mesh.face_uvs is None or mesh.uvs is None or mesh.face_materials is None:
        return
    is_own = mesh.face_materials == number
    ids, places = mesh.faces[is_own].ravel(), mesh.face_uvs[is_own].ravel()
    ids, places = ids[places >= 0], places[places >= 0]
    used, first = np.unique(ids, return_index=True)
    colors[used] = texture.sample(mesh.uvs[places[first]])
