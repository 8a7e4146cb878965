"""Workgroups over the API: making, finding, describing them, approval, archive and restore."""

from dataclasses import replace

import httpx

from museion_hub.registry.directory import Directory
from tests.support.registry import Registry

GLASS = {"slug": "stained-glass", "title": "Stained Glass", "description": "Windows."}


def need_approval(registry: Registry) -> None:
    service = registry.app.state.service
    settings = replace(service.settings, workgroups_need_approval=True)
    registry.app.state.service = replace(service, settings=settings)


async def make(registry: Registry, who: str = "stranger", **changes: object) -> httpx.Response:
    async with registry.client(who) as client:
        return await client.post("/workgroups", json={**GLASS, **changes})


async def ask(registry: Registry, who: str, method: str, path: str, body: object = None) -> int:
    async with registry.client(who) as client:
        return (await client.request(method, path, json=body)).status_code


async def test_a_new_workgroup_is_led_by_its_maker_and_the_hub_knows_it_at_once(
    registry: Registry,
) -> None:
    made = await make(registry)
    page = made.json()
    assert (made.status_code, page["state"], page["my_role"]) == (201, "active", "lead")
    assert "wg-stained-glass" in registry.hub.users
    assert set(registry.hub.refreshed) == {"wg-stained-glass", "stranger"}
    directory = Directory(registry.database.url)
    assert directory.groups("stranger") == ["wg-stained-glass", "wg-stained-glass--lead"]
    directory.close()


async def test_a_hub_that_is_down_makes_a_new_workgroup_late_and_not_lost(
    registry: Registry,
) -> None:
    async with registry.client("stranger") as client:
        await client.get("/people/me")  # the registry knows the token for some seconds
        registry.hub.is_down = True
        made = await client.post("/workgroups", json=GLASS)
    assert (made.status_code, registry.hub.users) == (201, set())


SLUGS = {
    "murals": 409,
    "mura-ls": 409,
    "mura1s": 409,
    "lap-idary": 409,
    "1apidary": 422,
    "new": 422,
    "wg-murals": 422,
    "Glass": 422,
    "a" * 10_000: 422,
    "glass": 201,
}
TITLES = ("", "a" * 10_000, "a\u202eb", "a\nb", "\u200b")


async def test_slugs_that_are_taken_or_look_it_are_refused(registry: Registry) -> None:
    assert {slug: (await make(registry, slug=slug)).status_code for slug in SLUGS} == SLUGS


async def test_titles_that_nobody_could_read_are_refused(registry: Registry) -> None:
    codes = [(await make(registry, title=title)).status_code for title in TITLES]
    assert codes == [422] * len(TITLES)


async def test_html_in_a_title_is_text(registry: Registry) -> None:
    title = "<script>alert(1)</script> & <b>x</b>"
    assert (await make(registry, title=title)).json()["title"] == title


async def test_a_lead_describes_it_unless_somebody_was_quicker(registry: Registry) -> None:
    seen = {"title": "Wall Paintings"}
    async with registry.client("murals-lead") as client:
        first = await client.patch(
            "/workgroups/murals", json={"title": "Murals", "is_listed": True, "expected": seen}
        )
        second = await client.patch("/workgroups/murals", json={"title": "X", "expected": seen})
        page = (await client.get("/workgroups/murals")).json()
    assert (first.status_code, second.status_code) == (200, 409)
    assert (page["title"], page["is_listed"]) == ("Murals", True)
    assert registry.last_event()[0] == "workgroup.described"


async def test_listed_workgroups_are_found_by_others_alone(registry: Registry) -> None:
    await ask(registry, "murals-lead", "PATCH", "/workgroups/murals", {"is_listed": True})
    found = {}
    for who in ("stranger", "murals-guest", "lapidary-lead"):
        async with registry.client(who) as client:
            found[who] = [one["slug"] for one in (await client.get("/workgroups/listed")).json()]
    assert found == {"stranger": ["murals"], "murals-guest": [], "lapidary-lead": ["murals"]}


async def test_where_it_needs_approval_an_administrator_lets_it_begin(registry: Registry) -> None:
    need_approval(registry)
    made = await make(registry)
    assert (made.json()["state"], registry.hub.users) == ("pending", set())
    directory = Directory(registry.database.url)
    assert not directory.workgroup_exists("wg-stained-glass")
    assert directory.groups("stranger") == []
    path = "/workgroups/stained-glass"
    assert await ask(registry, "murals-lead", "GET", path) == 404
    assert await ask(registry, "stranger", "POST", f"{path}/approve") == 403
    assert await ask(registry, "hub-admin", "POST", f"{path}/approve") == 200
    assert registry.hub.users == {"wg-stained-glass"}
    assert directory.groups("stranger") == ["wg-stained-glass", "wg-stained-glass--lead"]
    directory.close()


async def test_a_declined_slug_is_free_again_and_the_log_remembers(registry: Registry) -> None:
    need_approval(registry)
    await make(registry)
    assert await ask(registry, "hub-admin", "POST", "/workgroups/stained-glass/decline") == 204
    event = registry.last_event()
    assert event[:3] == ("workgroup.declined", "hub-admin", "stained-glass")
    assert (await make(registry, "lapidary-lead")).status_code == 201


async def test_one_person_waits_for_a_few_at_most(registry: Registry) -> None:
    need_approval(registry)
    made = [(await make(registry, slug=f"wish-{n}")).status_code for n in range(6)]
    assert made == [201] * 5 + [409]


async def test_an_administrator_needs_no_approval_and_names_the_lead(registry: Registry) -> None:
    need_approval(registry)
    made = await make(registry, "hub-admin", lead="stranger")
    assert made.json()["state"] == "active"
    assert [(one["username"], one["role"]) for one in made.json()["members"]] == [
        ("stranger", "lead")
    ]
    assert (await make(registry, slug="other", lead="murals-lead")).status_code == 403
    assert (await make(registry, "hub-admin", slug="third", lead="nobody")).status_code == 404


async def test_an_archived_workgroup_is_read_not_written_and_comes_back(
    registry: Registry,
) -> None:
    registry.hub.users.add("wg-murals")
    wish = {"title": "x", "kind": "scan", "rights": "CC0", "synthetic": False, "description": ""}
    new = {"path": "murals/x", **wish}
    assert await ask(registry, "murals-lead", "POST", "/workgroups/murals/archive") == 200
    assert await ask(registry, "wg-murals", "POST", "/datasets", new) == 409
    assert await ask(registry, "murals-lead", "POST", "/workgroups/murals/invitations", {}) == 409
    assert await ask(registry, "murals-member", "GET", "/workgroups/murals") == 200
    assert {"murals-lead", "murals-guest", "wg-murals"} <= set(registry.hub.refreshed)
    directory = Directory(registry.database.url)
    assert directory.groups("murals-lead") == []
    assert directory.roles("murals-lead") == [{"name": "user"}]
    assert [card.state for card in directory.workgroup_cards("murals-lead")] == ["archived"]
    assert await ask(registry, "murals-lead", "POST", "/workgroups/murals/restore") == 200
    assert directory.groups("murals-member") == ["wg-murals"]
    assert await ask(registry, "wg-murals", "POST", "/datasets", new) == 201
    directory.close()


async def test_the_page_says_what_the_caller_may_and_hides_data_from_guests(
    registry: Registry,
) -> None:
    pages = {}
    for who in ("murals-lead", "murals-guest", "hub-admin"):
        async with registry.client(who) as client:
            pages[who] = (await client.get("/workgroups/murals")).json()
    lead, guest, admin = pages.values()
    assert [one["path"] for one in lead["datasets"]] == ["murals/panel"]
    assert (guest["datasets"], admin["datasets"], admin["my_role"]) == ([], [], None)
    assert "invite" in lead["allowed"]
    assert guest["allowed"] == [
        "read",
        "leave",
        "accept_invitation",
        "list_snapshots",
        "read_snapshot",
    ]
    assert lead["storage_bytes"] == 1000
    assert [one["initials"] for one in lead["members"]] == ["CA", "JL", "MG"]
    assert "email" not in str(lead)


async def test_members_read_what_happened_and_strangers_do_not(registry: Registry) -> None:
    await ask(registry, "stranger", "POST", "/workgroups/murals/archive")
    async with registry.client("murals-member") as client:
        events = (await client.get("/workgroups/murals/events?limit=2")).json()
        older = await client.get(f"/workgroups/murals/events?before={events[-1]['index']}")
    assert [(one["event"], one["actor"]) for one in events[:1]] == [("access.refused", "stranger")]
    assert {one["subject"].partition("/")[0] for one in older.json()} <= {"murals"}
    for who, status in (("murals-guest", 403), ("stranger", 404), ("hub-admin", 200)):
        assert await ask(registry, who, "GET", "/workgroups/murals/events") == status


async def test_the_overview_counts_and_is_for_administrators(registry: Registry) -> None:
    registry.hub.running.add("wg-murals")
    async with registry.client("hub-admin") as client:
        seen = (await client.get("/admin/overview")).json()
    murals = next(one for one in seen["workgroups"] if one["slug"] == "murals")
    assert (murals["members"], murals["datasets"], murals["leads"]) == (3, 1, ["murals-lead"])
    assert (murals["server"]["state"], seen["people"]) == ("running", 6)
    assert await ask(registry, "murals-lead", "GET", "/admin/overview") == 404
