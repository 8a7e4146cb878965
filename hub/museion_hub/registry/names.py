"""Rules for the names of people and workgroups, and the names derived from them.

Requirements: a name is at once part of a URL, a directory, a hub account, a role and a group, so
it must need no escaping anywhere and two names may never meet in one derived name.
Choice: lowercase ASCII words joined by single separators. ``wg-`` belongs to the accounts of
workgroups, so no person can have it, and a slug has no double hyphen, so that
``wg-murals--lead`` can only be the group of leads of ``murals``. Paths of datasets belong to
`museion_datasets.model.DatasetPath`; every slug is a valid first part of one.

Two names that a hurried reader takes for one another have the same *skeleton* (the term of Unicode
UTS 39, on our small alphabet); of workgroups only one may have it.
"""

import re
from typing import Final

from museion_hub.registry.errors import InvalidNameError

ACCOUNT_PREFIX: Final = "wg-"
RESERVED_PREFIXES: Final = (ACCOUNT_PREFIX, "ws-")
OPERATOR: Final = "operator"
"""The hub's service that stands for whoever runs the deployment's own machine."""
RESERVED_USERNAMES: Final = frozenset({
    "admin",
    "administrator",
    "dask-gateway",
    "identity-provider",
    "museion",
    OPERATOR,
    "registry",
    "root",
})
"""Names that stand for the deployment itself, in the log and among the hub's services."""
RESERVED_SLUGS: Final = frozenset({"listed", "new"})
"""Addresses of the registry that stand where a slug stands."""
MAX_USERNAME_CHARS: Final = 64
MAX_SLUG_CHARS: Final = 32

_ALIKE: Final = (("rn", "m"), ("vv", "w"), ("0", "o"), ("1", "l"))
_JOINTS: Final = re.compile(r"[-._]")
_USERNAME = re.compile(r"[a-z][a-z0-9]*(?:[-._][a-z0-9]+)*")
_SLUG = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")


def is_username(name: str) -> bool:
    """Tell whether a person may have this name."""
    return (
        len(name) <= MAX_USERNAME_CHARS
        and _USERNAME.fullmatch(name) is not None
        and not name.startswith(RESERVED_PREFIXES)
        and name not in RESERVED_USERNAMES
    )


def is_slug(slug: str) -> bool:
    """Tell whether a workgroup may have this slug."""
    return (
        len(slug) <= MAX_SLUG_CHARS
        and _SLUG.fullmatch(slug) is not None
        and not slug.startswith(RESERVED_PREFIXES)
        and slug not in RESERVED_SLUGS
    )


def require_username(name: str) -> str:
    """Return the name, or refuse it.

    Raises
    ------
    InvalidNameError
        If no person may have this name.
    """
    if not is_username(name):
        raise InvalidNameError("username", name)
    return name


def require_slug(slug: str) -> str:
    """Return the slug, or refuse it.

    Raises
    ------
    InvalidNameError
        If no workgroup may have this slug.
    """
    if not is_slug(slug):
        raise InvalidNameError("workgroup slug", slug)
    return slug


def skeleton(name: str) -> str:
    """Give what a name looks like at a glance: ``wa11-art`` and ``wallart`` have the same.

    Two names that differ in their numbers alone stay apart, so seats and years can be counted.
    """
    bare = _JOINTS.sub("", name)
    for written, seen in _ALIKE:
        bare = bare.replace(written, seen)
    return bare


def account_name(slug: str) -> str:
    """Give the hub account of a workgroup: ``murals`` → ``wg-murals``."""
    return ACCOUNT_PREFIX + slug


def find_slug(account: str) -> str | None:
    """Give the workgroup of a hub account: ``wg-murals`` → ``murals``, a person → None."""
    slug = account.removeprefix(ACCOUNT_PREFIX)
    return slug if slug != account and is_slug(slug) else None
