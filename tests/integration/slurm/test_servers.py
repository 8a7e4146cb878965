"""Servers as jobs of a real Slurm: in their sandbox, found again, ended, refused with a reason."""

from collections.abc import Generator

import httpx
import pytest

from museion_hub.settings import Limits, Servers, ServersKind, SlurmOptions
from tests.support.hub import TempHub, find_server, hub_process, is_ready, prepared_hub
from tests.support.kernel import kernel_of
from tests.support.slurm import TempSlurm, temp_slurm
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("slurm")]
ACCOUNT = "wg-murals"
LIMITS = Limits(memory_gb=2)
TIMEOUT_S = 100.0


def server_jobs(slurm: TempSlurm) -> list[str]:
    return [job for job, name in slurm.jobs().items() if name == f"museion-{ACCOUNT}"]


@pytest.fixture(scope="module")
def slurm() -> Generator[TempSlurm]:
    with temp_slurm() as slurm:
        yield slurm


@pytest.fixture(scope="module")
def servers(slurm: TempSlurm) -> Servers:
    return Servers(ServersKind.SLURM, slurm=SlurmOptions(configuration=str(slurm.configuration)))


@pytest.fixture(scope="module")
def restarted(servers: Servers, slurm: TempSlurm) -> Generator[tuple[TempHub, list[str]]]:
    """Give a hub that was restarted while a server ran, and the job of that server."""
    with prepared_hub(servers=servers, limits=LIMITS) as hub:
        with hub_process(hub):
            hub.start_servers(ACCOUNT)
            jobs = server_jobs(slurm)
        with hub_process(hub):
            yield hub, jobs


@pytest.fixture(scope="module")
def shared_hub(restarted: tuple[TempHub, list[str]]) -> TempHub:
    return restarted[0]


@pytest.fixture
def hub(shared_hub: TempHub, slurm: TempSlurm) -> Generator[TempHub]:
    """Give a hub with one server running."""
    shared_hub.start_servers(ACCOUNT)
    yield shared_hub
    stop_server(shared_hub)
    assert server_jobs(slurm) == []


def stop_server(hub: TempHub) -> None:
    with hub.operator() as client:
        if find_server(client, ACCOUNT) is not None:
            client.delete(f"/users/{ACCOUNT}/server").raise_for_status()
        wait_until(lambda: find_server(client, ACCOUNT) is None, "server stops", TIMEOUT_S)


def test_job_goes_on_without_the_hub_and_is_found_again(
    restarted: tuple[TempHub, list[str]], slurm: TempSlurm
) -> None:
    hub, jobs = restarted
    assert len(jobs) == 1
    with hub.operator() as client:
        wait_until(lambda: is_ready(client, ACCOUNT), "server is found", TIMEOUT_S)
    with kernel_of(hub, ACCOUNT, "murals-lead") as kernel:
        assert kernel.run("print(1 + 1)") == "2"
    assert server_jobs(slurm) == jobs


def test_server_is_a_job_in_a_sandbox_and_ends_in_good_order(
    hub: TempHub, slurm: TempSlurm
) -> None:
    (job,) = server_jobs(slurm)
    with kernel_of(hub, ACCOUNT, "murals-lead") as kernel:
        assert kernel.run("import os; print(os.getcwd())").startswith("/workspace")
        assert kernel.run(f"print(os.path.exists({str(hub.paths.root)!r}))") == "False"
        assert kernel.run("print([n for n in os.environ if n.startswith('SLURM')])") == "[]"
        status = kernel.run("print(open('/proc/self/status').read())")
    assert "CapEff:\t0000000000000000" in status
    stop_server(hub)
    wait_until(lambda: _state_of(slurm, job), "accounting knows the job", TIMEOUT_S)
    assert _state_of(slurm, job) == "COMPLETED"


def _state_of(slurm: TempSlurm, number: str) -> str:
    return next((job.state for job in slurm.ended_jobs() if job.number == number), "")


def test_server_cannot_change_its_spawner(hub: TempHub) -> None:
    with kernel_of(hub, ACCOUNT, "murals-lead") as kernel:
        token = kernel.run("import os; print(os.environ['JUPYTERHUB_API_TOKEN'])")
    answer = httpx.post(
        f"{hub.url}/hub/api/batchspawner",
        headers={"Authorization": f"token {token}"},
        json={"batch_cancel_cmd": "false"},
    )
    assert answer.status_code == httpx.codes.NOT_FOUND


def test_job_that_slurm_ends_is_noticed(hub: TempHub, slurm: TempSlurm) -> None:
    slurm.cancel_all()
    with hub.operator() as client:
        wait_until(lambda: find_server(client, ACCOUNT) is None, "hub notices", TIMEOUT_S)


def test_job_that_slurm_refuses_says_why(shared_hub: TempHub, slurm: TempSlurm) -> None:
    slurm.run("scontrol", "update", "partitionname=main", "state=INACTIVE")
    try:
        said = page_of_failed_start(shared_hub)
    finally:
        slurm.run("scontrol", "update", "partitionname=main", "state=UP")
    assert "Slurm does not run the server" in said
    assert "partition not available" in said
    assert "Traceback" not in said


def page_of_failed_start(hub: TempHub) -> str:
    with hub.signed_in("murals-lead") as client:
        client.get("/hub/spawn/murals-lead")

        def page() -> str:
            text = client.get("/hub/spawn-pending/murals-lead").text
            return "" if "waiting.js" in text else text

        return wait_until(page, "the start fails", TIMEOUT_S)
