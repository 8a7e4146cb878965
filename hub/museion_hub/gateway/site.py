"""What a gateway knows when it starts: the deployment, and its own compute place."""

from dataclasses import dataclass, field
from pathlib import Path

from museion_hub.environment import Environment
from museion_hub.gateway.address import prefix, service_name
from museion_hub.gateway.limits import ClusterLimits
from museion_hub.runtime import GatewayRuntime, Runtime
from museion_hub.settings import ComputePlace, Settings
from museion_hub.workplaces import state_paths


@dataclass(frozen=True, slots=True)
class Site:
    """One gateway of a deployment.

    Attributes
    ----------
    settings : Settings
        What the operator decided.
    compute : ComputePlace
        The gateway's own place.
    runtime : Runtime
        What the supervisor decided.
    environment : Environment
        Where the software is.
    limits : ClusterLimits
        Bounds for one workgroup.
    books_key : bytes
        32 bytes under which the books keep what is secret.
    """

    settings: Settings
    compute: ComputePlace
    runtime: Runtime
    environment: Environment
    limits: ClusterLimits
    books_key: bytes = field(repr=False)

    @property
    def own(self) -> GatewayRuntime:
        """Ports and tokens of this gateway."""
        return self.runtime.gateways[self.compute.name]

    @property
    def service(self) -> str:
        """Its name at the hub."""
        return service_name(self.settings, self.compute.name)

    @property
    def prefix(self) -> str:
        """Where it is, below the deployment's address."""
        return prefix(self.settings, self.compute.name)

    @property
    def folder(self) -> Path:
        """Its books, ledger and sockets; 0700."""
        return state_paths(self.settings).clusters / self.compute.name

    @property
    def books_file(self) -> Path:
        """The database of its clusters."""
        return self.folder / "books.sqlite"

    @property
    def ledger_file(self) -> Path:
        """What each workgroup has used."""
        return self.folder / "ledger.sqlite"
