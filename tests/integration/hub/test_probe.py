"""Before anything starts: can this machine shut servers in, and what does a sandbox reach?"""

import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from museion_hub.errors import MissingProgramError
from museion_hub.sandbox.bubblewrap import Plan, sandbox_arguments
from museion_hub.sandbox.probe import probe
from museion_hub.settings import Isolation, Settings

PLAN = Plan(name="probe", mounts=(), private=("/tmp",), folder="/")  # noqa: S108
PROBE = (
    "from pathlib import Path\n"
    "from museion_hub.sandbox.probe import probe\n"
    "from museion_hub.settings import Settings\n"
    "probe(Settings(state_dir=Path('/nowhere')))\n"
)


def test_machine_that_can_passes(tmp_path: Path) -> None:
    probe(Settings(state_dir=tmp_path))


def test_missing_bubblewrap_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingProgramError, match="not installed: bwrap") as caught:
        probe(Settings(state_dir=tmp_path))
    assert "install Debian's `bubblewrap`" in caught.value.hint


def test_nothing_is_probed_without_isolation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    probe(Settings(state_dir=tmp_path, isolation=Isolation.NONE))


def test_machine_without_user_namespaces_is_told_what_to_do() -> None:
    forbidden = ["bwrap", "--dev-bind", "/", "/", "--unshare-user", "--disable-userns"]
    done = subprocess.run(
        [*forbidden, sys.executable, "-c", PROBE], capture_output=True, text=True, check=False
    )
    assert "SandboxError: This machine doesn't let Museion shut servers in: " in done.stderr
    assert "hint: allow user namespaces" in done.stderr


@pytest.mark.parametrize(("has_host_network", "status"), [(False, 1), (True, 0)])
def test_port_of_the_machine_is_reached_only_on_its_network(
    *, has_host_network: bool, status: int
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as machine:
        connect = f"exec 3<>/dev/tcp/127.0.0.1/{machine.getsockname()[1]}"
        plan = replace(PLAN, has_host_network=has_host_network)
        command = sandbox_arguments(plan, ["bash", "-c", connect])
        assert subprocess.run(command, capture_output=True, check=False).returncode == status
