"""Reads group entitlements: URNs as in AARC-G002 and its successor AARC-G069.

::

    urn:<nid>:<namespace…>:group:<group>[:<sub-group>…][:role=<role>]#<authority>

Requirements: a group is known by its whole path and who vouches for it, so nothing is ever
compared by a part of its text; a separator that was percent-encoded is part of a name.
Choice: split first, decode afterwards, compare the parts. The scheme and the namespace identifier
(`<nid>`) have no case (RFC 8141), all else has. Without an authority an entitlement is worth
nothing here, though AARC-G069 lets a provider leave it out. Capabilities (``:res:``, AARC-G027) and
everything else that is no group are refused.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

from museion_hub.sign_in.errors import EntitlementError

MAX_CHARS: Final = 1024
MAX_ENTITLEMENTS: Final = 2000
_ROLE: Final = "role="
# RFC 3986's pchar without ":", which separates, and with "/".
_PART: Final = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=@/]|%[0-9A-Fa-f]{2})+")
_AUTHORITY: Final = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=@/:]|%[0-9A-Fa-f]{2})+")
_NID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,30}[A-Za-z0-9]")


@dataclass(frozen=True, slots=True)
class Entitlement:
    """Membership in one group, as one authority vouches for it.

    Attributes
    ----------
    namespace : str
        As in ``"urn:mace:egi.eu"``; scheme and namespace identifier in lower case.
    group : tuple of str
        The group and its sub-groups from the outside in, decoded.
    role : str
        Decoded; empty for none.
    authority : str
        Who vouches, as in ``"aai.egi.eu"``.
    """

    namespace: str
    group: tuple[str, ...]
    role: str
    authority: str


def parse_entitlement(text: str) -> Entitlement:
    """Read one entitlement, whoever vouches for it.

    Raises
    ------
    EntitlementError
        If the text is no group entitlement, or has no authority.
    """
    if len(text) > MAX_CHARS:
        raise EntitlementError(f"An entitlement is too long, characters: {len(text)}")
    urn, _, authority = text.partition("#")
    if not _AUTHORITY.fullmatch(authority):
        raise EntitlementError(f"An entitlement names no authority: {_shown(text)}")
    namespace, path = _split(urn, text)
    role = path.pop().removeprefix(_ROLE) if path[-1].startswith(_ROLE) else None
    if role == "" or not path or any(part.startswith(_ROLE) for part in path):
        raise EntitlementError(f"An entitlement has a role out of place: {_shown(text)}")
    group = tuple(_decode(part, text) for part in path)
    if any(part.startswith(_ROLE) for part in group):
        raise EntitlementError(f"An entitlement's group looks like a role: {_shown(text)}")
    return Entitlement(
        namespace, group, _decode(role, text) if role else "", _decode(authority, text)
    )


def accept_entitlement(
    text: str, *, authorities: Iterable[str], namespaces: Iterable[str]
) -> Entitlement:
    """Read one entitlement, and refuse it if a stranger vouches for it.

    Parameters
    ----------
    text : str
        What the provider sent.
    authorities, namespaces : iterable of str
        Those that this deployment knows, compared as a whole.

    Returns
    -------
    Entitlement
        Of a known authority and namespace.

    Raises
    ------
    EntitlementError
        If it is malformed, or authority or namespace is unknown.
    """
    entitlement = parse_entitlement(text)
    if entitlement.authority not in set(authorities):
        raise EntitlementError(f"An entitlement is of a foreign authority: {_shown(text)}")
    if entitlement.namespace not in set(namespaces):
        raise EntitlementError(f"An entitlement is of an unknown namespace: {_shown(text)}")
    return entitlement


def _split(urn: str, text: str) -> tuple[str, list[str]]:
    """Give the namespace, and the raw parts behind ``:group:``.

    Raises
    ------
    EntitlementError
        If there are none.
    """
    scheme, *parts = urn.split(":")
    is_urn = scheme.lower() == "urn" and bool(parts) and _NID.fullmatch(parts[0])
    if not is_urn or not all(_PART.fullmatch(part) for part in parts):
        raise EntitlementError(f"An entitlement is no URN: {_shown(text)}")
    nid, *rest = parts
    if "group" not in rest[1:-1]:
        raise EntitlementError(f"An entitlement is of no group: {_shown(text)}")
    where = rest.index("group", 1)
    return ":".join(["urn", nid.lower(), *rest[:where]]), rest[where + 1 :]


def _decode(part: str, text: str) -> str:
    try:
        decoded = unquote_to_bytes(part).decode("utf-8")
    except UnicodeDecodeError as error:
        raise EntitlementError(f"An entitlement is not UTF-8: {_shown(text)}") from error
    if not decoded.isprintable() or decoded != decoded.strip():
        raise EntitlementError(f"An entitlement has unprintable characters: {_shown(text)}")
    return decoded


def _shown(text: str) -> str:
    return repr(text[:120])
