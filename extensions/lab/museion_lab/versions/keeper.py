"""Keeps earlier versions: on a timer while people edit, when they save, before a replacement.

Keeping never stops anybody from editing: if it fails, for example because the disk is full,
that is said once (`Troubles`) and tried again with the next version.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Protocol

from museion_lab.live.troubles import Task, Troubles
from museion_lab.versions.store import Author, Reason, Version, VersionStore

__all__ = ["KeptRoom", "VersionKeeper"]


class KeptRoom(Protocol):
    """An open document, as far as its versions are concerned."""

    @property
    def file_id(self) -> str:
        """The server's number for the file."""

    @property
    def file_path(self) -> str:
        """Where the file lies, relative to the workspace."""

    @property
    def is_edited(self) -> bool:
        """Whether somebody edited since the last version."""

    def content(self) -> Any:  # noqa: ANN401  text or a notebook
        """Return what it holds now."""

    def hand_over_authors(self) -> tuple[Author, ...]:
        """Return who edited since this was last asked."""

    def take_back_authors(self, authors: tuple[Author, ...]) -> None:
        """Remember authors again."""

    async def note_authors(self) -> None:
        """Remember on disk who edited since the last version."""


class VersionKeeper:
    """Keeps versions of the open documents of one server.

    Parameters
    ----------
    store : VersionStore
        Where they go.
    troubles : Troubles
        Where a failure is said.
    clock : callable
        Seconds since 1970.
    """

    def __init__(
        self, store: VersionStore, troubles: Troubles, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._troubles = troubles
        self._clock = clock
        self._task: asyncio.Task[None] | None = None

    async def keep(self, room: KeptRoom, content: Any, reason: Reason) -> bool:  # noqa: ANN401
        """Keep a content of a room, unless the youngest version is the same.

        Parameters
        ----------
        room : KeptRoom
            Whose content it is.
        content : str or dict
            Text, or a notebook.
        reason : Reason
            Why now.

        Returns
        -------
        bool
            Whether the content is safe.
        """
        document, path, authors = room.file_id, room.file_path, room.hand_over_authors()
        try:
            is_new = await asyncio.to_thread(self._keep, content, document, path, reason, authors)
        except Exception as error:  # noqa: BLE001  editing goes on, whatever the disk does
            room.take_back_authors(authors)
            self._troubles.begin(Task.VERSIONS, error)
            return False
        if not is_new:
            room.take_back_authors(authors)
        await room.note_authors()
        self._troubles.end(Task.VERSIONS)
        return True

    def _keep(
        self,
        content: Any,  # noqa: ANN401
        document: str,
        path: str,
        reason: Reason,
        authors: tuple[Author, ...],
    ) -> bool:
        now = self._clock()
        is_new = self._store.add(content, document, path, taken=now, reason=reason, authors=authors)
        if is_new:
            self._store.thin(document, now)
        return is_new

    async def list_versions(self, document: str) -> list[Version]:
        """Return a document's versions, youngest first.

        Parameters
        ----------
        document : str
            The server's number for the file.

        Returns
        -------
        list of Version
            Without their contents.
        """
        return await asyncio.to_thread(self._store.list_versions, document)

    async def find_content(self, document: str, number: int) -> Any:  # noqa: ANN401
        """Return a version's content, None if the document has no such version.

        Parameters
        ----------
        document : str
            The server's number for the file.
        number : int
            The version's.

        Returns
        -------
        str or dict or None
            Text, or a notebook.
        """
        return await asyncio.to_thread(self._store.find_content, document, number)

    def start(self, rooms: Callable[[], Iterable[KeptRoom]], *, every_s: float) -> None:
        """Begin to keep a version of each edited document again and again.

        Parameters
        ----------
        rooms : callable
            Gives the documents that are open.
        every_s : float
            Seconds between two versions.
        """
        self._task = asyncio.create_task(self._keep_on(rooms, every_s))

    async def _keep_on(self, rooms: Callable[[], Iterable[KeptRoom]], every_s: float) -> None:
        while True:
            await asyncio.sleep(every_s)
            for room in rooms():
                if room.is_edited:
                    await self.keep(room, room.content(), Reason.TIMER)

    async def stop(self) -> None:
        """End the timer."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def close(self) -> None:
        """Let go of the file."""
        self._store.close()
