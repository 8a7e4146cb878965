"""Starts the server of a workgroup or a person, shut in a sandbox.

In this order: make the account's directories, seed a new workspace, lay out what the sandbox
sees, start relay, sandbox, relay and server as one process tree, then wait until the server
answers or the tree ends. What the hub and the other accounts keep, a sandbox is never shown.
"""

import asyncio
import contextlib
import os
import resource
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypedDict

from jupyterhub.spawner import SimpleLocalProcessSpawner, SpawnException
from jupyterhub.utils import random_port
from traitlets import Dict, Instance, List, Unicode

from museion_hub.audit import EventName
from museion_hub.environment import Environment, find_environment
from museion_hub.errors import HubError
from museion_hub.launch import Launch, Launcher
from museion_hub.registry import names
from museion_hub.registry.errors import UnavailableError
from museion_hub.sandbox.door import LOOPBACK, OUTWARD_FOLDER
from museion_hub.settings import Isolation, Settings
from museion_hub.visits import acting_person, note_actor, record_server
from museion_hub.workplaces import Workplace, state_paths
from museion_hub.workspace import seed_workspace

SHARED_WITH_GROUP = 0o007
POLL_S = 0.1
LONGEST_ANSWER_S = 5.0
LOG_TAIL_BYTES = 4000
ENDED_BEFORE_HUB = "300"
INTERNAL_ERROR = 500


class Step(TypedDict):
    """What the page of a starting server shows."""

    progress: int
    message: str


class SandboxedSpawner(SimpleLocalProcessSpawner):
    """One server for each account, each in a sandbox of its own."""

    settings = Instance(Settings, help="The deployment's settings.").tag(config=True)
    gateways = Dict(help="The gateways, by compute place.").tag(config=True)
    software = Instance(Environment, help="Where the installed parts are.")
    env_keep = List(Unicode(), ["LC_ALL", "TZ"], help="Nothing else of the hub's own.")
    reached_at: str = LOOPBACK
    poll_s: float = POLL_S

    def __init__(self, **traits: object) -> None:
        super().__init__(**traits)
        self._steps: list[Step] = []
        self._changed = asyncio.Condition()
        self._launch = Launch([], {})
        self._kernels: Path | None = None

    def _software_default(self) -> Environment:
        return find_environment()

    @property
    def workplace(self) -> Workplace:
        """Directories of the account."""
        return state_paths(self.settings).workplace(str(self.user.name))

    def make_preexec_fn(self, name: str) -> Callable[[], None]:
        """Return what the new process does first.

        It shares files with its group, dumps no core, and lets itself be ended before hub and
        registry when the machine's memory is full.
        """
        del name

        def prepare() -> None:
            os.umask(SHARED_WITH_GROUP)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            with contextlib.suppress(OSError):
                Path("/proc/self/oom_score_adj").write_text(ENDED_BEFORE_HUB, encoding="ascii")

        return prepare

    def user_env(self, env: dict[str, str]) -> dict[str, str]:
        """Add what the server needs to know."""
        return {**env, **self._launch.environment}

    async def start(self) -> tuple[str, int]:
        """Start the server and wait until it answers.

        Returns
        -------
        tuple of str and int
            Where the proxy reaches it.

        Raises
        ------
        SpawnException
            It can't be started, or ended before it answered.
        """
        self._steps.clear()
        self.port = 0
        await self._tell(10, "Preparing the workspace")
        try:
            workplace = await asyncio.to_thread(self._prepare)
            await self._tell(30, "Closing the sandbox around it")
            address = await self._run(workplace)
        except HubError as error:
            raise SpawnException(
                str(error), reason=error.kind.value, status_code=INTERNAL_ERROR
            ) from error
        await self._tell(50, "Starting the notebook server")
        await self._wait_for_answer(workplace)
        await record_server(self.authenticator, EventName.WORKSPACE_STARTED, *self._actors())
        await self._tell(95, "Opening the workspace")
        return address

    def _actors(self) -> tuple[str, str]:
        """Return whose server it is, and who asked for what is being done with it."""
        if self.handler is not None:
            note_actor(self.handler)
        return str(self.user.name), acting_person.get()

    def _prepare(self) -> Workplace:
        workplace = self.workplace
        workplace.create()
        (workplace.run / OUTWARD_FOLDER).mkdir(mode=0o700, exist_ok=True)
        if names.find_slug(workplace.account) is not None:
            seed_workspace(workplace.workspace, self.software.notebooks)
        return workplace

    def _choose_port(self) -> int:
        return int(random_port())

    async def _run(self, workplace: Workplace) -> tuple[str, int]:
        storage = await asyncio.to_thread(
            self.authenticator.directory.storage_mounts, workplace.account
        )
        self.port = self._choose_port()
        launcher = Launcher(self.settings, self.software, self.gateways)
        if self.settings.isolation is Isolation.NONE:
            self._kernels = Path(tempfile.mkdtemp(prefix="museion-"))
            self._launch = launcher.open(workplace, self._kernels)
        else:
            self._launch = launcher.sandboxed(workplace, storage, self.port)
        self.cmd = self._launch.command
        return await self._begin(workplace)

    async def _begin(self, workplace: Workplace) -> tuple[str, int]:
        """Start what was laid out; return where the proxy will reach it."""
        with workplace.log.open("wb") as log:
            self.popen_kwargs = {
                "cwd": workplace.run,
                "stdin": subprocess.DEVNULL,
                "stdout": log,
                "stderr": subprocess.STDOUT,
            }
            address: tuple[str, int] = await super().start()
        self.popen_kwargs = {}
        return address

    async def _wait_for_answer(self, workplace: Workplace) -> None:
        """Wait until the server speaks HTTP; the hub itself limits how long.

        Raises
        ------
        SpawnException
            The process tree ended.
        """
        while not await _answers(self.reached_at, self.port, f"{self.server.base_url}api"):
            if await self.poll() is not None:
                last = await asyncio.to_thread(_last_line, workplace.log)
                raise SpawnException(
                    f"The server ended before it answered: {last}\n"
                    f"hint: its log may say more: {workplace.log}",
                    reason="start",
                    status_code=INTERNAL_ERROR,
                )
            await asyncio.sleep(self.poll_s)

    async def _end(self, *, now: bool) -> None:
        """Stop what was started, and wait for its end unless that is pressing."""
        await super().stop(now=now)

    async def stop(self, now: bool = False) -> None:  # noqa: FBT001, FBT002  the hub's signature
        """Stop the process tree, and take away what it kept outside its directories."""
        await self._end(now=now)
        if self._kernels is not None:
            await asyncio.to_thread(shutil.rmtree, self._kernels, ignore_errors=True)
            self._kernels = None
        try:
            await record_server(self.authenticator, EventName.WORKSPACE_STOPPED, *self._actors())
        except UnavailableError:
            self.log.exception("the end of a server could not be written to the log")

    async def progress(self) -> AsyncIterator[Step]:
        """Yield each step of the start, those included that are over."""
        shown = 0
        while True:
            while shown < len(self._steps):
                yield self._steps[shown]
                shown += 1
            async with self._changed:
                await self._changed.wait()

    async def _tell(self, progress: int, message: str) -> None:
        self._steps.append(Step(progress=progress, message=message))
        async with self._changed:
            self._changed.notify_all()


async def _answers(host: str, port: int, path: str) -> bool:
    """Whether an HTTP server answers."""
    request = f"GET {path} HTTP/1.0\r\n\r\n".encode()
    try:
        async with asyncio.timeout(LONGEST_ANSWER_S):
            reader, writer = await asyncio.open_connection(host, port)
            with contextlib.closing(writer):
                writer.write(request)
                return (await reader.readline()).startswith(b"HTTP/")
    except (OSError, TimeoutError):
        return False


def _last_line(log: Path) -> str:
    """Return the last line that a server wrote, to say why it ended."""
    try:
        content = log.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace")
    except OSError:
        return "it wrote nothing"
    lines = [line.strip() for line in content.splitlines() if line.strip()]
    return lines[-1] if lines else "it wrote nothing"
