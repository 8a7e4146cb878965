"""What a caller may choose of a cluster, and the words in which it is refused."""

from types import SimpleNamespace

import pytest

from museion_hub.gateway.limits import ClusterLimits, ClusterRefusedError
from museion_hub.gateway.options import cluster_options

LIMITS = ClusterLimits(workers=4, worker_cores=2, worker_gib=4.0, idle_timeout_s=60.0)
MURALS = SimpleNamespace(name="wg-murals")


def configured(wish: dict[str, object], owner: SimpleNamespace = MURALS) -> dict[str, object]:
    options = cluster_options(LIMITS)
    overrides: dict[str, object] = options.get_configuration(options.parse_options(wish), owner)
    return overrides


def test_a_wish_becomes_the_settings_of_one_cluster() -> None:
    wish = {"workers": 3, "worker_cores": 2, "worker_memory": 1.5, "place": "gateway"}
    assert configured({**wish, "environment": "default", "label": "analysis/pca.ipynb"}) == {
        "worker_cores": 2,
        "worker_threads": 2,
        "worker_memory": 3 * 2**29,
        "scheduler_memory": 2**30,
        "cluster_max_workers": 4,
        "idle_timeout": 60.0,
    }


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        pytest.param({"workers": 5}, "Number of workers can't be: 5 .*1 to 4", id="workers"),
        pytest.param({"workers": 0}, "can't be: 0", id="no worker"),
        pytest.param({"workers": True}, "can't be: True", id="a truth"),
        pytest.param({"worker_cores": 3}, "Cores of a worker can't be: 3", id="cores"),
        pytest.param({"worker_memory": 4.5}, "can't be: 4.5 .*0.25 to 4", id="memory"),
        pytest.param({"worker_memory": float("nan")}, "can't be: nan", id="not a number"),
        pytest.param({"worker_memory": "1GB"}, "can't be: '1GB'", id="text"),
        pytest.param({"place": "moon"}, 'Place can\'t be: .*give "gateway"', id="place"),
        pytest.param({"environment": "mine"}, 'give "default"', id="environment"),
        pytest.param({"environment": {"LD_PRELOAD": "x"}}, "can't be", id="variables"),
        pytest.param({"label": "x" * 81}, "at most 80 characters", id="long label"),
        pytest.param({"label": "a\nb"}, "Label can't be", id="two lines"),
        pytest.param({"image": "mine"}, "Unknown fields", id="unknown option"),
    ],
)
def test_a_wish_out_of_bounds_is_refused_with_the_bound(
    wish: dict[str, object], reason: str
) -> None:
    with pytest.raises((ClusterRefusedError, ValueError), match=reason):
        configured(wish)


@pytest.mark.parametrize("name", ["murals-lead", "service:registry", "", "xwg-murals"])
def test_only_a_workgroup_owns_clusters(name: str) -> None:
    with pytest.raises(ClusterRefusedError, match="belongs to a workgroup"):
        configured({}, SimpleNamespace(name=name))


def test_a_long_value_is_not_repeated_at_length() -> None:
    with pytest.raises(ClusterRefusedError) as refusal:
        configured({"place": "x" * 10_000})
    assert len(str(refusal.value)) < 200
