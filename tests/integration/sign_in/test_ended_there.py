"""What ends at the provider ends here: tokens, tabs and open connections, by whatever way we hear.

Back-channel logout tokens are made by the provider itself, and then by somebody who would like to
sign others out, or to try an ID token for one.
"""

import time
from collections.abc import Generator
from contextlib import contextmanager

import httpx
import pytest
from websocket import WebSocket

from tests.support.openid_provider import BACK_CHANNEL, claims
from tests.support.sign_in_site import Site, has_ended, token_of, username_of
from tests.support.visiting import Visitor, close_code

pytestmark = pytest.mark.integration

ACCESS_ENDED = 4403
WITHIN_S = 20.0
EVENT = "http://schemas.openid.net/event/backchannel-logout"
NOW = int(time.time())
FORGERIES: dict[str, dict[str, object]] = {
    "signed by another key": {"kind": "key"},
    "signed with the client's secret": {"kind": "secret"},
    "not signed": {"kind": "none"},
    "changed after it was signed": {"kind": "body", "body": {"jti": "another"}},
    "of another issuer": {"claims": {"iss": "https://evil.example"}},
    "for another client": {"claims": {"aud": "another"}},
    "for us among others": {"claims": {"aud": ["museion", "another"]}},
    "expired": {"claims": {"exp": NOW - 3600}},
    "of yesterday": {"claims": {"iat": NOW - 86400, "exp": NOW + 3600}},
    "of tomorrow": {"claims": {"iat": NOW + 86400, "exp": NOW + 90000}},
    "without a time": {"claims": {"iat": None}},
    "without a name of its own": {"claims": {"jti": None}},
    "with a nonce, as ID tokens have": {"claims": {"nonce": "n"}},
    "without an event, as ID tokens are": {"claims": {"events": None}},
    "of another event": {"claims": {"events": {"https://example.org/other": {}}}},
    "of an event that is none": {"claims": {"events": {EVENT: "yes"}}},
    "about nobody": {"claims": {"sub": None}},
    "about a list of people": {"claims": {"sub": ["h1"]}},
    "of another kind": {"typ": "at+jwt"},
}


@contextmanager
def program_of(site: Site, client: httpx.Client, person: str, account: str) -> Generator[Visitor]:
    """Give a program of somebody who has signed in at the provider."""
    visitor = Visitor(site.hub, account, token_of(client, username_of(site, person)))
    with visitor.stack:
        yield visitor


def open_sockets(program: Visitor) -> dict[str, WebSocket]:
    return {"document": program.document(), "kernel": program.kernel()}


def codes_of(sockets: dict[str, WebSocket]) -> dict[str, int | None]:
    return {kind: close_code(socket, WITHIN_S) for kind, socket in sockets.items()}


def tell(site: Site, token: str) -> httpx.Response:
    return httpx.post(f"{site.hub.url}/hub/{BACK_CHANNEL}", data={"logout_token": token})


def end_at_provider(site: Site, client: httpx.Client) -> None:
    """Sign out at the provider alone, in its own page."""
    page = client.get(f"{site.provider.issuer}/session/end", params={"client_id": "museion"})
    xsrf = page.text.split('name="xsrf" value="')[1].split('"')[0]
    form = {"xsrf": xsrf, "logout": "yes"}
    client.post(f"{site.provider.issuer}/session/end/confirm", data=form).raise_for_status()


def test_idle_connections_of_a_disabled_person_are_closed(site: Site, workspace: str) -> None:
    site.provider.know(h1=claims("Hal Stone", "paintings"))
    with site.signed_in("h1") as client, program_of(site, client, "h1", workspace) as program:
        sockets = open_sockets(program)
        site.provider.know(h1=claims("Hal Stone", "paintings"), disabled=("h1",))
        assert codes_of(sockets) == dict.fromkeys(sockets, ACCESS_ENDED)


def test_signing_out_at_the_provider_closes_what_is_open_here(site: Site, workspace: str) -> None:
    site.provider.know(h2=claims("Hedda Klein", "paintings"))
    with site.signed_in("h2") as client, program_of(site, client, "h2", workspace) as program:
        sockets = open_sockets(program)
        end_at_provider(site, client)
        assert codes_of(sockets) == dict.fromkeys(sockets, ACCESS_ENDED)
        assert program.ask("GET", "api/contents").status_code != httpx.codes.OK
        assert "has ended your session" in client.get("/hub/home").text


def test_logout_token_ends_the_session_though_the_provider_would_renew_it(site: Site) -> None:
    site.provider.know(h3=claims("Hugo Lind", "stones"))
    with site.signed_in("h3") as client, site.signed_in("h3") as other:
        told = tell(site, site.provider.logout_token("h3"))
        assert (told.status_code, told.headers["Cache-Control"]) == (200, "no-store")
        assert has_ended(client)
        assert has_ended(other)


def test_token_that_names_only_the_session_ends_it(site: Site) -> None:
    site.provider.set(forge={"kind": "claims", "claims": {"sid": "session-of-h4"}})
    site.provider.know(h4=claims("Hanne Bo", "stones"))
    with site.signed_in("h4") as client:
        assert tell(site, site.provider.logout_token(claims={"sid": "of-another"})).is_success
        assert not has_ended(client)
        assert tell(site, site.provider.logout_token(claims={"sid": "session-of-h4"})).is_success
        assert has_ended(client)


def test_token_about_a_stranger_ends_nothing(site: Site) -> None:
    site.provider.know(h5=claims("Heinz Aar", "stones"))
    with site.signed_in("h5") as client:
        assert tell(site, site.provider.logout_token("nobody")).is_success
        assert not has_ended(client)


def test_token_counts_once(site: Site) -> None:
    site.provider.know(h6=claims("Hiba Noor", "stones"))
    token = site.provider.logout_token("h6")
    with site.signed_in("h6"):
        assert tell(site, token).is_success
    with site.signed_in("h6") as again:
        assert tell(site, token).status_code == httpx.codes.BAD_REQUEST
        assert not has_ended(again)


@pytest.mark.parametrize("forged", FORGERIES.values(), ids=FORGERIES)
def test_forged_token_ends_nothing(site: Site, forged: dict[str, object]) -> None:
    site.provider.know(h7=claims("Hild Moe", "stones"))
    with site.signed_in("h7") as client:
        told = tell(site, site.provider.logout_token("h7", **forged))
        assert told.status_code == httpx.codes.BAD_REQUEST
        assert told.json()["error"] == "invalid_request"
        assert not has_ended(client)


@pytest.mark.parametrize("body", ["", "logout_token=", "logout_token=a.b.c", "x" * 100_000])
def test_what_is_no_token_is_refused(site: Site, body: str) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    told = httpx.post(f"{site.hub.url}/hub/{BACK_CHANNEL}", content=body, headers=headers)
    assert told.status_code == httpx.codes.BAD_REQUEST
    assert httpx.get(f"{site.hub.url}/hub/{BACK_CHANNEL}").status_code in {404, 405}
