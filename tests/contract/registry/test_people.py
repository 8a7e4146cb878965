"""One's own account over the API, and what administrators and the operator do with people."""

import pytest

from museion_hub.registry.directory import Directory
from tests.support.registry import PASSWORD, Registry

ME = "/people/me"
NEW = "verdigris-and-lead-white"


async def test_a_person_sees_and_changes_their_own_account(registry: Registry) -> None:
    async with registry.client("murals-member") as client:
        changed = await client.patch(
            ME, json={"display_name": "Jonas Lind", "email": "jonas@example.org"}
        )
        account = (await client.get(ME)).json()
        cleared = await client.patch(ME, json={"email": ""})
    assert (changed.status_code, account["initials"], account["email"]) == (
        200,
        "JL",
        "jonas@example.org",
    )
    assert (account["is_administrator"], account["has_password"]) == (False, True)
    assert [(one["slug"], one["role"]) for one in account["workgroups"]] == [("murals", "member")]
    assert cleared.json()["email"] is None
    assert registry.hub.refreshed == ["murals-member"] * 2


@pytest.mark.parametrize(
    "body",
    [
        {"is_administrator": True},
        {"username": "hub-admin"},
        {"display_name": ""},
        {"email": "nobody"},
    ],
)
async def test_nobody_makes_more_of_themselves(registry: Registry, body: dict[str, object]) -> None:
    async with registry.client("stranger") as client:
        assert (await client.patch(ME, json=body)).status_code == 422
        assert (await client.patch("/people/stranger", json=body)).status_code in {404, 422}


async def test_a_password_is_changed_with_the_old_one_alone(registry: Registry) -> None:
    async with registry.client("murals-member") as client:
        wrong = await client.post(f"{ME}/password", json={"old": "not-this-one", "new": NEW})
        short = await client.post(f"{ME}/password", json={"old": PASSWORD, "new": "short"})
        right = await client.post(f"{ME}/password", json={"old": PASSWORD, "new": NEW})
    assert [one.status_code for one in (wrong, short, right)] == [403, 422, 200]
    directory = Directory(registry.database.url)
    assert directory.verify_password("murals-member", NEW) is not None
    assert directory.verify_password("murals-member", PASSWORD) is None
    directory.close()
    assert not any(NEW in str(event.detail) for event in registry.events())
    [ending] = registry.hub.endings
    assert registry.hub.tokens[ending["token"]]["name"] == "murals-member"
    assert ending["ticket"] == right.json()["renewal"]


async def test_password_that_somebody_else_gives_ends_every_session(registry: Registry) -> None:
    async with registry.client("hub-admin") as client:
        given = await client.patch("/people/murals-member", json={"password": NEW})
    assert given.status_code == 200
    assert registry.hub.endings == [{"token": "", "ticket": ""}]


async def test_trying_out_the_old_password_takes_longer_and_longer(registry: Registry) -> None:
    async with registry.client("murals-member") as client:
        tries = [
            (await client.post(f"{ME}/password", json={"old": "wrong", "new": NEW})).status_code
            for _ in range(6)
        ]
    assert tries == [403] * 5 + [429]


async def test_an_account_without_a_password_has_none_to_change(registry: Registry) -> None:
    async with registry.client("stranger") as client:
        answer = await client.post(f"{ME}/password", json={"old": PASSWORD, "new": NEW})
    assert answer.status_code == 422


async def test_an_administrator_makes_lists_changes_and_removes_people(
    registry: Registry,
) -> None:
    wish = {"username": "noor", "display_name": "Noor", "password": NEW}
    async with registry.client("hub-admin") as client:
        made = await client.post("/people", json=wish)
        alike = await client.post("/people", json={**wish, "username": "n0or"})
        raised = await client.patch("/people/noor", json={"is_administrator": True})
        listed = {one["username"]: one for one in (await client.get("/people")).json()}
        gone = await client.delete("/people/noor")
    assert [one.status_code for one in (made, alike, raised, gone)] == [201, 409, 200, 204]
    assert listed["noor"]["is_administrator"] is True
    assert listed["murals-lead"]["workgroups"] == 1
    assert "hash" not in str(listed)


async def test_one_administrator_is_always_left(registry: Registry) -> None:
    async with registry.client("hub-admin") as client:
        stepped = await client.patch("/people/hub-admin", json={"is_administrator": False})
        removed = await client.delete("/people/hub-admin")
    assert (stepped.status_code, removed.status_code) == (409, 409)


async def test_others_do_not_learn_that_people_are_managed(registry: Registry) -> None:
    async with registry.client("murals-lead") as client:
        for method, path in (("GET", "/people"), ("DELETE", "/people/stranger")):
            assert (await client.request(method, path)).status_code == 404
        there = await client.patch("/people/stranger", json={})
        missing = await client.patch("/people/nobody", json={})
    assert there.json() == missing.json()


async def test_the_operator_is_an_administrator_without_an_account(registry: Registry) -> None:
    token = registry.hub.token_of("operator", kind="service")
    wish = {"slug": "glass", "title": "Glass", "lead": "stranger"}
    async with registry.client(token=token) as client:
        people, account = await client.get("/people"), await client.get(ME)
        made = await client.post("/workgroups", json=wish)
        leaderless = await client.post("/workgroups", json={**wish, "slug": "x", "lead": None})
    assert [one.status_code for one in (people, account, made, leaderless)] == [200, 403, 201, 422]
    assert any(event.actor == "operator" for event in registry.events())


async def test_another_service_or_a_person_of_that_name_is_not_the_operator(
    registry: Registry,
) -> None:
    for name, kind in (("dask-gateway", "service"), ("operator", "user")):
        async with registry.client(token=registry.hub.token_of(name, kind=kind)) as client:
            assert (await client.get("/people")).status_code == 401
