"""The hub hears of every change of rights: at once, later, or after a restart, but it hears."""

import asyncio
from contextlib import suppress

from sqlalchemy import select

from museion_hub.registry.hub import Kept
from museion_hub.registry.memberships import remove_member
from museion_hub.registry.pending import mark_for_refresh
from museion_hub.registry.people import set_password
from museion_hub.registry.revocation import Revocation
from museion_hub.registry.workgroup_tables import PendingRefresh
from tests.support.registry import Registry

MEMBER = "murals-member"
DEADLINE_S = 30.0


def pending(registry: Registry) -> list[str]:
    with registry.database.reading() as session:
        return list(session.scalars(select(PendingRefresh.account)))


def take_out(registry: Registry) -> None:
    with registry.database.writing() as session:
        remove_member(session, "murals", MEMBER, actor="murals-lead")


def forget_earlier_changes(registry: Registry) -> None:
    """Confirm what the fixture's own changes left to be told."""
    asyncio.run(Revocation(registry.database, registry.client_of_hub).refresh(pending(registry)))
    registry.hub.refreshed.clear()


def test_removal_is_marked_in_its_own_transaction(registry: Registry) -> None:
    forget_earlier_changes(registry)
    take_out(registry)
    assert pending(registry) == [MEMBER]


def test_confirmed_change_is_struck_out(registry: Registry) -> None:
    forget_earlier_changes(registry)
    take_out(registry)
    revocation = Revocation(registry.database, registry.client_of_hub)
    assert asyncio.run(revocation.refresh([MEMBER]))
    assert registry.hub.refreshed == [MEMBER]
    assert pending(registry) == []


def test_hub_that_is_away_leaves_the_change_pending(registry: Registry) -> None:
    forget_earlier_changes(registry)
    registry.hub.is_down = True
    take_out(registry)
    revocation = Revocation(registry.database, registry.client_of_hub)
    assert not asyncio.run(revocation.refresh([MEMBER]))
    assert pending(registry) == [MEMBER]


def test_account_that_nobody_marked_is_kept_in_mind_too(registry: Registry) -> None:
    forget_earlier_changes(registry)
    registry.hub.is_down = True
    asyncio.run(Revocation(registry.database, registry.client_of_hub).refresh(["wg-murals"]))
    assert pending(registry) == ["wg-murals"]


def test_change_made_while_the_hub_is_asked_is_not_struck_out(registry: Registry) -> None:
    forget_earlier_changes(registry)
    take_out(registry)
    revocation = Revocation(registry.database, registry.client_of_hub)
    before, _ = revocation._wanted(MEMBER)
    with registry.database.writing() as session:
        mark_for_refresh(session, MEMBER)
    revocation._confirm(MEMBER, before)
    assert pending(registry) == [MEMBER]


async def restart_and_wait(registry: Registry) -> None:
    """Run what a registry does after a start, until nothing is pending."""
    work = asyncio.create_task(
        Revocation(registry.database, registry.client_of_hub).keep_refreshing()
    )
    async with asyncio.timeout(DEADLINE_S):
        while await asyncio.to_thread(pending, registry):
            registry.hub.is_down = False
            await asyncio.sleep(0)
    work.cancel()
    with suppress(asyncio.CancelledError):
        await work


def test_registry_that_was_restarted_tells_what_is_left(registry: Registry) -> None:
    forget_earlier_changes(registry)
    take_out(registry)
    registry.hub.is_down = True
    asyncio.run(restart_and_wait(registry))
    assert registry.hub.refreshed == [MEMBER]


def give_password(registry: Registry) -> None:
    with registry.database.writing() as session:
        set_password(session, MEMBER, "verdigris-and-umber", actor=MEMBER)


def test_new_password_ends_sessions_even_if_the_hub_hears_of_it_late(registry: Registry) -> None:
    forget_earlier_changes(registry)
    registry.hub.is_down = True
    give_password(registry)
    with registry.database.writing() as session:
        mark_for_refresh(session, MEMBER)  # another change does not make it forgotten
    revocation = Revocation(registry.database, registry.client_of_hub)
    assert not asyncio.run(revocation.refresh([MEMBER], Kept("token", "ticket")))
    assert registry.hub.endings == []
    asyncio.run(restart_and_wait(registry))
    assert registry.hub.endings == [{"token": "", "ticket": ""}]


def test_sessions_end_once_though_a_workspace_was_silent(registry: Registry) -> None:
    forget_earlier_changes(registry)
    give_password(registry)
    registry.hub.silent = ["wg-murals"]
    revocation = Revocation(registry.database, registry.client_of_hub)
    assert not asyncio.run(revocation.refresh([MEMBER], Kept("token", "ticket")))
    registry.hub.silent = []
    assert asyncio.run(revocation.refresh([MEMBER]))
    assert registry.hub.endings == [{"token": "token", "ticket": "ticket"}]
    assert pending(registry) == []
