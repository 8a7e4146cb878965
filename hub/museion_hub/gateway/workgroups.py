"""What every gateway of ours does, whoever starts the processes: bounds, ledger, restarts.

A backend derives from `WorkgroupBackend` first and from one of dask-gateway's backends
second. A cluster belongs to the account that asked for it, which is its workgroup's, so all
members share it. The proxy is a process of its own that outlives the gateway, as do the
clusters: connections between clients and schedulers never run through this process.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from dask_gateway_server.backends.base import PublicException
from dask_gateway_server.backends.db_base import Cluster, DBBackendBase, JobStatus
from dask_gateway_server.models import Cluster as ClusterModel
from dask_gateway_server.models import User
from dask_gateway_server.proxy import Proxy
from traitlets import Float, Instance

from museion_hub.gateway import dashboard
from museion_hub.gateway.kept import start_keeper
from museion_hub.gateway.ledger import Ledger, Use
from museion_hub.gateway.limits import (
    ClusterLimits,
    ClusterRefusedError,
    Share,
    require_core_seconds,
    require_scale,
    require_share,
)
from museion_hub.gateway.tending import ALONE_S, connect_to

PROXY = "proxy"
INHERITED = ("PATH", "LANG")


class WorkgroupBackend(DBBackendBase):
    """Bounds for workgroups; clusters and proxy that outlive the gateway."""

    limits = Instance(ClusterLimits, help="Bounds for one workgroup.", config=True)
    folder = Instance(Path, help="Books, ledger and sockets; private.", config=True)
    look_period_s = Float(10.0, help="Seconds between two looks at what is used.", config=True)
    alone_s = Float(ALONE_S, help="How long clusters go on without a gateway.", config=True)

    def __init__(self, **traits: Any) -> None:  # noqa: ANN401  as in the base class
        super().__init__(**traits)
        self._turn = asyncio.Lock()

    async def setup(self, app: web.Application) -> None:
        """Open the ledger, start what dask-gateway needs, and find the proxy again."""
        self._ledger = Ledger(self.folder / "ledger.sqlite")
        app.add_routes(dashboard.routes(self))
        await super().setup(app)
        number_onwards(self.proxy, time.time_ns() // 1000)
        await self._tend_proxy()
        self.task_pool.spawn(self._look_again())

    async def cleanup(self) -> None:
        """Stop the gateway's own part; clusters and proxy go on."""
        await super().cleanup()
        if hasattr(self, "_proxy_end"):
            self._proxy_end.close()
        if hasattr(self, "_ledger"):
            self._ledger.close()

    async def start_cluster(self, user: User, cluster_options: Mapping[str, object]) -> str:
        """Submit a new cluster, if the workgroup's bounds allow it.

        Raises
        ------
        PublicException
            The options or the workgroup's bounds do not allow it.
        """
        options, config = await self.process_cluster_options(user, cluster_options)
        wanted = share_of(int(options["workers"]), config)
        async with self._turn:
            try:
                require_share(wanted, self._shares(user.name), self.limits)
                require_core_seconds(self._ledger.used(user.name, time.time()), self.limits)
            except ClusterRefusedError as error:
                raise PublicException(str(error)) from error
            name: str = await super().start_cluster(user, cluster_options)
            self._ledger.want(name, wanted.workers)
            return name

    async def forward_message_to_scheduler(
        self, cluster: ClusterModel, msg: Mapping[str, Any]
    ) -> None:
        """Pass on how many workers are wanted, if the workgroup's bounds allow them.

        Raises
        ------
        PublicException
            They do not, or the scheduler does not answer.
        """
        workers = wanted_by(msg)
        if workers is not None:
            async with self._turn:
                self._allow(cluster, workers)
        await super().forward_message_to_scheduler(cluster, msg)

    async def on_cluster_heartbeat(self, cluster_name: str, msg: Mapping[str, Any]) -> None:
        """Take a scheduler's report, but no more workers than were allowed."""
        allowed = self._ledger.wanted(cluster_name)
        count = msg["count"] if allowed is None else min(msg["count"], allowed)
        await super().on_cluster_heartbeat(cluster_name, {**msg, "count": count})

    async def look(self, now_s: float) -> None:
        """Charge what was used since the last look, and stop what is used up.

        Parameters
        ----------
        now_s : float
            Seconds since the epoch.
        """
        active = list(self.db.active_clusters())
        self._ledger.look([self.use_of(cluster) for cluster in active], now_s)
        self._ledger.keep_wanted(cluster.name for cluster in active)
        for cluster in active:
            try:
                require_core_seconds(self._ledger.used(cluster.username, now_s), self.limits)
            except ClusterRefusedError as error:
                self.log.warning("Stopping cluster %s: %s", cluster.name, error)
                await self.stop_cluster(cluster.name, failed=True)

    def use_of(self, cluster: Cluster) -> Use:
        """Return what a cluster uses now: the cores of the workers that it has."""
        started = [w for w in cluster.active_workers() if w.status >= JobStatus.SUBMITTED]
        return Use(cluster.name, cluster.username, len(started) * int(cluster.config.worker_cores))

    @asynccontextmanager
    async def open_dashboard(
        self, cluster: Cluster
    ) -> AsyncGenerator[tuple[aiohttp.ClientSession, str] | None]:
        """Give a way to the pages of a cluster's scheduler, and their address; None for none."""
        del cluster
        yield None

    def _shares(self, account: str, but: str = "") -> list[Share]:
        """Return what an account's clusters take, one of them left out."""
        return [
            share_of(self._ledger.wanted(each.name) or 0, each.config)
            for each in self.db.list_clusters(account)
            if each.name != but
        ]

    def _allow(self, cluster: ClusterModel, workers: int) -> None:
        others = self._shares(cluster.username, but=cluster.name)
        try:
            require_scale(share_of(workers, cluster.config), others, self.limits)
        except ClusterRefusedError as error:
            raise PublicException(str(error)) from error
        self._ledger.want(cluster.name, workers)

    async def _look_again(self) -> None:
        while True:
            try:
                await self.look(time.time())
            except Exception:
                self.log.exception("What clusters use could not be written down")
            await asyncio.sleep(self.look_period_s)

    async def _tend_proxy(self) -> None:
        with contextlib.suppress(OSError):
            self._proxy_end, _ = connect_to(self.folder, PROXY)
            return
        self.folder.joinpath(f"{PROXY}.sock").unlink(missing_ok=True)
        known = {name: os.environ[name] for name in INHERITED if name in os.environ}
        await start_keeper({
            "kind": "proxy",
            "folder": str(self.folder),
            "name": PROXY,
            "argv": self.proxy.get_start_command(),
            "env": {**known, "DASK_GATEWAY_PROXY_TOKEN": self.proxy.api_token},
            "alone_s": self.alone_s,
        })
        self._proxy_end, _ = connect_to(self.folder, PROXY)


def share_of(workers: int, config: Any) -> Share:  # noqa: ANN401  traits, or a frozen dict
    """Return what so many workers of a cluster take of its workgroup's bounds."""
    return Share(workers, workers * int(config.worker_memory))


def wanted_by(msg: Mapping[str, Any]) -> int | None:
    """Return the most workers that an order to a scheduler allows it, None if it says nothing.

    Examples
    --------
    >>> wanted_by({"op": "adapt", "minimum": 1, "maximum": 4, "active": True})
    4
    """
    if msg["op"] == "scale":
        return int(msg["count"])
    if msg["op"] == "adapt" and msg["active"]:
        return int(max(msg["minimum"], msg["maximum"]))
    return None


def number_onwards(proxy: Proxy, start: int) -> None:
    """Continue the numbers of a proxy's routes from `start` on.

    The proxy's process outlives the gateway and asks for what came after the last number it
    knows. A gateway that counted from one again would have nothing to tell it for a while.
    """
    for event in proxy.events:
        event["id"] += start
    proxy.offset += start
    proxy._next_id += start  # noqa: SLF001  dask-gateway has no other name for it
