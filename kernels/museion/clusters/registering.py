"""How the workers of a cluster get at sealed data: with a token of the cluster's own.

The agent registers the cluster with the workspace's token, and hands the workers what they need
to exchange grants for keys; see `museion.clusters.access`. Where there is no registry, workers
open the catalogue's folder by themselves.
"""

import asyncio
import secrets
from dataclasses import dataclass

from distributed import Client

from museion.clusters.access import Access
from museion.clusters.names import short_label

_DIGITS = 8


@dataclass
class Registration:
    """A cluster as the registry knows it.

    The registry's id is another one for each start of a cluster, since a lead's revocation is
    for good. A cluster of a gateway that is taken up again keeps the one that it had.

    Attributes
    ----------
    cluster : str
        The cluster's id in the workspace.
    label : str
        What people read.
    place : str
        Where it computes.
    id : str
        The cluster's id at the registry; empty before it is registered, and without registry.
    """

    cluster: str
    label: str
    place: str
    id: str = ""
    _access: Access | None = None

    async def open(self, client: Client, gateway_name: str) -> None:
        """Register the cluster and let its workers ask for access; again after a reconnect.

        Parameters
        ----------
        client : Client
            Connected, of the agent's own loop, and kept as long as the cluster lives.
        gateway_name : str
            What the gateway calls the cluster; empty in the workspace.

        Raises
        ------
        DatasetsError
            The registry refuses, or doesn't answer.
        """
        if self._access is None:
            suffix = gateway_name[:_DIGITS] or secrets.token_hex(_DIGITS // 2)
            name = f"{self.cluster}-{suffix}"
            self._access = await asyncio.to_thread(
                Access.register, name, place=self.place, label=short_label(self.label)
            )
            self.id = name if self._access else ""
        if self._access is not None:
            await self._access.install(client)

    async def close(self, *, is_over: bool) -> None:
        """End the registration with the cluster; one that goes on keeps it.

        Parameters
        ----------
        is_over : bool
            Whether the cluster ends too.
        """
        if self._access is not None and is_over:
            await asyncio.to_thread(self._access.close)
