"""When Slurm has no room: one sentence, and nothing is left behind."""

from collections.abc import Generator
from contextlib import contextmanager

import pytest
from dask_gateway.client import GatewayClusterError

from tests.support.slurm import TempSlurm
from tests.support.slurm_hub import SlurmHub
from tests.support.waiting import wait_until

pytestmark = pytest.mark.integration


@contextmanager
def others_jobs(slurm: TempSlurm, *options: str) -> Generator[None]:
    """Fill Slurm with somebody else's jobs."""
    script = ("--output=/dev/null", "--wrap=sleep 600")
    number = slurm.run("sbatch", "--parsable", "--job-name=other", *options, *script).strip()
    try:
        yield
    finally:
        slurm.run("scancel", number)
        wait_until(lambda: "other" not in slurm.jobs().values(), "they are gone", 30)


def test_a_queue_without_room_is_told_in_time_and_nothing_is_left(
    place: SlurmHub, slurm: TempSlurm
) -> None:
    with others_jobs(slurm, "--nodes=2", "--exclusive"):
        wait_until(lambda: "other" in slurm.jobs("running").values(), "the nodes are taken", 30)
        with (
            place.gateway("wg-murals") as gateway,
            pytest.raises(GatewayClusterError, match=r"queue had no room .* Resources"),
        ):
            gateway.new_cluster()
        wait_until(lambda: not place.jobs_of("", "pending"), "its job is cancelled", 30)
    assert [folder for folder in place.staging.glob("*/*") if folder.is_dir()] == []


def test_a_full_queue_refuses_a_cluster_at_once(place: SlurmHub, slurm: TempSlurm) -> None:
    known = len(slurm.run("squeue", "--noheader", "--states=all").splitlines())
    count = slurm.most_jobs - known - 1
    with others_jobs(slurm, "--hold", f"--array=1-{count}"), place.gateway("wg-murals") as gateway:
        with pytest.raises(ValueError, match=r"Slurm's queue is full .*hint: try again later"):
            gateway.new_cluster()
        assert gateway.list_clusters() == []
    assert [folder for folder in place.staging.glob("*/*") if folder.is_dir()] == []
