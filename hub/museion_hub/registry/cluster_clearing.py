"""Clears away, for ever, the clusters that are over."""

import asyncio
import logging
from datetime import UTC, datetime
from typing import Final

from starlette.concurrency import run_in_threadpool

from museion_hub.registry import clusters
from museion_hub.registry.database import Database
from museion_hub.registry.errors import UnavailableError

LOOK_EVERY_S: Final = 60.0
_log: Final = logging.getLogger(__name__)


async def keep_clearing(database: Database) -> None:
    """Look for clusters whose token has expired, for ever.

    Parameters
    ----------
    database : Database
        The registry's.
    """
    while True:
        try:
            await run_in_threadpool(_clear, database)
        except UnavailableError as error:
            _log.warning("clusters that are over can't be cleared away: %s", error)
        await asyncio.sleep(LOOK_EVERY_S)


def _clear(database: Database) -> None:
    now = datetime.now(UTC)
    with database.reading() as session:
        is_any = clusters.find_ended(session, now=now)
    if is_any:
        with database.writing() as session:
            clusters.clear_ended(session, now=now)
