"""How deep a visitor may look into a scan, and how deep they did.

Members see every level: their kernels hold the data anyway. Who only looks, as an administrator
who is no member, runs nothing here, so what they do not get from this server they do not have:
they get levels down to `LOOKING_SHARE` of the scan's diagonal, and finer pages look missing. What
was read is written to the server's log, summed up by visitor and scan.
"""

import json
import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

import numpy as np

from museion_datasets.errors import NotFoundError
from museion_datasets.ingest.scans.format import ScanHead, decode_head, encode_head
from museion_datasets.ingest.scans.reduced import reduced_head

LOOKING_SHARE = 1e-3
"""Of the scan's diagonal: the finest error that somebody sees who only looks."""

MAX_TOLD = 4096
"""Visitors and scans whose sums are kept."""


@dataclass(frozen=True, slots=True)
class SeenScan:
    """A scan as one kind of visitor sees it.

    Attributes
    ----------
    head : bytes
        In its stored form.
    pages : frozenset of int
        Those that the visitor may read.
    errors_m : tuple of float
        What is off, at most, where a page is not yet shown, in metres; that of page 0 is
        the largest of the others.
    """

    head: bytes
    pages: frozenset[int]
    errors_m: tuple[float, ...]

    @classmethod
    def of(cls, stored: bytes, *, is_member: bool) -> "SeenScan":
        """Return what a visitor sees of a stored head.

        Parameters
        ----------
        stored : bytes
        is_member : bool
            Members see everything.
        """
        head = decode_head(stored)
        if is_member:
            return cls(stored, frozenset(range(len(head.groups))), _errors(head))
        diagonal_m = float(np.linalg.norm(head.grid.size * head.grid.step))
        reduced, pages = reduced_head(head, LOOKING_SHARE * diagonal_m)
        return cls(encode_head(reduced), pages, _errors(reduced))

    def require_pages(self, ids: Sequence[int]) -> None:
        """Raise unless all of the pages are there for this visitor.

        Parameters
        ----------
        ids : sequence of int

        Raises
        ------
        NotFoundError
            If there is no such page, or not for this visitor.
        """
        if not self.pages.issuperset(ids):
            raise NotFoundError("There is no such page", hint="ask for pages that the head names.")


def _errors(head: ScanHead) -> tuple[float, ...]:
    errors = head.groups["distance"].astype(np.float64) * head.grid.step
    errors[0] = errors[1:].max(initial=0.0)
    return tuple(errors.tolist())


@dataclass(slots=True)
class ScanLedger:
    """What was read of scans, by visitor.

    Parameters
    ----------
    log : logging.Logger
        Told of every answer with pages, in one line of JSON.
    """

    log: logging.Logger
    _sums: OrderedDict[tuple[str, str], int] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def note(self, visitor: str, scan: str, size_bytes: int, finest_m: float) -> None:
        """Note an answer.

        Parameters
        ----------
        visitor : str
            Who asked.
        scan : str
            Dataset, version and scan.
        size_bytes : int
            Of the pages, decrypted.
        finest_m : float
            The smallest error among the pages, in metres.
        """
        key = (visitor, scan)
        with self._lock:
            total = self._sums.get(key, 0) + size_bytes
            self._sums[key] = total
            self._sums.move_to_end(key)
            if len(self._sums) > MAX_TOLD:
                self._sums.popitem(last=False)
        entry = {
            "visitor": visitor,
            "scan": scan,
            "bytes": size_bytes,
            "bytes_so_far": total,
            "finest_m": float(f"{finest_m:.3g}"),
        }
        self.log.info("scan read: %s", json.dumps(entry))
