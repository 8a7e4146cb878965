"""How long a session lives: as long as the provider vouches for the person, and no longer."""

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from museion_hub.registry.epochs import newest_workgroup_epoch
from museion_hub.registry.memberships import set_member
from museion_hub.registry.tables import Membership, Role
from tests.integration.sign_in.conftest import OUTAGE_S
from tests.support.openid_provider import GROUP, claims
from tests.support.sign_in_site import Site, code_for, has_ended, sign_in, token_of, username_of
from tests.support.waiting import wait_until

pytestmark = pytest.mark.integration

LAB = "/user/wg-murals/lab"
SOON_S = 20.0


def wait_for_the_end(client: httpx.Client) -> str:
    """Give what the sign-in page says when the session has ended."""

    def page() -> str:
        shown = client.get("/hub/home")
        return shown.text if shown.url.path == "/hub/login" else ""

    return wait_until(page, "the session ends", SOON_S)


@pytest.mark.usefixtures("workspace")
def test_groups_at_the_provider_open_and_close_a_workspace_without_a_restart(site: Site) -> None:
    site.provider.know(g1=claims("Gia Moss", "stones"))
    with site.signed_in("g1") as client:
        assert client.get(LAB).status_code == httpx.codes.NOT_FOUND
        site.provider.know(g1=claims("Gia Moss", "stones", "paintings"))
        wait_until(lambda: client.get(LAB).is_success, "the new member gets in", SOON_S)
        site.provider.know(g1=claims("Gia Moss", "stones"))
        wait_until(lambda: not client.get(LAB).is_success, "the former member is out", SOON_S)
        assert client.get("/user/wg-murals/api/contents").status_code == httpx.codes.NOT_FOUND
        assert not has_ended(client)


def test_workgroup_that_somebody_left_gets_a_new_key(site: Site) -> None:
    def epoch() -> int:
        with site.database.reading() as session:
            return newest_workgroup_epoch(session, "lapidary")

    site.provider.know(g0=claims("Gale West", "stones", "paintings"))
    with site.signed_in("g0") as client:
        before = epoch()
        site.provider.know(g0=claims("Gale West", "paintings"))
        wait_until(lambda: client.get("/hub/home").is_success and epoch() > before, "a new key")


def test_role_follows_the_provider(site: Site) -> None:
    site.provider.know(g2=claims("Gus Reed", "paintings"))
    with site.signed_in("g2") as client:
        site.provider.know(g2=claims("Gus Reed", "paintings:role=head"))

        def role() -> Role | None:
            client.get("/hub/home")
            with site.database.reading() as session:
                row = session.get(Membership, (username_of(site, "g2"), "murals"))
                return row.role if row else None

        wait_until(lambda: role() is Role.LEAD, "the role has followed", SOON_S)


def test_membership_given_here_stays_when_the_providers_go(site: Site) -> None:
    site.provider.know(g3=claims("Gil Frost", "stones"))
    with site.signed_in("g3") as client:
        with site.database.writing() as session:
            set_member(session, "murals", username_of(site, "g3"), Role.GUEST, actor="test")
        site.provider.know(g3=claims("Gil Frost", "paintings:role=head"))

        def held() -> dict[str, Role]:
            client.get("/hub/home")
            with site.database.reading() as session:
                rows = session.query(Membership).filter(
                    Membership.person == username_of(site, "g3")
                )
                return {row.workgroup: row.role for row in rows}

        wait_until(lambda: "lapidary" not in held(), "the provider's is gone", SOON_S)
        assert held() == {"murals": Role.GUEST}
        assert not has_ended(client)


def test_loss_of_every_group_ends_the_session_and_says_why(site: Site) -> None:
    site.provider.know(g4=claims("Greta Hill", "stones"))
    with site.signed_in("g4") as client:
        site.provider.know(g4=claims("Greta Hill"))
        assert "opens no workgroup" in wait_for_the_end(client)


@pytest.mark.parametrize("how", ["disabled", "revoked", "removed"])
def test_person_whom_the_provider_gave_up_is_out_with_all_tokens(site: Site, how: str) -> None:
    site.provider.know(g5=claims("Gwen Lake", "paintings"))
    with site.signed_in("g5") as client:
        headers = {"Authorization": f"token {token_of(client, username_of(site, 'g5'))}"}
        assert httpx.get(f"{site.hub.url}/hub/api/user", headers=headers).is_success
        if how == "disabled":
            site.provider.know(g5=claims("Gwen Lake", "paintings"), disabled=("g5",))
        elif how == "revoked":
            site.provider.revoke("g5")
        else:
            site.provider.know()
        api = f"{site.hub.url}/hub/api/user"
        wait_until(
            lambda: httpx.get(api, headers=headers).status_code == httpx.codes.FORBIDDEN,
            "the token is refused",
            SOON_S,
        )
        assert "has ended your session" in wait_for_the_end(client)
        assert "has ended your session" not in client.get("/hub/home").text
        assert has_ended(client)


def test_claim_that_vanishes_ends_the_session_and_keeps_the_memberships(site: Site) -> None:
    site.provider.know(g6=claims("Gail Ford", "paintings"))
    with site.signed_in("g6") as client:
        site.provider.know(g6=claims("Gail Ford", entitlements=None))
        assert "did not say which groups" in wait_for_the_end(client)
    with site.database.reading() as session:
        assert session.get(Membership, (username_of(site, "g6"), "murals"))


def test_access_token_that_ends_is_renewed_even_by_many_requests_at_once(site: Site) -> None:
    site.provider.set(accessSeconds=2)
    site.provider.know(g7=claims("Gro Vik", "paintings"))
    with site.signed_in("g7") as client, ThreadPoolExecutor(8) as threads:

        def renewals() -> int:
            pages = list(threads.map(lambda _: client.get("/hub/home"), range(8)))
            assert {page.url.path for page in pages} == {"/hub/home"}
            return sum(one["path"] == "/token" for one in site.provider.seen()) - 1

        wait_until(lambda: renewals() >= 3, "the token was renewed some times", SOON_S)


def test_access_token_that_ends_without_another_one_ends_the_session(site: Site) -> None:
    site.provider.set(accessSeconds=8, refresh=False)
    site.provider.know(g7=claims("Gro Vik", "paintings"))
    with site.signed_in("g7") as client:
        assert "has ended your session" in wait_for_the_end(client)


def test_entitlements_that_stand_in_the_id_token_alone_count(site: Site) -> None:
    held = {"entitlements": [GROUP % "paintings"]}
    site.provider.set(forge={"kind": "claims", "claims": held})
    site.provider.know(g7=claims("Gro Vik", entitlements=None))
    with site.signed_in("g7") as client:

        def renewals() -> int:
            assert not has_ended(client)
            return sum(one["path"] == "/token" for one in site.provider.seen())

        wait_until(lambda: renewals() >= 3, "the ID token was read again", SOON_S)
        site.provider.set(forge=None)
        assert "did not say which groups" in wait_for_the_end(client)


@pytest.mark.parametrize("how", ["answers 503", "hangs up"])
def test_short_outage_is_outlived_and_a_long_one_ends_the_session(site: Site, how: str) -> None:
    site.provider.know(g8=claims("Gerd Ems", "paintings"))
    with site.signed_in("g8") as client:
        client.get("/hub/home")
        site.provider.set(down=how)
        began = time.monotonic()
        while time.monotonic() - began < OUTAGE_S / 2:
            assert not has_ended(client)
        assert "has not answered for too long" in wait_for_the_end(client)
        assert time.monotonic() - began > OUTAGE_S / 2
        site.provider.set(down="")
        assert has_ended(client)
        assert sign_in(client, "g8").url.path == "/hub/home"


def test_outage_that_passes_is_not_noticed(site: Site) -> None:
    site.provider.know(g9=claims("Gaia Sand", "paintings"))
    with site.signed_in("g9") as client:
        for down in ("answers 503", "", "hangs up", ""):
            site.provider.set(down=down)
            assert not has_ended(client)


def test_sign_in_during_an_outage_says_so(site: Site) -> None:
    site.provider.know(g1=claims("Gia Moss", "stones"))
    client, answer = code_for(site, "g1")
    site.provider.set(down="hangs up")
    page = client.get(answer, follow_redirects=True)
    client.close()
    assert page.url.path == "/hub/login"
    assert "does not answer at the moment" in page.text


def test_signing_out_ends_the_session_here_there_and_in_other_browsers(site: Site) -> None:
    site.provider.know(g1=claims("Gia Moss", "stones"))
    with site.signed_in("g1") as client, site.signed_in("g1") as other:
        out = client.get("/hub/logout", follow_redirects=False)
        farewell = httpx.URL(out.headers["location"])
        assert str(farewell).startswith(f"{site.provider.issuer}/session/end?")
        assert farewell.params["client_id"] == "museion"
        assert farewell.params["post_logout_redirect_uri"] == f"{site.hub.url}/hub/login"
        assert farewell.params["id_token_hint"].startswith("ey")
        assert has_ended(client)
        assert has_ended(other)
        page = client.get(farewell)
        assert page.is_success
        confirmed = client.post(
            f"{site.provider.issuer}/session/end/confirm",
            data={"xsrf": page.text.split('name="xsrf" value="')[1].split('"')[0], "logout": "yes"},
        )
        assert confirmed.url.path == "/hub/login"
        assert client.get("/hub/oauth_login").url.path.startswith("/interaction/")
    assert any(one["path"] == "/token/revocation" for one in site.provider.seen())
