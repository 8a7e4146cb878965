"""Layers in a dataset: beside the pages of their scan, versioned with it."""

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from museion import _session
from museion.errors import InputError
from museion.scans.layers.layer import Layer, layer_from
from museion_datasets.errors import IntegrityError
from museion_datasets.ingest.scans.format import MEASURED, ScanHead, decode_head, decode_ids
from museion_datasets.ingest.scans.layer_format import (
    LayerHead,
    decode_layer_head,
    decode_layer_page,
)
from museion_datasets.ingest.scans.layers import LayerWriter
from museion_datasets.ingest.scans.wasm import thread_meshopt

if TYPE_CHECKING:
    from museion.scans.scan import Scan
    from museion_datasets.dataset import Dataset
    from museion_datasets.draft import Draft

type Array = NDArray[Any]


def put_layer(draft: "Draft", item: str, layer: Layer, *, made_by: str = "") -> None:
    """Write a layer beside its scan, in place of one of the same name; nothing is built again.

    Parameters
    ----------
    draft : Draft
        Of the dataset; `library.draft(path)` has all that the last version has.
    item : str
        Name of the scan.
    layer : Layer
        Of this scan, as stored in the draft.
    made_by : str
        Who stores it, for people.

    Raises
    ------
    InputError
        If the layer has no value, or is not one of this scan.
    """
    head = draft.read_bytes(f"scans/{item}/head")
    if not np.isfinite(layer.values).any():
        raise InputError(
            f"The layer has no value: {layer.name}", hint="look at where its values come from."
        )
    writer = LayerWriter({layer.name: layer.stored(made_by)})
    folder = f"scans/{item}/layers/{layer.name}/"
    draft.remove(folder)
    for page in range(len(decode_head(head).groups)):
        ids = f"ids/{page}"
        for suffix, data in writer.follow(ids, draft.read_bytes(f"scans/{item}/{ids}")):
            draft.write_bytes(f"scans/{item}/{suffix}", data)
    for suffix, data in writer.follow("head", head):
        draft.write_bytes(f"scans/{item}/{suffix}", data)


def save_layer(
    scan: "Scan", layer: Layer, *, message: str = "", purpose: str | None = None
) -> "Dataset":
    """Store a layer as the next version of the scan's dataset.

    Parameters
    ----------
    scan : Scan
        What the layer was made of.
    layer : Layer
    message : str
        What has changed, for people.
    purpose : str, optional
        What the dataset is opened for, if its owner limits that.

    Returns
    -------
    Dataset
        The new version, open.

    Raises
    ------
    InputError
        If the scan was replaced meanwhile.
    """
    library = _session.library()
    terms = {} if purpose is None else {"purpose": purpose}
    with library.draft(scan.dataset, **terms) as draft:  # type: ignore[arg-type]
        found = sha256(draft.read_bytes(f"scans/{scan.name}/head")).hexdigest()
        if f"sha256:{found}" != scan.geometry:
            raise InputError(
                "The scan was replaced since the layer was made",
                hint="open the newest version, and make the layer on it.",
            )
        draft.message = message or f"Layer {layer.title} on {scan.name}"
        put_layer(draft, scan.name, layer, made_by=library.author())
    return library.open(scan.dataset, purpose=purpose)


def read_layer(name: str, head: LayerHead, scan: "Scan") -> Layer:
    """Read a layer: the value of each measured vertex.

    Parameters
    ----------
    name : str
    head : LayerHead
    scan : Scan
    """
    values = np.full(len(scan.measured.vertices), np.nan)
    codec, scan_head = thread_meshopt(), scan.head
    for page in _finest_pages(scan_head):
        ids = decode_ids(scan.read_part(f"ids/{page}"), codec)
        found = decode_layer_page(head, scan.read_part(f"layers/{name}/pages/{page}"), codec)
        _require_same(ids, found)
        first = int(scan_head.groups[page]["first_cluster"])
        for offset, (own, rows) in enumerate(zip(found, ids, strict=True)):
            if scan_head.clusters[first + offset]["made_from"] == MEASURED:
                values[rows] = own
    return layer_from(head, name, _shared(values, scan))


def read_head(data: bytes, geometry: str) -> LayerHead | None:
    """Read a layer's head; None if it is of another geometry.

    Parameters
    ----------
    data : bytes
    geometry : str
        Digest of the scan's head, as `Scan.geometry`.
    """
    head = decode_layer_head(data)
    return head if f"sha256:{head.geometry.hex()}" == geometry else None


def _finest_pages(head: ScanHead) -> list[int]:
    page_of = np.repeat(np.arange(len(head.groups)), head.groups["clusters"])
    pages: list[int] = np.unique(page_of[head.clusters["made_from"] == MEASURED]).tolist()
    return pages


def _require_same(ids: list[Array], values: list[Array]) -> None:
    """Raise unless a page of values has the clusters and vertices of its page of ids.

    Raises
    ------
    IntegrityError
        If it has not.
    """
    if [len(each) for each in ids] != [len(each) for each in values]:
        raise IntegrityError(
            "A page of the layer does not fit its scan",
            hint="store the layer again from its values.",
        )


def _shared(values: Array, scan: "Scan") -> Array:
    """Give vertices that fell together on the scan's grid the value of the one that is named."""
    grid, vertices = scan.head.grid, scan.measured.vertices
    asked = np.flatnonzero(np.isnan(values) & np.isfinite(vertices).all(axis=1))
    named = np.flatnonzero(np.isfinite(values))
    if len(asked) == 0 or len(named) == 0:
        return values

    def keys(rows: Array) -> Array:
        points = np.rint((vertices[rows] - grid.origin) / grid.step).astype(np.int64)
        found: Array = (points[:, 0] << 42) | (points[:, 1] << 21) | points[:, 2]
        return found

    known = keys(named)
    order = np.argsort(known)
    wanted = keys(asked)
    places = np.searchsorted(known[order], wanted).clip(max=len(known) - 1)
    found = order[places]
    is_same = known[found] == wanted
    values[asked[is_same]] = values[named[found[is_same]]]
    return values
