"""Who may do what with a workgroup: one table, standing by action by state, and who asks it.

Everything that decides about a workgroup asks `allows` or `require`; nothing else holds a rule.
A person may stand in two ways at once, as an administrator who is a member too: what one of the
two allows is allowed. Whoever may not even read the workgroup's page learns nothing, not even that
it exists. ``python -m museion_hub.registry.permissions`` prints the table for people.
"""

import sys
from collections.abc import Collection, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from museion_hub.registry.errors import ConflictError, NotFoundError, ReadOnlyError
from museion_hub.registry.tables import WorkgroupState


class Standing(StrEnum):
    """As what somebody meets a workgroup; `WORKGROUP` is its own account, its server's token."""

    LEAD = "lead"
    MEMBER = "member"
    GUEST = "guest"
    STRANGER = "stranger"
    ADMINISTRATOR = "administrator"
    WORKGROUP = "workgroup"


class Action(StrEnum):
    """What can be done to or in one workgroup."""

    READ = "read"
    READ_EVENTS = "read_events"
    DESCRIBE = "describe"
    APPROVE = "approve"
    DECLINE = "decline"
    ARCHIVE = "archive"
    RESTORE = "restore"
    APPOINT = "appoint"
    CHANGE_ROLE = "change_role"
    REMOVE_MEMBER = "remove_member"
    LEAVE = "leave"
    READ_INVITATIONS = "read_invitations"
    INVITE = "invite"
    REVOKE_INVITATION = "revoke_invitation"
    ACCEPT_INVITATION = "accept_invitation"
    ASK_TO_JOIN = "ask_to_join"
    TAKE_REQUEST_BACK = "take_request_back"
    READ_REQUESTS = "read_requests"
    ANSWER_REQUEST = "answer_request"
    OPEN_WORKSPACE = "open_workspace"
    EDIT_WORKSPACE = "edit_workspace"
    STOP_WORKSPACE = "stop_workspace"
    REPORT_PRESENCE = "report_presence"
    READ_DATASETS = "read_datasets"
    WRITE_DATASETS = "write_datasets"
    SHARE_DATASETS = "share_datasets"
    UNSHARE_DATASETS = "unshare_datasets"
    CHANGE_POLICY = "change_policy"
    USE_CLUSTERS = "use_clusters"
    LIST_CLUSTERS = "list_clusters"
    END_CLUSTERS = "end_clusters"
    LIST_SNAPSHOTS = "list_snapshots"
    READ_SNAPSHOT = "read_snapshot"
    PUBLISH_SNAPSHOT = "publish_snapshot"
    WITHDRAW_SNAPSHOT = "withdraw_snapshot"


class Caller(StrEnum):
    """Who asks for something that is about no workgroup in particular."""

    PERSON = "person"
    ADMINISTRATOR = "administrator"
    WORKGROUP = "workgroup"


class SiteAction(StrEnum):
    """What can be done on the deployment as a whole."""

    CREATE_WORKGROUP = "create_workgroup"
    FIND_WORKGROUPS = "find_workgroups"
    KEEP_ACCOUNT = "keep_account"
    OWN_CLUSTERS = "own_clusters"
    READ_OVERVIEW = "read_overview"
    MANAGE_PEOPLE = "manage_people"


_LETTERS: Final = {
    "L": Standing.LEAD,
    "M": Standing.MEMBER,
    "G": Standing.GUEST,
    "S": Standing.STRANGER,
    "A": Standing.ADMINISTRATOR,
    "W": Standing.WORKGROUP,
}
# Who may, while the workgroup is pending, active, archived; then what it is in plain words.
_TABLE: Final = {
    Action.READ: ("LA", "LMGAW", "LMGAW", "see the workgroup's page"),
    Action.READ_EVENTS: ("LA", "LMA", "LMA", "read who did what"),
    Action.DESCRIBE: ("LA", "LA", "", "rename, describe and list it"),
    Action.APPROVE: ("A", "", "", "approve it"),
    Action.DECLINE: ("LA", "", "", "decline it, or take the wish back"),
    Action.ARCHIVE: ("", "LA", "", "archive it"),
    Action.RESTORE: ("", "", "LA", "restore it"),
    Action.APPOINT: ("", "A", "", "add a person without an invitation"),
    Action.CHANGE_ROLE: ("", "LA", "", "change a member's role, or step down"),
    Action.REMOVE_MEMBER: ("", "LA", "LA", "remove a member"),
    Action.LEAVE: ("", "LMG", "LMG", "leave"),
    Action.READ_INVITATIONS: ("", "LA", "LA", "see the invitations"),
    Action.INVITE: ("", "LA", "", "invite"),
    Action.REVOKE_INVITATION: ("", "LA", "LA", "revoke an invitation"),
    Action.ACCEPT_INVITATION: ("", "LMGSA", "", "accept an invitation"),
    Action.ASK_TO_JOIN: ("", "SA", "", "ask to join, if it is listed"),
    Action.TAKE_REQUEST_BACK: ("", "SA", "", "take one's own request back"),
    Action.READ_REQUESTS: ("", "LA", "", "see who asks to join"),
    Action.ANSWER_REQUEST: ("", "LA", "", "accept or decline a request"),
    Action.OPEN_WORKSPACE: ("", "LMA", "", "start and open the workspace"),
    Action.EDIT_WORKSPACE: ("", "LM", "", "edit and run in the workspace"),
    Action.STOP_WORKSPACE: ("", "LA", "", "stop the workspace"),
    Action.REPORT_PRESENCE: ("", "W", "", "say who is in the workspace"),
    Action.READ_DATASETS: ("", "LMW", "LMW", "read its datasets and those shared with it"),
    Action.WRITE_DATASETS: ("", "W", "", "create datasets, commit and release versions"),
    Action.SHARE_DATASETS: ("", "LW", "", "share datasets with others"),
    Action.UNSHARE_DATASETS: ("", "LW", "LW", "end a share, begin new keys"),
    Action.CHANGE_POLICY: ("", "L", "", "change a dataset's policy"),
    Action.USE_CLUSTERS: ("", "W", "", "start clusters, and let them read datasets"),
    Action.LIST_CLUSTERS: ("", "LMAW", "LMAW", "see its clusters and what they may read"),
    Action.END_CLUSTERS: ("", "LAW", "LAW", "end a cluster, or take a grant from it"),
    Action.LIST_SNAPSHOTS: ("", "LMGAW", "LMGAW", "see which notebooks are published"),
    Action.READ_SNAPSHOT: ("", "LMG", "LMG", "read a published notebook"),
    Action.PUBLISH_SNAPSHOT: ("", "LMW", "", "publish a notebook to guests"),
    Action.WITHDRAW_SNAPSHOT: ("", "LMAW", "LMAW", "withdraw a published notebook"),
}
_STATES: Final = (WorkgroupState.PENDING, WorkgroupState.ACTIVE, WorkgroupState.ARCHIVED)
_ALLOWED: Final[Mapping[Action, Mapping[WorkgroupState, frozenset[Standing]]]] = MappingProxyType({
    action: {
        state: frozenset(_LETTERS[letter] for letter in letters)
        for state, letters in zip(_STATES, row, strict=False)
    }
    for action, row in _TABLE.items()
})
_SITE: Final = {
    SiteAction.CREATE_WORKGROUP: (
        frozenset({Caller.PERSON, Caller.ADMINISTRATOR}),
        "create a workgroup, or ask for one where that needs approval",
    ),
    SiteAction.FIND_WORKGROUPS: (
        frozenset({Caller.PERSON, Caller.ADMINISTRATOR}),
        "see which workgroups are listed",
    ),
    SiteAction.KEEP_ACCOUNT: (
        frozenset({Caller.PERSON, Caller.ADMINISTRATOR}),
        "see and change one's own account",
    ),
    SiteAction.OWN_CLUSTERS: (
        frozenset({Caller.PERSON, Caller.ADMINISTRATOR, Caller.WORKGROUP}),
        "start clusters from one's own server",
    ),
    SiteAction.READ_OVERVIEW: (
        frozenset({Caller.ADMINISTRATOR}),
        "see all workgroups, servers and storage",
    ),
    SiteAction.MANAGE_PEOPLE: (
        frozenset({Caller.ADMINISTRATOR}),
        "list, make and remove people",
    ),
}


def allows(standing: Standing, action: Action, state: WorkgroupState) -> bool:
    """Tell whether somebody who stands so may do this while the workgroup is in this state."""
    return standing in _ALLOWED[action][state]


def allowed_actions(standings: Collection[Standing], state: WorkgroupState) -> list[Action]:
    """List what somebody may do, in the order of the table."""
    return [action for action in Action if _may(standings, action, state)]


def allows_caller(caller: Caller, action: SiteAction) -> bool:
    """Tell whether somebody may do what is about no workgroup in particular."""
    return caller in _SITE[action][0]


def require(
    standings: Collection[Standing], action: Action, state: WorkgroupState, subject: str
) -> None:
    """Refuse what the table does not allow, and say no more than the caller may know.

    Parameters
    ----------
    standings : collection of Standing
        As what the caller meets the workgroup.
    action : Action
        What is asked for.
    state : WorkgroupState
        Of the workgroup.
    subject : str
        The workgroup's slug, or what in it is asked for.

    Raises
    ------
    NotFoundError
        If the caller may not know of the workgroup.
    ConflictError
        If the workgroup's state is in the way.
    ReadOnlyError
        If it takes another role.
    """
    if _may(standings, action, state):
        return
    stands = "+".join(sorted(standings))
    if not _may(standings, Action.READ, state):
        raise NotFoundError(subject=subject, reason=f"{action} as {stands}")
    if any(_may(standings, action, other) for other in _STATES):
        raise ConflictError(*_STATE_WORDS[state][:1], hint=_STATE_WORDS[state][1], subject=subject)
    raise ReadOnlyError(
        "Your role in this workgroup does not allow this",
        hint="ask one of its leads",
        subject=subject,
        reason=f"{action} as {stands}",
    )


def require_caller(caller: Caller, action: SiteAction) -> None:
    """Refuse what is not this caller's on the deployment as a whole.

    Raises
    ------
    NotFoundError
        If it takes an administrator: others learn nothing of it.
    ReadOnlyError
        If it takes a person.
    """
    if allows_caller(caller, action):
        return
    if caller is Caller.WORKGROUP:
        raise ReadOnlyError(
            "Only a person may do this", hint="use your own account", reason=f"{action}"
        )
    raise NotFoundError(subject=action.value, reason="no administrator")


def describe() -> str:
    """Write the tables as Markdown, for ``docs/permissions.md``."""
    lines = [_HEAD]
    for state, words in zip(_STATES, _STATE_TITLES, strict=True):
        lines += [f"\n## While {words}\n\n", _header([one.value for one in Standing])]
        lines += [_line(_TABLE[action][3], _cells(action, state)) for action in Action]
    lines += ["\n## On the deployment\n\n", _header([one.value for one in Caller])]
    lines += [
        _line(words, [caller in callers for caller in Caller]) for callers, words in _SITE.values()
    ]
    return "".join(lines)


def _may(standings: Collection[Standing], action: Action, state: WorkgroupState) -> bool:
    return any(allows(standing, action, state) for standing in standings)


def _cells(action: Action, state: WorkgroupState) -> list[bool]:
    return [allows(standing, action, state) for standing in Standing]


def _header(columns: list[str]) -> str:
    return f"| to | {' | '.join(columns)} |\n|---|{':-:|' * len(columns)}\n"


def _line(words: str, cells: list[bool]) -> str:
    return f"| {words} | {' | '.join('yes' if cell else '' for cell in cells)} |\n"


_STATE_WORDS: Final = {
    WorkgroupState.PENDING: (
        "The workgroup waits for an administrator's approval",
        "try again when it is approved",
    ),
    WorkgroupState.ACTIVE: (
        "The workgroup is in use",
        "read its state again",
    ),
    WorkgroupState.ARCHIVED: (
        "The workgroup is archived: nothing in it can be changed",
        "ask one of its leads or an administrator to restore it",
    ),
}
_STATE_TITLES: Final = (
    "a workgroup waits for approval",
    "a workgroup is active",
    "a workgroup is archived",
)
_HEAD: Final = """\
# Who may do what

Written by `python -m museion_hub.registry.permissions`; a test holds this page equal to the table
that decides, and another one tries each cell over the API.

*lead*, *member* and *guest* are a person's roles in a workgroup; *stranger* is everybody else who
is signed in. *administrator* is who runs the deployment, without being a member; one who is a
member too may do what either allows. *workgroup* is the workgroup's own account: what runs in its
workspace. In a workspace that is not theirs, administrators read and can't write, and the members
see that they were there. What somebody may not even see looks as if it did not exist.
"""

if __name__ == "__main__":
    sys.stdout.write(describe())
