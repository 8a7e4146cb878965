"""What happens after a change is committed: the hub gets to know, at once if it answers.

None of it decides anything. What fails here was written down in the change's own transaction and
is tried again in the background, so a hub that is down makes a change late, never lost.
"""

import logging
from collections.abc import Collection
from typing import Final

from museion_hub.registry import names
from museion_hub.registry.errors import UnavailableError
from museion_hub.registry.group_views import Settled
from museion_hub.registry.hub import Kept
from museion_hub.registry.service import Service

_log: Final = logging.getLogger(__name__)


async def settle(service: Service, accounts: Collection[str], kept: Kept | None = None) -> Settled:
    """Have the hub read these accounts' rights again; of sessions that end, `kept` goes on."""
    is_done = await service.refresher.refresh(accounts, kept)
    return Settled.DONE if is_done else Settled.PENDING


async def begin_workspace(service: Service, slug: str, people: Collection[str]) -> Settled:
    """Make a workgroup's account now, so that its people can open the workspace at once."""
    account = names.account_name(slug)
    try:
        await service.hub.create_accounts([account])
    except UnavailableError as error:
        _log.warning("no account yet for workgroup %s: %s", slug, error)
        return Settled.PENDING
    return await settle(service, {account, *people})
