"""What the supervisor decides at a start and tells every process: ports, tokens, key files.

Written to `run/runtime.json`, readable by its owner only, so that a restarted hub finds the
proxy and the services that are still running.
"""

import dataclasses
import itertools
import json
import os
import secrets
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from museion_hub.errors import StateError
from museion_hub.settings import Settings
from museion_hub.workplaces import state_paths

FORMAT_VERSION = 2
TOKEN_BYTES = 32
PORTS_OF_GATEWAY = 3
LOOPBACK = "127.0.0.1"
LOWEST_PORT, HIGHEST_PORT = 10_000, 30_000
"""Above the well-known ones, below those that Linux gives to connections by itself."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Loopback ports of a deployment's processes; the public port is a setting."""

    hub: int
    proxy_api: int
    registry: int


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the processes of a deployment prove themselves with; never shown."""

    proxy: str = field(repr=False)
    registry: str = field(repr=False)
    operator: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class GatewayRuntime:
    """The gateway of one compute place.

    Attributes
    ----------
    port : int
        Where the hub's proxy finds it.
    scheduler_port : int
        Where clients reach Dask schedulers.
    api_port : int
        Where the gateway itself listens; the same after each of its restarts.
    token : str
        What it proves itself to the hub with.
    proxy_token : str
        What its own proxy proves itself with.
    """

    port: int
    scheduler_port: int
    api_port: int
    token: str = field(repr=False)
    proxy_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Runtime:
    """One start of a deployment.

    Attributes
    ----------
    ports : Ports
        Where the processes listen.
    tokens : Tokens
        What they prove themselves with.
    cookie_secret_file : Path
        What the hub signs its cookies with; made by the hub if missing.
    root_key_file : Path
        The custody's root key.
    gateways : mapping of str to GatewayRuntime
        The gateways, by the name of their compute place.
    host : str
        Address on which the registry listens.
    """

    ports: Ports
    tokens: Tokens
    cookie_secret_file: Path
    root_key_file: Path
    gateways: Mapping[str, GatewayRuntime] = field(default_factory=dict)
    host: str = LOOPBACK


def new_runtime(settings: Settings) -> Runtime:
    """Pick free ports and fresh tokens."""
    paths = state_paths(settings)
    count = len(dataclasses.fields(Ports))
    ports = free_ports(count + PORTS_OF_GATEWAY * len(settings.compute))
    own = itertools.batched(ports[count:], PORTS_OF_GATEWAY, strict=True)
    return Runtime(
        ports=Ports(*ports[:count]),
        tokens=Tokens(*(secrets.token_hex(TOKEN_BYTES) for _ in dataclasses.fields(Tokens))),
        cookie_secret_file=paths.cookie_secret_file,
        root_key_file=paths.root_key_file,
        gateways={
            place.name: _new_gateway(*three)
            for place, three in zip(settings.compute, own, strict=True)
        },
    )


def _new_gateway(port: int, scheduler_port: int, api_port: int) -> GatewayRuntime:
    token, proxy_token = (secrets.token_hex(TOKEN_BYTES) for _ in range(2))
    return GatewayRuntime(port, scheduler_port, api_port, token, proxy_token)


def free_ports(count: int) -> list[int]:
    """Return ports of loopback on which nobody listens at this moment.

    Parameters
    ----------
    count : int
        How many.

    Returns
    -------
    list of int
        From a range out of which the system gives none to connections by itself, so that
        they are most likely still free when a server is started on them.
    """
    ports: set[int] = set()
    while len(ports) < count:
        port = LOWEST_PORT + secrets.randbelow(HIGHEST_PORT - LOWEST_PORT)
        with suppress(OSError), socket.create_server((LOOPBACK, port)):
            ports.add(port)
    return list(ports)


def save_runtime(runtime: Runtime, path: Path) -> None:
    """Write `runtime` so that only its owner can read it, whole or not at all."""
    content = {"format": FORMAT_VERSION, **dataclasses.asdict(runtime)}
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file, default=str, indent=1)
    draft.replace(path)


def load_runtime(path: Path) -> Runtime:
    """Read what `save_runtime` wrote.

    Raises
    ------
    StateError
        The file is missing or was not written by this version.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return _runtime_from(content)
    except (OSError, ValueError, TypeError, KeyError) as error:
        message = f"What the supervisor decided can't be read: {path}"
        raise StateError(message, hint="start again with `museion run`") from error


def _runtime_from(content: Mapping[str, object]) -> Runtime:
    if content["format"] != FORMAT_VERSION:
        raise ValueError(content["format"])
    ports, tokens, gateways = content["ports"], content["tokens"], content["gateways"]
    if not isinstance(ports, dict) or not isinstance(tokens, dict):
        raise TypeError(type(ports), type(tokens))
    if not isinstance(gateways, dict):
        raise TypeError(type(gateways))
    return Runtime(
        ports=Ports(**ports),
        tokens=Tokens(**tokens),
        cookie_secret_file=Path(str(content["cookie_secret_file"])),
        root_key_file=Path(str(content["root_key_file"])),
        gateways={name: GatewayRuntime(**each) for name, each in gateways.items()},
        host=str(content.get("host", LOOPBACK)),
    )
