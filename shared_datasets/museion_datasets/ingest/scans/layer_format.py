"""The stored form of a scan's layers: one number for each vertex of each page.

A layer lies beside the pages of its scan, whose ids name the measured vertex behind each
vertex; so a layer is added without building the scan again. Head (`layers/<layer>/head`)::

    4s magic "MSLY" · u8 version · u8 encoding (0 float32, 1 sixteen bits) · u16 zero
    u32 pages · u32 bytes of metadata (a multiple of 4) · f64 lowest · f64 step
    32s SHA-256 of the scan's head, to tell that it belongs to this geometry
    metadata  JSON, padded with spaces

Page (`layers/<layer>/pages/<n>`, from 0, clusters and vertices as in page n of the scan)::

    u8 version · u8 clusters · u16 zero
    for each cluster: u32 vertices · u32 bytes
    for each cluster: f32, NaN where nothing is known; or u32 codes: lowest + code * step,
    65,535 where nothing is known (meshopt vertex codec)
"""

import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion_datasets.errors import IntegrityError, InvalidError
from museion_datasets.histogram import PERCENTS
from museion_datasets.ingest.scans.wasm import Meshopt
from museion_datasets.painting import RAMPS

type Array = NDArray[Any]

VERSION = 1
MAGIC = b"MSLY"
MISSING = 0xFFFF

_HEAD = struct.Struct("<4sBBH2I2d32s")
_PAGE = struct.Struct("<BBH")
_CLUSTER = struct.Struct("<2I")
_MOST_CODES = MISSING - 1
_FEWEST_STEPS = 1024
"""Of sixteen bits, between the 1st and the 99th percentile: with fewer, float32 is stored."""
_MAX_METADATA_BYTES = 2**20
_MAX_VERTICES = 2**22
_HINT = "store the layer again from its values."


class Encoding(IntEnum):
    """How the values of a layer are stored."""

    FLOAT32 = 0
    SIXTEEN_BITS = 1


@dataclass(frozen=True, slots=True)
class LayerAbout:
    """What a person reads about a layer.

    Attributes
    ----------
    title : str
    unit : str
        As in ``"m"``; empty for a plain number.
    quantity : str
        What a value is, as in ``"distance"``.
    center : float or None
        The value that means nothing happens: flat, unmoved. None where there is none.
    how : mapping
        How it came about, in JSON types: method, source, parameters, software, origins,
        made_by, created.
    """

    title: str
    unit: str = ""
    quantity: str = ""
    center: float | None = None
    how: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LayerHead:
    """What is known of a layer before its pages are read.

    Attributes
    ----------
    encoding : Encoding
    lowest, step : float
        A code is `lowest + code * step`; 0 for float32.
    pages : int
    geometry : bytes
        SHA-256 of the head of the scan that it belongs to.
    about : LayerAbout
    percentiles : tuple of (float, float)
        Percent and value, of the measured vertices where a value is known; those at 0 and 100
        are the range.
    known, missing : int
        Measured vertices with and without a value.
    """

    encoding: Encoding
    lowest: float
    step: float
    pages: int
    geometry: bytes
    about: LayerAbout
    percentiles: tuple[tuple[float, float], ...]
    known: int
    missing: int


def layer_listing(heads: Mapping[str, LayerHead]) -> dict[str, Any]:
    """Return what a viewer is told of layers; ``scan-layers.schema.json`` says the same.

    Parameters
    ----------
    heads : mapping of str to LayerHead
        By name.
    """
    layers = [
        {
            "name": name,
            **_metadata(head),
            "encoding": "float32" if head.encoding is Encoding.FLOAT32 else "sixteen bits",
            "lowest": head.lowest,
            "step": head.step,
        }
        for name, head in heads.items()
    ]
    ramps = [{"name": name, "stops": list(stops)} for name, stops in RAMPS.items()]
    return {"layers": layers, "ramps": ramps}


def layer_head(
    values: Array, about: LayerAbout, pages: int, geometry: bytes, *, is_lossless: bool = False
) -> LayerHead:
    """Choose how values are stored, and say what they are.

    Parameters
    ----------
    values : (n,) array
        Of the measured vertices; what is not finite is missing.
    about : LayerAbout
    pages : int
        Of the scan.
    geometry : bytes
        SHA-256 of its head.
    is_lossless : bool
        Whether to keep each value as float32, whatever it takes.

    Raises
    ------
    InvalidError
        If no value is finite, or one is too large for float32.
    """
    finite = values[np.isfinite(values)].astype(np.float64)
    if len(finite) == 0:
        raise InvalidError(
            f"The layer has no value: {about.title!r:.80}", hint="give a number for some vertices."
        )
    if float(np.abs(finite).max()) > float(np.finfo(np.float32).max):
        raise InvalidError(
            f"The layer has values beyond single precision: {about.title!r:.80}",
            hint="give them in another unit.",
        )
    found = np.percentile(finite, PERCENTS)
    lowest, step = (0.0, 0.0) if is_lossless else _choose_step(finite, found)
    return LayerHead(
        Encoding.SIXTEEN_BITS if step else Encoding.FLOAT32,
        lowest,
        step,
        pages,
        geometry,
        about,
        tuple(zip(PERCENTS, found.tolist(), strict=True)),
        len(finite),
        len(values) - len(finite),
    )


def _choose_step(finite: Array, percentiles: Array) -> tuple[float, float]:
    """Lowest value and step of sixteen bits; zeros where they would be too coarse."""
    low, high = float(percentiles[0]), float(percentiles[-1])
    if high - low <= _MOST_CODES and bool((finite == np.rint(finite)).all()):
        return low, 1.0
    if high == low:
        return low, 1.0
    step = (high - low) / _MOST_CODES
    middle = percentiles[PERCENTS.index(99.0)] - percentiles[PERCENTS.index(1.0)]
    return (low, step) if step > 0.0 and middle >= _FEWEST_STEPS * step else (0.0, 0.0)


def _metadata(head: LayerHead) -> dict[str, Any]:
    about = head.about
    return {
        "title": about.title,
        "unit": about.unit,
        "quantity": about.quantity,
        "center": about.center,
        "percentiles": [list(each) for each in head.percentiles],
        "known": head.known,
        "missing": head.missing,
        "how": dict(about.how),
    }


def encode_layer_head(head: LayerHead) -> bytes:
    """Head in its stored form."""
    text = json.dumps(_metadata(head), ensure_ascii=True, sort_keys=True, allow_nan=False).encode()
    text += b" " * (-len(text) % 4)
    fixed = _HEAD.pack(
        MAGIC, VERSION, head.encoding, 0, head.pages, len(text), head.lowest, head.step,
        head.geometry,
    )  # fmt: skip
    return fixed + text


def decode_layer_head(data: bytes) -> LayerHead:
    """Read a stored head.

    Raises
    ------
    IntegrityError
        If the bytes are no head of a version this software knows.
    """
    try:
        return _read_head(data)
    except (struct.error, ValueError, TypeError, KeyError, RecursionError) as error:
        raise IntegrityError("The head of the layer is not readable", hint=_HINT) from error


def _read_head(data: bytes) -> LayerHead:
    magic, version, encoding, _, pages, size, lowest, step, geometry = _HEAD.unpack_from(data)
    if magic != MAGIC or version != VERSION or size > _MAX_METADATA_BYTES:
        raise ValueError("another format")
    if len(data) != _HEAD.size + size or not (math.isfinite(lowest) and math.isfinite(step)):
        raise ValueError("a wrong length, or no numbers")
    told = json.loads(data[_HEAD.size :].decode("ascii"))
    title, unit, quantity = texts = [told[name] for name in ("title", "unit", "quantity")]
    center, percentiles = told["center"], told["percentiles"]
    if not all(isinstance(text, str) for text in texts) or not isinstance(told["how"], dict):
        raise TypeError("texts are missing")
    if len(percentiles) < 2 or not all(math.isfinite(at + value) for at, value in percentiles):  # noqa: PLR2004 - a range
        raise ValueError("no range")
    return LayerHead(
        Encoding(encoding),
        lowest,
        step,
        pages,
        geometry,
        LayerAbout(title, unit, quantity, None if center is None else float(center), told["how"]),
        tuple((float(at), float(value)) for at, value in percentiles),
        int(told["known"]),
        int(told["missing"]),
    )


def encode_layer_page(head: LayerHead, clusters: Sequence[Array], codec: Meshopt) -> bytes:
    """Values of a page's vertices, cluster by cluster.

    Parameters
    ----------
    head : LayerHead
    clusters : sequence of (k,) array
        What is not finite is missing.
    codec : Meshopt
    """
    streams = [codec.encode_vertices(_codes(head, values)[:, None]) for values in clusters]
    tables = [
        _CLUSTER.pack(len(values), len(data))
        for values, data in zip(clusters, streams, strict=True)
    ]
    return b"".join([_PAGE.pack(VERSION, len(clusters), 0), *tables, *streams])


def _codes(head: LayerHead, values: Array) -> Array:
    is_known = np.isfinite(values)
    if head.encoding is Encoding.FLOAT32:
        return np.where(is_known, values, np.nan).astype(np.float32)
    steps = np.rint((np.where(is_known, values, head.lowest) - head.lowest) / head.step)
    return np.where(is_known, steps.clip(0, _MOST_CODES), MISSING).astype(np.uint32)


def decode_layer_page(head: LayerHead, data: bytes, codec: Meshopt) -> list[Array]:
    """Inverse of `encode_layer_page`: float64 values of each cluster, NaN where missing.

    Raises
    ------
    IntegrityError
        If the bytes are no page of a version this software knows.
    """
    try:
        return _read_page(head, data, codec)
    except (struct.error, ValueError) as error:
        raise IntegrityError("A page of the layer is not readable", hint=_HINT) from error


def _read_page(head: LayerHead, data: bytes, codec: Meshopt) -> list[Array]:
    version, count, _ = _PAGE.unpack_from(data)
    if version != VERSION:
        raise ValueError("another version")
    found: list[Array] = []
    at = _PAGE.size + count * _CLUSTER.size
    for index in range(count):
        vertices, size = _CLUSTER.unpack_from(data, _PAGE.size + index * _CLUSTER.size)
        if not 0 < vertices <= _MAX_VERTICES or at + size > len(data):
            raise ValueError("a wrong length")
        raw = codec.decode_view(data[at : at + size], vertices, 4, "ATTRIBUTES", "NONE")
        found.append(_values(head, raw))
        at += size
    if at != len(data):
        raise ValueError("a wrong length")
    return found


def _values(head: LayerHead, raw: Array) -> Array:
    if head.encoding is Encoding.FLOAT32:
        plain = raw.view(np.float32).astype(np.float64)
        return np.where(np.isfinite(plain), plain, np.nan)
    codes = raw.view(np.uint32)
    return np.where(codes < MISSING, head.lowest + codes * head.step, np.nan)
