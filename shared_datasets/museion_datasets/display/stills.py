"""Small pictures of items, kept beside them when a version is committed.

A still is a JPEG of at most 160 pixels and 32 kB: a plane of an array, three bands of a
cube, a reduced image, a scan from its coarsest page. It is made from what was written, if
that can be had by reading little; an item of which no picture comes out has none. Making
them never fails a commit and ends after a few seconds.
"""

import io
import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray
from PIL import Image

from museion_datasets.arrays.layout import SPECTRAL_DIMENSIONS
from museion_datasets.arrays.store import SealedStore
from museion_datasets.display.pictures import (
    STILL_PX,
    array_picture,
    cloud_picture,
    flat_picture,
    image_picture,
    mesh_picture,
)
from museion_datasets.errors import DatasetsError
from museion_datasets.versions.naming import ItemKind, keys_of_item, list_items, still_key
from museion_datasets.versions.snapshot import children
from museion_datasets.versions.staging import Staging

MAX_STILL_BYTES = 32 << 10
TIME_LIMIT_S = 5.0
_MAX_ARRAY_BYTES = 48 << 20
_MAX_FILE_BYTES = 32 << 20
_QUALITY = 82
_COLOUR_COUNT = 3
_COLOURS_NM = (640.0, 550.0, 460.0)
_IMAGE_SUFFIXES = frozenset({"jpg", "jpeg", "png", "tif", "tiff", "webp", "gif", "bmp"})
_JPEG_START, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
# What odd data raises on the way to a picture: no reason to lose a version.
_NO_PICTURE = (
    ArithmeticError,
    AttributeError,
    DatasetsError,
    Image.DecompressionBombError,
    IndexError,
    KeyError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
)

type Array = NDArray[Any]


def is_still(data: bytes) -> bool:
    """Return whether bytes are a picture that a display may show.

    Parameters
    ----------
    data : bytes
        Anything.

    Returns
    -------
    bool
        True for a JPEG of the size of a still.
    """
    return len(data) <= MAX_STILL_BYTES and data[:3] == _JPEG_START and data[-2:] == _JPEG_END


def refresh(staging: Staging, *, clock: Callable[[], float] = time.monotonic) -> None:
    """Make the stills of the items that a draft has written.

    Parameters
    ----------
    staging : Staging
        The draft.
    clock : callable
        Seconds that only grow.
    """
    keys, written = list(staging.keys()), staging.written
    end = clock() + TIME_LIMIT_S
    for kind, name in list_items(keys):
        if clock() > end:
            return
        if kind not in _MAKERS or not _is_touched(staging, keys, kind, name, written):
            continue
        still = _make(staging, kind, name)
        if still:
            staging.put(still_key(kind, name), still)
        else:
            staging.remove(still_key(kind, name))


def _is_touched(
    staging: Staging, keys: Sequence[str], kind: ItemKind, name: str, written: frozenset[str]
) -> bool:
    """Return whether the draft has written something of an item."""
    if kind is ItemKind.FILE and _suffix(name) not in _IMAGE_SUFFIXES:
        return False
    entries = map(staging.find, keys_of_item(keys, kind, name))
    return any(entry is not None and entry.object_id in written for entry in entries)


def _make(staging: Staging, kind: ItemKind, name: str) -> bytes:
    """Return the still of an item; nothing if no picture comes out of it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = _MAKERS[kind](staging, name)
        return b"" if picture is None else encode(picture)
    except (
        DatasetsError,
        OSError,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        SyntaxError,
        ArithmeticError,
        AttributeError,
        Image.DecompressionBombError,
    ):
        return b""  # odd data has no picture; that is no reason to lose a version


def encode(picture: Image.Image) -> bytes:
    """Return a picture as a still.

    Parameters
    ----------
    picture : PIL.Image.Image
        Any size.

    Returns
    -------
    bytes
        A JPEG; nothing if even a small one would be too long.
    """
    picture.thumbnail((STILL_PX, STILL_PX))
    buffer = io.BytesIO()
    flat_picture(picture).save(buffer, "JPEG", quality=_QUALITY, optimize=True)
    data = buffer.getvalue()
    return data if is_still(data) else b""


def _of_array(staging: Staging, name: str) -> Image.Image | None:
    """Return the picture of an array: from the coarsest level of its pyramid, if it has one."""
    store = SealedStore(staging, read_only=True)
    group = zarr.open_group(store, path=f"arrays/{name}", mode="r", zarr_format=3)
    variables = [array for _, array in group.arrays() if array.dtype.kind in "biuf"]
    planes = [array for array in variables if array.ndim > 1]
    if not planes:
        return None
    main = max(planes, key=lambda array: array.nbytes)
    wavelengths = {array.path: array for array in variables}.get(f"arrays/{name}/wavelength")
    nm = None if wavelengths is None else np.asarray(wavelengths[:], float)
    levels = [
        int(each) for each in children(staging.keys(), f"pyramids/{name}/") if each.isdecimal()
    ]
    array = main
    if levels:
        path = f"pyramids/{name}/{max(levels)}"
        array = zarr.open_array(store, path=path, mode="r", zarr_format=3)
    values = _plane(array, nm)
    missing = main.attrs.get("_FillValue")
    if values is None or not isinstance(missing, int | float):
        return None if values is None else array_picture(values)
    return array_picture(np.where(values == missing, np.nan, values))


def _plane(array: Any, nm: Array | None) -> Array | None:  # noqa: ANN401 - zarr's union
    """Read a plane of an array, or three bands; nothing if that would mean reading much."""
    dims = [str(each) for each in array.metadata.dimension_names or [""] * array.ndim]
    spectral = [axis for axis, each in enumerate(dims) if each in SPECTRAL_DIMENSIONS]
    others = [axis for axis in range(array.ndim) if axis not in spectral[:1]]
    rows, columns = others[-2:] if len(others) > 1 else (0, 1)
    chunks = array.chunks
    planes = len(spectral) * _COLOUR_COUNT or 1
    cost = (
        np.prod(
            [
                array.shape[axis] if axis in {rows, columns} else min(chunks[axis] * planes, length)
                for axis, length in enumerate(array.shape)
            ],
            dtype=float,
        )
        * array.dtype.itemsize
    )
    if 0 in array.shape or cost > _MAX_ARRAY_BYTES:
        return None
    pick: list[Any] = [length // 2 for length in array.shape]
    for axis in (rows, columns):
        pick[axis] = slice(None, None, max(1, array.shape[axis] // (2 * STILL_PX)))
    if not spectral or spectral[0] in {rows, columns}:
        return np.asarray(array[tuple(pick)])
    bands = _bands(array.shape[spectral[0]], nm)
    read = [
        np.asarray(array[(*pick[: spectral[0]], band, *pick[spectral[0] + 1 :])]) for band in bands
    ]
    return read[0] if len(read) == 1 else np.stack(read, axis=-1)


def _bands(count: int, nm: Array | None) -> list[int]:
    """Choose the bands nearest to red, green and blue, or the middle one."""
    if nm is not None and len(nm) == count and nm.min() < _COLOURS_NM[1] < nm.max():
        return [int(np.abs(nm - wish).argmin()) for wish in _COLOURS_NM]
    return list(range(_COLOUR_COUNT)) if count == _COLOUR_COUNT else [count // 2]


def _of_file(staging: Staging, name: str) -> Image.Image | None:
    """Return the picture of an image file."""
    data = _read(staging, f"files/{name}")
    return None if data is None else image_picture(data)


def _of_scan(staging: Staging, name: str) -> Image.Image | None:
    """Return the picture of a scan, from its coarsest page."""
    from museion_datasets.ingest.scans.format import decode_head, decode_page  # noqa: PLC0415 - wasm
    from museion_datasets.ingest.scans.wasm import thread_meshopt  # noqa: PLC0415

    data = _read(staging, f"scans/{name}/head")
    if data is None:
        return None
    head = decode_head(data)
    clusters = decode_page(head.root_page, thread_meshopt())
    if head.is_cloud:
        painted = [each.colors for each in clusters if each.colors is not None]
        places = np.concatenate([each.points for each in clusters])
        return cloud_picture(places, np.concatenate(painted) if painted else None)
    corners = np.concatenate([each.points[each.faces].astype(float) for each in clusters])
    colors = [each.colors[each.faces].mean(axis=1) for each in clusters if each.colors is not None]
    is_coloured = len(colors) == len(clusters)
    return mesh_picture(corners, np.concatenate(colors) if is_coloured else None)


def _read(staging: Staging, key: str) -> bytes | None:
    """Return an object's bytes, unless there are too many."""
    entry = staging.find(key)
    if entry is None or entry.plaintext_bytes > _MAX_FILE_BYTES:
        return None
    data = np.empty(entry.plaintext_bytes, np.uint8)
    staging.read_ranges(entry, [(0, data)])
    return data.tobytes()


def _suffix(name: str) -> str:
    """Return a file's ending in lower case."""
    return name.rpartition(".")[2].lower()


_MAKERS = {
    ItemKind.ARRAY: _of_array,
    ItemKind.SCAN: _of_scan,
    ItemKind.FILE: _of_file,
}
