"""What the registry shows of a workgroup's page, of joining it, and to administrators."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from museion_hub.registry.permissions import Action
from museion_hub.registry.tables import MembershipSource, Role, WorkgroupState
from museion_hub.registry.views import DatasetCard


class ServerState(StrEnum):
    """What a workgroup's workspace does now; UNKNOWN when the hub does not say."""

    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    UNKNOWN = "unknown"


class Settled(StrEnum):
    """Whether the hub has confirmed a change of somebody's rights already."""

    DONE = "done"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class ServerView:
    """A workspace's server as the hub reports it."""

    state: ServerState
    last_activity: datetime | None = None


@dataclass(frozen=True, slots=True)
class MemberLine:
    """A member on the workgroup's page."""

    username: str
    display_name: str
    color: str
    initials: str
    role: Role
    source: MembershipSource
    joined: datetime
    is_online: bool


@dataclass(frozen=True, slots=True)
class WorkgroupPage:
    """A workgroup as its page shows it to one principal.

    Attributes
    ----------
    my_role : Role or None
        The caller's; None for an administrator who is no member.
    allowed : tuple of Action
        What the caller may do in the workgroup's present state.
    datasets : tuple of DatasetCard
        Own ones and those shared with it; empty for guests and administrators.
    storage_bytes : int
        What the newest versions of its own datasets take.
    """

    slug: str
    title: str
    description: str
    state: WorkgroupState
    is_listed: bool
    created: datetime
    archived: datetime | None
    my_role: Role | None
    is_administrator: bool
    allowed: tuple[Action, ...]
    members: tuple[MemberLine, ...]
    datasets: tuple[DatasetCard, ...]
    storage_bytes: int
    server: ServerView = ServerView(ServerState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class ListedWorkgroup:
    """A workgroup that may be found and asked to join."""

    slug: str
    title: str
    description: str
    members: int
    asked: bool


@dataclass(frozen=True, slots=True)
class InvitationView:
    """An invitation as the workgroup's leads see it; the token is shown once, elsewhere."""

    id: str
    role: Role
    label: str
    email: str | None
    expires: datetime
    uses: int
    uses_left: int
    created: datetime
    created_by: str
    revoked: datetime | None
    is_usable: bool


@dataclass(frozen=True, slots=True)
class OfferedPlace:
    """What somebody with an invitation's link sees before they accept."""

    workgroup: str
    inviter: str
    role: Role
    expires: datetime
    is_usable: bool


@dataclass(frozen=True, slots=True)
class JoinedPlace:
    """Where an invitation or a request has led."""

    slug: str
    role: Role


@dataclass(frozen=True, slots=True)
class RequestView:
    """Who asks to join, and what they say."""

    username: str
    display_name: str
    color: str
    initials: str
    message: str
    created: datetime


@dataclass(frozen=True, slots=True)
class AccountMembership:
    """One of a person's workgroups on their account's page."""

    slug: str
    title: str
    role: Role
    state: WorkgroupState
    source: MembershipSource


@dataclass(frozen=True, slots=True)
class AccountView:
    """A person's own account, as they see it."""

    username: str
    display_name: str
    email: str | None
    color: str
    initials: str
    created: datetime
    is_administrator: bool
    has_password: bool
    workgroups: tuple[AccountMembership, ...]


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A person in the administrators' list."""

    username: str
    display_name: str
    email: str | None
    color: str
    initials: str
    is_administrator: bool
    has_password: bool
    created: datetime
    workgroups: int


@dataclass(frozen=True, slots=True)
class OverviewLine:
    """A workgroup in the administrators' overview."""

    slug: str
    title: str
    state: WorkgroupState
    leads: tuple[str, ...]
    members: int
    datasets: int
    storage_bytes: int
    created: datetime
    last_activity: datetime | None
    server: ServerView


@dataclass(frozen=True, slots=True)
class Overview:
    """The whole deployment, as administrators see it; `pending` are slugs that wait."""

    workgroups: tuple[OverviewLine, ...]
    people: int
    pending: tuple[str, ...]
