"""Members over the API: roles, stepping down, leaving, removing; and people who try too much."""

import asyncio

from sqlalchemy import select

from museion_hub.registry.directory import Directory
from museion_hub.registry.epochs import newest_epoch, newest_workgroup_epoch
from museion_hub.registry.tables import Membership, MembershipSource, Role
from museion_hub.registry.workgroup_tables import PendingRefresh
from tests.support.registry import Registry

MEMBERS = "/workgroups/murals/members"


async def put(registry: Registry, who: str, username: str, body: dict[str, str]) -> int:
    async with registry.client(who) as client:
        return (await client.put(f"{MEMBERS}/{username}", json=body)).status_code


async def delete(registry: Registry, who: str, username: str) -> tuple[int, dict[str, object]]:
    async with registry.client(who) as client:
        answer = await client.delete(f"{MEMBERS}/{username}")
    return answer.status_code, answer.json()


def epochs(registry: Registry) -> tuple[int, int]:
    with registry.database.reading() as session:
        panel = session.connection().exec_driver_sql("SELECT id FROM dataset WHERE name = 'panel'")
        return newest_workgroup_epoch(session, "murals"), newest_epoch(session, panel.scalar_one())


async def test_removal_begins_new_keys_in_the_same_step_and_tells_the_hub(
    registry: Registry,
) -> None:
    before = epochs(registry)
    status, answer = await delete(registry, "murals-lead", "murals-member")
    assert (status, answer) == (200, {"removed": "murals-member", "epoch": 2, "hub": "done"})
    assert [one - other for one, other in zip(epochs(registry), before, strict=True)] == [1, 1]
    assert registry.hub.refreshed == ["murals-member"]
    directory = Directory(registry.database.url)
    assert directory.groups("murals-member") == []
    directory.close()
    async with registry.client("murals-member") as client:
        assert (await client.get("/workgroups/murals")).status_code == 404


async def test_a_removal_that_the_hub_has_not_confirmed_says_so_and_is_kept_in_mind(
    registry: Registry,
) -> None:
    async with registry.client("murals-lead") as client:
        await client.get("/people/me")
        registry.hub.is_down = True
        answer = (await client.delete(f"{MEMBERS}/murals-member")).json()
    assert answer["hub"] == "pending"
    with registry.database.reading() as session:
        assert session.get(PendingRefresh, "murals-member") is not None


async def test_a_guest_held_no_keys_and_a_member_made_a_guest_did(registry: Registry) -> None:
    before = epochs(registry)
    await delete(registry, "murals-lead", "murals-guest")
    assert epochs(registry) == before
    assert await put(registry, "murals-lead", "murals-member", {"role": "guest"}) == 200
    assert epochs(registry) != before


async def test_the_last_lead_neither_leaves_nor_steps_down_nor_is_removed(
    registry: Registry,
) -> None:
    status, answer = await delete(registry, "murals-lead", "murals-lead")
    assert (status, answer["hint"]) == (409, "make another member its lead first, or archive it")
    assert await put(registry, "murals-lead", "murals-lead", {"role": "member"}) == 409
    assert (await delete(registry, "hub-admin", "murals-lead"))[0] == 409
    async with registry.client("hub-admin") as client:
        assert (await client.delete("/people/murals-lead")).status_code == 409


async def test_a_lead_hands_on_by_making_another_and_stepping_down(registry: Registry) -> None:
    assert await put(registry, "murals-lead", "murals-member", {"role": "lead"}) == 200
    assert await put(registry, "murals-lead", "murals-lead", {"role": "member"}) == 200
    assert await put(registry, "murals-lead", "murals-lead", {"role": "lead"}) == 403
    assert (await delete(registry, "murals-member", "murals-lead"))[0] == 200


async def test_of_two_edits_at_once_one_wins_and_the_other_is_told(registry: Registry) -> None:
    body = {"expected_role": "member"}
    answers = await asyncio.gather(
        put(registry, "murals-lead", "murals-member", {"role": "lead", **body}),
        put(registry, "hub-admin", "murals-member", {"role": "guest", **body}),
    )
    assert sorted(answers) == [200, 409]


async def test_two_leads_who_demote_each_other_leave_one(registry: Registry) -> None:
    await put(registry, "murals-lead", "murals-member", {"role": "lead"})
    answers = await asyncio.gather(
        put(registry, "murals-lead", "murals-member", {"role": "guest"}),
        put(registry, "murals-member", "murals-lead", {"role": "guest"}),
    )
    async with registry.client("hub-admin") as client:
        members = (await client.get("/workgroups/murals")).json()["members"]
    assert sorted(answers) == [200, 403]
    assert sum(one["role"] == "lead" for one in members) == 1


SELF_MADE = [
    ("murals-member", "murals-member", 403),
    ("murals-guest", "murals-guest", 403),
    ("stranger", "stranger", 404),
    ("lapidary-lead", "lapidary-lead", 404),
    ("wg-murals", "stranger", 403),
    ("wg-lapidary", "wg-lapidary", 404),
    ("murals-lead", "stranger", 404),
    ("murals-lead", "nobody", 404),
]


async def test_nobody_promotes_themselves_or_takes_in_whom_they_like(registry: Registry) -> None:
    for who, username, status in SELF_MADE:
        assert await put(registry, who, username, {"role": "lead"}) == status, (who, username)
        assert registry.last_event()[:2] == ("access.refused", who)
    with registry.database.reading() as session:
        leads = select(Membership.person).where(Membership.role == Role.LEAD)
        assert set(session.scalars(leads)) == {"murals-lead", "lapidary-lead"}


async def test_an_administrator_gives_a_workgroup_without_a_lead_one(registry: Registry) -> None:
    with registry.database.writing() as session:
        session.delete(session.get_one(Membership, ("murals-lead", "murals")))
    assert await put(registry, "hub-admin", "stranger", {"role": "lead"}) == 200
    assert await put(registry, "stranger", "murals-member", {"role": "guest"}) == 200


async def test_what_the_identity_provider_decides_is_not_changed_here(registry: Registry) -> None:
    with registry.database.writing() as session:
        row = session.get_one(Membership, ("murals-member", "murals"))
        row.source = MembershipSource.PROVIDER
    assert await put(registry, "murals-lead", "murals-member", {"role": "lead"}) == 409
    assert (await delete(registry, "murals-lead", "murals-member"))[0] == 409
    assert (await delete(registry, "murals-member", "murals-member"))[0] == 409


async def test_a_person_who_was_removed_has_no_token_here_any_more(registry: Registry) -> None:
    before = epochs(registry)
    async with registry.client("hub-admin") as client:
        assert (await client.delete("/people/murals-member")).status_code == 204
        again = await client.post(
            "/people", json={"username": "murals-member", "display_name": "X"}
        )
    async with registry.client("murals-member") as client:
        refused = await client.get("/workgroups")
    assert (refused.status_code, again.status_code) == (401, 409)
    assert epochs(registry) != before
    assert "murals-member" in registry.hub.refreshed
