"""What every request of the registry has at hand."""

from dataclasses import dataclass, field

from fastapi import Request

from museion_hub.custody import Custody
from museion_hub.registry.database import Database
from museion_hub.registry.hub import HubClient
from museion_hub.registry.places import Places, local_places


@dataclass(frozen=True, slots=True)
class Service:
    """The parts of a running registry."""

    database: Database
    custody: Custody
    hub: HubClient
    places: Places = field(default_factory=local_places)
    institution: str = "Museion"


def service_of(request: Request) -> Service:
    """Give the parts of the application that serves this request."""
    service: Service = request.app.state.service
    return service
