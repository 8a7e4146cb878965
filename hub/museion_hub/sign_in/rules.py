"""From entitlements to memberships: pure functions over the deployment's rules.

A rule with a role asks for this role; one without asks for the group in whatever role. A rule
for a group says nothing about its sub-groups, nor the other way round. If several rules of one
workgroup hold, the highest role counts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from museion_hub.registry.tables import Role
from museion_hub.settings import GroupRule
from museion_hub.sign_in.entitlements import (
    MAX_ENTITLEMENTS,
    Entitlement,
    accept_entitlement,
    parse_entitlement,
)
from museion_hub.sign_in.errors import EntitlementError

_RANK: Final = {Role.GUEST: 0, Role.MEMBER: 1, Role.LEAD: 2}


@dataclass(frozen=True, slots=True)
class Rule:
    """Who has the entitlement has the role in the workgroup."""

    entitlement: Entitlement
    workgroup: str
    role: Role


@dataclass(frozen=True, slots=True)
class Rules:
    """What a deployment makes of entitlements.

    Attributes
    ----------
    groups : tuple of Rule
        Which are memberships.
    administrators : Entitlement or None
        Which makes an administrator; None if people here decide that.
    authorities, namespaces : frozenset of str
        Whose entitlements are looked at.
    """

    groups: tuple[Rule, ...]
    administrators: Entitlement | None
    authorities: frozenset[str]
    namespaces: frozenset[str]


@dataclass(frozen=True, slots=True)
class Rights:
    """What a person is given by the provider.

    Attributes
    ----------
    roles : mapping of str to Role
        By the slug of the workgroup.
    is_administrator : bool or None
        None if the provider has no say in it.
    refused : tuple of str
        Why entitlements did not count, for the log.
    """

    roles: Mapping[str, Role]
    is_administrator: bool | None
    refused: tuple[str, ...] = ()


def rules_from(
    groups: Iterable[GroupRule], administrators: str, authorities: Iterable[str]
) -> Rules:
    """Read the rules of the settings.

    Raises
    ------
    EntitlementError
        If one is no entitlement, or of an authority that is not among those given.
    """
    known = frozenset(authorities)
    texts = [(rule, _read(rule.entitlement, known)) for rule in groups]
    chief = _read(administrators, known) if administrators else None
    read = [entitlement for _, entitlement in texts] + ([chief] if chief else [])
    return Rules(
        groups=tuple(Rule(entitlement, rule.workgroup, rule.role) for rule, entitlement in texts),
        administrators=chief,
        authorities=known,
        namespaces=frozenset(entitlement.namespace for entitlement in read),
    )


def rights_from(values: Iterable[object], rules: Rules) -> Rights:
    """Say what a person's entitlements give; what can't be read gives nothing.

    Parameters
    ----------
    values : iterable
        What stood in the claim.
    rules : Rules
        The deployment's rules.

    Returns
    -------
    Rights
        Never more than the rules say.
    """
    held, refused = _accepted(values, rules)
    roles: dict[str, Role] = {}
    for rule in rules.groups:
        if any(_fulfils(entitlement, rule.entitlement) for entitlement in held):
            before = roles.get(rule.workgroup, rule.role)
            roles[rule.workgroup] = max(before, rule.role, key=_RANK.__getitem__)
    chief = rules.administrators
    is_chief = None if chief is None else any(_fulfils(one, chief) for one in held)
    return Rights(roles, is_chief, tuple(refused))


def _read(text: str, authorities: frozenset[str]) -> Entitlement:
    """Read a rule's entitlement; the namespaces of rules are the known ones."""
    namespace = parse_entitlement(text).namespace
    return accept_entitlement(text, authorities=authorities, namespaces=[namespace])


def _accepted(values: Iterable[object], rules: Rules) -> tuple[list[Entitlement], list[str]]:
    held: list[Entitlement] = []
    refused: list[str] = []
    for value in list(values)[:MAX_ENTITLEMENTS]:
        try:
            held.append(_accept(value, rules))
        except EntitlementError as error:
            refused.append(error.message)
    return held, refused


def _accept(value: object, rules: Rules) -> Entitlement:
    if not isinstance(value, str):
        raise EntitlementError(f"An entitlement is no text but: {type(value).__name__}")
    return accept_entitlement(value, authorities=rules.authorities, namespaces=rules.namespaces)


def _fulfils(held: Entitlement, wanted: Entitlement) -> bool:
    return (held.namespace, held.group, held.authority) == (
        wanted.namespace,
        wanted.group,
        wanted.authority,
    ) and wanted.role in {"", held.role}
