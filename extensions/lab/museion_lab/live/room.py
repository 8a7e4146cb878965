"""A document that several people edit: kept from the first keystroke on, saved, remembered.

Of the library's room this replaces how a document is loaded and saved and how changes are
told, because there work could be lost:

- A change is noted on disk (`UpdateLog`) before anybody else sees it, so that what two
  people have seen outlives the server. If that fails, editing goes on, and the whole
  document is noted as soon as it works again.
- When a document is opened again, its log counts if the file is one this server wrote; the
  file counts if somebody else wrote it, and then the log's state becomes an earlier version.
- A document is saved a second after the last change, and every few seconds while people
  keep typing.
- Who edited is noted from the connection that sent the change, and so is whose each mark on
  a viewer's image (`Marks`) and each annotation on a scan is (`Annotations`).
"""

import asyncio
import time
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from jupyter_server_ydoc.rooms import DocumentRoom
from jupyter_server_ydoc.utils import (
    JUPYTER_COLLABORATION_EVENTS_URI,
    LogLevel,
    OutOfBandChanges,
)
from pycrdt import create_update_message
from tornado.web import HTTPError

from museion_lab.live.annotations import Annotations
from museion_lab.live.contents import content_digest
from museion_lab.live.keeping import Keeping, NotKeptError
from museion_lab.live.marks import Marks
from museion_lab.live.sharing import GuardedRoom
from museion_lab.live.troubles import Task
from museion_lab.live.update_log import COMPACT_ABOVE_ROWS
from museion_lab.live.visitors import Client
from museion_lab.people import Person
from museion_lab.versions.store import Author, Reason

__all__ = ["WorkspaceRoom"]

LONGEST_UNSAVED_S = 5.0  # while people type without a pause


class WorkspaceRoom(GuardedRoom, DocumentRoom):  # type: ignore[misc,unused-ignore]
    """A file of the workspace, open for everybody in it.

    Parameters
    ----------
    keeping : Keeping
        What to keep it with.
    *args, **kwargs
        As the library's room takes them.
    """

    def __init__(self, keeping: Keeping, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        self._authors: dict[str, Author] = {}
        self._editing: Person | None = None
        self._is_behind = False
        self._last_path = ""
        self._signers: tuple[Marks | Annotations, ...] = ()
        self._noted: list[tuple[str, str]] = []
        super().__init__(*args, **kwargs)
        self.guard()
        self._keeping = keeping
        self._saving = asyncio.Lock()
        self._at_work: asyncio.Task[Any] | None = None
        self._saved_at = time.monotonic()
        self.is_from_log = False

    @property
    def file_id(self) -> str:
        """The server's number for the file."""
        return str(self._file.file_id)

    @property
    def file_path(self) -> str:
        """Where the file lies, relative to the workspace."""
        with suppress(RuntimeError):  # once the file is gone, its last place
            self._last_path = str(self._file.path)
        return self._last_path

    @property
    def is_edited(self) -> bool:
        """Whether somebody edited since the last version that was kept."""
        return bool(self._authors)

    def hand_over_authors(self) -> tuple[Author, ...]:
        """Return who edited since this was last asked.

        Returns
        -------
        tuple of Author
            In the order of their first edit.
        """
        authors = tuple(self._authors.values())
        self._authors.clear()
        return authors

    def take_back_authors(self, authors: tuple[Author, ...]) -> None:
        """Remember authors again, whose version was not kept.

        Parameters
        ----------
        authors : tuple of Author
            From `hand_over_authors`.
        """
        self._authors = {each.username: each for each in authors} | self._authors

    async def note_authors(self) -> None:
        """Remember on disk who edited since the last version; never raises."""
        names = [(each.username, each.display_name) for each in self._authors.values()]
        if names == self._noted:
            return
        try:
            await asyncio.to_thread(self._keeping.log.note_authors, self.room_id, names)
        except Exception as error:  # noqa: BLE001  editing goes on, whatever the disk does
            self._keeping.troubles.begin(Task.CHANGES, error)
        else:
            self._noted = names

    def content(self) -> Any:  # noqa: ANN401  text or a notebook
        """Return what the document holds now.

        Returns
        -------
        str or dict
            Text, or a notebook.
        """
        return self._document.get()

    async def change(self, client: Client, update: bytes) -> None:
        """Apply a change, and note whose it is."""
        self._editing = client.visitor.person
        try:
            self.ydoc.apply_update(update)
            for signer in self._signers:
                signer.settle(client.visitor.person)
        except (ValueError, RuntimeError) as error:
            self.warn_once(client, f"a change could not be applied: {error}")
            await self._handle_sync_message_error(error, b"\x00", client)
        finally:
            self._editing = None

    async def restore(self, content: Any, person: Person) -> None:  # noqa: ANN401
        """Put an earlier content in place, as a person's edit that everybody sees.

        Parameters
        ----------
        content : str or dict
            Text, or a notebook.
        person : Person
            Who brings it back.

        Raises
        ------
        NotKeptError
            If what is there now could not become a version; nothing is changed then.
        """
        if not await self._keep_present(Reason.RESTORED):
            raise NotKeptError("the present state could not be kept")
        self._editing = person
        try:
            self._document.set(content)
        finally:
            self._editing = None

    async def _keep_present(self, reason: Reason) -> bool:
        """Make a version of the present state, also of what is typed meanwhile."""
        keep = self._keeping.keeper.keep
        while await keep(self, mine := self.content(), reason):
            if content_digest(self.content()) == content_digest(mine):
                return True
        return False

    def _on_document_change(self, target: str, event: Any) -> None:  # noqa: ANN401
        if target != "state" and self._editing is not None:
            person = self._editing
            self._authors[person.username] = Author(person.username, person.display_name)
        super()._on_document_change(target, event)

    # Loading

    async def initialize(self) -> None:
        """Load the document, once."""
        if self.ready:
            return
        model = await self._file.load_content(self._file_format, self._file_type)
        content = model["content"]
        async with self._update_lock:
            is_ahead = await self._load(content)
            self.ready = True
            await self.ydoc_observed.wait()
        await self._keeping.keeper.keep(self, self.content(), Reason.OPENED)
        self._emit(LogLevel.INFO, "initialize", "Room initialized")
        if is_ahead:
            self._document.dirty = True
            self._save_to_disc()

    async def _load(self, content: Any) -> bool:  # noqa: ANN401  text or a notebook
        """Fill the document; tell whether it is newer than its file."""
        log, digest = self._keeping.log, content_digest(content)
        changes = await asyncio.to_thread(log.read, self.room_id)
        for change in changes:
            self.ydoc.apply_update(change)
        self._signers = (Marks(self.ydoc), Annotations(self.ydoc))
        self.is_from_log = bool(changes)
        self._noted = await asyncio.to_thread(log.read_authors, self.room_id)
        self.take_back_authors(tuple(Author(*names) for names in self._noted))
        if not changes:
            await self._apply_deterministic_source_content(content)
            await self._note_whole()
        is_known = await asyncio.to_thread(log.knows_content, self.room_id, digest)
        is_ahead = bool(changes) and self._differs_from(content)
        if is_ahead and not is_known:
            await self._keep_present(Reason.REPLACED)
            self._document.set(content)
            await self._note_whole()
        elif len(changes) > COMPACT_ABOVE_ROWS:
            await self._note_whole()
        await self._note_content(digest)
        return is_ahead and is_known

    def _differs_from(self, content: Any) -> bool:  # noqa: ANN401  text or a notebook
        """Tell whether the document holds something else than it would if read from a content."""
        mine = content_digest(self.content())
        if mine == content_digest(content):
            return False
        fresh = type(self._document)()
        fresh.set(content)
        return mine != content_digest(fresh.get())

    # Telling changes

    async def _broadcast_updates(self) -> None:
        try:
            async with self._update_receive_stream as stream:
                async for update in stream:
                    updates = [update]
                    while stream.statistics().current_buffer_used:
                        updates.append(stream.receive_nowait())
                    await self._note(updates)
                    await self._tell(updates)
        except asyncio.CancelledError:
            return

    async def _tell(self, updates: list[bytes]) -> None:
        for client in tuple(self.clients):
            for update in updates:
                await client.send(create_update_message(update))

    async def _note(self, updates: list[bytes]) -> None:
        """Keep changes; if some could not be kept before, the whole document instead."""
        await self.note_authors()
        if self._is_behind:
            await self._note_whole()
            return
        try:
            await asyncio.to_thread(self._keeping.log.append, self.room_id, updates)
        except Exception as error:  # noqa: BLE001  editing goes on, whatever the disk does
            self._is_behind = True
            self._keeping.troubles.begin(Task.CHANGES, error)

    async def _note_whole(self) -> None:
        state = self.ydoc.get_update()
        try:
            await asyncio.to_thread(self._keeping.log.replace, self.room_id, state)
        except Exception as error:  # noqa: BLE001  as above
            self._is_behind = True
            self._keeping.troubles.begin(Task.CHANGES, error)
        else:
            self._is_behind = False
            self._keeping.troubles.end(Task.CHANGES)

    async def _note_content(self, digest: str) -> None:
        try:
            await asyncio.to_thread(self._keeping.log.note_content, self.room_id, digest)
        except Exception as error:  # noqa: BLE001  as above
            self._keeping.troubles.begin(Task.CHANGES, error)

    # Saving

    async def save_now(self) -> bool | None:
        """Save the document to its file.

        Returns
        -------
        bool or None
            Whether that worked; None if it was being loaded or saved anyway.
        """
        task = self._save_to_disc()
        return None if task is None else await task

    async def _maybe_save_document(
        self,
        saving_document: "asyncio.Task[Any] | None",
        save_now: bool = False,  # noqa: FBT001, FBT002  the library's signature
    ) -> bool | None:
        if saving_document is not None and saving_document is not self._at_work:
            saving_document.cancel()
        try:
            if not save_now and not await self._wait_for_pause():
                return None
            async with self._saving:
                self._at_work = asyncio.current_task()
                return await self._save()
        except asyncio.CancelledError:
            return None
        except OutOfBandChanges:
            await self._on_outofband_change()
            return None
        except Exception as error:  # noqa: BLE001  said to the people, tried again later
            if not _is_gone(error):
                self._keeping.troubles.begin(Task.FILE, error)
            self._emit(LogLevel.ERROR, None, f"Error saving file: {self.file_path}")
            return False

    async def _wait_for_pause(self) -> bool:
        """Wait until nobody has typed for a moment, not for ever; False if never to save."""
        if self._save_delay is None:
            return False
        is_due = time.monotonic() - self._saved_at > LONGEST_UNSAVED_S
        await asyncio.sleep(0 if is_due else self._save_delay)
        return True

    async def _save(self) -> bool | None:
        self._saved_at = time.monotonic()
        content = await self._document.aget()
        await self._note_content(content_digest(content))
        model = {"format": self._file_format, "type": self._file_type, "content": content}
        saved = await self._file.maybe_save_content(model)
        if not saved:
            return None
        async with self._update_lock:
            self._document.dirty = False
            self._document.hash = saved["hash"]
        self._keeping.troubles.end(Task.FILE)
        self._emit(LogLevel.INFO, "save", "Content saved.")
        return True

    async def _on_outofband_change(self) -> None:
        """Take over what somebody else wrote to the file; what was here becomes a version."""
        try:
            model = await self._file.load_content(self._file_format, self._file_type)
        except Exception as error:
            self.log.exception("Can't read %s", self.file_path)
            self._emit(LogLevel.ERROR, None, f"Error loading content from file: {error}")
            return
        content = model["content"]
        self._emit(LogLevel.INFO, "overwrite", "Out-of-band changes. Overwriting the room.")
        if self._differs_from(content):
            await self._keep_present(Reason.REPLACED)
            async with self._update_lock:
                self._document.set(content)
        self._document.dirty = False
        await self._note_content(content_digest(content))

    def _emit(self, level: LogLevel, action: str | None = None, msg: str | None = None) -> None:
        """Tell what happens, also about a file that is gone."""
        data = {"level": level.value, "room": self.room_id, "path": self.file_path}
        said = {key: value for key, value in (("action", action), ("msg", msg)) if value}
        self._logger.emit(schema_id=JUPYTER_COLLABORATION_EVENTS_URI, data=data | said)

    async def stop(self) -> None:
        """Save what is not saved, keep the last state, and end."""
        if self._saving_document is not None and not self._saving_document.done():
            await self.save_now()
        if self.is_edited:
            await self._keeping.keeper.keep(self, self.content(), Reason.CLOSED)
        await self._note_whole()
        await super().stop()


def _is_gone(error: Exception) -> bool:
    """Tell whether a file can't be saved because somebody deleted it."""
    if isinstance(error, HTTPError):
        return error.status_code == HTTPStatus.NOT_FOUND
    return isinstance(error, RuntimeError)  # the library knows no path for it
