"""The home page as data: pure functions from the directory's cards to what the page shows.

Nothing here reads a database or knows the hub: the states of servers come in as a mapping.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final

from museion_hub.pages.colour import (
    Layer,
    is_hex_colour,
    paint_section,
    pigment_for,
    readable_ink,
)
from museion_hub.registry.names import account_name
from museion_hub.registry.tables import Role, WorkgroupState
from museion_hub.registry.views import (
    DatasetCard,
    MemberCard,
    PersonView,
    WorkgroupCard,
    initials_of,
)


class ServerState(StrEnum):
    """What a workspace's server is doing."""

    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    FAILED = "failed"

    @property
    def label(self) -> str:
        """The state in a person's words."""
        return _STATE_LABELS[self]


_STATE_LABELS: Final = {
    ServerState.STOPPED: "Not running",
    ServerState.STARTING: "Starting",
    ServerState.RUNNING: "Running",
    ServerState.STOPPING: "Stopping",
    ServerState.FAILED: "Failed to start",
}
_KIND_LABELS: Final = {
    "cube": "Spectral cube",
    "scan": "3D scan",
    "library": "Spectral library",
    "table": "Table",
    "files": "Files",
}
_ROLE_ORDER: Final = {Role.LEAD: 0, Role.MEMBER: 1, Role.GUEST: 2}


@dataclass(frozen=True, slots=True)
class Portrait:
    """A person as an avatar and a name; the ink reads on the colour."""

    username: str
    name: str
    initials: str
    colour: str
    ink: str


@dataclass(frozen=True, slots=True)
class MemberLine:
    """A member on a card."""

    portrait: Portrait
    role: Role
    is_online: bool
    is_viewer: bool


@dataclass(frozen=True, slots=True)
class DatasetLine:
    """A dataset on a card."""

    path: str
    title: str
    kind: str
    kind_label: str
    is_synthetic: bool


@dataclass(frozen=True, slots=True)
class CardView:
    """A workgroup on the home page."""

    slug: str
    title: str
    description: str
    role: Role
    state: WorkgroupState
    can_open: bool
    can_stop: bool
    people: tuple[MemberLine, ...]
    datasets: tuple[DatasetLine, ...]
    server: ServerState
    section: tuple[Layer, ...]

    @property
    def account(self) -> str:
        """The hub account that runs the workgroup's workspace."""
        return account_name(self.slug)

    @property
    def online_count(self) -> int:
        """How many members are in the workspace now."""
        return sum(person.is_online for person in self.people)


@dataclass(frozen=True, slots=True)
class HomeView:
    """All that the home page shows one person."""

    viewer: Portrait
    cards: tuple[CardView, ...]
    private: ServerState
    revision: str


def portrait(person: PersonView | MemberCard) -> Portrait:
    """Return a person's avatar; without a usable colour, their name decides it."""
    colour = person.color if is_hex_colour(person.color) else pigment_for(person.username)
    name = person.display_name or person.username
    return Portrait(person.username, name, initials_of(name), colour, readable_ink(colour))


def home_view(
    person: PersonView, cards: Sequence[WorkgroupCard], states: Mapping[str, ServerState]
) -> HomeView:
    """Return the home page of one person.

    Parameters
    ----------
    person
        Who looks.
    cards
        Their workgroups.
    states
        Hub account → what its server is doing; an account that is absent is stopped.
    """
    views = tuple(_card(card, person.username, states) for card in cards)
    return HomeView(
        viewer=portrait(person),
        cards=tuple(sorted(views, key=lambda card: card.title.casefold())),
        private=states.get(person.username, ServerState.STOPPED),
        revision=_revision(views),
    )


def refresh_payload(view: HomeView) -> dict[str, object]:
    """Return what changes by itself while the page is open, as JSON-ready values."""
    states = {card.account: card.server for card in view.cards}
    states[view.viewer.username] = view.private
    return {
        "revision": view.revision,
        "servers": {name: {"state": s.value, "label": s.label} for name, s in states.items()},
        "online": {
            card.slug: [p.portrait.username for p in card.people if p.is_online]
            for card in view.cards
        },
    }


def _card(card: WorkgroupCard, viewer: str, states: Mapping[str, ServerState]) -> CardView:
    is_active = card.state is WorkgroupState.ACTIVE
    people = [
        MemberLine(portrait(row), row.role, row.is_online, row.username == viewer)
        for row in card.members
    ]
    return CardView(
        slug=card.slug,
        title=card.title or card.slug,
        description=card.description,
        role=card.role,
        state=card.state,
        can_open=is_active and card.role is not Role.GUEST,
        can_stop=is_active and card.role is Role.LEAD,
        people=tuple(sorted(people, key=_precedence)),
        datasets=tuple(_dataset(row) for row in card.datasets),
        server=states.get(card.account, ServerState.STOPPED),
        section=paint_section(card.slug),
    )


def _precedence(person: MemberLine) -> tuple[bool, bool, int, str]:
    return (
        not person.is_online,
        not person.is_viewer,
        _ROLE_ORDER[person.role],
        person.portrait.name.casefold(),
    )


def _dataset(row: DatasetCard) -> DatasetLine:
    kind = row.kind if row.kind in _KIND_LABELS else "files"
    return DatasetLine(
        path=row.path,
        title=row.title or row.name,
        kind=kind,
        kind_label=_KIND_LABELS[kind],
        is_synthetic=row.is_synthetic,
    )


def _revision(cards: Sequence[CardView]) -> str:
    """Digest what needs a new page when it changes: not who is online, nor servers' states."""
    lasting = [
        [
            [card.slug, card.title, card.description, card.role, card.state],
            sorted([p.portrait.username, p.portrait.name, p.role] for p in card.people),
            [asdict(dataset) for dataset in card.datasets],
        ]
        for card in sorted(cards, key=lambda card: card.slug)
    ]
    return hashlib.blake2b(json.dumps(lasting).encode(), digest_size=8).hexdigest()
