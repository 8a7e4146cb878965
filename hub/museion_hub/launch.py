"""Turns an account into the command that starts its server, sandboxed or, by name, open.

The processes of a sandboxed server, each the parent of the next: relay outside, bubblewrap,
relay inside, server, kernels. An open server (`isolation = "none"`) is the last two alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from museion_hub.environment import Environment
from museion_hub.gateway.address import workspace_environment
from museion_hub.registry import names
from museion_hub.registry.views import StorageMount
from museion_hub.sandbox.bubblewrap import Mount, Plan, require_hidden, sandbox_arguments
from museion_hub.sandbox.door import (
    OUTWARD_FOLDER,
    OUTWARD_FOLDER_INSIDE,
    Door,
    Outward,
    inner_options,
    outer_options,
)
from museion_hub.sandbox.identity_files import identity_files, write_identity_files
from museion_hub.server import (
    SANDBOXED,
    Places,
    server_arguments,
    server_command,
    server_environment,
    server_url,
)
from museion_hub.settings import Network, Settings
from museion_hub.workplaces import Workplace, state_paths

PRIVATE_FOLDERS = ("/tmp", SANDBOXED.kernels)  # noqa: S108  the sandbox's own


@dataclass(frozen=True, slots=True)
class Launch:
    """A command ready to be run, in the workplace's run directory."""

    command: list[str]
    environment: dict[str, str]


@dataclass(frozen=True, slots=True)
class Launcher:
    """Knows the deployment; lays out one server at a time.

    Attributes
    ----------
    settings : Settings
        The deployment's settings.
    software : Environment
        Where the installed parts are.
    gateway_port : int
        Where Dask schedulers behind the gateway are reached.
    """

    settings: Settings
    software: Environment
    gateway_port: int

    def sandboxed(self, workplace: Workplace, storage: Sequence[StorageMount], port: int) -> Launch:
        """Lay out a server that sees its own workplace and datasets, and nothing else.

        Parameters
        ----------
        workplace
            Its directories, already made.
        storage
            What it may see of the storage.
        port
            Where the proxy reaches it.

        Raises
        ------
        SandboxError
            Something secret would be visible inside.
        """
        own = workplace.run.parent
        mounts = (*self._software(), *self._own(workplace), *self._datasets(storage))
        require_hidden(self.settings.state_dir, mounts, own)
        has_host_network = self.settings.network is Network.HOST
        door = None if has_host_network else self._door(port)
        plan = Plan(
            name=workplace.account,
            mounts=mounts,
            private=PRIVATE_FOLDERS,
            folder=SANDBOXED.workspace,
            folders=(SANDBOXED.datasets,),
            has_host_network=has_host_network,
        )
        inside = [*self._relay(inner_options(door)), *self._server(workplace, SANDBOXED)]
        command = [*self._relay(outer_options(door)), *sandbox_arguments(plan, inside)]
        return Launch(command, self._environment(SANDBOXED))

    def open(self, workplace: Workplace, kernels: Path) -> Launch:
        """Lay out a server without a sandbox; it sees all that the hub's own user sees.

        Parameters
        ----------
        workplace
            Its directories, already made.
        kernels
            A private directory with a short path for the kernels' sockets.
        """
        places = Places(
            workspace=str(workplace.workspace),
            home=str(workplace.home),
            rtc=str(workplace.rtc),
            datasets=str(state_paths(self.settings).storage),
            kernels=str(kernels),
        )
        command = [*self._server(workplace, places), "--ServerApp.allow_root=True"]
        return Launch(command, self._environment(places))

    def _environment(self, places: Places) -> dict[str, str]:
        url = server_url(self.settings)
        return {
            **server_environment(places, self.software, url=url),
            **workspace_environment(url, self.gateway_port),
        }

    def _door(self, port: int) -> Door:
        public = Outward("public", self.settings.connect_host, self.settings.port)
        gateway = Outward("gateway", "127.0.0.1", self.gateway_port)
        return Door(port, (public, gateway))

    def _relay(self, options: Sequence[str]) -> list[str]:
        return [str(self.software.python), "-I", "-S", str(self.software.relay), *options, "--"]

    def _server(self, workplace: Workplace, places: Places) -> list[str]:
        is_workspace = names.find_slug(workplace.account) is not None
        refresh_s = self.settings.auth_refresh_s
        arguments = server_arguments(places, is_workspace=is_workspace, refresh_s=refresh_s)
        return [*server_command(self.software.python), *arguments]

    def _software(self) -> list[Mount]:
        paths = (*self.software.readable, self.software.relay)
        return [Mount(path, str(path)) for path in paths]

    def _own(self, workplace: Workplace) -> list[Mount]:
        contents = identity_files(workplace.account, SANDBOXED.home)
        return [
            Mount(workplace.workspace, SANDBOXED.workspace, is_writable=True),
            Mount(workplace.home, SANDBOXED.home, is_writable=True),
            Mount(workplace.rtc, SANDBOXED.rtc, is_writable=True),
            Mount(workplace.run / OUTWARD_FOLDER, OUTWARD_FOLDER_INSIDE),
            *write_identity_files(contents, workplace.run / "etc"),
        ]

    def _datasets(self, storage: Sequence[StorageMount]) -> list[Mount]:
        root = state_paths(self.settings).storage
        for part in storage:
            if part.is_writable:
                (root / part.directory).mkdir(mode=0o700, exist_ok=True)
        return [
            Mount(root / part.directory, f"{SANDBOXED.datasets}/{part.directory}", part.is_writable)
            for part in sorted(storage, key=lambda part: part.directory)
            if (root / part.directory).is_dir()
        ]
