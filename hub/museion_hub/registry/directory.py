"""The read side for the hub process: sign-in, groups, roles, cards and storage mounts.

The authenticator, the home page and the spawner use one `Directory` each or share one; its
sessions live only as long as a call. It has no custody: no key passes through here. The two
things it writes are audit events and nothing else.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic
from typing import Final, TypedDict

from museion_hub import audit
from museion_hub.registry import names
from museion_hub.registry.database import Database
from museion_hub.registry.passwords import is_password
from museion_hub.registry.people import view_of
from museion_hub.registry.permissions import Action, Standing, allows
from museion_hub.registry.reading import (
    active_workgroups,
    cards_for_person,
    memberships_of,
    mounts_for_person,
    mounts_for_workgroup,
)
from museion_hub.registry.tables import Person, Role, Workgroup, WorkgroupState
from museion_hub.registry.throttle import Throttle
from museion_hub.registry.views import (
    DatasetCard,
    MemberCard,
    MembershipView,
    PersonView,
    StorageMount,
    WorkgroupCard,
)

__all__ = [
    "DatasetCard",
    "Directory",
    "HubRole",
    "MemberCard",
    "MembershipView",
    "PersonView",
    "Role",
    "StorageMount",
    "WorkgroupCard",
]

_MEMBER_SCOPES: Final = ("access:servers", "start:servers", "read:servers")
_LEAD_SCOPES: Final = (*_MEMBER_SCOPES, "servers")
_OVERSEER: Final = ("access:servers", "servers")
ADMINISTRATOR_ROLE: Final = "museion-administrator"


class HubRole(TypedDict, total=False):
    """A role in the form JupyterHub's ``manage_roles`` takes."""

    name: str
    description: str
    scopes: list[str]


class Directory:
    """People and workgroups, as the hub process needs them.

    Parameters
    ----------
    database_url : str
        Address of the registry's database.
    clock : callable
        Seconds that only grow, for the throttle of failed tries.
    """

    def __init__(self, database_url: str, *, clock: Callable[[], float] = monotonic) -> None:
        self._database = Database(database_url)
        self._throttle = Throttle(clock)

    def close(self) -> None:
        """Give the database connections back."""
        self._database.close()

    def find_person(self, username: str) -> PersonView | None:
        """Find a person by the exact username; an account of a workgroup is no person."""
        with self._database.reading() as session:
            return _view(session.get(Person, username)) if names.is_username(username) else None

    def verify_password(self, username: str, password: str) -> PersonView | None:
        """Check a password; takes tens of milliseconds, so call it in a thread.

        An unknown person costs the same work as a wrong password. After some failed tries every
        further try fails for a while; `seconds_until_next_try` says how long.
        """
        if self._throttle.seconds_until_next_try(username) > 0:
            return None
        person, password_hash = self._find_with_hash(username)
        is_right = is_password(password, password_hash)
        self._throttle.remember(username, is_right=is_right)
        return person if is_right else None

    def seconds_until_next_try(self, username: str) -> float:
        """Give the seconds for which sign-in as this name is refused; 0 when it is not."""
        return self._throttle.seconds_until_next_try(username)

    def record_event(
        self,
        name: audit.EventName,
        *,
        actor: str,
        subject: str = "",
        detail: audit.Detail | None = None,
    ) -> None:
        """Append one event to the audit log, such as a sign-in.

        An actor that is no person and no workgroup is left out: people type passwords into the
        field for the name.
        """
        with self._database.writing() as session:
            is_known = session.get(Person, actor) or names.find_slug(actor)
            audit.record(
                session, name, actor=actor if is_known else "", subject=subject, detail=detail
            )

    def memberships(self, username: str) -> list[MembershipView]:
        """List a person's workgroups with the role in each, by slug."""
        with self._database.reading() as session:
            return memberships_of(session, username)

    def groups(self, username: str) -> list[str]:
        """List the hub groups of a person.

        ``wg-murals`` holds members and leads, who may write there; ``wg-murals--lead`` and
        ``wg-murals--guest`` the leads and the guests alone. A workgroup that is not in use has
        none, and an administrator who is no member is in none.
        """
        return [
            group
            for membership in self.memberships(username)
            if membership.state is WorkgroupState.ACTIVE
            for group in _groups_of(names.account_name(membership.workgroup), membership.role)
        ]

    def roles(self, username: str) -> list[HubRole]:
        """List the hub roles of a person, in the form ``manage_roles`` takes.

        ``user`` stands first without scopes: the hub would strip it if it were missing, and
        leaves its definition alone.
        """
        with self._database.reading() as session:
            memberships = memberships_of(session, username)
            person = session.get(Person, username)
            overseen = active_workgroups(session) if person and person.is_administrator else []
        opened = [
            one
            for one in memberships
            if allows(Standing(one.role.value), Action.OPEN_WORKSPACE, one.state)
        ]
        roles = [HubRole(name="user"), *map(_hub_role, opened)]
        return [*roles, _overseer(overseen)] if overseen else roles

    def workgroup_cards(self, username: str) -> list[WorkgroupCard]:
        """Give the cards of a person's workgroups, by title."""
        with self._database.reading() as session:
            return cards_for_person(session, username, now=datetime.now(UTC))

    def storage_mounts(self, account: str) -> list[StorageMount]:
        """List what of the storage an account's server may see.

        A workgroup: its own directory to write, each dataset shared with it to read. A person:
        the directories of their workgroups and what is shared with these, all to read. Anyone
        else: nothing.
        """
        slug = names.find_slug(account)
        with self._database.reading() as session:
            if slug is not None:
                return mounts_for_workgroup(session, slug)
            return mounts_for_person(session, account)

    def workgroup_exists(self, account: str) -> bool:
        """Tell whether a hub account is the account of a workgroup that was approved."""
        slug = names.find_slug(account)
        with self._database.reading() as session:
            workgroup = session.get(Workgroup, slug) if slug is not None else None
            return workgroup is not None and workgroup.state is not WorkgroupState.PENDING

    def workgroup_is_active(self, account: str) -> bool:
        """Tell whether a hub account is the account of a workgroup in use."""
        slug = names.find_slug(account)
        with self._database.reading() as session:
            workgroup = session.get(Workgroup, slug) if slug is not None else None
            return workgroup is not None and workgroup.state is WorkgroupState.ACTIVE

    def _find_with_hash(self, username: str) -> tuple[PersonView | None, str | None]:
        if not names.is_username(username):
            return None, None
        with self._database.reading() as session:
            person = session.get(Person, username)
            return _view(person), person.password_hash if person else None


def _view(person: Person | None) -> PersonView | None:
    return None if person is None else view_of(person)


def _groups_of(account: str, role: Role) -> list[str]:
    return {
        Role.LEAD: [account, f"{account}--lead"],
        Role.MEMBER: [account],
        Role.GUEST: [f"{account}--guest"],
    }[role]


def _hub_role(membership: MembershipView) -> HubRole:
    account = names.account_name(membership.workgroup)
    scopes = _LEAD_SCOPES if membership.role is Role.LEAD else _MEMBER_SCOPES
    return HubRole(
        name=f"{account}--{membership.role.value}",
        description=f"{membership.role.value.capitalize()} of {membership.title}",
        scopes=[f"{scope}!user={account}" for scope in scopes],
    )


def _overseer(slugs: list[str]) -> HubRole:
    """Give the role of administrators: each workspace by name, never people's own servers."""
    return HubRole(
        name=ADMINISTRATOR_ROLE,
        description="Opens every workgroup's workspace to look, and stops it",
        scopes=[
            f"{scope}!user={names.account_name(slug)}" for slug in slugs for scope in _OVERSEER
        ],
    )
