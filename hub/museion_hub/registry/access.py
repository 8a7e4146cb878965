"""Who may do what with a dataset: pure decisions over plain records.

A principal reads as one or more workgroups: the account of a workgroup as itself, a person as
every workgroup in which they are lead or member. Only a workgroup writes; a person's drafts from
a private server come with a later issue. Whoever may not read learns nothing, not even that the
dataset exists.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from museion_datasets import policy
from museion_datasets.policy import GrantRole
from museion_hub.registry import names
from museion_hub.registry.permissions import Action, Caller, Standing, allows
from museion_hub.registry.tables import Role
from museion_hub.registry.views import MembershipView


class PrincipalKind(StrEnum):
    """Whose token came with a request; the operator's is the one of the hub's own machine."""

    WORKGROUP = "workgroup"
    PERSON = "person"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks.

    Attributes
    ----------
    name : str
        Hub account.
    kind : PrincipalKind
        Whose account it is.
    memberships : tuple of MembershipView
        A person's workgroups; for a workgroup's account, itself as a member.
    is_administrator : bool
        Whether the person runs the deployment; the operator does.
    """

    name: str
    kind: PrincipalKind
    memberships: tuple[MembershipView, ...]
    is_administrator: bool = False

    @property
    def reads_as(self) -> tuple[str, ...]:
        """Slugs of the workgroups as which this principal reads."""
        return tuple(
            one.workgroup
            for one in self.memberships
            if allows(self._standing(one.role), Action.READ_DATASETS, one.state)
        )

    @property
    def writes_as(self) -> str | None:
        """Slug of the workgroup as which this principal writes."""
        return names.find_slug(self.name) if self.kind is PrincipalKind.WORKGROUP else None

    @property
    def caller(self) -> Caller:
        """As what this principal meets the deployment as a whole."""
        if self.kind is PrincipalKind.WORKGROUP:
            return Caller.WORKGROUP
        return Caller.ADMINISTRATOR if self.is_administrator else Caller.PERSON

    def role_in(self, slug: str) -> Role | None:
        """Give the person's role in a workgroup, if it has one."""
        if self.kind is not PrincipalKind.PERSON:
            return None
        return next((one.role for one in self.memberships if one.workgroup == slug), None)

    def standings_in(self, slug: str) -> frozenset[Standing]:
        """Give as what this principal meets a workgroup; an administrator may be a member too."""
        if self.kind is PrincipalKind.WORKGROUP:
            is_own = self.writes_as == slug
            return frozenset({Standing.WORKGROUP if is_own else Standing.STRANGER})
        role = self.role_in(slug)
        found = {Standing(role.value)} if role else set()
        if self.is_administrator:
            found.add(Standing.ADMINISTRATOR)
        return frozenset(found or {Standing.STRANGER})

    def _standing(self, role: Role) -> Standing:
        is_account = self.kind is PrincipalKind.WORKGROUP
        return Standing.WORKGROUP if is_account else Standing(role.value)


def find_reader(principal: Principal, owner: str, grants: Mapping[str, GrantRole]) -> str | None:
    """Find as which workgroup a principal may read a dataset: the owner first.

    Parameters
    ----------
    principal : Principal
        Who asks.
    owner : str
        Slug of the workgroup that owns the dataset.
    grants : mapping of str to GrantRole
        What the owner has granted, by slug.
    """
    if owner in principal.reads_as:
        return owner
    allowed = (
        slug
        for slug in principal.reads_as
        if policy.may_read(is_owner=False, role=grants.get(slug))
    )
    return next(allowed, None)


def may_write(principal: Principal, owner: str, grants: Mapping[str, GrantRole]) -> bool:
    """Tell whether a principal may commit to or discard a dataset."""
    slug = principal.writes_as
    return slug is not None and policy.may_write(is_owner=slug == owner, role=grants.get(slug))


def may_share(principal: Principal, owner: str) -> bool:
    """Tell whether a principal decides who holds a dataset's keys.

    The leads of the owning workgroup do, and the workgroup's own account: every member acts as
    the workgroup inside its kernels and could hand the plaintext on, so refusing the account would
    only look safer. The log names the account.
    """
    return principal.writes_as == owner or is_lead(principal, owner)


def is_lead(principal: Principal, slug: str) -> bool:
    """Tell whether a principal is a person who leads a workgroup."""
    return principal.kind is PrincipalKind.PERSON and any(
        one.workgroup == slug and one.role is Role.LEAD for one in principal.memberships
    )
