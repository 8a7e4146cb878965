"""Who gets in at an institution's sign-in, as whom, and with what."""

import httpx
import pytest

from museion_hub.registry.tables import Membership, MembershipSource, Role
from tests.support.openid_provider import AUTHORITY, claims
from tests.support.sign_in_site import Site, sign_in

pytestmark = pytest.mark.integration


def roles_of(site: Site, username: str) -> dict[str, tuple[Role, MembershipSource]]:
    with site.database.reading() as session:
        rows = session.query(Membership).filter(Membership.person == username)
        return {row.workgroup: (row.role, row.source) for row in rows}


def test_entitled_person_gets_an_account_and_the_workgroup(site: Site) -> None:
    site.provider.know(p1=claims("Petra Bach", "paintings"))
    with site.signed_in("p1") as client:
        home = client.get("/hub/home").text
    person = site.find("p1")
    assert person is not None
    assert person.username.startswith("petra-")
    assert (person.display_name, person.email) == ("Petra Bach", "petra@museum.example")
    assert roles_of(site, person.username) == {"murals": (Role.MEMBER, MembershipSource.PROVIDER)}
    assert "Petra Bach" in home


def test_request_to_the_provider_has_state_nonce_and_pkce(site: Site) -> None:
    site.provider.know(p1=claims("Petra Bach", "paintings"))
    with site.signed_in("p1"):
        pass
    asked = next(one["query"] for one in site.provider.seen() if one["path"] == "/auth")
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert all(len(asked[name]) > 30 for name in ("state", "nonce", "code_challenge"))


def test_account_stays_the_same_when_every_other_claim_changes(site: Site) -> None:
    site.provider.know(p2=claims("Old Name", "paintings"))
    with site.signed_in("p2"):
        before = site.find("p2")
    site.provider.know(p2=claims("New Name", "stones", email="new@elsewhere.example"))
    with site.signed_in("p2"):
        after = site.find("p2")
    assert before
    assert after
    assert before.username == after.username
    assert roles_of(site, after.username) == {"lapidary": (Role.MEMBER, MembershipSource.PROVIDER)}


def test_two_people_with_one_preferred_name_are_two_accounts(site: Site) -> None:
    site.provider.know(p3=claims("Sam Stone", "paintings"), p4=claims("Sam Stone", "paintings"))
    for person in ("p3", "p4"):
        with site.signed_in(person):
            pass
    names = {person.username for person in (site.find("p3"), site.find("p4")) if person}
    assert len(names) == 2


def test_preferred_name_of_a_local_account_does_not_open_it(site: Site) -> None:
    site.provider.know(
        thief=claims("Thief", "stones", preferred_username="murals-lead", sub="murals-lead")
    )
    with site.signed_in("thief") as client:
        assert client.get("/user/wg-murals/lab").status_code == httpx.codes.NOT_FOUND
    thief = site.find("thief")
    assert thief
    assert thief.username != "murals-lead"


@pytest.mark.parametrize(
    ("person", "sentence"),
    [
        pytest.param({"entitlements": None}, "did not say which groups", id="claim absent"),
        pytest.param({"entitlements": []}, "opens no workgroup", id="no groups"),
        pytest.param(
            {"entitlements": ["urn:geant:museum.example:group:paintings#evil.example"]},
            "opens no workgroup",
            id="foreign authority",
        ),
        pytest.param(
            {"entitlements": [f"urn:geant:evil.example:group:paintings#{AUTHORITY}"]},
            "opens no workgroup",
            id="unknown namespace",
        ),
        pytest.param(
            {"entitlements": [f"urn:geant:museum.example:group:paintings:2#{AUTHORITY}"]},
            "opens no workgroup",
            id="sub-group",
        ),
        pytest.param({"entitlements": "paintings"}, "opens no workgroup", id="a word"),
        pytest.param({"entitlements": [{"a": 1}, 7]}, "opens no workgroup", id="no texts"),
    ],
)
def test_person_without_an_entitlement_is_told_so_and_gets_no_account(
    site: Site, person: dict[str, object], sentence: str
) -> None:
    site.provider.know(stranger=claims("Stran Ger", **person))
    with site.browser() as client:
        page = sign_in(client, "stranger")
        assert page.url.path == "/hub/login"
        assert sentence in page.text
        assert client.get("/hub/home").url.path == "/hub/login"
    assert site.find("stranger") is None


def test_address_that_is_not_verified_is_not_kept(site: Site) -> None:
    site.provider.know(p5=claims("Nora Bell", "paintings", email_verified=False))
    with site.signed_in("p5"):
        person = site.find("p5")
    assert person
    assert person.email is None


def test_entitlement_of_administrators_makes_one_and_its_loss_ends_it(site: Site) -> None:
    site.provider.know(chief=claims("Chief", "paintings", "it:role=admin"))
    with site.signed_in("chief"):
        before = site.find("chief")
    site.provider.know(chief=claims("Chief", "paintings"))
    with site.signed_in("chief"):
        after = site.find("chief")
    assert before
    assert after
    assert (before.is_administrator, after.is_administrator) == (True, False)


def test_local_account_signs_in_beside_the_provider(site: Site) -> None:
    with site.hub.signed_in("murals-lead") as client:
        assert client.get("/hub/home").url.path == "/hub/home"
    with site.hub.signed_in("murals-lead", "wrong") as client:
        assert client.get("/hub/home").url.path == "/hub/login"


def test_what_is_kept_of_the_session_is_sealed_and_never_shown(site: Site) -> None:
    site.provider.know(p1=claims("Petra Bach", "paintings"))
    with site.signed_in("p1") as client:
        shown = client.get("/hub/api/user", headers={"Referer": f"{site.hub.url}/hub/home"}).text
    stored = site.hub.paths.hub_database.read_bytes()
    stored += (
        site.hub.paths.hub_database.with_suffix(".sqlite-wal").read_bytes()
        if (site.hub.paths.hub_database.with_suffix(".sqlite-wal").exists())
        else b""
    )
    assert "auth_state" not in shown
    assert b"refresh_token" not in stored
    assert b"eyJhbGciOi" not in stored
    key = site.hub.paths.sign_in_key_file
    assert key.stat().st_mode & 0o777 == 0o600


def test_signing_in_and_being_refused_are_written_down(site: Site) -> None:
    site.provider.know(p1=claims("Petra Bach", "paintings"), stranger=claims("Stran Ger"))
    with site.signed_in("p1"), site.browser() as client:
        sign_in(client, "stranger")
    person = site.find("p1")
    assert person
    with site.database.reading() as session:
        from museion_hub.audit.tables import AuditEvent  # noqa: PLC0415 - one test's

        rows = session.query(AuditEvent).order_by(AuditEvent.log_index.desc()).limit(20).all()
        events = [(row.event, row.actor, row.detail) for row in rows]
    issuer = {"provider": site.provider.issuer}
    assert ("person.signed-in", person.username, issuer) in events
    assert ("person.sign-in-failed", "", {**issuer, "reason": "not-entitled"}) in events
