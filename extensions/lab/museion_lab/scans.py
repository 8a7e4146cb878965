"""Scans over HTTP: the head with the first image, and pages of finer triangles.

`museion/scans/<workgroup>/<dataset>/<scan>/` has `head` and `pages`; its layers are served by
`scan_layers`. A request for pages names
up to `MAX_PAGES`; the answer is their number, then id and length of each (little endian,
32 bit), then their bytes. Pages are decrypted in threads, side by side. Who may not write here
gets the coarser levels only (`scan_depth`).
"""

import asyncio

from tornado import web

from museion_datasets.dataset import Dataset
from museion_datasets.ingest.scans.batch import MAX_PAGES, pack_pages
from museion_lab.cube_queries import QueryError
from museion_lab.handlers import authorized
from museion_lab.kept import Kept
from museion_lab.membership import may_write
from museion_lab.scan_depth import ScanLedger, SeenScan
from museion_lab.streamed import ADDRESS, StreamedHandler

MAX_PAGE_ID = 2**32 - 2
HEADS_KEPT_BYTES = 64 << 20
BINARY = "application/octet-stream"

type SeenScans = Kept[tuple[str, int, str, bool], SeenScan]


def routes() -> list[tuple[str, type]]:
    """Return the endpoints, relative to `museion/`.

    Returns
    -------
    list of (str, type)
        Pattern and handler.
    """
    root = f"scans/{ADDRESS}"
    return [(rf"{root}/head", HeadHandler), (rf"{root}/pages", PagesHandler)]


def read_page_ids(text: str | None, first: int = 1) -> tuple[int, ...]:
    """Return the asked pages.

    Parameters
    ----------
    text : str or None
        The argument `ids`: whole numbers, separated by commas.
    first : int
        The lowest that can be asked for: page 0 of the scan itself is in the head.

    Returns
    -------
    tuple of int
        One to `MAX_PAGES` different ids.

    Raises
    ------
    QueryError
        If they are missing, too many, the same, or no page ids.
    """
    words = [] if not text else text.split(",")
    if not 1 <= len(words) <= MAX_PAGES:
        raise QueryError(
            f"A request names 1 to {MAX_PAGES} pages, this one: {len(words)}",
            hint="ask for pages as in ids=1,2,3.",
        )
    bad = next((word for word in words if not _is_page_id(word, first)), None)
    if bad is not None:
        raise QueryError(
            f"Not the number of a page: {bad:.20}",
            hint=f"pages are numbered from {first}; the scan's page 0 comes with its head.",
        )
    ids = tuple(int(word) for word in words)
    if len(set(ids)) != len(ids):
        raise QueryError("A page is named twice", hint="name each page once.")
    return ids


def _is_page_id(word: str, first: int) -> bool:
    is_number = word.isascii() and word.isdigit() and len(word) <= len(str(MAX_PAGE_ID))
    return is_number and first <= int(word) <= MAX_PAGE_ID


class ScanHandler(StreamedHandler):
    """What the endpoints share: reading an object in a thread, and how deep a visitor sees."""

    async def read(self, dataset: Dataset, key: str) -> bytes:
        """Return one object, decrypted in a thread.

        Parameters
        ----------
        dataset : Dataset
            Where it belongs.
        key : str
            Logical key.
        """
        return await asyncio.to_thread(dataset.read_bytes, key)

    @property
    def is_member(self) -> bool:
        """Whether the visitor may see every level."""
        return may_write(self.current_user)

    async def open_scan(self, dataset: Dataset, item: str) -> SeenScan:
        """Return the scan as this visitor sees it.

        Parameters
        ----------
        dataset : Dataset
            Where it belongs.
        item : str
            Name of the scan.
        """
        is_member = self.is_member
        seen: SeenScans = self.settings.setdefault(
            "museion_seen_scans", Kept(HEADS_KEPT_BYTES, lambda scan: len(scan.head))
        )
        return await asyncio.to_thread(
            seen.get,
            (dataset.record.id, dataset.version, item, is_member),
            lambda: SeenScan.of(
                bytes(dataset.read_bytes(f"scans/{item}/head")), is_member=is_member
            ),
        )

    def note(self, dataset: Dataset, item: str, size_bytes: int, finest_m: float) -> None:
        """Write to the log what was read.

        Parameters
        ----------
        dataset : Dataset
            Where it belongs.
        item : str
            Name of the scan.
        size_bytes : int
            Of the pages, decrypted.
        finest_m : float
            The smallest error among the pages, in metres.
        """
        ledger: ScanLedger = self.settings.setdefault("museion_scan_ledger", ScanLedger(self.log))
        scan = f"{dataset.path}@{dataset.version}/{item}"
        ledger.note(self.current_user.username, scan, size_bytes, finest_m)


class HeadHandler(ScanHandler):
    """`head`: bounds, levels of detail, and the coarsest triangles."""

    @web.authenticated
    @authorized
    async def get(self, workgroup: str, name: str, item: str) -> None:
        """Answer with the head."""
        dataset = await self.open_dataset(workgroup, name)
        if self.is_known(f"member {self.is_member}"):
            return
        scan = await self.open_scan(dataset, item)
        self.finish(scan.head, set_content_type=BINARY)


class PagesHandler(ScanHandler):
    """`pages`: triangles, as many pages as one request may name."""

    @web.authenticated
    @authorized
    async def get(self, workgroup: str, name: str, item: str) -> None:
        """Answer with the pages, in the order asked for."""
        ids = read_page_ids(self.get_query_argument("ids", None))
        dataset = await self.open_dataset(workgroup, name)
        scan = await self.open_scan(dataset, item)
        scan.require_pages(ids)
        if self.is_known(f"member {self.is_member}"):
            return
        keys = [f"scans/{item}/pages/{page}" for page in ids]
        contents = await asyncio.gather(*(self.read(dataset, key) for key in keys))
        self.note(dataset, item, sum(map(len, contents)), min(scan.errors_m[page] for page in ids))
        packed = pack_pages(list(zip(ids, contents, strict=True)))
        self.finish(packed, set_content_type=BINARY)
