"""Dask's scheduler, controlled by the gateway over TLS: preloaded in a job on a compute node.

dask-gateway's own preload listens on plain HTTP, which is fine inside one machine. Between
machines the cluster's token would travel in the clear. Here the same service listens with
the cluster's own credentials and demands them of its caller. A scheduler that no gateway has
answered for ten minutes ends, and its workers with it.

It needs Dask and dask-gateway's client only: of the hub's files, a job sees this one and
`job`.
"""

import functools
import logging
from typing import Any
from urllib.parse import urlsplit

import click
from dask_gateway.scheduler_preload import GatewaySchedulerService, make_gateway_client
from distributed import Scheduler

ALONE_S = 600.0
"""How long a cluster goes on without a gateway."""

log = logging.getLogger("distributed.scheduler")


class ControlService(GatewaySchedulerService):
    """dask-gateway's service in a scheduler, behind the cluster's TLS."""

    def listen(self, address: tuple[str, int]) -> None:
        """Listen to the gateway alone.

        Parameters
        ----------
        address : tuple of str and int
            Host and port; 0 for a free port.
        """
        listening: dict[str, Any] = self.scheduler.security.get_listen_args("scheduler")
        self.app.listen = functools.partial(self.app.listen, ssl_options=listening["ssl_context"])
        self._last_answer = self.loop.time()
        super().listen(address)
        host = urlsplit(self.scheduler.address).hostname
        self.api_address = f"https://{host}:{self.port}"

    async def heartbeat(self) -> None:
        """Report to the gateway; end the cluster if there has been none for too long."""
        try:
            await super().heartbeat()
        except Exception:
            if self.loop.time() - self._last_answer > ALONE_S:
                log.warning("No gateway has answered for %d s, ending the cluster", ALONE_S)
                await self.scheduler.close()
            raise
        self._last_answer = self.loop.time()


@click.command()
@click.option("--dg-adaptive-period", default=3.0)
@click.option("--dg-heartbeat-period", default=15.0)
@click.option("--dg-idle-timeout", default=0.0)
@click.option("--dg-api-address", default="127.0.0.1:0")
def dask_setup(
    scheduler: Scheduler,
    dg_adaptive_period: float,
    dg_heartbeat_period: float,
    dg_idle_timeout: float,
    dg_api_address: str,
) -> None:
    """Start the service in a scheduler."""
    host, _, port = dg_api_address.rpartition(":")
    service = ControlService(
        scheduler,
        gateway=make_gateway_client(),
        adaptive_period=dg_adaptive_period,
        heartbeat_period=dg_heartbeat_period,
        idle_timeout=dg_idle_timeout,
    )
    service.listen((host, int(port)))
    scheduler.services["gateway"] = service
