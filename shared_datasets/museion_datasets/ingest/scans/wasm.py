"""Runs meshoptimizer (WebAssembly, MIT) from Python with wasmtime.

The three modules are taken from the npm package when the browser code is built, so that
what Python writes is what the browser's decoder, of the same release, reads. A `Meshopt`
belongs to one thread; `thread_meshopt` gives each thread its own.
"""

import threading
from functools import cache
from importlib.resources import files
from typing import Any, cast

import numpy as np
import wasmtime
from numpy.typing import NDArray

from museion_datasets.errors import UnavailableError

type Array = NDArray[Any]

_ERROR_ABSOLUTE = 4
_ANY_ERROR = float(np.finfo(np.float32).max)
_ENCODE_LEVEL = 2
_CODEC_VERSION = 1
_VIEW_MODES = {
    "ATTRIBUTES": "meshopt_decodeVertexBuffer",
    "TRIANGLES": "meshopt_decodeIndexBuffer",
    "INDICES": "meshopt_decodeIndexSequence",
}
_VIEW_FILTERS = {
    "NONE": None,
    "OCTAHEDRAL": "meshopt_decodeFilterOct",
    "QUATERNION": "meshopt_decodeFilterQuat",
    "EXPONENTIAL": "meshopt_decodeFilterExp",
    "COLOR": "meshopt_decodeFilterColor",
}
_MAX_STRIDE = 256
_GROWTH_BYTES, _TOO_MANY_BYTES = 1 << 20, 1 << 30
_ROUND, _MOST = 3 << 10, (1 << 32) - 1
_INDEX_STRIDES = frozenset({2, 4})
_per_thread = threading.local()
_compiling = threading.Lock()


def _module(name: str) -> wasmtime.Module:
    """Compiled module, the same for all threads."""
    with _compiling:
        return _compile(name)


@cache
def _engine() -> wasmtime.Engine:
    return wasmtime.Engine()


@cache
def _compile(name: str) -> wasmtime.Module:
    resource = files("museion_datasets") / "static" / f"{name}.wasm"
    if not resource.is_file():
        raise UnavailableError(
            f"A part of the scan builder is not built: {name}.wasm",
            hint="run `npm run build` in the checkout, or install the released wheel.",
        )
    return wasmtime.Module(_engine(), resource.read_bytes())


class _Arena:
    """One instance of a module and its memory, used as a stack of temporary arrays."""

    def __init__(self, name: str) -> None:
        module = _module(name)
        self._store = wasmtime.Store(_engine())
        exports = wasmtime.Instance(self._store, module, []).exports(self._store)
        self._exports = exports
        self._memory = cast("wasmtime.Memory", exports["memory"])
        self.call("__wasm_call_ctors")
        self._next = self._bottom = (self.call("sbrk", 0) + 15) // 16 * 16
        self._top = self.call("sbrk", 0)

    def call(self, function: str, *arguments: float) -> int:
        """Call an exported function."""
        return cast("int", cast("wasmtime.Func", self._exports[function])(self._store, *arguments))

    def reserve(self, size_bytes: int) -> int:
        """Address of `size_bytes` fresh bytes, aligned to 16.

        The module is asked for memory seldom: a call costs more than what it does.

        Raises
        ------
        ValueError
            If it has no room for so many.
        """
        address = self._next
        self._next += (size_bytes + 15) // 16 * 16
        if self._next > self._top:
            more = max(self._next - self._top, _GROWTH_BYTES)
            start = self.call("sbrk", more) if more < _TOO_MANY_BYTES else -1
            if start == -1:
                raise ValueError(f"no room for {size_bytes} bytes")
            self._top = (start & 0xFFFFFFFF) + more
        return address

    def put(self, values: Array) -> int:
        """Address of a copy of `values`."""
        address = self.reserve(values.nbytes)
        self._view(address, values.nbytes)[:] = np.ascontiguousarray(values).view(np.uint8).ravel()
        return address

    def get(self, address: int, count: int, dtype: type[np.generic]) -> Array:
        """Copy of `count` values at `address`."""
        size = count * np.dtype(dtype).itemsize
        return self._view(address, size).copy().view(dtype)

    def release(self) -> None:
        """Forget everything reserved since the instance was made; its memory is used again."""
        self._next = self._bottom

    def _view(self, address: int, size_bytes: int) -> NDArray[np.uint8]:
        # The buffer is taken anew each time: memory that has grown may have moved.
        buffer = self._memory.get_buffer_ptr(self._store, size_bytes, address & 0xFFFFFFFF)
        return np.frombuffer(buffer, dtype=np.uint8)


class Meshopt:
    """Simplifier, encoder and decoder for small meshes (up to 65,536 vertices each)."""

    def __init__(self) -> None:
        self._simplifier = _Arena("meshopt_simplifier")
        self._encoder = _Arena("meshopt_encoder")
        self._decoder = _Arena("meshopt_decoder")
        self._bounds: dict[tuple[str, int, int], int] = {}
        self._encoder.call("meshopt_encodeVertexVersion", _CODEC_VERSION)
        self._encoder.call("meshopt_encodeIndexVersion", _CODEC_VERSION)

    def _bound(self, function: str, count: int, other: int) -> int:
        """Bytes that are enough for a stream; asked for seldom, of round numbers above these."""
        rounded = (function, -(-count // _ROUND) * _ROUND, other if other <= _MAX_STRIDE else _MOST)
        if rounded not in self._bounds:
            self._bounds[rounded] = self._encoder.call(*rounded)
        return self._bounds[rounded]

    def simplify(
        self,
        faces: Array,
        positions: Array,
        attributes: Array,
        weights: Array,
        *,
        is_locked: Array,
        target: int,
    ) -> Array:
        """Fewer triangles on a subset of the same vertices.

        Parameters
        ----------
        faces : (m, 3) uint32
        positions : (n, 3) float32
        attributes : (n, k) float32
            What should survive beside the shape: normal, colour.
        weights : (k,) float32
        is_locked : (n,) bool
            Vertices that must stay where they are.
        target : int
            Number of triangles wished for.

        Returns
        -------
        (r, 3) uint32
        """
        arena = self._simplifier
        try:
            destination, error = arena.reserve(faces.size * 4), arena.reserve(4)
            count = arena.call(
                "meshopt_simplifyWithAttributes",
                destination, arena.put(faces.astype(np.uint32)), faces.size,
                arena.put(positions.astype(np.float32)), len(positions), 12,
                arena.put(attributes.astype(np.float32)), attributes.shape[1] * 4,
                arena.put(weights.astype(np.float32)), len(weights),
                arena.put(is_locked.astype(np.uint8)),
                target * 3, _ANY_ERROR, _ERROR_ABSOLUTE, error,
            )  # fmt: skip
            return arena.get(destination, count, np.uint32).reshape(-1, 3)
        finally:
            arena.release()

    def thin_points(self, positions: Array, target: int) -> Array:
        """Evenly spread points out of many: at most one from each cell of a grid.

        Parameters
        ----------
        positions : (n, 3) float32
        target : int
            Number of points wished for, at most n.

        Returns
        -------
        (k,) uint32
            Rows of `positions`, at most `target`.
        """
        arena = self._simplifier
        try:
            destination = arena.reserve(target * 4)
            count = arena.call(
                "meshopt_simplifyPoints",
                destination, arena.put(positions.astype(np.float32)), len(positions), 12,
                0, 0, 0.0, target,
            )  # fmt: skip
            return arena.get(destination, count, np.uint32)
        finally:
            arena.release()

    def order_points(self, positions: Array) -> Array:
        """Order in which points that lie side by side follow each other, (n,) int64 rows."""
        arena, count = self._encoder, len(positions)
        try:
            remap = arena.reserve(count * 4)
            source = arena.put(positions.astype(np.float32))
            arena.call("meshopt_spatialSortRemap", remap, source, count, 12)
            new_ids = arena.get(remap, count, np.uint32)
        finally:
            arena.release()
        order = np.empty(count, np.int64)
        order[new_ids] = np.arange(count)
        return order

    def optimize(self, faces: Array, vertex_count: int) -> tuple[Array, Array]:
        """Triangles in an order that draws and compresses well, and the old id of each vertex."""
        arena = self._encoder
        try:
            address = arena.put(faces.astype(np.uint32))
            remap = arena.reserve(vertex_count * 4)
            size = faces.size
            arena.call("meshopt_optimizeVertexCacheStrip", address, address, size, vertex_count)
            arena.call("meshopt_optimizeVertexFetchRemap", remap, address, size, vertex_count)
            new_ids = arena.get(remap, vertex_count, np.uint32)
            ordered = new_ids[arena.get(address, size, np.uint32)].reshape(-1, 3)
        finally:
            arena.release()
        order = np.empty(vertex_count, np.int64)
        order[new_ids] = np.arange(vertex_count)
        return ordered, order

    def encode_vertices(self, values: Array) -> bytes:
        """Compress an (n, k) array whose rows take a multiple of four bytes."""
        arena, (count, stride) = self._encoder, (len(values), values[0].nbytes)
        try:
            bound = self._bound("meshopt_encodeVertexBufferBound", count, stride)
            target = arena.reserve(bound)
            source = arena.put(values)
            size = arena.call(
                "meshopt_encodeVertexBufferLevel",
                target, bound, source, count, stride, _ENCODE_LEVEL, _CODEC_VERSION,
            )  # fmt: skip
            return arena.get(target, size, np.uint8).tobytes()
        finally:
            arena.release()

    def encode_normals(self, normals: Array, bits: int) -> bytes:
        """Compress (n, 3) unit normals, octahedral, `bits` for each of two components."""
        arena, count = self._encoder, len(normals)
        padded = np.zeros((count, 4), np.float32)
        padded[:, :3] = normals
        try:
            target = arena.reserve(count * 8)
            arena.call("meshopt_encodeFilterOct", target, count, 8, bits, arena.put(padded))
            filtered = arena.get(target, count * 4, np.int16).reshape(count, 4)
        finally:
            arena.release()
        return self.encode_vertices(filtered)

    def encode_faces(self, faces: Array, vertex_count: int) -> bytes:
        """Compress (m, 3) vertex ids."""
        arena = self._encoder
        try:
            bound = self._bound("meshopt_encodeIndexBufferBound", faces.size, vertex_count)
            target = arena.reserve(bound)
            source = arena.put(faces.astype(np.uint32))
            size = arena.call("meshopt_encodeIndexBuffer", target, bound, source, faces.size)
            return arena.get(target, size, np.uint8).tobytes()
        finally:
            arena.release()

    def decode_vertices(self, data: bytes, count: int, width: int, dtype: type[Any]) -> Array:
        """Inverse of `encode_vertices`: (count, width) array of `dtype`."""
        stride = width * np.dtype(dtype).itemsize
        raw = self._decode("meshopt_decodeVertexBuffer", data, count, stride)
        rows: Array = raw.view(dtype).reshape(count, width)
        return rows

    def decode_normals(self, data: bytes, count: int) -> Array:
        """Inverse of `encode_normals`: (count, 3) float32 of unit length but for rounding."""
        raw = self._decode("meshopt_decodeVertexBuffer", data, count, 8, "meshopt_decodeFilterOct")
        components = raw.view(np.int16).reshape(count, 4)[:, :3]
        return cast("Array", components.astype(np.float32) / np.float32(32767))

    def decode_faces(self, data: bytes, count: int) -> Array:
        """Inverse of `encode_faces`: (count, 3) uint32."""
        raw = self._decode("meshopt_decodeIndexBuffer", data, count * 3, 4)
        faces: Array = raw.view(np.uint32).reshape(-1, 3)
        return faces

    def decode_view(self, data: bytes, count: int, stride: int, mode: str, chosen: str) -> Array:
        """Decode a compressed buffer view of a glTF file (EXT_meshopt_compression).

        Parameters
        ----------
        data : bytes
            The stream.
        count, stride : int
            Elements, and bytes of each.
        mode : str
            "ATTRIBUTES", "TRIANGLES" or "INDICES".
        chosen : str
            The filter: "NONE", "OCTAHEDRAL", "QUATERNION", "EXPONENTIAL" or "COLOR".

        Returns
        -------
        (count * stride,) uint8

        Raises
        ------
        ValueError
            If it is no such stream.
        """
        function, after = _VIEW_MODES.get(mode), _VIEW_FILTERS.get(chosen)
        if function is None or chosen not in _VIEW_FILTERS or not 0 < stride <= _MAX_STRIDE:
            raise ValueError(f"unknown mode {mode!r:.20} or filter {chosen!r:.20}")
        is_index = mode != "ATTRIBUTES"
        if (is_index and stride not in _INDEX_STRIDES) or (not is_index and stride % 4):
            raise ValueError(f"impossible stride {stride}")
        try:
            return self._decode(function, data, count, stride, after)
        except (wasmtime.WasmtimeError, wasmtime.Trap) as error:
            raise ValueError("the decoder gave up") from error

    def _decode(
        self, function: str, data: bytes, count: int, stride: int, after: str | None = None
    ) -> Array:
        arena = self._decoder
        try:
            target = arena.reserve((count + 3) // 4 * 4 * stride)
            source = arena.put(np.frombuffer(data, np.uint8))
            status = arena.call(function, target, count, stride, source, len(data))
            if status != 0:
                raise ValueError(f"not a meshopt stream: status {status}")
            if after is not None:
                arena.call(after, target, (count + 3) // 4 * 4, stride)
            return arena.get(target, count * stride, np.uint8)
        finally:
            arena.release()


def thread_meshopt() -> Meshopt:
    """Give this thread's own instance, made at first use."""
    found: Meshopt | None = getattr(_per_thread, "meshopt", None)
    if found is None:
        found = Meshopt()
        _per_thread.meshopt = found
    return found
