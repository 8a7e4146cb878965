"""Presence: browsers give signs of life, the server tells the registry.

Each open JupyterLab posts to `museion/presence` while it is open. `PresenceReporter`
sends the set of people to the registry when it changes and every `REPORT_EVERY_S`, so
that the hub's home page shows who is where. These requests do not count as activity: a
forgotten browser tab must not keep a workspace running.
"""

import asyncio
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from tornado import web

from museion_lab.handlers import MuseionHandler, authorized
from museion_lab.membership import may_write
from museion_lab.people import Person, PresenceBoard, make_person, merge_members
from museion_lab.registry import RegistryClient

BEAT_S = 20.0  # how often a browser gives a sign of life
REPORT_EVERY_S = 20.0


class PresenceReporter:
    """Keeps the registry's idea of who is here up to date.

    Parameters
    ----------
    board : PresenceBoard
        Who is here.
    registry : RegistryClient or None
        Who wants to know; nobody on a laptop without hub.
    every_s : float
        Longest time between two reports.
    """

    def __init__(
        self,
        board: PresenceBoard,
        registry: RegistryClient | None,
        *,
        every_s: float = REPORT_EVERY_S,
    ) -> None:
        self._board = board
        self._registry = registry
        self._every_s = every_s
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to report."""
        if self._registry is not None:
            self._task = asyncio.create_task(self._report(self._registry))

    def note_change(self) -> None:
        """Report soon, because somebody came."""
        self._changed.set()

    async def stop(self) -> None:
        """Say that nobody is here any more, and end."""
        if self._task is None or self._registry is None:
            return
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        await self._registry.report_presence([])
        await self._registry.close()

    async def _report(self, registry: RegistryClient) -> None:
        """Report on change and at intervals, until cancelled."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), self._every_s)
            self._changed.clear()
            await registry.report_presence(person.username for person in self._board.here())


class _PeopleHandler(MuseionHandler):
    """What both endpoints need; neither counts as activity."""

    open_to_visitors = True
    _track_activity = False

    @property
    def board(self) -> PresenceBoard:
        """Who is here."""
        board: PresenceBoard = self.settings["museion_board"]
        return board

    def current_person(self) -> Person:
        """Return the authenticated member who asks."""
        user = self.current_user
        return make_person(user.username, user.display_name, user.initials, user.color)


class PresenceHandler(_PeopleHandler):
    """`POST museion/presence`: I am here."""

    @web.authenticated
    @authorized("read", "contents")
    async def post(self) -> None:
        """Note a sign of life and answer when the next one is due."""
        if self.board.see(self.current_person()):
            self._reporter.note_change()
        self.finish({"next_s": BEAT_S})

    @property
    def _reporter(self) -> PresenceReporter:
        """Who tells the registry."""
        reporter: PresenceReporter = self.settings["museion_reporter"]
        return reporter


class MembersHandler(_PeopleHandler):
    """`GET museion/members`: the workgroup and its people."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with the workgroup, you, and the members."""
        you = self.current_person()
        card = await self._card()
        members = merge_members(
            [*self.board.here(), you], card.get("members", []) if card else [], you=you.username
        )
        slug = self.settings["museion_environment"].workgroup
        title = card.get("title", slug) if card else slug
        self.finish({
            "workgroup": {"slug": slug, "title": title} if slug else None,
            "you": asdict(you),
            "members": members,
            "may_write": may_write(self.current_user),
        })

    async def _card(self) -> dict[str, Any] | None:
        """Return the workgroup's card, if there is a workgroup and a registry."""
        registry: RegistryClient | None = self.settings["museion_registry"]
        slug = self.settings["museion_environment"].workgroup
        if registry is None or slug is None:
            return None
        return await registry.workgroup_card(slug)


def routes() -> list[tuple[str, type]]:
    """Return the endpoints of this module, below `museion/`.

    Returns
    -------
    list of (str, type)
        Pattern and handler.
    """
    return [("presence", PresenceHandler), ("members", MembersHandler)]
