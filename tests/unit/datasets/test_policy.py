"""Rights are named so that everybody can read them; access follows role."""

import pytest

from museion_datasets.errors import PolicyError
from museion_datasets.policy import RIGHTS, GrantRole, may_read, may_write, require_rights


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CC-BY-4.0", "CC-BY-4.0"),
        ("cc by 4.0", "CC-BY-4.0"),
        ("CC0", "CC0-1.0"),
        ("InC", "INC"),
        ("http://rightsstatements.org/vocab/InC/1.0/", "INC"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
    ],
)
def test_rights_are_found_by_identifier_and_by_uri(text: str, expected: str) -> None:
    assert require_rights(text).id == expected


@pytest.mark.parametrize("text", ["", "free", "CC-BY-9.9", "https://example.org/"])
def test_unknown_rights_are_refused_with_those_that_are_known(text: str) -> None:
    with pytest.raises(PolicyError, match=r"CC-BY-4\.0"):
        require_rights(text)


def test_every_statement_has_a_label_and_a_canonical_address() -> None:
    assert all(rights.label and rights.uri.startswith("https://") for rights in RIGHTS.values())


@pytest.mark.parametrize(
    ("is_owner", "role", "reads", "writes"),
    [
        (True, None, True, True),
        (True, GrantRole.READER, True, True),
        (False, GrantRole.WRITER, True, True),
        (False, GrantRole.READER, True, False),
        (False, None, False, False),
    ],
)
def test_access_follows_ownership_and_grant(
    is_owner: bool,  # noqa: FBT001 - a row of the table
    role: GrantRole | None,
    reads: bool,  # noqa: FBT001
    writes: bool,  # noqa: FBT001
) -> None:
    assert may_read(is_owner=is_owner, role=role) is reads
    assert may_write(is_owner=is_owner, role=role) is writes
