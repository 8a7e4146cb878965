"""Layers of scans over HTTP: what there is, and values page by page.

`museion/scans/<workgroup>/<dataset>/<scan>/` has `layers`, a list in JSON, and
`layers/<layer>/pages`, answered as pages of triangles are; page 0 is among them. Who may not see
a page of the scan does not see its values either. Whatever is not there, or belongs to a geometry
that the scan no longer has, looks missing.
"""

import asyncio
from collections.abc import Mapping
from hashlib import sha256

from tornado import web

from museion_datasets.dataset import Dataset
from museion_datasets.errors import NotFoundError
from museion_datasets.ingest.scans.batch import pack_pages
from museion_datasets.ingest.scans.layer_format import (
    LayerHead,
    decode_layer_head,
    layer_listing,
)
from museion_datasets.versions.snapshot import children
from museion_lab.handlers import authorized
from museion_lab.kept import Kept
from museion_lab.scans import BINARY, ScanHandler, read_page_ids
from museion_lab.streamed import ADDRESS

SCANS_KEPT = 64

_LAYER = r"([A-Za-z0-9][A-Za-z0-9._-]*)"

type Heads = Mapping[str, LayerHead]
type KnownLayers = Kept[tuple[str, int, str], Heads]


def routes() -> list[tuple[str, type]]:
    """Return the endpoints, relative to `museion/`.

    Returns
    -------
    list of (str, type)
        Pattern and handler.
    """
    root = f"scans/{ADDRESS}/layers"
    return [(root, LayersHandler), (rf"{root}/{_LAYER}/pages", LayerPagesHandler)]


def read_heads(dataset: Dataset, item: str) -> Heads:
    """Return the heads of a scan's layers by name.

    Parameters
    ----------
    dataset : Dataset
    item : str
        Name of the scan.
    """
    geometry = sha256(dataset.read_bytes(f"scans/{item}/head")).digest()
    folder = f"scans/{item}/layers/"
    heads = {
        name: decode_layer_head(dataset.read_bytes(f"{folder}{name}/head"))
        for name in children(dataset.keys(folder), folder)
    }
    return {name: head for name, head in heads.items() if head.geometry == geometry}


class LayerHandler(ScanHandler):
    """What the endpoints share: the layers of a scan."""

    async def heads(self, dataset: Dataset, item: str) -> Heads:
        """Return the heads of a scan's layers, read now or before.

        Parameters
        ----------
        dataset : Dataset
            Where it belongs.
        item : str
            Name of the scan.
        """
        known: KnownLayers = self.settings.setdefault("museion_scan_layers", Kept(SCANS_KEPT))
        key = (dataset.record.id, dataset.version, item)
        return await asyncio.to_thread(known.get, key, lambda: read_heads(dataset, item))


class LayersHandler(LayerHandler):
    """`layers`: titles, units, ranges, how they came about; and ramps of colours."""

    @web.authenticated
    @authorized
    async def get(self, workgroup: str, name: str, item: str) -> None:
        """Answer with the list."""
        dataset = await self.open_dataset(workgroup, name)
        heads = await self.heads(dataset, item)
        if self.is_known():
            return
        self.finish(layer_listing(heads))


class LayerPagesHandler(LayerHandler):
    """`layers/<layer>/pages`: values, as many pages as one request may name."""

    @web.authenticated
    @authorized
    async def get(self, workgroup: str, name: str, item: str, layer: str) -> None:
        """Answer with the pages, in the order asked for.

        Raises
        ------
        NotFoundError
            If there is no such layer or page, or not for this visitor.
        """
        ids = read_page_ids(self.get_query_argument("ids", None), first=0)
        dataset = await self.open_dataset(workgroup, name)
        scan = await self.open_scan(dataset, item)
        scan.require_pages(ids)
        if layer not in await self.heads(dataset, item):
            raise NotFoundError("There is no such layer", hint="ask for one that is listed.")
        if self.is_known(f"member {self.is_member}"):
            return
        keys = [f"scans/{item}/layers/{layer}/pages/{page}" for page in ids]
        contents = await asyncio.gather(*(self.read(dataset, key) for key in keys))
        finest_m = min(scan.errors_m[page] for page in ids)
        self.note(dataset, f"{item}/{layer}", sum(map(len, contents)), finest_m)
        packed = pack_pages(list(zip(ids, contents, strict=True)))
        self.finish(packed, set_content_type=BINARY)
