"""What the registry shows to the hub, to pages and over its API: plain frozen records."""

from dataclasses import dataclass
from datetime import datetime

from museion_hub.registry.tables import Role, WorkgroupState


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person as pages and presence show them; never with the password's hash."""

    username: str
    display_name: str
    color: str
    is_administrator: bool = False

    @property
    def initials(self) -> str:
        """Up to two letters, for an avatar."""
        return initials_of(self.display_name or self.username)


@dataclass(frozen=True, slots=True)
class MembershipView:
    """One workgroup of a person and the person's role in it."""

    workgroup: str
    title: str
    role: Role
    state: WorkgroupState = WorkgroupState.ACTIVE


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
    state: WorkgroupState = WorkgroupState.ACTIVE

    @property
    def account(self) -> str:
        """Hub account whose server is the workgroup's workspace."""
        return f"wg-{self.slug}"


@dataclass(frozen=True, slots=True)
class StorageMount:
    """A directory below the storage root that an account's server may see."""

    directory: str
    is_writable: bool


def initials_of(name: str) -> str:
    """Return up to two letters for an avatar: of the first and the last word of the name.

    A name that ends in a number, such as a seat in a workshop, is told apart by the number.
    """
    words = [word for word in name.replace("-", " ").split() if word[0].isalnum()]
    if not words:
        return "?"
    if words[-1].isdigit():
        return words[-1][-2:]
    ends = words[:1] if len(words) == 1 else [words[0], words[-1]]
    return "".join(word[0] for word in ends).upper()
