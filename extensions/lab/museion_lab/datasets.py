"""Datasets this server has open, shared by all requests.

`OpenDatasets.get` opens a dataset once however many requests ask for it at the same
moment, keeps the last few, and forgets each after `LIFETIME_S`, so that access that
was taken away ends here too. Opening asks the registry for a key and reads the
manifest; both happen in a thread, off the event loop.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from museion_datasets.dataset import Dataset
from museion_datasets.errors import UnavailableError
from museion_datasets.model import DatasetRecord

CAPACITY = 16  # datasets
LIFETIME_S = 300.0  # for a version named by number: it never changes, but access may
NEWEST_LIFETIME_S = 5.0  # for "the newest version", which does change

type Key = tuple[str, int | None]


class DatasetLibrary(Protocol):
    """The part of `museion_datasets`' library that a workspace server uses."""

    def datasets(self) -> list[DatasetRecord]:
        """Return the datasets this server may see."""
        ...

    def open(self, path: str, version: int | None = None) -> Dataset:
        """Open a dataset at a version; None is the newest."""
        ...


@dataclass(frozen=True, slots=True)
class _Opening:
    """A dataset that is open or being opened, and until when that counts."""

    task: asyncio.Task[Dataset]
    expires: float


class OpenDatasets:
    """Opens datasets for the request handlers.

    Parameters
    ----------
    connect : callable
        Returns the library; called once, in a thread, at the first request.
    capacity : int
        How many datasets stay open.
    clock : callable
        Seconds that only grow.
    """

    def __init__(
        self,
        connect: Callable[[], DatasetLibrary],
        *,
        capacity: int = CAPACITY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connect = connect
        self._capacity = capacity
        self._clock = clock
        self._library: DatasetLibrary | None = None
        self._connecting = asyncio.Lock()
        self._openings: OrderedDict[Key, _Opening] = OrderedDict()

    async def get(self, path: str, version: int | None = None) -> Dataset:
        """Return an open dataset.

        Parameters
        ----------
        path : str
            Workgroup and name, as in ``"murals/panel"``.
        version : int, optional
            The version; by default the newest.

        Returns
        -------
        Dataset
            Safe to use from several threads.
        """
        key = (path, version)
        opening = self._openings.get(key)
        if opening is None or self._is_over(opening):
            opening = self._start(key)
        self._openings.move_to_end(key)
        # Shielded: a browser that goes away must not cancel what others wait for.
        return await asyncio.shield(opening.task)

    async def records(self) -> list[DatasetRecord]:
        """Return the datasets this workspace may open.

        Returns
        -------
        list of DatasetRecord
            In the registry's order.
        """
        library = await self._connected()
        return await asyncio.to_thread(library.datasets)

    def _is_over(self, opening: _Opening) -> bool:
        """Return whether an opening may no longer be given out."""
        if opening.task.done() and (opening.task.cancelled() or opening.task.exception()):
            return True
        return self._clock() >= opening.expires

    def _start(self, key: Key) -> _Opening:
        """Begin to open `key`, and drop what was least used."""
        lifetime = LIFETIME_S if key[1] is not None else NEWEST_LIFETIME_S
        opening = _Opening(asyncio.create_task(self._open(*key)), self._clock() + lifetime)
        self._openings[key] = opening
        while len(self._openings) > self._capacity:
            self._openings.popitem(last=False)
        return opening

    async def _open(self, path: str, version: int | None) -> Dataset:
        """Open one dataset in a thread."""
        library = await self._connected()
        return await asyncio.to_thread(library.open, path, version)

    async def _connected(self) -> DatasetLibrary:
        """Return the library, connecting at the first call."""
        async with self._connecting:
            if self._library is None:
                self._library = await asyncio.to_thread(self._connect)
            return self._library


def require_registry(url: str) -> str:
    """Return the registry's address, or say that there is none.

    Parameters
    ----------
    url : str
        The address this server was given.

    Returns
    -------
    str
        The same address.

    Raises
    ------
    UnavailableError
        If it is empty.
    """
    if not url:
        raise UnavailableError(
            "This server was not told where the datasets are",
            hint="set MUSEION_REGISTRY_URL to the registry's address or a file:// directory.",
        )
    return url
