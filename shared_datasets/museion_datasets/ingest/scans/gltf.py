"""The container of glTF and GLB: its JSON, buffers, compressed views and typed accessors.

Every range is checked against the bytes that are there before an array is made of it.
Source: Khronos, glTF 2.0 (ISO/IEC 12113), KHR_mesh_quantization, EXT_meshopt_compression.
"""

import base64
import binascii
import json
import struct
from typing import Any
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.limits import require_expansion
from museion_datasets.ingest.scans.raw import Beside, require_room
from museion_datasets.ingest.scans.wasm import thread_meshopt

type Array = NDArray[Any]
type Json = dict[str, Any]

_HEADER, _CHUNK = struct.Struct("<4sII"), struct.Struct("<I4s")
_TYPES = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
_MESHOPT = ("EXT_meshopt_compression", "KHR_meshopt_compression")
_UNDERSTOOD = frozenset({
    *_MESHOPT, "KHR_draco_mesh_compression", "KHR_mesh_quantization", "KHR_texture_transform",
    "KHR_texture_basisu", "EXT_texture_webp",
})  # fmt: skip
_HINT = "the file is damaged or cut short; copy or export it again."


class GltfDocument:
    """A glTF file, opened.

    Parameters
    ----------
    data : bytes
        Of a `.glb` or a `.gltf` file.
    beside : Beside
        Where buffers and images are that it names.

    Raises
    ------
    InvalidError
        If it is none, is cut short, or needs an extension that is not understood.
    """

    def __init__(self, data: bytes, beside: Beside) -> None:
        text, self._embedded = _split(data)
        self._beside = beside
        self._buffers: dict[int, bytes] = {}
        try:
            self.json: Json = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InvalidError("The glTF file's JSON can't be read", hint=_HINT) from error
        if not isinstance(self.json, dict):
            raise InvalidError("The glTF file's JSON is no object", hint=_HINT)
        unknown = [
            str(name)
            for name in self.json.get("extensionsRequired") or []
            if name not in _UNDERSTOOD and not str(name).startswith("KHR_materials_")
        ]
        if unknown:
            raise InvalidError(
                f"The glTF file needs an extension that is not understood: {unknown[0]!r:.80}",
                hint="export it again without that extension.",
            )

    def entry(self, table: str, index: Any) -> Json:  # noqa: ANN401 - JSON
        """Return one entry of a table of the JSON.

        Raises
        ------
        InvalidError
            If there is none.
        """
        entries = self.json.get(table)
        if (
            not isinstance(entries, list) or not isinstance(index, int)
            or not 0 <= index < len(entries) or not isinstance(entries[index], dict)
        ):  # fmt: skip
            raise InvalidError(
                f"The glTF file has no entry {index!r:.40} among its {table}", hint=_HINT
            )
        found: Json = entries[index]
        return found

    def accessor(self, index: Any) -> Array:  # noqa: ANN401 - JSON
        """Return an accessor's values, (n,) or (n, k), normalised integers as float32.

        Raises
        ------
        InvalidError
            If it does not lie within its buffer.
        """
        accessor = self.entry("accessors", index)
        count = _natural(accessor, "count")
        dtype = np.dtype(_TYPES.get(accessor.get("componentType", 0), "V1"))
        width = _WIDTHS.get(str(accessor.get("type")), 0)
        if dtype.kind == "V" or not width:
            raise InvalidError(f"Accessor {index} of the glTF file has no known type", hint=_HINT)
        values = self._dense(accessor, count, dtype, width)
        if "sparse" in accessor:
            values = self._sparse(accessor["sparse"], values)
        if accessor.get("normalized") and dtype.kind in "iu":
            values = np.maximum(values.astype(np.float32) / np.iinfo(dtype).max, np.float32(-1.0))
        return values[:, 0] if width == 1 else values

    def view(self, index: Any) -> tuple[bytes, int]:  # noqa: ANN401 - JSON
        """Return a buffer view's bytes, decompressed, and its stride (0 if packed)."""
        view = self.entry("bufferViews", index)
        for name in _MESHOPT:
            packed = (view.get("extensions") or {}).get(name)
            if isinstance(packed, dict):
                return self._meshopt(packed, index)
        return self._range(view), _natural(view, "byteStride", 0)

    def image(self, index: Any) -> bytes | None:  # noqa: ANN401 - JSON
        """Return an image's bytes; None if they are missing."""
        image = self.entry("images", index)
        if "bufferView" in image:
            return self.view(image["bufferView"])[0]
        return self._uri(str(image.get("uri", "")))

    def _dense(self, accessor: Json, count: int, dtype: np.dtype[Any], width: int) -> Array:
        item = dtype.itemsize * width
        if "bufferView" not in accessor:
            require_expansion("An accessor of zeros", count * item, 0)
            return np.zeros((count, width), dtype)
        data, stride = self.view(accessor["bufferView"])
        start, stride = _natural(accessor, "byteOffset", 0), stride or item
        room = len(data) - start
        require_room("values in an accessor", count, min(stride, item), room)
        if stride < item or (count and (count - 1) * stride + item > room):
            raise InvalidError("An accessor of the glTF file leaves its buffer view", hint=_HINT)
        if stride == item:
            return np.frombuffer(data, dtype, count * width, start).reshape(count, width)
        rows = np.lib.stride_tricks.as_strided(
            np.frombuffer(data, np.uint8)[start:], (count, item), (stride, 1), writeable=False
        )
        return np.ascontiguousarray(rows).view(dtype).reshape(count, width)

    def _sparse(self, sparse: Json, dense: Array) -> Array:
        count = _natural(sparse, "count")
        places, parts = sparse["indices"], sparse["values"]
        index_type = np.dtype(_TYPES[places["componentType"]])
        ids = self._dense(places, count, index_type, 1)[:, 0]
        if count and int(ids.max()) >= len(dense):
            raise InvalidError("A sparse accessor points beyond its values", hint=_HINT)
        values = dense.copy()
        values[ids] = self._dense(parts, count, dense.dtype, dense.shape[1])
        return values

    def _range(self, view: Json) -> bytes:
        data = self._buffer(view.get("buffer", 0))
        start, length = _natural(view, "byteOffset", 0), _natural(view, "byteLength")
        if start + length > len(data):
            raise InvalidError(
                f"A part of the glTF file ends at byte {start + length:,} of {len(data):,}",
                hint=_HINT,
            )
        return data[start : start + length]

    def _meshopt(self, packed: Json, index: int) -> tuple[bytes, int]:
        data = self._range(packed)
        count, stride = _natural(packed, "count"), _natural(packed, "byteStride")
        require_expansion(f"Buffer view {index}", count * stride, len(data))
        mode, chosen = str(packed.get("mode")), str(packed.get("filter", "NONE"))
        try:
            values = thread_meshopt().decode_view(data, count, stride, mode, chosen)
        except ValueError as error:
            raise InvalidError(
                f"Buffer view {index} of the glTF file is no meshopt stream: {error}", hint=_HINT
            ) from error
        return values.tobytes(), stride

    def _buffer(self, index: Any) -> bytes:  # noqa: ANN401 - JSON
        buffer = self.entry("buffers", index)
        if index not in self._buffers:
            uri = buffer.get("uri")
            found = self._embedded if uri is None else self._uri(str(uri))
            length = _natural(buffer, "byteLength")
            if found is None:
                raise InvalidError(
                    f"A file that the glTF file needs is missing: {uri!r:.80}",
                    hint="put it beside the glTF file, or export one GLB file.",
                )
            if len(found) < length:
                raise InvalidError(
                    f"A buffer of the glTF file should have {length:,} bytes but has"
                    f" {len(found):,}",
                    hint=_HINT,
                )
            self._buffers[index] = found
        return self._buffers[index]

    def _uri(self, uri: str) -> bytes | None:
        if not uri.startswith("data:"):
            return self._beside.read(unquote(uri))
        head, _, body = uri.partition(",")
        try:
            return base64.b64decode(body) if head.endswith(";base64") else None
        except binascii.Error:
            return None


def file_names(document: GltfDocument) -> list[str]:
    """Return the names of the files that a glTF file refers to."""
    entries = [*(document.json.get("buffers") or []), *(document.json.get("images") or [])]
    uris = [str(each["uri"]) for each in entries if isinstance(each, dict) and "uri" in each]
    return [unquote(uri) for uri in dict.fromkeys(uris) if not uri.startswith("data:")]


def _split(data: bytes) -> tuple[bytes, bytes | None]:
    """Return the JSON text and the embedded buffer of a GLB; all of a `.gltf` is JSON.

    Raises
    ------
    InvalidError
        If it is none, or its length is not what it says.
    """
    if data.lstrip()[:1] == b"{":
        return data, None
    if data[:4] != b"glTF":
        raise InvalidError(
            f"The file is no GLB: it starts with {data[:4]!r}",
            hint="check that the file's name matches its content.",
        )
    if len(data) < _HEADER.size + _CHUNK.size:
        raise InvalidError(f"The file is no readable GLB: it has {len(data)} bytes", hint=_HINT)
    _, version, stated = _HEADER.unpack_from(data)
    if stated != len(data):
        raise InvalidError(f"The file says it has {stated} bytes but has: {len(data)}", hint=_HINT)
    if version != 2:  # noqa: PLR2004
        raise InvalidError(
            f"The file is a GLB of version {version}", hint="export it again as glTF 2.0."
        )
    chunks: dict[bytes, bytes] = {}
    at = _HEADER.size
    while at + _CHUNK.size <= len(data):
        length, kind = _CHUNK.unpack_from(data, at)
        at += _CHUNK.size
        require_room("bytes in a chunk", length, 1, len(data) - at)
        chunks.setdefault(kind, data[at : at + length])
        at += length
    if b"JSON" not in chunks:
        raise InvalidError("The file is no readable GLB: it has no JSON", hint=_HINT)
    return chunks[b"JSON"], chunks.get(b"BIN\0")


def _natural(entry: Json, name: str, default: int | None = None) -> int:
    value = entry.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 40:
        raise InvalidError(f"The glTF file has no usable {name}: {value!r:.40}", hint=_HINT)
    return value
