"""The process that keeps a cluster: found again, alone with its user, and never left behind."""

import json
import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from museion.clusters.folder import Agent, find_lock, require_folder
from museion.clusters.names import cluster_id
from museion.errors import SessionError, UnreachableError
from museion_datasets.environment import find_clusters_folder
from tests.support.waiting import wait_until

pytestmark = pytest.mark.integration

SECRET = "token-of-the-workspace"
NAME = "analysis/pca.ipynb"
OPEN = 'import museion; client = museion.cluster(workers=1, memory="256MiB");'
BEGIN = f"{OPEN} client.publish_dataset(answer=client.submit(sum, [40, 2]))"
GO_ON = f'{OPEN} print(client.get_dataset("answer").result())'


@contextmanager
def owner() -> Generator[subprocess.Popen[bytes]]:
    """Run a process that stands for the notebook server."""
    command = [sys.executable, "-c", "input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def run_kernel(code: str, server: int) -> str:
    """Run code as the kernel of a notebook would, to its end."""
    known = {
        "JPY_SESSION_NAME": NAME,
        "JPY_PARENT_PID": str(server),
        "JUPYTERHUB_API_TOKEN": SECRET,
    }
    told = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **known},
        timeout=120,
    )
    return told.stdout.strip()


def launch(name: str, server: int, **more: str) -> Agent:
    options = {"--name": name, "--workers": "1", "--memory": str(2**28), "--owner": str(server)}
    command = [sys.executable, "-P", "-m", "museion.clusters.agent"]
    words = [word for option in options.items() for word in option]
    told = subprocess.run(
        [*command, *words],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **more},
        timeout=60,
    )
    return Agent(told.stdout.strip())


def find_process(agent: Agent) -> psutil.Process:
    """Return the agent's process: the one that holds its lock open."""

    def holds(process: psutil.Process) -> bool:
        return any(file.path == str(agent.lock_path) for file in process.open_files())

    running = psutil.process_iter(["cmdline"])
    return next(
        each
        for each in running
        if "museion.clusters.keep" in (each.info["cmdline"] or ()) and holds(each)
    )


def is_gone(agent: Agent) -> bool:
    lock = find_lock(agent.lock_path)
    if lock is not None:
        os.close(lock)
    return lock is not None


@pytest.fixture(scope="module")
def server() -> Generator[int]:
    with owner() as process:
        yield process.pid


@pytest.fixture(scope="module")
def agent(server: int) -> Generator[Agent]:
    """Give the agent of a notebook whose first kernel has ended."""
    run_kernel(BEGIN, server)
    agent = Agent(cluster_id(NAME, "workspace"))
    yield agent
    agent.ask("POST", "/close")
    wait_until(lambda: is_gone(agent), "the agent ends with its cluster")


def test_a_restarted_kernel_finds_its_cluster_with_its_results(agent: Agent, server: int) -> None:
    before = find_process(agent).pid
    assert run_kernel(GO_ON, server) == "42"
    assert find_process(agent).pid == before


def test_a_second_launch_finds_the_first(agent: Agent, server: int) -> None:
    before = find_process(agent).pid
    assert launch(NAME, server) == agent
    assert find_process(agent).pid == before


def test_no_token_of_the_workspace_stands_in_an_environment(agent: Agent) -> None:
    process = find_process(agent)
    seen = [process, *process.children(recursive=True)]
    assert len(seen) > 1
    for each in seen:
        assert SECRET not in Path(f"/proc/{each.pid}/environ").read_bytes().decode()
        assert SECRET not in " ".join(each.cmdline())


def test_its_sockets_are_for_its_user_alone(agent: Agent) -> None:
    agent.ask("GET", "/dashboard")
    folder = find_clusters_folder()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    own = [path for path in folder.iterdir() if path.name.startswith(agent.id)]
    assert {path.suffix for path in own} == {".sock", ".dashboard", ".lock", ".log"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in own} == {0o600}


def test_who_lacks_the_clusters_certificate_is_not_heard_on_any_port(agent: Agent) -> None:
    process = find_process(agent)
    everyone = [process, *process.children(recursive=True)]
    listening = {
        connection.laddr
        for each in everyone
        for connection in each.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert len(listening) >= 2  # scheduler and worker
    careless = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    careless.check_hostname = False
    careless.verify_mode = ssl.CERT_NONE
    for host, port in listening:
        assert host == "127.0.0.1"
        with (
            socket.create_connection((host, port), timeout=10) as plain,
            careless.wrap_socket(plain) as stream,
            pytest.raises(ssl.SSLError, match="certificate required"),
        ):
            stream.recv(1)


def test_the_dashboard_answers_on_its_own_socket(agent: Agent) -> None:
    found = agent.ask("GET", "/dashboard")
    with socket.socket(socket.AF_UNIX) as stream:
        stream.settimeout(30)
        stream.connect(found["socket"])
        stream.sendall(b"GET /status HTTP/1.0\r\nHost: localhost\r\n\r\n")
        assert stream.recv(64).startswith(b"HTTP/1.1 200")


def test_nonsense_is_refused_in_words(agent: Agent) -> None:
    for path, body in (("/scale", {"workers": "many"}), ("/adapt", {"minimum": 2}), ("/scale", {})):
        with pytest.raises(Exception, match="whole number"):
            agent.ask("POST", path, body)
    assert agent.ask("GET", "/")["state"] == "running"


def test_it_tells_what_runs(agent: Agent, server: int) -> None:
    code = f"""{OPEN}
from distributed import Event
futures = client.map(lambda n: Event("go").wait(timeout=60), range(3), key="wait")
while not (told := client.info())["progress"]:
    pass
print(told["progress"], told["tasks"]["processing"] > 0)
Event("go").set()
client.gather(futures)
"""
    assert "'total': 3" in run_kernel(code, server)
    told = agent.ask("GET", "/")
    assert (told["state"], told["place"], told["name"]) == ("running", "workspace", NAME)
    assert set(told["tasks"]) == {"waiting", "processing", "memory", "erred", "released"}
    assert told["workers"][0]["memory_limit_bytes"] == 2**28


def test_it_ends_with_its_server_and_leaves_no_worker() -> None:
    with owner() as process:
        agent = launch("left alone", process.pid)
        wait_until(lambda: agent.ask("GET", "/")["workers"], "a worker")
        everyone = find_process(agent).children(recursive=True)
        assert everyone
    wait_until(lambda: is_gone(agent), "the agent ends with its server")
    _, alive = psutil.wait_procs(everyone, timeout=30)
    assert alive == []
    assert not agent.socket_path.exists()


def test_an_idle_cluster_stops_by_itself(server: int) -> None:
    agent = launch("idle", server, MUSEION_CLUSTER_IDLE_MINUTES="0.01")
    wait_until(lambda: is_gone(agent), "an idle cluster ends")


def test_a_killed_agent_takes_its_workers_along_and_is_started_anew(server: int) -> None:
    agent = launch("killed", server)
    wait_until(lambda: agent.ask("GET", "/")["workers"], "a worker")
    process = find_process(agent)
    everyone = process.children(recursive=True)
    process.send_signal(signal.SIGKILL)
    _, alive = psutil.wait_procs(everyone, timeout=30)
    assert alive == []
    with pytest.raises(UnreachableError, match="not there any more"):
        agent.ask("GET", "/")
    assert launch("killed", server) == agent
    wait_until(lambda: agent.ask("GET", "/")["state"] == "running", "a new one runs")
    agent.ask("POST", "/close")


def test_a_place_that_fails_is_told_of_until_it_has_been_read(server: int) -> None:
    gone = {
        "name": "hpc",
        "kind": "slurm",
        "jurisdiction": "",
        "proxy_address": "gateway://[::1]:9",
    }
    places = json.dumps([{**gone, "address": "http://127.0.0.1:9"}])
    command = ["--name", "far", "--place", "hpc", "--owner", str(server)]
    told = subprocess.run(
        [sys.executable, "-P", "-m", "museion.clusters.agent", *command],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "MUSEION_COMPUTE": places},
    )
    agent = Agent(told.stdout.strip())
    wait_until(lambda: agent.ask("GET", "/")["state"] == "failed", "the place does not answer")
    error = agent.ask("GET", "/")["error"]
    assert error["kind"] == "unreachable"
    assert "hpc" in error["message"]
    agent.ask("POST", "/close")
    wait_until(lambda: is_gone(agent), "the agent ends once it was read")


def test_a_folder_that_others_may_enter_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    find_clusters_folder().mkdir(mode=0o755)
    with pytest.raises(SessionError, match="not this user's alone"):
        require_folder()
