"""Keeps a hub account for every workgroup, those included that appear while the registry runs."""

import asyncio
import logging
from typing import Final

from sqlalchemy import select
from starlette.concurrency import run_in_threadpool

from museion_hub.registry import names
from museion_hub.registry.database import Database
from museion_hub.registry.errors import UnavailableError
from museion_hub.registry.hub import HubClient
from museion_hub.registry.tables import Workgroup, WorkgroupState

LOOK_EVERY_S: Final = 5.0
FIRST_RETRY_S: Final = 0.2
LONGEST_RETRY_S: Final = 30.0
_log: Final = logging.getLogger(__name__)


async def keep_accounts(database: Database, hub: HubClient) -> None:
    """Make missing accounts for ever; a hub that does not answer is asked ever less often."""
    made: frozenset[str] = frozenset()
    retry_s = FIRST_RETRY_S
    while True:
        try:
            made = await make_missing(database, hub, made)
        except UnavailableError as error:
            _log.warning("no accounts for workgroups yet, next try in %.1f s: %s", retry_s, error)
            await asyncio.sleep(retry_s)
            retry_s = min(2 * retry_s, LONGEST_RETRY_S)
        else:
            retry_s = FIRST_RETRY_S
            await asyncio.sleep(LOOK_EVERY_S)


async def make_missing(database: Database, hub: HubClient, made: frozenset[str]) -> frozenset[str]:
    """Make the accounts that are not among those made before; give all of them."""
    wanted = await run_in_threadpool(_accounts, database)
    if wanted - made:
        await hub.create_accounts(wanted - made)
        _log.info("hub accounts of workgroups are there: %s", ", ".join(sorted(wanted)))
    return wanted


def _accounts(database: Database) -> frozenset[str]:
    with database.reading() as session:
        begun = select(Workgroup.slug).where(Workgroup.state != WorkgroupState.PENDING)
        return frozenset(map(names.account_name, session.scalars(begun)))
