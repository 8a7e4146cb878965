"""Makes a change of somebody's rights hold in the hub and in running workspaces, for certain.

Whoever changes rights writes a row of `PendingRefresh` in the same transaction. Afterwards the
hub is asked to look at the account again; the row goes when the hub has confirmed that it and
every workspace concerned did. Until then it is asked again and again, after a restart too, so
neither a crash nor a hub that is down leaves a door open.
"""

import asyncio
import logging
from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select, update
from starlette.concurrency import run_in_threadpool

from museion_hub.registry.database import Database
from museion_hub.registry.errors import UnavailableError
from museion_hub.registry.hub import HubClient, Kept
from museion_hub.registry.pending import mark_for_refresh
from museion_hub.registry.workgroup_tables import PendingRefresh

FIRST_RETRY_S: Final = 0.5
LONGEST_RETRY_S: Final = 15.0
AT_ONCE: Final = 20
_log: Final = logging.getLogger(__name__)


class Revocation:
    """Tells the hub whose rights changed, until it has confirmed.

    Parameters
    ----------
    database : Database
        Keeps what the hub has not confirmed.
    hub : HubClient
        Is told.
    """

    def __init__(self, database: Database, hub: HubClient) -> None:
        self._database = database
        self._hub = hub
        self._is_pending = asyncio.Event()
        self._under_way = asyncio.Semaphore(AT_ONCE)

    async def refresh(self, accounts: Collection[str], kept: Kept | None = None) -> bool:
        """Make the rights of these accounts hold now.

        Parameters
        ----------
        accounts : collection of str
            Usernames, or ``wg-<slug>`` for a workgroup's own account.
        kept : Kept, optional
            The one session that goes on where all of a person's sessions end.

        Returns
        -------
        bool
            Whether it is done; if not, it is tried again until it is.
        """
        answers = await asyncio.gather(*(self._refresh(name, kept) for name in set(accounts)))
        if not all(answers):
            self._is_pending.set()
        return all(answers)

    async def keep_refreshing(self) -> None:
        """Try for ever what was not confirmed, first of all what an earlier process left."""
        retry_s = FIRST_RETRY_S
        while True:
            self._is_pending.clear()
            if await self._refresh_pending():
                retry_s = FIRST_RETRY_S
                await self._is_pending.wait()
            await asyncio.sleep(retry_s)
            retry_s = min(2 * retry_s, LONGEST_RETRY_S)

    async def _refresh_pending(self) -> bool:
        try:
            waiting = await run_in_threadpool(self._waiting)
        except UnavailableError as error:
            _log.warning("pending changes of rights can't be read: %s", error)
            return False
        answers = await asyncio.gather(*(self._refresh(name, is_retry=True) for name in waiting))
        if not all(answers):
            _log.warning("the hub has not confirmed all changes of rights, trying again")
        return all(answers)

    async def _refresh(
        self, account: str, kept: Kept | None = None, *, is_retry: bool = False
    ) -> bool:
        async with self._under_way:
            try:
                since, ends_sessions = await run_in_threadpool(self._wanted, account)
                ending = (kept or Kept()) if ends_sessions else None
                is_done = await self._hub.refresh_account(account, is_retry=is_retry, ending=ending)
                await run_in_threadpool(self._confirm, account, since, is_done=is_done)
            except UnavailableError as error:
                _log.warning("a change of rights waits for the hub: %s, %s", account, error)
                return False
            return is_done

    def _waiting(self) -> list[str]:
        with self._database.reading() as session:
            return list(session.scalars(select(PendingRefresh.account)))

    def _wanted(self, account: str) -> tuple[datetime, bool]:
        """Give the newest change, and whether sessions end with it; note one if nobody did."""
        with self._database.reading() as session:
            row = session.get(PendingRefresh, account)
            if row is not None:
                return row.since, row.ends_sessions
        with self._database.writing() as session:
            if session.get(PendingRefresh, account) is None:
                mark_for_refresh(session, account)
            row = session.get_one(PendingRefresh, account)
            return row.since, row.ends_sessions

    def _confirm(self, account: str, since: datetime, *, is_done: bool = True) -> None:
        """Strike out a change, unless another one came meanwhile.

        A hub that answered has ended the sessions, though a workspace may still have to hear of it.
        """
        same = (PendingRefresh.account == account, PendingRefresh.since == since)
        told = update(PendingRefresh).where(*same).values(ends_sessions=False)
        with self._database.writing() as session:
            session.execute(delete(PendingRefresh).where(*same) if is_done else told)
