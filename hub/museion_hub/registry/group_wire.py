"""What comes in about workgroups, members and people; what goes out stands in `group_views`."""

from typing import Annotated, Final

from pydantic import BaseModel, Field

from museion_hub.registry.group_views import InvitationView, Settled
from museion_hub.registry.names import MAX_SLUG_CHARS, MAX_USERNAME_CHARS
from museion_hub.registry.tables import Role
from museion_hub.registry.texts import MAX_EMAIL_CHARS, MAX_LINE_CHARS, MAX_TEXT_CHARS
from museion_hub.registry.wire import Request

MAX_MESSAGE_CHARS: Final = 1000
MAX_PASSWORD_CHARS: Final = 1024
MAX_DAYS: Final = 90
MAX_USES: Final = 500

type Slug = Annotated[str, Field(max_length=MAX_SLUG_CHARS)]
type Username = Annotated[str, Field(max_length=MAX_USERNAME_CHARS)]
type Title = Annotated[str, Field(min_length=1, max_length=MAX_LINE_CHARS)]
type Description = Annotated[str, Field(max_length=MAX_TEXT_CHARS)]
type Email = Annotated[str, Field(max_length=MAX_EMAIL_CHARS)]
type Password = Annotated[str, Field(max_length=MAX_PASSWORD_CHARS)]
type SomeRole = Annotated[Role, Field(strict=False)]


class NewWorkgroup(Request):
    """A workgroup to make; only administrators may name somebody else as its lead."""

    slug: Slug
    title: Title
    description: Description = ""
    lead: Username | None = None


class WorkgroupText(Request):
    """What of a workgroup's description was seen before a change of it."""

    title: Annotated[str, Field(max_length=MAX_LINE_CHARS)] | None = None
    description: Description | None = None
    is_listed: bool | None = None


class WorkgroupChange(WorkgroupText):
    """What is to change, and what was seen before; without `expected` the last one wins."""

    expected: WorkgroupText | None = None


class RoleChange(Request):
    """A member's new role, and the one that was seen before: null for none."""

    role: SomeRole
    expected_role: SomeRole | None = None


class NewInvitation(Request):
    """An invitation to make; with an e-mail address it is sent there."""

    role: SomeRole = Role.MEMBER
    expires_days: Annotated[int, Field(ge=1, le=MAX_DAYS)] = 7
    uses: Annotated[int, Field(ge=1, le=MAX_USES)] = 1
    label: Annotated[str, Field(max_length=MAX_LINE_CHARS)] = ""
    email: Email | None = None


class MadeInvitation(BaseModel):
    """A new invitation with its link, which is shown this once."""

    invitation: InvitationView
    url: str
    token: str
    mailed: bool
    mail_failure: str


class NewAccount(Request):
    """The account that somebody with an invitation makes."""

    username: Username
    display_name: Annotated[str, Field(max_length=MAX_LINE_CHARS)]
    password: Password = Field(repr=False)


class Wish(Request):
    """What a person says when they ask to join."""

    message: Annotated[str, Field(max_length=MAX_MESSAGE_CHARS)] = ""


class RequestAnswer(Request):
    """As what somebody who asked is taken in."""

    role: SomeRole = Role.MEMBER


class Removal(BaseModel):
    """What a removal has done so far; `hub` is pending until the hub has confirmed it."""

    removed: str
    epoch: int
    hub: Settled


class AccountChange(Request):
    """What a person changes of their own account; an empty e-mail address removes it."""

    display_name: Annotated[str, Field(max_length=MAX_LINE_CHARS)] | None = None
    email: Email | None = None


class PasswordChange(Request):
    """The old password and the new one."""

    old: Password = Field(repr=False)
    new: Password = Field(repr=False)


class PasswordChanged(BaseModel):
    """The caller's other sessions have ended; `renewal` is what the hub takes for a new cookie."""

    hub: Settled
    renewal: str = Field(repr=False)


class NewPerson(Request):
    """A person to make; without a password they sign in through the identity provider alone."""

    username: Username
    display_name: Annotated[str, Field(max_length=MAX_LINE_CHARS)]
    password: Password | None = Field(default=None, repr=False)
    email: Email | None = None
    is_administrator: bool = False


class PersonChange(Request):
    """What an administrator changes of somebody's account."""

    is_administrator: bool | None = None
    password: Password | None = Field(default=None, repr=False)
