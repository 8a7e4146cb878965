"""Entitlements are read as they were written, or refused; no text gives more than a rule says."""

import string
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from museion_hub.registry.names import is_username
from museion_hub.registry.tables import Role
from museion_hub.settings import GroupRule
from museion_hub.sign_in.claims import Identity, usernames_for
from museion_hub.sign_in.entitlements import Entitlement, parse_entitlement
from museion_hub.sign_in.errors import EntitlementError
from museion_hub.sign_in.rules import rights_from, rules_from

NAMESPACE = "urn:geant:museum.example"
AUTHORITY = "sso.museum.example"
NAMES = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=12).filter(
    lambda name: not name.startswith("role=") and name.isprintable()
)
GROUPS = st.lists(NAMES, min_size=1, max_size=4)
RULES = rules_from(
    [
        GroupRule(f"{NAMESPACE}:group:paintings#{AUTHORITY}", "murals", Role.MEMBER),
        GroupRule(f"{NAMESPACE}:group:paintings:role=head#{AUTHORITY}", "murals", Role.LEAD),
    ],
    f"{NAMESPACE}:group:it:role=admin#{AUTHORITY}",
    [AUTHORITY],
)


def written(group: list[str], role: str, authority: str = AUTHORITY) -> str:
    path = ":".join(quote(name, safe="") for name in group)
    tail = f":role={quote(role, safe='')}" if role else ""
    return f"{NAMESPACE}:group:{path}{tail}#{authority}"


@given(group=GROUPS, role=st.just("") | NAMES)
def test_entitlement_is_read_as_it_was_written(group: list[str], role: str) -> None:
    read = parse_entitlement(written(group, role))
    assert read == Entitlement(NAMESPACE, tuple(group), role, AUTHORITY)


@given(text=st.text(max_size=80) | st.text("urn:groleadp=%23#aiths.", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read = parse_entitlement(text)
    except EntitlementError:
        return
    assert read.group
    assert read.authority
    assert all(read.group)


@given(group=GROUPS, role=st.just("") | NAMES)
def test_other_groups_give_nothing(group: list[str], role: str) -> None:
    rights = rights_from([written(group, role)], RULES)
    assert bool(rights.roles) == (group == ["paintings"])
    assert rights.is_administrator == (group == ["it"] and role == "admin")


@given(authority=st.text(string.ascii_letters + string.digits + ".-/", min_size=1, max_size=40))
def test_other_authorities_give_nothing(authority: str) -> None:
    rights = rights_from([written(["paintings"], "head", authority)], RULES)
    assert bool(rights.roles) == (authority == AUTHORITY)


@given(
    values=st.lists(
        st.none() | st.integers() | st.text(max_size=30) | st.dictionaries(st.text(), st.text())
    )
)
def test_whatever_stands_in_the_claim_gives_nothing_by_itself(values: list[object]) -> None:
    rights = rights_from(values, RULES)
    assert rights.roles == {}
    assert rights.is_administrator is False
    assert len(rights.refused) == len(values)


@given(preferred=st.text(max_size=60), subject=st.text(min_size=1, max_size=60))
def test_username_for_a_person_can_be_one(preferred: str, subject: str) -> None:
    identity = Identity(f"https://sso.example#{subject}", preferred, "", None)
    assert all(is_username(name) for name in usernames_for(identity))


@given(
    preferred=st.text(max_size=20),
    subjects=st.lists(st.text(min_size=1, max_size=20), min_size=2, max_size=8, unique=True),
)
def test_other_people_get_other_usernames(preferred: str, subjects: list[str]) -> None:
    identities = [Identity(f"https://sso.example#{one}", preferred, "", None) for one in subjects]
    first = [next(usernames_for(identity)) for identity in identities]
    assert len(set(first)) == len(subjects)
