"""Which running servers must still hear of whom, because rights have changed.

The hub stores groups and roles; the registry knows better. Whenever the registry's word is read,
the difference is noted here before it is stored, whatever led to the reading, and stays until
each server that it concerns has confirmed. Pure bookkeeping of one process: what a process that
ended still had to say, the registry asks for again.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from jupyterhub.user import User

from museion_hub.registry import names

EVERY_SERVER: Final = "*"
WRITE, VISIT = "write", "visit"

type Found = Mapping[str, Any] | bool
"""What the authenticator reads of an account; False if it is gone."""


class Concerned:
    """Remembers which servers must hear of a person, until they have."""

    def __init__(self) -> None:
        self._changes: defaultdict[str, int] = defaultdict(int)
        self._accounts: defaultdict[str, set[str]] = defaultdict(set)
        self._leaked: set[str] = set()

    def changes(self, username: str) -> int:
        """Count what was changed for a person, to see that a reading is out of date."""
        return self._changes[username]

    def note_change(self, username: str) -> None:
        """Make every reading that is under way out of date."""
        self._changes[username] += 1

    def note_difference(self, user: User, found: Found) -> None:
        """Compare what the hub stores with what was read; before it is stored."""
        stored, read = _rights(user), _rights_read(found)
        self.add(str(user.name), {account for _, account in stored ^ read})
        self.note_leak(account for right, account in stored - read if right == WRITE)

    def note_leak(self, accounts: Iterable[str]) -> None:
        """Name servers whose own token somebody may have kept who has no access any more."""
        self._leaked.update(accounts)

    def is_leaked(self, account: str) -> bool:
        """Tell whether a server's own token must be exchanged."""
        return account in self._leaked

    def note_exchange(self, account: str) -> None:
        """Strike out a server whose token was exchanged, or that has ended."""
        self._leaked.discard(account)

    def add(self, username: str, accounts: Iterable[str]) -> None:
        """Name servers that must hear of a person."""
        self._accounts[username].update(accounts)

    def of(self, username: str) -> frozenset[str]:
        """Give the servers that must still hear of a person."""
        return frozenset(self._accounts[username])

    def settle(self, username: str, accounts: Iterable[str]) -> None:
        """Strike out servers that have heard."""
        self._accounts[username].difference_update(accounts)


def _rights(user: User) -> set[tuple[str, str]]:
    """Give what the hub stores."""
    scopes = (scope for role in user.roles for scope in role.scopes)
    return _pairs((group.name for group in user.groups), scopes)


def _rights_read(found: Found) -> set[tuple[str, str]]:
    """Give what was read in the registry."""
    if isinstance(found, bool):
        return set()
    scopes = (scope for role in found["roles"] for scope in role.get("scopes", ()))
    return _pairs(found["groups"], scopes)


def _pairs(groups: Iterable[str], scopes: Iterable[str]) -> set[tuple[str, str]]:
    """Give (right, account of the server) for members' groups and for roles' scopes."""
    members = {(WRITE, group) for group in groups if names.find_slug(group) is not None}
    visits = {
        (VISIT, account if kind == "user" else EVERY_SERVER)
        for base, _, which in (scope.partition("!") for scope in scopes)
        for kind, _, account in [which.partition("=")]
        if base == "access:servers"
    }
    return members | visits
