"""Decodes the Draco streams of glTF files (KHR_draco_mesh_compression) with Google's decoder."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.limits import require_expansion
from museion_datasets.ingest.scans.gltf import GltfDocument, Json

type Array = NDArray[Any]

_HINT = "copy or export the file again; without compression if it happens again."
_NORMALISED = {"COLOR", "TEXCOORD"}


def decode_draco(
    document: GltfDocument, primitive: Json, packed: Json
) -> tuple[dict[str, Array], Array]:
    """Decode one primitive.

    Parameters
    ----------
    document : GltfDocument
        The file.
    primitive : dict
        Its accessors say what must come out.
    packed : dict
        Where the stream is, and the id of each attribute in it.

    Returns
    -------
    dict of str to array
        Attributes by name, (n, k).
    (3 m,) int64
        The triangles' corners.

    Raises
    ------
    InvalidError
        If the stream is damaged, or holds something else than the file says.
    """
    import DracoPy  # noqa: PLC0415 - only for files that need it

    data, _ = document.view(packed["bufferView"])
    accessors = {
        name: document.entry("accessors", primitive["attributes"][name])
        for name in packed["attributes"]
    }
    vertices = int(accessors["POSITION"]["count"])
    corners = int(document.entry("accessors", primitive["indices"])["count"])
    require_expansion("A Draco stream", 12 * vertices + 4 * corners, len(data))
    try:
        mesh = DracoPy.decode(data)
    except (DracoPy.FileTypeException, ValueError, RuntimeError, MemoryError) as error:
        raise InvalidError(_damaged("it can't be decoded"), hint=_HINT) from error
    faces = np.asarray(getattr(mesh, "faces", np.empty(0)), np.int64).ravel()
    if len(faces) != corners or len(np.asarray(mesh.points)) != vertices:
        held = f"{len(faces) // 3:,} triangles and {len(np.asarray(mesh.points)):,} vertices"
        said = f"{corners // 3:,} and {vertices:,}"
        raise InvalidError(_damaged(f"it holds {held} instead of {said}"), hint=_HINT)
    by_id = {each["unique_id"]: each for each in mesh.attributes}
    found = {}
    for name, number in packed["attributes"].items():
        if number not in by_id:
            raise InvalidError(_damaged(f"it has no attribute {number!r:.20}"), hint=_HINT)
        found[name] = _values(name, np.asarray(by_id[number]["data"]), accessors[name])
    return found, faces


def _values(name: str, values: Array, accessor: Json) -> Array:
    """Return an attribute as its accessor says: normalised integers as float32."""
    if (
        accessor.get("normalized")
        and name.split("_", maxsplit=1)[0] in _NORMALISED
        and values.dtype.kind == "u"
    ):
        return values.astype(np.float32) / np.iinfo(values.dtype).max
    return values


def _damaged(why: str) -> str:
    return f"A Draco stream of the glTF file is damaged: {why}"
