"""Turns an account into the command that starts its server, sandboxed or, by name, open.

The processes of a sandboxed server, each the parent of the next: relay outside, bubblewrap,
relay inside, server, kernels. An open server (`isolation = "none"`) is the last two alone.
"""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from museion_hub.environment import Environment
from museion_hub.gateway.address import workspace_environment
from museion_hub.registry import names
from museion_hub.registry.views import StorageMount
from museion_hub.runtime import GatewayRuntime
from museion_hub.sandbox.bubblewrap import Mount, Plan, require_hidden, sandbox_arguments
from museion_hub.sandbox.door import (
    FILTER_FD,
    LOOPBACK,
    OUTWARD_FOLDER,
    OUTWARD_FOLDER_INSIDE,
    Door,
    Outward,
    inner_options,
    outer_options,
)
from museion_hub.sandbox.filters import find_filter
from museion_hub.sandbox.identity_files import identity_files, write_identity_files
from museion_hub.sandbox.limits import BYTES_PER_GB, Bounds
from museion_hub.sandbox.outer import watch_options
from museion_hub.sandbox.shared import dataset_mounts
from museion_hub.server import (
    SANDBOXED,
    Places,
    server_arguments,
    server_command,
    server_environment,
    server_url,
)
from museion_hub.settings import Limits, Network, Settings
from museion_hub.workplaces import Workplace, state_paths

PRIVATE_FOLDERS = ("/tmp", SANDBOXED.kernels)  # noqa: S108  the sandbox's own
SPARE_TASKS = 64
"""How many more tasks the kernel allows than the watch: the server needs some to go on."""
FILTER_FILE = "filter.bpf"
ANYWHERE = "0.0.0.0"  # noqa: S104  the proxy comes from another machine


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
    gateways : mapping of str to GatewayRuntime
        Where Dask schedulers behind the gateways are reached, by compute place.
    """

    settings: Settings
    software: Environment
    gateways: Mapping[str, GatewayRuntime]

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
        datasets, expected = self._datasets(storage)
        mounts = (*self._software(), *self._own(workplace), *datasets)
        require_hidden(self.settings.state_dir, mounts, own)
        has_host_network = self.settings.network is Network.HOST
        door = None if has_host_network else self._door(port)
        bounds, filtered = bounds_of(self.settings.limits), _write_filter(workplace)
        plan = Plan(
            name=workplace.account,
            mounts=mounts,
            private=PRIVATE_FOLDERS,
            folder=SANDBOXED.workspace,
            folders=(SANDBOXED.datasets,),
            has_host_network=has_host_network,
            memory_bytes=bounds.memory_bytes,
            filter_descriptor=FILTER_FD if filtered else None,
        )
        limited = [*inner_options(door), *limit_options(bounds), *_expectations(expected)]
        inside = [*self._relay(limited), *self._server(workplace, SANDBOXED)]
        watched = [*outer_options(door), *filtered, *watch_options(bounds, workplace.report)]
        command = [*self._outer(watched), *sandbox_arguments(plan, inside)]
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
            **workspace_environment(self.settings, url, self.gateways),
        }

    def _door(self, port: int) -> Door:
        servers = self.settings.servers
        host = servers.deployment_host or self.settings.connect_host
        public = Outward("public", host, self.settings.port)
        gateways = [
            Outward(f"gateway-{name}", "127.0.0.1", gateway.scheduler_port)
            for name, gateway in self.gateways.items()
        ]
        return Door(port, (public, *gateways), ANYWHERE if servers.are_elsewhere else LOOPBACK)

    def _relay(self, options: Sequence[str]) -> list[str]:
        return [str(self.software.python), "-I", "-S", str(self.software.relay), *options, "--"]

    def _outer(self, options: Sequence[str]) -> list[str]:
        return [str(self.software.python), "-I", "-m", "museion_hub.sandbox.outer", *options, "--"]

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

    def _datasets(self, storage: Sequence[StorageMount]) -> tuple[list[Mount], list[str]]:
        root = state_paths(self.settings).storage
        for part in storage:
            if part.is_writable:
                (root / part.directory).mkdir(mode=0o700, exist_ok=True)
        return dataset_mounts(root, SANDBOXED.datasets, storage, may_write=True)


def bounds_of(limits: Limits) -> Bounds:
    """Return the settings' limits in bytes and tasks.

    Examples
    --------
    >>> bounds_of(Limits(memory_gb=1.5, cpus=0, processes=100))
    Bounds(memory_bytes=1500000000, tasks=100, cpus=0)
    """
    return Bounds(int(limits.memory_gb * BYTES_PER_GB), limits.processes, limits.cpus)


def limit_options(bounds: Bounds) -> list[str]:
    """Return what the kernel itself holds: the size of each process, the number of them.

    A process that asks for more memory than all together may have is refused it, and tells
    so where it asked. Linux counts the processes for each sandbox by itself, but lets those
    of root pass; there the watch alone counts.
    """
    data = [f"DATA={bounds.memory_bytes}"] if bounds.memory_bytes else []
    tasks = [f"NPROC={bounds.tasks + SPARE_TASKS}"] if bounds.tasks else []
    return [word for limit in (*data, *tasks) for word in ("--limit", limit)]


def _expectations(expected: Sequence[str]) -> list[str]:
    return [word for each in expected for word in ("--expect", each)]


def _write_filter(workplace: Workplace) -> list[str]:
    """Write the filter of system calls for this machine, and return how it is passed on."""
    program = find_filter(platform.machine())
    if program is None:
        return []
    (workplace.run / FILTER_FILE).write_bytes(program)
    return ["--open", f"{FILTER_FD}={FILTER_FILE}"]
