"""Who gets to which workspace: members at the first click, others find nothing."""

import httpx
import pytest

from museion_hub.registry.database import Database
from museion_hub.registry.memberships import remove_member, set_member
from museion_hub.registry.tables import Role
from museion_hub.workplaces import registry_database_url
from tests.support.hub import TempHub
from tests.support.waiting import wait_until

LAB = "/user/wg-murals/lab"
WORKSPACE_ADDRESSES = [
    "/user/wg-murals",
    LAB,
    "/user/wg-murals/api/contents",
    "/user/wg-murals/museion/members",
    "/hub/user/wg-murals/",
    "/hub/spawn/wg-murals",
    "/hub/spawn-pending/wg-murals",
    "/hub/api/users/wg-murals",
]


@pytest.mark.parametrize("address", WORKSPACE_ADDRESSES)
def test_stranger_finds_nothing_at_a_running_workspace(hub: TempHub, address: str) -> None:
    with hub.signed_in("lapidary-lead") as client:
        assert client.get(address).status_code == httpx.codes.NOT_FOUND


@pytest.mark.parametrize("address", WORKSPACE_ADDRESSES)
def test_missing_workgroup_looks_the_same(hub: TempHub, address: str) -> None:
    with hub.signed_in("lapidary-lead") as client:
        missing = client.get(address.replace("murals", "missing"))
    assert missing.status_code == httpx.codes.NOT_FOUND


@pytest.mark.parametrize("method", ["get", "put", "post", "delete", "patch"])
def test_strangers_token_finds_nothing_in_a_running_workspace(hub: TempHub, method: str) -> None:
    headers = {"Authorization": f"token {hub.token_of('lapidary-lead')}"}
    url = f"{hub.url}/user/wg-murals/api/contents/01-first-look.ipynb"
    assert httpx.request(method, url, headers=headers).status_code == httpx.codes.NOT_FOUND


@pytest.mark.parametrize("username", ["murals-lead", "murals-member"])
def test_member_reaches_the_workspace_at_the_first_click(hub: TempHub, username: str) -> None:
    with hub.signed_in(username) as client:
        answer = client.get(LAB)
    assert answer.status_code == httpx.codes.OK
    assert answer.url.path == LAB
    assert all(step.status_code == httpx.codes.FOUND for step in answer.history)


def test_consent_can_not_be_given_for_a_foreign_workspace(hub: TempHub) -> None:
    with hub.signed_in("lapidary-lead") as client:
        answer = client.post(
            "/hub/api/oauth2/authorize",
            params={"client_id": "jupyterhub-user-wg-murals", "_xsrf": client.cookies["_xsrf"]},
            data={"scopes": "access:servers!server=wg-murals/"},
        )
    assert answer.status_code == httpx.codes.NOT_FOUND


def test_visitor_is_known_by_name_and_colour(hub: TempHub) -> None:
    headers = {"Authorization": f"token {hub.token_of('murals-member')}"}
    me = httpx.get(f"{hub.url}/user/wg-murals/api/me", headers=headers).json()["identity"]
    assert (me["username"], me["display_name"]) == ("murals-member", "Jonas Lindqvist")
    assert me["initials"] == "JL"
    assert me["color"].startswith("#")


@pytest.mark.parametrize("username", ["wg-murals", "nobody-here", "", "../murals-lead"])
def test_name_that_is_no_person_never_signs_in(hub: TempHub, username: str) -> None:
    with hub.signed_in(username) as client:
        assert client.get("/hub/home").url.path == "/hub/login"


def test_wrong_password_is_one_calm_sentence(hub: TempHub) -> None:
    with hub.signed_in("murals-lead", password="wrong") as client:
        home = client.get("/hub/home")
        assert home.url.path == "/hub/login"
        page = client.post(
            "/hub/login",
            params={"_xsrf": client.cookies["_xsrf"]},
            data={"username": "murals-lead", "password": "wrong"},
        )
    assert page.status_code == httpx.codes.FORBIDDEN
    assert "do not belong together" in page.text
    assert "Traceback" not in page.text


def test_new_member_gets_in_and_a_former_one_out_without_a_restart(hub: TempHub) -> None:
    database = Database(registry_database_url(hub.settings))
    with hub.signed_in("lapidary-lead") as client:
        with database.writing() as session:
            set_member(session, "murals", "lapidary-lead", Role.MEMBER, actor="test")
        wait_until(lambda: client.get(LAB).is_success, "the new member gets in", 20)
        with database.writing() as session:
            remove_member(session, "murals", "lapidary-lead", actor="test")
        wait_until(lambda: not client.get(LAB).is_success, "the former member is out", 20)
        assert client.get("/user/wg-murals/api/contents").status_code == httpx.codes.NOT_FOUND
    database.close()
