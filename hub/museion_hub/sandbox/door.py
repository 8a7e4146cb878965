"""Which streams cross the boundary of one sandbox; pure functions to the relays' arguments.

Inward: the proxy's connections to the server. Outward: the deployment's public address,
where a browser finds it too, and the gateway's port for Dask schedulers. Nothing else.
"""

from dataclasses import dataclass

LOOPBACK = "127.0.0.1"
LISTENER_FD = 60
SIGNALS_FD = 61
FILTER_FD = 62
OUTWARD_FOLDER = "door"
"""Below the workplace's run directory; seen inside, read-only, as `OUTWARD_FOLDER_INSIDE`."""
OUTWARD_FOLDER_INSIDE = "/run/museion"
REPORT = "limits.json"
"""In the outward folder: what the watch over the sandbox says of its limits."""
INWARD_SOCKET = "inward.sock"
"""Below the workplace's run directory; never seen inside."""


@dataclass(frozen=True, slots=True)
class Outward:
    """A port on the sandbox's own loopback, and what answers there.

    Attributes
    ----------
    name : str
        What the socket between the relays is called.
    host : str
        Where the outer relay connects to.
    port : int
        The same outside and inside.
    """

    name: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Door:
    """All that crosses the boundary of a sandbox with a network of its own.

    Attributes
    ----------
    server_port : int
        Where the proxy's connections arrive.
    outward : tuple of Outward
        What is reached from inside.
    server_host : str
        Address of the machine on which they arrive.
    """

    server_port: int
    outward: tuple[Outward, ...]
    server_host: str = LOOPBACK


def outer_options(door: Door | None) -> list[str]:
    """Return the outer relay's options, its current directory being the run directory.

    Parameters
    ----------
    door
        None where the sandbox shares the machine's network: signals alone are passed on.
    """
    signals = ["--hold", str(SIGNALS_FD)]
    if door is None:
        return signals
    inward = f"tcp:{door.server_host}:{door.server_port}=unix:{INWARD_SOCKET}"
    outward = [
        f"unix:{OUTWARD_FOLDER}/{way.name}.sock=tcp:{way.host}:{way.port}" for way in door.outward
    ]
    return [*signals, "--hand", f"{LISTENER_FD}={INWARD_SOCKET}", inward, *outward]


def inner_options(door: Door | None) -> list[str]:
    """Return the inner relay's options.

    Parameters
    ----------
    door
        As for `outer_options`.
    """
    signals = ["--watch", str(SIGNALS_FD)]
    if door is None:
        return signals
    inward = f"fd:{LISTENER_FD}=tcp:{LOOPBACK}:{door.server_port}"
    outward = [
        f"tcp:{LOOPBACK}:{way.port}=unix:{OUTWARD_FOLDER_INSIDE}/{way.name}.sock"
        for way in door.outward
    ]
    return [*signals, inward, *outward]
