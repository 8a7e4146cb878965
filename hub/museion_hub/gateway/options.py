"""What a caller may choose of a cluster: each option checked, and refused in one sentence."""

import math
from typing import Protocol

from dask_gateway_server.options import Field, Float, Integer, Options, Select, String

from museion_hub.gateway.limits import (
    DEFAULT_WORKER_GIB,
    DEFAULT_WORKERS,
    GIB,
    MIN_WORKER_GIB,
    WORKGROUP_PREFIX,
    ClusterLimits,
    ClusterRefusedError,
)

SCHEDULER_BYTES = GIB
LONGEST_LABEL = 80


class Owner(Protocol):
    """Who asks, as dask-gateway knows them."""

    @property
    def name(self) -> str:
        """Hub account, as in ``"wg-murals"``."""


class Wish(Protocol):
    """Options of one cluster, already within the bounds of each."""

    @property
    def workers(self) -> int:
        """Number of workers."""

    @property
    def worker_cores(self) -> int:
        """Cores of each worker."""

    @property
    def worker_memory(self) -> float:
        """Memory of each worker in GiB."""


def _require(field: Field, value: object, expected: str, *, holds: bool) -> None:
    if not holds:
        raise ClusterRefusedError(
            f"{field.label} can't be: {value!r:.100}", hint=f"give {expected}"
        )


class Count(Integer):
    """A whole number within bounds."""

    def validate(self, x: object) -> int:
        """Return it if it is one."""
        is_number = isinstance(x, int) and not isinstance(x, bool)
        lowest, highest = self.min or 0, self.max if self.max is not None else math.inf
        expected = f"a whole number from {lowest} to {highest}"
        within = is_number and lowest <= x <= highest  # type: ignore[operator]  # a number
        _require(self, x, expected, holds=bool(within))
        return int(x)  # type: ignore[call-overload, no-any-return]  # it is one


class Amount(Float):
    """A number within bounds."""

    def validate(self, x: object) -> float:
        """Return it if it is one."""
        is_number = isinstance(x, int | float) and not isinstance(x, bool)
        lowest, highest = self.min or 0.0, self.max if self.max is not None else math.inf
        expected = f"a number from {lowest:g} to {highest:g}"
        within = is_number and lowest <= x <= highest  # type: ignore[operator]  # a number
        _require(self, x, expected, holds=bool(within))
        return float(x)  # type: ignore[arg-type]  # it is one


class Choice(Select):
    """One of several words."""

    def validate(self, x: object) -> str:
        """Return it if it is one."""
        known = " or ".join(f'"{word}"' for word in self.options)
        _require(self, x, known, holds=isinstance(x, str) and x in self.options)
        return str(x)


class Label(String):
    """A short text that a person reads."""

    def validate(self, x: object) -> str:
        """Return it if it is one."""
        is_label = isinstance(x, str) and len(x) <= LONGEST_LABEL and x.isprintable()
        _require(self, x, f"a text of at most {LONGEST_LABEL} characters", holds=is_label)
        return str(x)


def cluster_options(limits: ClusterLimits) -> Options:
    """Return what a caller may choose, each within its bounds.

    Parameters
    ----------
    limits : ClusterLimits
        The bounds.

    Returns
    -------
    Options
        `workers`, `worker_cores`, `worker_memory` in GiB, `place`, `environment`, `label`.
    """

    def configure(wish: Wish, owner: Owner) -> dict[str, object]:
        return cluster_overrides(wish, owner, limits)

    return Options(
        Count(
            "workers",
            min(DEFAULT_WORKERS, limits.workers),
            min=1,
            max=limits.workers,
            label="Number of workers",
        ),
        Count("worker_cores", 1, min=1, max=limits.worker_cores, label="Cores of a worker"),
        Amount(
            "worker_memory",
            min(DEFAULT_WORKER_GIB, limits.worker_gib),
            min=MIN_WORKER_GIB,
            max=limits.worker_gib,
            label="Memory of a worker (GiB)",
        ),
        Choice("place", [limits.place], label="Place"),
        Choice("environment", limits.environments, label="Environment"),
        Label("label", label="Label"),
        handler=configure,
    )


def cluster_overrides(wish: Wish, owner: Owner, limits: ClusterLimits) -> dict[str, object]:
    """Turn a wish into the settings of one cluster; a pure function.

    Parameters
    ----------
    wish : Wish
        What was chosen.
    owner : Owner
        Who asks.
    limits : ClusterLimits
        The bounds.

    Returns
    -------
    dict of str to object
        Settings of dask-gateway's ``ClusterConfig``.

    Raises
    ------
    ClusterRefusedError
        The owner is not a workgroup.
    """
    if not owner.name.startswith(WORKGROUP_PREFIX):
        raise ClusterRefusedError(
            f"A cluster belongs to a workgroup, not to: {owner.name}",
            hint="open the workgroup's workspace and start it there",
        )
    return {
        "worker_cores": wish.worker_cores,
        "worker_threads": wish.worker_cores,
        "worker_memory": int(wish.worker_memory * GIB),
        "scheduler_memory": SCHEDULER_BYTES,
        "cluster_max_workers": limits.workers,
        "idle_timeout": limits.idle_timeout_s,
    }
