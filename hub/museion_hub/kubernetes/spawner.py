"""Starts servers as pods of Kubernetes, through KubeSpawner.

What all servers have in common stands in the configuration (`servers`). Here is added what
one account has of its own, after its folders are made, as the registry knows them at that
moment.
"""

import asyncio

from kubespawner import KubeSpawner
from traitlets import Instance

from museion_hub.audit import EventName
from museion_hub.environment import Environment, find_environment
from museion_hub.kubernetes.servers import account_traits
from museion_hub.registry import names
from museion_hub.registry.errors import UnavailableError
from museion_hub.registry.views import StorageMount
from museion_hub.settings import Settings
from museion_hub.visits import acting_person, note_actor, record_server
from museion_hub.workplaces import state_paths
from museion_hub.workspace import seed_workspace


class WorkgroupKubeSpawner(KubeSpawner):
    """One server for each account, each a pod that sees its own folders and datasets."""

    settings = Instance(Settings, help="The deployment's settings.").tag(config=True)
    software = Instance(Environment, help="Where the installed parts are.")

    def __init__(self, *args: object, **traits: object) -> None:
        super().__init__(*args, **traits)
        self._common_mounts = dict(self.volume_mounts)

    def _software_default(self) -> Environment:
        return find_environment()

    async def start(self) -> object:
        """Make the account's folders, then start its pod."""
        storage = await asyncio.to_thread(self._prepare)
        self.take_on(storage)
        started = await super().start()
        await record_server(self.authenticator, EventName.WORKSPACE_STARTED, *self._actors())
        return started

    async def stop(self, now: bool = False) -> None:  # noqa: FBT001, FBT002  the hub's signature
        """Stop the pod, and write it to the log."""
        await super().stop(now=now)
        try:
            await record_server(self.authenticator, EventName.WORKSPACE_STOPPED, *self._actors())
        except UnavailableError:
            self.log.exception("the end of a server could not be written to the log")

    def take_on(self, storage: list[StorageMount]) -> None:
        """Add what this account's server has of its own.

        Parameters
        ----------
        storage
            What it may see of the storage.
        """
        own = account_traits(self.settings, str(self.user.name), storage)
        self.args = own["args"]
        mounts: dict[str, object] = own["volume_mounts"]  # type: ignore[assignment]
        self.set_trait("volume_mounts", {**self._common_mounts, **mounts})

    def _prepare(self) -> list[StorageMount]:
        paths = state_paths(self.settings)
        workplace = paths.workplace(str(self.user.name))
        workplace.create()
        if names.find_slug(workplace.account) is not None:
            seed_workspace(workplace.workspace, self.software.notebooks)
        storage: list[StorageMount] = self.authenticator.directory.storage_mounts(workplace.account)
        for part in storage:
            if part.is_writable:
                (paths.storage / part.directory).mkdir(mode=0o700, exist_ok=True)
        return storage

    def _actors(self) -> tuple[str, str]:
        if self.handler is not None:
            note_actor(self.handler)
        return str(self.user.name), acting_person.get()
