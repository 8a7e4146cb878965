"""Who has no group at the provider gets in by an invitation, and only by one that still opens."""

import re
import secrets
from datetime import UTC, datetime, timedelta
from html import unescape

import httpx
import pytest

from museion_hub.registry.invitations import hash_of
from museion_hub.registry.tables import Membership, Role
from museion_hub.registry.workgroup_tables import Invitation
from tests.support.openid_provider import claims
from tests.support.sign_in_site import Site

pytestmark = pytest.mark.integration


def invite(site: Site, *, uses: int = 1) -> str:
    token, now = secrets.token_urlsafe(32), datetime.now(UTC)
    with site.database.writing() as session:
        session.add(
            Invitation(
                id=secrets.token_hex(16),
                workgroup="murals",
                token_hash=hash_of(token),
                role=Role.MEMBER,
                label="",
                email=None,
                expires=now + timedelta(days=1),
                uses=1,
                uses_left=uses,
                created=now,
                created_by="murals-lead",
                revoked=None,
            )
        )
    return f"/services/registry/join/{token}"


def follow(client: httpx.Client, address: str, person: str) -> httpx.Response:
    """Follow the link on the invitation's page, and sign in at the provider."""
    page = client.get(address)
    link = re.search(r'href="([^"]+)">Sign in and join', page.text)
    assert link
    page = client.get(unescape(link[1]))
    button = re.search(r'id="provider" href="([^"]+)"', page.text)
    assert button
    page = client.get(unescape(button[1]))
    return client.post(page.url, data={"login": person})


def test_invited_person_gets_an_account_and_may_accept(site: Site) -> None:
    site.provider.know(guest1=claims("Ina Guest"))
    address = invite(site)
    with site.browser() as client:
        page = follow(client, address, "guest1")
        assert page.url.path == address
        assert "Join as Ina Guest" in page.text
        request_token = re.search(r'data-xsrf="([^"]+)"', page.text)
        assert request_token
        accepted = client.post(
            f"/services/registry/api/v1/invitations/{address.rsplit('/')[-1]}/accept",
            headers={"X-Museion-Request": unescape(request_token[1])},
        )
        assert accepted.is_success
    person = site.find("guest1")
    assert person
    with site.database.reading() as session:
        assert session.get_one(Membership, (person.username, "murals")).role is Role.MEMBER
    with site.signed_in("guest1") as client:  # by membership from now on
        assert client.get("/hub/home").url.path == "/hub/home"


def test_link_that_opens_nothing_brings_no_account(site: Site) -> None:
    site.provider.know(guest2=claims("Ino Guest"))
    address = f"/services/registry/join/{secrets.token_urlsafe(32)}"
    with site.browser() as client:
        page = client.get("/hub/oauth_login", params={"next": address})
        page = client.post(page.url, data={"login": "guest2"})
        assert "opens no workgroup" in page.text
    assert site.find("guest2") is None
