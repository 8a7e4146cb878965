"""A new password ends a person's other sessions, with what is open in them, and not the own."""

from collections.abc import Generator

import httpx
import pytest

from museion_hub.registry.tables import Role
from tests.support.hub import TempHub
from tests.support.people import ADMINISTRATOR, Registrar
from tests.support.visiting import close_code, is_open, visiting
from tests.support.waiting import wait_until

ACCOUNT = "wg-murals"
HOME = "/hub/home"
PAGE = "/services/registry/account"
CONTENTS = f"/user/{ACCOUNT}/api/contents"
NEW = "verdigris-and-lead-white"
ACCESS_ENDED = 4403
WITHIN_S = 10.0


@pytest.fixture
def registrar(hub: TempHub) -> Registrar:
    return Registrar(hub)


@pytest.fixture
def member(registrar: Registrar) -> Generator[str]:
    username = registrar.new_person()
    registrar.set_role("murals", username, Role.MEMBER)
    yield username
    registrar.end_account(username)


def is_signed_in(client: httpx.Client) -> bool:
    return client.get(HOME).url.path == HOME


def change_password(client: httpx.Client, old: str) -> str:
    """Do what the page of one's own account does, but for the new cookie; give its ticket."""
    page = client.get(PAGE).text
    token = page.split('data-xsrf="')[1].split('"')[0]
    changed = client.post(
        "/services/registry/api/v1/people/me/password",
        headers={"X-Museion-Request": token},
        json={"old": old, "new": NEW},
    )
    assert changed.raise_for_status().json()["hub"] == "done"
    return str(changed.json()["renewal"])


def test_other_sessions_end_and_the_own_goes_on(hub: TempHub, member: str) -> None:
    with (
        hub.signed_in(member) as own,
        hub.signed_in(member) as other,
        visiting(hub, ACCOUNT, member) as program,
    ):
        assert own.get(f"/user/{ACCOUNT}/lab").is_success
        assert other.get(f"/user/{ACCOUNT}/lab").is_success
        kernel = program.kernel()
        ticket = change_password(own, hub.password)
        assert close_code(kernel, WITHIN_S) == ACCESS_ENDED
        assert (
            own.post("/hub/museion/renewal", content=ticket).status_code == httpx.codes.NO_CONTENT
        )
        assert is_signed_in(own)
        assert own.get(CONTENTS).is_success
        assert not is_signed_in(other)
        assert other.get(CONTENTS, follow_redirects=False).status_code != httpx.codes.OK
        assert program.ask("GET", "api/contents").status_code != httpx.codes.OK


def test_own_session_that_is_open_in_the_workspace_stays(hub: TempHub, member: str) -> None:
    with visiting(hub, ACCOUNT, member) as program:
        events = program.open("api/events/subscribe")
        httpx.post(
            f"{hub.url}/services/registry/api/v1/people/me/password",
            headers=program.headers,
            json={"old": hub.password, "new": NEW},
        ).raise_for_status()
        assert program.ask("GET", "api/contents").is_success
        assert is_open(events)


def test_ticket_is_of_no_use_to_another_browser(hub: TempHub, member: str) -> None:
    with hub.signed_in(member) as own, hub.signed_in(ADMINISTRATOR) as thief:
        ticket = change_password(own, hub.password)
        stolen = thief.post("/hub/museion/renewal", content=ticket)
        assert stolen.status_code == httpx.codes.FORBIDDEN
        assert own.post("/hub/museion/renewal", content=ticket).status_code == stolen.status_code
        assert not is_signed_in(own)


def test_password_from_an_administrator_ends_every_session_and_is_logged(
    hub: TempHub, registrar: Registrar, member: str
) -> None:
    with hub.signed_in(member) as client:
        assert is_signed_in(client)
        registrar.ask(ADMINISTRATOR, "PATCH", f"people/{member}", {"password": NEW})
        wait_until(lambda: not is_signed_in(client), "the session ends", WITHIN_S)
    assert "person.sessions-ended" in registrar.log_of(member)
