"""What `make` does before anything of the project is installed."""

import subprocess

import pytest

import bootstrap


def test_a_machine_without_node_gets_a_working_npm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/bin-of-nobody")
    env = {**bootstrap.node_environment()}
    command = ["/bin/sh", "-c", "npm --version && node --version"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    npm, node = done.stdout.split()
    assert int(npm.split(".")[0]) >= 10
    assert int(node.lstrip("v").split(".")[0]) >= bootstrap.OLDEST_NODE


def test_an_unprivileged_person_is_told_what_to_ask_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "privilege_prefix", lambda: None)
    with pytest.raises(bootstrap.BootstrapError, match="apt-get install --yes bubblewrap"):
        bootstrap.require_debian({"no-such-command": "bubblewrap"})


def test_an_old_python_is_told_where_a_newer_one_comes_from(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bootstrap, "python_version", lambda _: (3, 11))
    with pytest.raises(bootstrap.BootstrapError, match=r"Python 3\.13 or newer is needed"):
        bootstrap.find_python()


def test_a_full_disk_is_said_before_anything_is_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: bootstrap.Path
) -> None:
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / "none")
    monkeypatch.setattr(bootstrap, "FREE_DISK_NEEDED_BYTES", 10**18)
    with pytest.raises(bootstrap.BootstrapError, match="not enough free disk"):
        bootstrap.require_disk()
