"""What a workgroup may use of a compute place, and the words in which it is refused."""

from pathlib import Path

import pytest

from museion_hub.gateway.limits import (
    ClusterLimits,
    ClusterRefusedError,
    Share,
    limits_of,
    limits_of_machine,
    require_core_seconds,
    require_scale,
    require_share,
)
from museion_hub.gateway.options import cluster_options
from museion_hub.settings import Settings, settings_from

GB = 10**9
LIMITS = ClusterLimits(
    workers=4,
    worker_cores=2,
    worker_gib=4.0,
    clusters=2,
    memory_bytes=8 * GB,
    core_seconds=3600,
)
MACHINE = limits_of_machine(2, 8 * 2**30)


def shares(*workers: int, memory_bytes: int = GB) -> list[Share]:
    return [Share(count, count * memory_bytes) for count in workers]


def settings(**given: object) -> Settings:
    return settings_from(given, folder=Path("/srv"))


@pytest.mark.parametrize(
    ("wanted", "running"),
    [
        pytest.param(shares(4)[0], [], id="all of it"),
        pytest.param(shares(2)[0], shares(2), id="the rest"),
        pytest.param(shares(4, memory_bytes=2 * GB)[0], [], id="all the memory"),
    ],
)
def test_a_cluster_within_the_bounds_may_start(wanted: Share, running: list[Share]) -> None:
    require_share(wanted, running, LIMITS)


@pytest.mark.parametrize(
    ("wanted", "running", "reason"),
    [
        pytest.param(shares(1)[0], shares(2, 2), "2 clusters here, already running: 2", id="count"),
        pytest.param(shares(3)[0], shares(2), "4 workers, already in use: 2", id="workers"),
        pytest.param(
            shares(2, memory_bytes=3 * GB)[0],
            shares(1, memory_bytes=3 * GB),
            "8 GB here, already in use: 3 GB",
            id="memory",
        ),
    ],
)
def test_a_workgroups_clusters_share_the_bounds(
    wanted: Share, running: list[Share], reason: str
) -> None:
    with pytest.raises(ClusterRefusedError, match=reason) as refusal:
        require_share(wanted, running, LIMITS)
    assert "(hint: " in str(refusal.value)


def test_a_cluster_grows_only_into_what_the_others_leave() -> None:
    require_scale(shares(2)[0], shares(2), LIMITS)
    with pytest.raises(ClusterRefusedError, match="already in use: 2"):
        require_scale(shares(3)[0], shares(2), LIMITS)


def test_hours_of_the_month_that_are_used_up_refuse_a_cluster() -> None:
    require_core_seconds(3599, LIMITS)
    with pytest.raises(ClusterRefusedError, match="used its 1 core hours of this month"):
        require_core_seconds(3600, LIMITS)


def test_without_a_bound_nothing_is_refused() -> None:
    free = ClusterLimits(workers=10**6, worker_cores=1, worker_gib=1.0)
    require_share(shares(1000)[0], shares(*[1000] * 50), free)
    require_core_seconds(1e12, free)


def test_the_settings_become_bounds_of_a_place() -> None:
    given = settings(
        clusters={"clusters": 1, "memory_gb": 2, "core_hours": 10, "idle_minutes": 5},
        compute=[{"name": "here"}],
    )
    limits = limits_of(given, given.compute[0], MACHINE)
    assert (limits.clusters, limits.workers, limits.place) == (1, 4, "here")
    assert (limits.memory_bytes, limits.core_seconds) == (2 * GB, 36_000)
    assert limits.idle_timeout_s == 300
    assert limits.worker_gib == pytest.approx(1.8626, abs=1e-3)


def test_this_machines_size_bounds_no_place_elsewhere() -> None:
    given = settings(compute=[{"name": "hpc", "kind": "slurm"}])
    limits = limits_of(given, given.compute[0], MACHINE)
    assert limits.workers > MACHINE.workers
    assert limits.worker_cores > MACHINE.worker_cores


def test_a_small_machine_still_carries_the_default_cluster() -> None:
    limits = limits_of_machine(1, 2**30)
    assert (limits.workers, limits.worker_cores, limits.worker_gib) == (2, 1, 1.0)
    assert cluster_options(limits).parse_options({})["workers"] == 2


@pytest.mark.parametrize("clusters", [{"workers": 1}, {"memory_gb": 0.1}], ids=str)
def test_narrow_settings_still_leave_valid_options(clusters: dict[str, object]) -> None:
    given = settings(clusters=clusters)
    options = cluster_options(limits_of(given, given.compute[0], MACHINE))
    assert options.parse_options({})["workers"] >= 1
