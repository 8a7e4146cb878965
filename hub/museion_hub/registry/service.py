"""What every request of the registry has at hand."""

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Protocol

from fastapi import Request

from museion_hub.custody import Custody
from museion_hub.pages.site import Site
from museion_hub.registry.cluster_tokens import LEASE_S
from museion_hub.registry.database import Database
from museion_hub.registry.hub import HubClient, Kept
from museion_hub.registry.places import Places, local_places
from museion_hub.registry.sessions import Sessions
from museion_hub.registry.throttle import Throttle
from museion_hub.settings import Settings


class Refresher(Protocol):
    """Makes a change of somebody's rights hold in the hub and in running workspaces."""

    async def refresh(self, accounts: Collection[str], kept: Kept | None = None) -> bool:
        """Do it now; tell whether all have confirmed. What has not is tried again.

        Of a person's sessions, if they end, `kept` goes on.
        """
        ...

    async def keep_refreshing(self) -> None:
        """Try again what was not confirmed, for ever."""
        ...


@dataclass(frozen=True, slots=True)
class Service:
    """The parts of a running registry.

    Attributes
    ----------
    database : Database
        Already upgraded.
    custody : Custody
        Opens the keys that the database holds sealed.
    hub : HubClient
        Says whose token it is, and makes the workgroups' accounts.
    refresher : Refresher
        Is told whose rights have changed.
    settings : Settings
        What the operator decided.
    places : Places
        Where datasets may lie; by default the local storage alone.
    institution : str
        In whose name releases are signed.
    sessions : Sessions
        Opens the cookies of browsers.
    site : Site
        What pages say of the deployment.
    joining : Throttle
        Slows down whoever tries out invitations and names, by address.
    passwords : Throttle
        Slows down whoever tries out a person's password, by name.
    lease_s : int
        How long a cluster's processes may use keys after the last lease that listed their grant.
    """

    database: Database
    custody: Custody
    hub: HubClient
    refresher: Refresher
    settings: Settings = field(default_factory=lambda: Settings(state_dir=Path()))
    places: Places = field(default_factory=local_places)
    institution: str = "Museion"
    sessions: Sessions = field(default_factory=Sessions)
    site: Site = field(default_factory=Site)
    joining: Throttle = field(default_factory=lambda: Throttle(monotonic))
    passwords: Throttle = field(default_factory=lambda: Throttle(monotonic))
    lease_s: int = LEASE_S


def service_of(request: Request) -> Service:
    """Give the parts of the application that serves this request."""
    service: Service = request.app.state.service
    return service
