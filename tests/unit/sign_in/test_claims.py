"""What is believed of claims, and what is not."""

from typing import Any

import pytest

from museion_hub.registry.tables import Role
from museion_hub.settings import GroupRule
from museion_hub.sign_in.claims import (
    Identity,
    entitlements_from,
    identity_from,
    require_entitlements,
    usernames_for,
)
from museion_hub.sign_in.errors import DeniedError, Problem, ProviderAnswerError
from museion_hub.sign_in.metadata import metadata_from
from museion_hub.sign_in.rules import rights_from, rules_from
from museion_hub.sign_in.tokens import Session, find_key, key_id_of

ISSUER = "https://sso.museum.example"
METADATA = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/auth",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/jwks",
}
GROUP = "urn:geant:museum.example:group:%s#sso.museum.example"


def read(**claims: Any) -> Identity:  # noqa: ANN401 - claims
    return identity_from(claims, issuer=ISSUER, subject_claim="sub")


def test_person_is_issuer_and_subject() -> None:
    assert read(sub="a#b").subject == f"{ISSUER}#a#b"


@pytest.mark.parametrize("subject", [None, "", " ", 7, ["a"], "a\nb", "x" * 256])
def test_subject_that_can_be_nobodys_is_refused(subject: object) -> None:
    with pytest.raises(ProviderAnswerError):
        read(sub=subject)


@pytest.mark.parametrize(
    ("verified", "email"),
    [(True, "a@b.example"), (False, None), ("true", None), (1, None), (None, None)],
)
def test_only_a_verified_address_counts(verified: object, email: str | None) -> None:
    assert read(sub="a", email="a@b.example", email_verified=verified).email == email


@pytest.mark.parametrize(
    ("preferred", "start"),
    [
        ("astrid", "astrid-"),
        ("Bao Nguyễn", "bao-nguyen-"),
        ("astrid@museum.example", "astrid-"),
        ("wg-murals", "person-wg-murals-"),
        ("0000-0002-1825-0097", "person-0000-0002-1825-0097-"),
        ("王小明", "person-"),
        ("", "person-"),
        ("../../etc", "etc-"),
        ("x" * 200, "x" * 32 + "-"),
    ],
)
def test_username_begins_as_the_person_prefers(preferred: str, start: str) -> None:
    name = next(usernames_for(read(sub="a", preferred_username=preferred)))
    assert name.startswith(start)
    assert len(name) == len(start) + 8


def test_username_depends_on_the_case_of_the_subject() -> None:
    names = [next(usernames_for(read(sub=sub))) for sub in ("0000-000X", "0000-000x")]
    assert names[0] != names[1]


@pytest.mark.parametrize(
    ("value", "found"),
    [(None, None), ([], []), ("one", ["one"]), (["one", "two"], ["one", "two"])],
)
def test_entitlements_may_be_absent_one_or_many(value: object, found: object) -> None:
    assert entitlements_from({"entitlements": value}, "entitlements") == found


def test_absent_claim_is_denied_and_no_groups_is_an_answer() -> None:
    with pytest.raises(DeniedError) as error:
        require_entitlements({}, "entitlements")
    assert error.value.problem is Problem.NO_CLAIM
    assert require_entitlements({"entitlements": []}, "entitlements") == []


def test_highest_role_counts_whatever_the_order() -> None:
    lead = GroupRule(GROUP % "lab:role=head", "murals", Role.LEAD)
    guest = GroupRule(GROUP % "lab", "murals", Role.GUEST)
    held = [GROUP % "lab:role=head"]
    for given in ([lead, guest], [guest, lead]):
        rules = rules_from(given, "", ["sso.museum.example"])
        assert rights_from(held, rules).roles == {"murals": Role.LEAD}
        assert rights_from([GROUP % "lab"], rules).roles == {"murals": Role.GUEST}


def test_without_a_rule_the_provider_has_no_say_in_administrators() -> None:
    rules = rules_from([], "", ["sso.museum.example"])
    assert rights_from([], rules).is_administrator is None


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"issuer": f"{ISSUER}/"}, id="another issuer"),
        pytest.param({"issuer": None}, id="no issuer"),
        pytest.param({"token_endpoint": "http://sso.museum.example/token"}, id="not safe"),
        pytest.param({"jwks_uri": ""}, id="no keys"),
        pytest.param({"authorization_endpoint": 7}, id="no address"),
    ],
)
def test_provider_that_describes_itself_otherwise_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ProviderAnswerError):
        metadata_from({**METADATA, **changed}, issuer=ISSUER)


@pytest.mark.parametrize(
    ("methods", "uses_basic"),
    [
        (None, True),
        (["client_secret_post"], False),
        (["client_secret_post", "client_secret_basic"], True),
    ],
)
def test_secret_goes_where_the_provider_takes_it(
    methods: list[str] | None, *, uses_basic: bool
) -> None:
    answer = {**METADATA, "token_endpoint_auth_methods_supported": methods}
    assert metadata_from(answer, issuer=ISSUER).uses_basic_auth is uses_basic


@pytest.mark.parametrize("token", ["", "a.b.c", "x" * 9000, "eyJhbGciOiJIUzI1NiJ9.e30.AA"])
def test_what_is_no_token_of_a_provider_is_refused(token: str) -> None:
    with pytest.raises(ProviderAnswerError):
        key_id_of(token)


@pytest.mark.parametrize(
    "jwks",
    [
        None,
        [],
        {"keys": None},
        {"keys": [7, {"kty": "oct", "kid": "a", "k": "AA"}]},
        {"keys": [{}]},
    ],
)
def test_keys_of_another_kind_are_not_found(jwks: object) -> None:
    assert find_key(jwks, "RS256", "a") is None


def test_session_of_another_version_is_none() -> None:
    session = Session("a", "b", "c", "d", 1.0)
    assert Session.find(session.to_json()) == session
    assert Session.find({**session.to_json(), "more": 1}) is None
    assert Session.find(None) is None
