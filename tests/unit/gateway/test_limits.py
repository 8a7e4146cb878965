"""What a workgroup may ask of the gateway, and the words in which it is refused."""

from types import SimpleNamespace

import pytest

from museion_hub.gateway.limits import (
    ClusterLimits,
    ClusterRefusedError,
    cluster_options,
    limits_of_machine,
    require_share,
)

LIMITS = ClusterLimits(workers=4, worker_cores=2, worker_gib=4.0, idle_timeout_s=60.0)
MURALS = SimpleNamespace(name="wg-murals")


def configured(wish: dict[str, object], owner: SimpleNamespace = MURALS) -> dict[str, object]:
    options = cluster_options(LIMITS)
    overrides: dict[str, object] = options.get_configuration(options.parse_options(wish), owner)
    return overrides


def test_a_wish_becomes_the_settings_of_one_cluster() -> None:
    assert configured({"workers": 3, "worker_cores": 2, "worker_memory": 1.5}) == {
        "worker_cores": 2,
        "worker_threads": 2,
        "worker_memory": 3 * 2**29,
        "scheduler_memory": 2**30,
        "cluster_max_workers": 3,
        "idle_timeout": 60.0,
    }


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        pytest.param({"workers": 5}, "workers must be <= 4", id="workers"),
        pytest.param({"workers": 0}, "workers must be >= 1", id="no worker"),
        pytest.param({"worker_cores": 3}, "worker_cores must be <= 2", id="cores"),
        pytest.param({"worker_memory": 4.5}, "worker_memory must be <= 4", id="memory"),
        pytest.param({"worker_memory": "1GB"}, "must be a float", id="text"),
        pytest.param({"image": "mine"}, "Unknown fields", id="unknown option"),
        pytest.param({"environment": {"LD_PRELOAD": "x"}}, "Unknown fields", id="environment"),
    ],
)
def test_a_wish_out_of_bounds_is_refused_with_the_bound(
    wish: dict[str, object], reason: str
) -> None:
    with pytest.raises((TypeError, ValueError), match=reason):
        configured(wish)


@pytest.mark.parametrize("name", ["murals-lead", "service:registry", "", "xwg-murals"])
def test_only_a_workgroup_owns_clusters(name: str) -> None:
    with pytest.raises(ClusterRefusedError, match="belongs to a workgroup"):
        configured({}, SimpleNamespace(name=name))


@pytest.mark.parametrize(
    ("workers", "running", "is_allowed"),
    [
        pytest.param(4, [], True, id="all of it"),
        pytest.param(2, [2], True, id="the rest"),
        pytest.param(1, [2, 2], False, id="nothing left"),
        pytest.param(3, [2], False, id="more than the rest"),
    ],
)
def test_a_workgroups_clusters_share_one_bound(
    workers: int, running: list[int], *, is_allowed: bool
) -> None:
    if is_allowed:
        require_share(workers, running, LIMITS)
    else:
        with pytest.raises(ClusterRefusedError, match="already in use"):
            require_share(workers, running, LIMITS)


def test_a_small_machine_still_carries_the_default_cluster() -> None:
    limits = limits_of_machine(1, 2**30)
    assert (limits.workers, limits.worker_cores, limits.worker_gib) == (2, 1, 1.0)
    assert cluster_options(limits).parse_options({})["workers"] == 2
