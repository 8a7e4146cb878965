"""One command starts everything and stops everything, and says plainly why it can't."""

import os
import signal
import socket
from pathlib import Path

import pytest

from museion_hub.gateway.tending import end_all
from museion_hub.run.processes import descendants
from tests.support.deployment import Deployment, launch, running
from tests.support.waiting import wait_until

DEADLINE_S = 30.0
pytestmark = pytest.mark.integration


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def finish(deployment: Deployment) -> tuple[int, str]:
    return deployment.wait_until_ended(), deployment.output


def test_ctrl_c_stops_everything_that_was_started(tmp_path: Path) -> None:
    with running(tmp_path / "state") as deployment:
        started = descendants(deployment.process.pid)
        assert len(started) >= 4  # proxy, hub, registry, gateway
        assert deployment.interrupt() == 0
    assert not [pid for pid in started if is_alive(pid)]
    assert "nothing of it is running any more" in deployment.output


def test_a_killed_supervisor_leaves_nothing_but_what_the_next_start_ends(tmp_path: Path) -> None:
    with running(tmp_path / "state") as deployment:
        started = descendants(deployment.process.pid)
        os.kill(deployment.process.pid, signal.SIGKILL)
        deployment.wait_until_ended()
        # Clusters outlive their gateway by ten minutes, unless a start finds them before.
        end_all(deployment.state / "clusters")
        wait_until(lambda: not any(map(is_alive, started)), "all have ended", DEADLINE_S)


def test_a_second_start_in_the_same_place_is_refused(deployment: Deployment) -> None:
    code, output = finish(launch(deployment.state))
    assert code == 1
    assert "Museion is already running here" in output
    assert "Traceback" not in output


def test_a_taken_port_is_one_sentence_and_a_hint(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code, output = finish(launch(tmp_path / "state", port=port))
    assert code == 1
    assert f"already listens on port: {port}\nhint: " in output
    assert "Traceback" not in output


def test_a_misspelt_setting_is_one_sentence_and_a_hint(tmp_path: Path) -> None:
    config = tmp_path / "museion.toml"
    config.write_text('isolatoin = "bubblewrap"\n')
    code, output = finish(launch(tmp_path / "state", "--config", str(config)))
    assert code == 1
    assert "isolatoin" in output
    assert "did you mean `isolation`?" in output


def test_a_proxy_that_dies_ends_the_deployment_with_its_last_words(tmp_path: Path) -> None:
    deployment = launch(tmp_path / "state")
    deployment.wait_until_ready()
    proxy = next(
        pid
        for pid in descendants(deployment.process.pid)
        if b"configurable-http-proxy" in Path(f"/proc/{pid}/cmdline").read_bytes()
    )
    os.kill(proxy, signal.SIGKILL)
    code, output = finish(deployment)
    assert code == 1
    assert "The proxy has ended" in output
    assert "Traceback" not in output
