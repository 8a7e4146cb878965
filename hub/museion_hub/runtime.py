"""What the supervisor decides at a start and tells every process: ports, tokens, key files.

Written to `run/runtime.json`, readable by its owner only, so that a restarted hub finds the
proxy and the services that are still running.
"""

import dataclasses
import json
import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from museion_hub.errors import StateError
from museion_hub.settings import Settings
from museion_hub.workplaces import state_paths

FORMAT_VERSION = 1
TOKEN_BYTES = 32
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Ports:
    """Loopback ports of a deployment's processes; the public port is a setting."""

    hub: int
    proxy_api: int
    registry: int
    gateway: int
    gateway_scheduler: int


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the processes of a deployment prove themselves with; never shown."""

    proxy: str = field(repr=False)
    registry: str = field(repr=False)
    gateway: str = field(repr=False)
    operator: str = field(repr=False)


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
    """

    ports: Ports
    tokens: Tokens
    cookie_secret_file: Path
    root_key_file: Path


def new_runtime(settings: Settings) -> Runtime:
    """Pick free ports and fresh tokens."""
    paths = state_paths(settings)
    return Runtime(
        ports=Ports(*_free_ports(len(dataclasses.fields(Ports)))),
        tokens=Tokens(*(secrets.token_hex(TOKEN_BYTES) for _ in dataclasses.fields(Tokens))),
        cookie_secret_file=paths.cookie_secret_file,
        root_key_file=paths.root_key_file,
    )


def _free_ports(count: int) -> list[int]:
    probes = [socket.create_server((LOOPBACK, 0)) for _ in range(count)]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


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
    ports, tokens = content["ports"], content["tokens"]
    if not isinstance(ports, dict) or not isinstance(tokens, dict):
        raise TypeError(type(ports), type(tokens))
    return Runtime(
        ports=Ports(**ports),
        tokens=Tokens(**tokens),
        cookie_secret_file=Path(str(content["cookie_secret_file"])),
        root_key_file=Path(str(content["root_key_file"])),
    )
