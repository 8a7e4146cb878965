"""What `museion.cluster` accepts, and the words in which it refuses."""

import pytest

from museion.clusters.request import (
    ClusterRequest,
    Machine,
    most_workers,
    require_limit,
    require_range,
    require_request,
    require_room,
)
from museion.errors import InputError

SMALL = Machine(cores=2, memory_bytes=8 * 10**9)
GB = 10**9


@pytest.mark.parametrize(
    ("workers", "memory", "place", "expected"),
    [
        pytest.param(2, "1GB", None, ClusterRequest(2, GB), id="defaults"),
        pytest.param(1, "512MiB", "workspace", ClusterRequest(1, 2**29, "workspace"), id="MiB"),
        pytest.param(8, 2 * GB, "gateway", ClusterRequest(8, 2 * GB, "gateway"), id="bytes"),
        pytest.param(1, "1.5 GB", None, ClusterRequest(1, 3 * GB // 2), id="1.5"),
    ],
)
def test_a_well_formed_call_becomes_a_request(
    workers: int, memory: str | int, place: str | None, expected: ClusterRequest
) -> None:
    assert require_request(workers, memory, place, places=["gateway"]) == expected


@pytest.mark.parametrize(
    ("workers", "memory", "place", "named"),
    [
        pytest.param(0, "1GB", None, "0", id="no worker"),
        pytest.param(-1, "1GB", None, "-1", id="negative"),
        pytest.param(2.5, "1GB", None, "2.5", id="half a worker"),
        pytest.param(True, "1GB", None, "True", id="a truth"),
        pytest.param(2, "a lot", None, "a lot", id="no amount"),
        pytest.param(2, "1 apple", None, "1 apple", id="no unit"),
        pytest.param(2, None, None, "None", id="nothing"),
        pytest.param(2, "1MB", None, "0.95 MiB", id="too little"),
        pytest.param(2, "-1GB", None, "-1000000000 B", id="negative memory"),
        pytest.param(2, "1GB", "moon", "moon", id="no such place"),
    ],
)
def test_a_call_that_cannot_be_meant_is_refused_with_its_value_and_a_hint(
    workers: int, memory: str, place: str | None, named: str
) -> None:
    with pytest.raises(InputError) as caught:
        require_request(workers, memory, place, places=["gateway"])
    assert named in caught.value.message
    assert not caught.value.message.endswith(".")
    assert caught.value.hint


def test_the_places_that_there_are_stand_in_the_hint() -> None:
    with pytest.raises(InputError) as caught:
        require_request(2, "1GB", "moon", places=["gateway", "hpc"])
    assert caught.value.hint == 'use place="workspace" or "gateway" or "hpc"'


def test_an_environment_that_the_workspace_does_not_have_is_named() -> None:
    with pytest.raises(InputError, match="spectral-2") as caught:
        require_room(require_request(2, "1GB", None, environment="spectral-2"), SMALL, ["hpc"])
    assert 'place="hpc"' in caught.value.hint


def test_a_cluster_that_fits_the_machine_is_let_through() -> None:
    require_room(require_request(8, "1GB", None), SMALL)


@pytest.mark.parametrize(
    ("workers", "memory", "hint"),
    [
        pytest.param(9, "256MiB", "at most 8", id="workers"),
        pytest.param(4, "3GB", "7.45 GiB", id="memory"),
    ],
)
def test_a_cluster_larger_than_the_machine_is_refused_with_what_there_is(
    workers: int, memory: str, hint: str
) -> None:
    with pytest.raises(InputError) as caught:
        require_room(require_request(workers, memory, None), SMALL)
    assert hint in caught.value.hint


def test_the_workspace_carries_as_many_workers_as_cores_and_memory_allow() -> None:
    assert most_workers(GB // 4, SMALL) == 8
    assert most_workers(3 * GB, SMALL) == 2


def test_a_cluster_grows_to_its_limit_and_no_further() -> None:
    require_limit(4, 4)
    with pytest.raises(InputError) as caught:
        require_limit(5, 4)
    assert "5" in caught.value.message
    assert "4" in caught.value.hint


@pytest.mark.parametrize(
    ("minimum", "maximum"),
    [
        pytest.param(-1, 2, id="less than none"),
        pytest.param(0, 0, id="never any"),
        pytest.param(3, 2, id="wrong way round"),
        pytest.param(0, 5, id="beyond the limit"),
        pytest.param("0", 2, id="text"),
    ],
)
def test_bounds_that_no_cluster_can_adapt_between_are_refused(
    minimum: object, maximum: object
) -> None:
    with pytest.raises(InputError):
        require_range(minimum, maximum, 4)


def test_a_cluster_adapts_between_none_and_its_limit() -> None:
    assert require_range(0, 4, 4) == (0, 4)
