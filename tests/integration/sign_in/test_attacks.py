"""What somebody tries who would like to be somebody else: each attempt ends on the sign-in page."""

import base64
import json
import time

import httpx
import pytest

from tests.support.openid_provider import claims
from tests.support.sign_in_site import Site, code_for, sign_in

pytestmark = pytest.mark.integration

CALLBACK = "/hub/oauth_callback"
FORGERIES = {
    "signed by another key": {"kind": "key"},
    "signed with the client's secret": {"kind": "secret"},
    "not signed": {"kind": "none"},
    "changed after it was signed": {"kind": "body", "claims": {"sub": "p1"}},
    "of another attempt": {"kind": "claims", "claims": {"nonce": "another"}},
    "without a nonce": {"kind": "claims", "claims": {"nonce": None}},
    "for another client": {"kind": "claims", "claims": {"aud": "another"}},
    "for us among others": {"kind": "claims", "claims": {"aud": ["museion", "another"]}},
    "used by another party": {"kind": "claims", "claims": {"azp": "another"}},
    "of another issuer": {"kind": "claims", "claims": {"iss": "https://evil.example"}},
    "expired": {"kind": "claims", "claims": {"exp": int(time.time()) - 3600}},
    "from the future": {"kind": "claims", "claims": {"iat": int(time.time()) + 36000}},
    "of another access token": {"kind": "claims", "claims": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}},
    "of another person than UserInfo": {"kind": "claims", "claims": {"sub": "p1"}},
}


def is_outside(client: httpx.Client) -> bool:
    return client.get("/hub/home").url.path == "/hub/login"


@pytest.mark.parametrize("forged", FORGERIES.values(), ids=FORGERIES)
def test_id_token_is_refused(site: Site, forged: dict[str, object]) -> None:
    site.provider.know(p1=claims("Petra Bach", "paintings"), eve=claims("Eve", "paintings"))
    site.provider.set(forge=forged)
    with site.browser() as client:
        page = sign_in(client, "eve")
        assert "could not be trusted" in page.text
        assert is_outside(client)
    assert site.find("eve") is None


def test_forged_token_would_pass_if_it_were_not_forged(site: Site) -> None:
    site.provider.know(p1=claims("Petra Bach", "paintings"))
    site.provider.set(forge={"kind": "claims"})
    with site.signed_in("p1") as client:
        assert not is_outside(client)


def test_another_browsers_answer_is_refused(site: Site) -> None:
    site.provider.know(eve=claims("Eve", "paintings"))
    attacker, answer = code_for(site, "eve")
    with site.browser() as victim:
        victim.get("/hub/login")
        assert "does not belong to this browser" in victim.get(answer).text
        assert is_outside(victim)
        victim.get("/hub/oauth_login")  # has an attempt of its own now
        assert "does not belong to this browser" in victim.get(answer).text
        assert is_outside(victim)
    attacker.close()


@pytest.mark.parametrize(
    "state",
    [
        "",
        "AAAA",
        "ü",
        "e30=",
        base64.urlsafe_b64encode(b'{"state_id": null}').decode(),
        base64.urlsafe_b64encode(b"[]").decode(),
        "%00",
        "x" * 5000,
    ],
    ids=["none", "short", "letters", "empty", "null", "list", "nul", "long"],
)
def test_forged_state_is_refused(site: Site, state: str) -> None:
    with site.browser() as client:
        client.get("/hub/oauth_login")
        page = client.get(CALLBACK, params={"code": "x", "state": state})
        assert "does not belong to this browser" in page.text
        assert is_outside(client)


def test_forged_cookie_of_an_attempt_is_refused(site: Site) -> None:
    attempt = base64.urlsafe_b64encode(json.dumps({"state_id": "a", "code_verifier": "b"}).encode())
    state = base64.urlsafe_b64encode(json.dumps({"state_id": "a"}).encode()).decode()
    with site.browser() as client:
        client.cookies.set("oauthenticator-state", attempt.decode(), path="/hub/")
        page = client.get(CALLBACK, params={"code": "x", "state": state})
        assert "does not belong to this browser" in page.text


def test_answer_can_not_be_used_twice(site: Site) -> None:
    site.provider.know(p1=claims("Petra Bach", "paintings"))
    client, answer = code_for(site, "p1")
    attempt = client.cookies["oauthenticator-state"]
    assert client.get(answer).headers["location"].endswith("/hub/home")
    client.close()
    with site.browser() as again:
        again.cookies.set("oauthenticator-state", attempt, domain="127.0.0.1", path="/")
        assert "does not belong to this browser" in again.get(answer).text
        assert is_outside(again)


def test_what_comes_with_the_address_is_never_shown(site: Site) -> None:
    site.provider.know(p1=claims("Petra Bach", "paintings"))
    with site.browser() as client:
        page = client.get("/hub/oauth_login")
        page = client.post(page.url, data={"cancel": "1"})
        assert "The sign-in was cancelled" in page.text
        assert "555 0100" not in page.text


def test_answer_of_another_issuer_is_refused(site: Site) -> None:
    site.provider.know(eve=claims("Eve", "paintings"))
    client, answer = code_for(site, "eve")
    parts = httpx.URL(answer)
    page = client.get(parts.copy_set_param("iss", "https://evil.example"))
    assert page.headers["location"].startswith("/hub/login")
    assert site.find("eve") is None
    client.close()


@pytest.mark.parametrize(
    "next_url", ["//evil.example/x", "https://evil.example/x", "/\\evil.example/x", "evil.example"]
)
def test_sign_in_leads_to_no_other_site(site: Site, next_url: str) -> None:
    site.provider.know(p1=claims("Petra Bach", "paintings"))
    with site.browser() as client:
        page = sign_in(client, "p1", next_url)
        assert page.url.host == "127.0.0.1"


def test_password_form_opens_no_account_of_the_provider(site: Site) -> None:
    site.provider.know(p1=claims("Petra Bach", "paintings"))
    with site.signed_in("p1"):
        person = site.find("p1")
    assert person
    for password in ("", "None", site.hub.password):
        with site.hub.signed_in(person.username, password or " ") as client:
            assert is_outside(client)
