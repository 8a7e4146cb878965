"""Servers in their sandboxes: they start, work together, fail with a reason, and stop."""

from pathlib import Path

import httpx
import pytest

from museion_hub.settings import Isolation
from museion_hub.workplaces import Workplace
from tests.support.hub import TempHub, find_server, temp_hub
from tests.support.kernel import Kernel, kernel_of
from tests.support.waiting import wait_until

START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 60.0


@pytest.fixture
def private(hub: TempHub) -> Workplace:
    return hub.paths.workplace("murals-member")


def test_two_kernels_work_at_once_over_unix_sockets(hub: TempHub, murals_kernel: Kernel) -> None:
    with kernel_of(hub, "wg-murals", "murals-member") as other:
        murals_kernel.run("mine = 1")
        assert other.run("mine = 2; print(mine)") == "2"
        assert murals_kernel.run("print(mine)") == "1"
    connection = murals_kernel.run("import ipykernel as k; print(k.get_connection_info())")
    assert '"transport": "ipc"' in connection


def test_kernel_reaches_what_a_browser_could(murals_kernel: Kernel) -> None:
    answer = murals_kernel.run(
        "import os, urllib.request as u\n"
        "request = u.Request(os.environ['MUSEION_REGISTRY_URL'] + '/api/v1/me',\n"
        "    headers={'Authorization': 'token ' + os.environ['JUPYTERHUB_API_TOKEN']})\n"
        "print(u.urlopen(request).read().decode())"
    )
    assert '"name":"wg-murals"' in answer


def test_kernel_can_dump_no_core_and_gain_no_privilege(murals_kernel: Kernel) -> None:
    status = murals_kernel.run("print(open('/proc/self/status').read())")
    limits = murals_kernel.run("import resource as r; print(r.getrlimit(r.RLIMIT_CORE))")
    assert "NoNewPrivs:\t1" in status
    assert "CapEff:\t0000000000000000" in status
    assert limits == "(0, 0)"


def test_notebook_of_a_new_workspace_can_be_opened(hub: TempHub) -> None:
    headers = {"Authorization": f"token {hub.token_of('murals-member')}"}
    listed = httpx.get(f"{hub.url}/user/wg-murals/api/contents", headers=headers).json()
    assert "01-first-look.ipynb" in [entry["name"] for entry in listed["content"]]


def page_of_failed_start(client: httpx.Client) -> str:
    """Start the private server, and give what the page says once that has failed."""
    client.get("/hub/spawn/murals-member")

    def page() -> str:
        text = client.get("/hub/spawn-pending/murals-member").text
        return "" if "waiting.js" in text else text

    return wait_until(page, "the start fails", START_TIMEOUT_S)


def test_server_that_ends_early_says_why(hub: TempHub, private: Workplace) -> None:
    (private.run / "door" / "public.sock").mkdir(parents=True)
    with hub.signed_in("murals-member") as client:
        page = page_of_failed_start(client)
    (private.run / "door" / "public.sock").rmdir()
    assert "The server ended before it answered" in page
    assert "The door can&#39;t be opened" in page
    assert "Traceback" not in page


def test_workplace_that_cannot_be_made_is_named(hub: TempHub, private: Workplace) -> None:
    private.create()
    private.home.rmdir()
    private.home.write_text("in the way")
    with hub.signed_in("murals-member") as client:
        page = page_of_failed_start(client)
    private.home.unlink()
    assert "A state directory can&#39;t be made" in page


def test_stopped_server_ended_by_itself(hub: TempHub) -> None:
    with hub.signed_in("lapidary-lead"), hub.operator() as client:
        hub.start_servers("lapidary-lead")
        client.delete("/users/lapidary-lead/server")
        wait_until(lambda: find_server(client, "lapidary-lead") is None, "it stops", STOP_TIMEOUT_S)
    log = hub.paths.workplace("lapidary-lead").log.read_text()
    assert "Interrupted..." in log
    assert "Terminating" not in hub.log("hub")


def test_server_without_sandbox_works_when_asked_for_by_name() -> None:
    with temp_hub(isolation=Isolation.NONE) as hub:
        hub.start_servers("wg-murals")
        with kernel_of(hub, "wg-murals", "murals-lead") as kernel:
            assert kernel.run("print(6 * 7)") == "42"
            kernels = Path(kernel.run("import os; print(os.environ['JUPYTER_RUNTIME_DIR'])"))
            assert oct(kernels.stat().st_mode & 0o777) == "0o700"
    assert not kernels.exists()
