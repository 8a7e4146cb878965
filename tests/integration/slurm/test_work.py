"""Computing on Slurm while nodes, jobs and the gateway come and go."""

import re
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from aiohttp import ClientError
from dask_gateway import Gateway
from dask_gateway.client import GatewayClusterError
from distributed import Client, Event, Future, wait

from museion_hub.gateway.ledger import Ledger
from museion_hub.workplaces import state_paths
from tests.support.slurm import EndedJob, TempSlurm
from tests.support.slurm_hub import PLACE, Running, SlurmHub
from tests.support.waiting import wait_until

pytestmark = pytest.mark.integration

TIMEOUT_S = 120.0
LOOK_S = 10.0
"""How often the gateway writes down what is used."""
SHORTEST_LIMIT_S = 60


def start_work(client: Client, count: int) -> list[Future[int]]:
    """Start tasks that wait for the test's word, then compute."""

    def double_when_told(number: int) -> int:  # here, because nodes have no tests to import
        Event("go").wait()
        return 2 * number

    Event("go", client).clear()
    return list(client.map(double_when_told, range(count), pure=False))


def finish_work(client: Client, work: list[Future[int]]) -> list[int]:
    Event("go", client).set()
    wait(work, timeout=TIMEOUT_S)
    return list(client.gather(work))


def count_workers(client: Client) -> int:
    return len(client.scheduler_info(n_workers=-1)["workers"])


def wait_for_jobs(running: Running, count: int) -> None:
    def has_settled() -> bool:
        return len(running.jobs) == 1 + count and count_workers(running.client) == count

    wait_until(has_settled, f"there are {count} workers", TIMEOUT_S)


def age_s(slurm: TempSlurm, job: str) -> int:
    printed = slurm.run("squeue", "--noheader", "--format=%M", f"--jobs={job}").strip()
    *minutes, seconds = map(int, printed.split(":"))
    return 60 * (minutes[0] if minutes else 0) + seconds


def end_by_time_limit(slurm: TempSlurm, job: str) -> None:
    """Give a job the shortest time limit there is, and wait until Slurm has ended it."""
    wait_until(lambda: age_s(slurm, job) >= SHORTEST_LIMIT_S, "the job is old enough", TIMEOUT_S)
    slurm.run("scontrol", "update", f"jobid={job}", "timelimit=1")
    wait_until(lambda: job not in slurm.jobs("running"), "its time is over", TIMEOUT_S)


def test_workers_come_with_work_and_go_when_it_is_done(murals: Running) -> None:
    murals.cluster.adapt(minimum=1, maximum=3)
    work = start_work(murals.client, 40)
    wait_for_jobs(murals, 3)
    assert finish_work(murals.client, work) == list(range(0, 80, 2))
    del work
    wait_for_jobs(murals, 1)
    murals.cluster.scale(2)
    wait_for_jobs(murals, 2)


def test_a_computation_survives_the_loss_of_a_drained_node(
    murals: Running, slurm: TempSlurm
) -> None:
    scheduler, *workers = murals.jobs
    safe = slurm.node_of(scheduler)
    (lost,) = {"n1", "n2"} - {safe}
    assert lost in {slurm.node_of(job) for job in workers}
    work = start_work(murals.client, 20)
    try:
        slurm.change_node(lost, "drain")
        slurm.change_node(lost, "down")
        wait_for_jobs(murals, 2)
        assert {slurm.node_of(job) for job in murals.jobs} == {safe}
        assert finish_work(murals.client, work) == list(range(0, 40, 2))
    finally:
        slurm.change_node(lost, "resume")


def test_clusters_are_found_again_by_a_gateway_that_was_killed(
    murals: Running, place: SlurmHub
) -> None:
    work = start_work(murals.client, 4)
    before = murals.jobs
    earlier = place.process()
    earlier.kill()
    wait_until(lambda: place.process().pid != earlier.pid, "the hub starts another", TIMEOUT_S)
    assert finish_work(murals.client, work) == [0, 2, 4, 6]
    with place.gateway("wg-murals") as gateway:
        wait_until(lambda: _lists(gateway, murals.name), "it is listed again", TIMEOUT_S)
    assert murals.jobs == before
    murals.cluster.scale(3)
    wait_for_jobs(murals, 3)
    murals.cluster.scale(2)
    wait_for_jobs(murals, 2)


def _lists(gateway: Gateway, name: str) -> bool:
    try:
        return name in {report.name for report in gateway.list_clusters()}
    except (ClientError, GatewayClusterError):  # it is starting
        return False


def test_a_worker_whose_time_is_over_is_replaced_and_the_work_goes_on(
    murals: Running, slurm: TempSlurm
) -> None:
    work = start_work(murals.client, 10)
    oldest = murals.jobs[1]
    end_by_time_limit(slurm, oldest)
    wait_for_jobs(murals, 2)
    assert finish_work(murals.client, work) == list(range(0, 20, 2))
    (ended,) = [job for job in slurm.ended_jobs() if job.number == oldest]
    assert ended.state == "TIMEOUT"


def test_a_cluster_whose_time_is_over_says_so_and_leaves_no_job(
    murals: Running, place: SlurmHub, slurm: TempSlurm
) -> None:
    end_by_time_limit(slurm, murals.jobs[0])
    wait_until(lambda: not place.jobs_of(murals.name), "no job is left", TIMEOUT_S)
    wait_until(lambda: not list(place.staging.glob(f"*/{murals.name}")), "its files are gone")
    with (
        place.gateway("wg-murals") as gateway,
        pytest.raises(GatewayClusterError, match="time at Slurm is over"),
    ):
        gateway.connect(murals.name)


def test_each_workgroup_is_charged_what_slurm_says_its_workers_ran(
    place: SlurmHub, slurm: TempSlurm
) -> None:
    file = state_paths(place.hub.settings).clusters / PLACE / "ledger.sqlite"
    with place.cluster("wg-lapidary", workers=1):
        wait_until(lambda: _charged(file, "lapidary") > 0, "the gateway looks twice", 6 * LOOK_S)
    for slug in ("murals", "lapidary"):
        mine = [job for job in slurm.ended_jobs() if job.account == f"heritage-{slug}"]
        assert mine
        assert all(re.match(rf"museion-{slug}-\w+", job.name) for job in mine)
        by_slurm = sum(job.cores * job.seconds for job in mine if not _is_scheduler(job, mine))
        allowed = 2 * LOOK_S * len(mine)
        assert by_slurm - allowed <= _charged(file, slug) <= by_slurm + allowed


def _charged(file: Path, slug: str) -> float:
    """Return the core seconds of a workgroup in this month."""
    with closing(Ledger(file)) as ledger:
        return ledger.used(f"wg-{slug}", time.time())


def _is_scheduler(job: EndedJob, among: Sequence[EndedJob]) -> bool:
    """Tell whether it is its cluster's first job."""
    numbers = [int(each.number) for each in among if each.name == job.name]
    return int(job.number) == min(numbers)
