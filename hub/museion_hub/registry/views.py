"""What the registry shows to the hub process: plain frozen records, detached from the database."""

from dataclasses import dataclass
from datetime import datetime

from museion_hub.registry.tables import Role


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person as pages and presence show them; never with the password's hash."""

    username: str
    display_name: str
    color: str

    @property
    def initials(self) -> str:
        """At most two capitals, for an avatar."""
        words = self.display_name.split() or [self.username]
        return (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper()


@dataclass(frozen=True, slots=True)
class MembershipView:
    """One workgroup of a person and the person's role in it."""

    workgroup: str
    title: str
    role: Role


@dataclass(frozen=True, slots=True)
class MemberCard:
    """A member on a workgroup's card."""

    username: str
    display_name: str
    color: str
    role: Role
    is_online: bool


@dataclass(frozen=True, slots=True)
class DatasetCard:
    """A dataset on a workgroup's card: its own, or one another workgroup shares with it."""

    path: str
    name: str
    title: str
    kind: str
    is_synthetic: bool
    version: int
    size_bytes: int
    created: datetime

    @property
    def owner(self) -> str:
        """Slug of the workgroup that owns it."""
        return self.path.partition("/")[0]


@dataclass(frozen=True, slots=True)
class WorkgroupCard:
    """A workgroup as one of its members sees it on the home page."""

    slug: str
    title: str
    description: str
    role: Role
    members: tuple[MemberCard, ...]
    datasets: tuple[DatasetCard, ...]

    @property
    def account(self) -> str:
        """Hub account whose server is the workgroup's workspace."""
        return f"wg-{self.slug}"


@dataclass(frozen=True, slots=True)
class StorageMount:
    """A directory below the storage root that an account's server may see."""

    directory: str
    is_writable: bool
