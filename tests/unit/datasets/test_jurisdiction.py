"""Countries and groups, and policies in their JSON form."""

import dataclasses

import pytest

from museion_datasets.errors import InvalidError, PolicyError
from museion_datasets.jurisdiction import COUNTRIES, GROUPS, lies_within
from museion_datasets.policy import DatasetPolicy, require_computable, require_storable

POLICY = DatasetPolicy(
    "Museum",
    "cc by 4.0",
    storage_jurisdictions=("fr", "DE", "de"),
    embargo_until="2027-03-01",
    purposes=("teaching", "research"),
)


@pytest.mark.parametrize(
    ("jurisdiction", "allowed", "lies"),
    [
        ("DE", ["EU"], True),
        ("DE-BY", ["DE"], True),
        ("EU", ["EEA"], True),
        ("EEA", ["EU"], False),
        ("EU", ["DE", "FR"], False),
        ("NO", ["EU"], False),
        ("NO", ["EU", "NO"], True),
        ("CH", ["EEA"], False),
        ("", ["EU"], False),
        ("", [], False),
    ],
)
def test_place_lies_within_only_if_all_it_may_stand_for_does(
    jurisdiction: str,
    allowed: list[str],
    *,
    lies: bool,
) -> None:
    assert lies_within(jurisdiction, allowed) is lies


def test_codes_are_those_of_the_standard() -> None:
    assert (len(COUNTRIES), len(GROUPS["EU"]), len(GROUPS["EEA"])) == (249, 27, 30)
    assert GROUPS["EEA"] <= COUNTRIES


def test_policy_is_kept_in_its_canonical_form_and_comes_back_from_json() -> None:
    assert POLICY.storage_jurisdictions == ("DE", "FR")
    assert (POLICY.rights, POLICY.purposes) == ("CC-BY-4.0", ("research", "teaching"))
    assert DatasetPolicy.from_json(POLICY.to_json()) == POLICY


@pytest.mark.parametrize(
    "change",
    [
        {"owner": " "},
        {"owner": 7},
        {"rights": None},
        {"embargo_until": "2027-02-30"},
        {"embargo_until": "20270301"},
        {"embargo_until": 7},
        {"purposes": ["Teaching!"]},
        {"purposes": "teaching"},
        {"purposes": [f"p{number}" for number in range(65)]},
        {"storage_jurisdictions": [7]},
        {"colour": "blue"},
    ],
    ids=str,
)
def test_policy_that_cannot_be_meant_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(InvalidError, match="hint: "):
        DatasetPolicy.from_json(POLICY.to_json() | change)


def test_missing_member_and_unknown_country_are_refused() -> None:
    data = POLICY.to_json()
    del data["purposes"]
    with pytest.raises(InvalidError):
        DatasetPolicy.from_json(data)
    with pytest.raises(PolicyError, match="Not a jurisdiction: 'UK'"):
        dataclasses.replace(POLICY, compute_jurisdictions=("UK",))


def test_refusal_says_what_is_allowed_and_where_the_place_is() -> None:
    require_storable(POLICY, "archive", "DE-BY")
    require_computable(POLICY, "anywhere", "")
    with pytest.raises(PolicyError, match="only in DE, FR, not at bucket, which is in US"):
        require_storable(POLICY, "bucket", "US")
    with pytest.raises(PolicyError, match="whose country nobody declared"):
        require_storable(POLICY, "bucket", "")
