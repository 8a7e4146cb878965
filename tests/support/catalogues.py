"""The real registry on a free port, for the client that speaks to it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from tests.support.registry import make_registry, make_state

DEADLINE_S = 30.0


class AnnouncedServer(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = threading.Event()

    async def startup(self, sockets: object = None) -> None:
        await super().startup(sockets)  # type: ignore[arg-type]
        self.listens.set()

    @property
    def port(self) -> int:
        return int(self.servers[0].sockets[0].getsockname()[1])


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Serve an application on a free port of the loopback; give its address."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off")
    server = AnnouncedServer(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert server.listens.wait(DEADLINE_S)
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.should_exit = True
        thread.join(DEADLINE_S)


@contextmanager
def running_registry(folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Run a registry; give its address, and tokens of some accounts."""
    folder.mkdir(parents=True)
    make_state(folder)
    registry = make_registry(folder)
    accounts = ("wg-murals", "wg-lapidary", "wg-archive", "murals-member")
    tokens = {account: registry.hub.token_of(account) for account in accounts}
    with serving(registry.app) as address:
        yield f"{address}/services/registry", tokens
