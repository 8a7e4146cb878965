"""The table of permissions itself: what it must never say, and that people read the same one."""

from pathlib import Path

import pytest

from museion_hub.registry import permissions
from museion_hub.registry.errors import ConflictError, NotFoundError, ReadOnlyError
from museion_hub.registry.permissions import (
    Action,
    Caller,
    SiteAction,
    Standing,
    allowed_actions,
    allows,
    require,
    require_caller,
)
from museion_hub.registry.tables import WorkgroupState

PAGE = Path(__file__).parents[3] / "docs" / "permissions.md"
PENDING, ACTIVE, ARCHIVED = WorkgroupState
HARMLESS_WHEN_ARCHIVED = {
    Action.READ,
    Action.READ_EVENTS,
    Action.RESTORE,
    Action.REMOVE_MEMBER,
    Action.LEAVE,
    Action.READ_INVITATIONS,
    Action.REVOKE_INVITATION,
    Action.READ_DATASETS,
    Action.UNSHARE_DATASETS,
    Action.LIST_CLUSTERS,
    Action.END_CLUSTERS,
    Action.LIST_SNAPSHOTS,
    Action.READ_SNAPSHOT,
    Action.WITHDRAW_SNAPSHOT,
}
"""What reads, or takes away."""


def test_the_page_for_people_is_the_table() -> None:
    assert PAGE.read_text() == permissions.describe()


@pytest.mark.parametrize("action", Action)
def test_an_archived_workgroup_is_read_and_never_written(action: Action) -> None:
    is_allowed = any(allows(standing, action, ARCHIVED) for standing in Standing)
    assert is_allowed == (action in HARMLESS_WHEN_ARCHIVED)


@pytest.mark.parametrize("state", WorkgroupState)
def test_a_stranger_can_only_ask_to_join_or_follow_an_invitation(state: WorkgroupState) -> None:
    found = set(allowed_actions({Standing.STRANGER}, state))
    wanted = {Action.ACCEPT_INVITATION, Action.ASK_TO_JOIN, Action.TAKE_REQUEST_BACK}
    assert found == (wanted if state is ACTIVE else set())


@pytest.mark.parametrize("state", WorkgroupState)
def test_a_member_may_all_that_a_guest_may_and_a_lead_all_that_a_member_may(
    state: WorkgroupState,
) -> None:
    guest, member, lead = (
        set(allowed_actions({standing}, state))
        for standing in (Standing.GUEST, Standing.MEMBER, Standing.LEAD)
    )
    assert guest <= member <= lead


def test_an_administrator_looks_and_never_reads_data_or_writes() -> None:
    found = set(allowed_actions({Standing.ADMINISTRATOR}, ACTIVE))
    assert not found & {
        Action.EDIT_WORKSPACE,
        Action.READ_DATASETS,
        Action.WRITE_DATASETS,
        Action.SHARE_DATASETS,
        Action.READ_SNAPSHOT,
    }


def test_the_workgroup_itself_changes_no_membership() -> None:
    found = set(allowed_actions({Standing.WORKGROUP}, ACTIVE))
    assert not found & {
        Action.INVITE,
        Action.CHANGE_ROLE,
        Action.APPOINT,
        Action.REMOVE_MEMBER,
        Action.ANSWER_REQUEST,
        Action.DESCRIBE,
        Action.ARCHIVE,
    }


def test_an_administrator_who_is_a_member_may_what_either_may() -> None:
    both = {Standing.MEMBER, Standing.ADMINISTRATOR}
    assert {Action.EDIT_WORKSPACE, Action.APPROVE} <= {
        *allowed_actions(both, ACTIVE),
        *allowed_actions(both, PENDING),
    }


@pytest.mark.parametrize(
    ("standing", "action", "state", "error"),
    [
        (Standing.STRANGER, Action.READ, ACTIVE, NotFoundError),
        (Standing.STRANGER, Action.ARCHIVE, ACTIVE, NotFoundError),
        (Standing.MEMBER, Action.READ, PENDING, NotFoundError),
        (Standing.MEMBER, Action.INVITE, ACTIVE, ReadOnlyError),
        (Standing.LEAD, Action.INVITE, ARCHIVED, ConflictError),
        (Standing.LEAD, Action.APPROVE, PENDING, ReadOnlyError),
        (Standing.LEAD, Action.RESTORE, ACTIVE, ConflictError),
    ],
)
def test_refusals_say_no_more_than_the_caller_may_know(
    standing: Standing, action: Action, state: WorkgroupState, error: type[Exception]
) -> None:
    with pytest.raises(error):
        require({standing}, action, state, "murals")


def test_what_takes_an_administrator_looks_missing_to_others() -> None:
    with pytest.raises(NotFoundError):
        require_caller(Caller.PERSON, SiteAction.MANAGE_PEOPLE)
    with pytest.raises(ReadOnlyError):
        require_caller(Caller.WORKGROUP, SiteAction.CREATE_WORKGROUP)
