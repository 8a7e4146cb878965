"""What both sides of a pod may ask of it, over whichever channel they have to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from museion_hub.gateway.channel import Channel


@dataclass
class PodOrders:
    """Orders to a pod; a subclass opens the channel and notes which processes end."""

    _channel: Channel = field(init=False, repr=False)
    _running: set[str] = field(default_factory=set, init=False)

    async def write(self, name: str, content: str) -> None:
        """Write a file, readable by the pod alone, into its private folder."""
        await self._channel.send({"op": "write", "name": name, "content": content})

    async def start(self, name: str, argv: Sequence[str], env: Mapping[str, str]) -> None:
        """Start a process in the pod under a name of its own; nothing if it runs already."""
        self._running.add(name)
        await self._channel.send({
            "op": "start",
            "name": name,
            "argv": list(argv),
            "env": dict(env),
        })

    async def stop(self, name: str) -> None:
        """Ask the pod to stop a process; one that has ended already is no error."""
        await self._channel.send({"op": "stop", "name": name})

    def is_running(self, name: str) -> bool:
        """Whether a process was started and has not been reported to have ended."""
        return name in self._running
