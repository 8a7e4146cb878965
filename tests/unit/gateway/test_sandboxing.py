"""What a pod sees of the machine, read off its command line."""

from pathlib import Path

import pytest

from museion_hub.errors import SandboxError
from museion_hub.gateway.sandboxing import PodPlace, pod_command, pod_environment
from museion_hub.registry.views import StorageMount

READABLE = Path("/opt/museion-environment")


@pytest.fixture
def place(tmp_path: Path) -> PodPlace:
    for folder in ("storage/murals", "storage/lapidary/00ff", "secrets"):
        (tmp_path / folder).mkdir(parents=True)
    return PodPlace(READABLE / "bin/python", (READABLE,), tmp_path, tmp_path / "storage")


def shown(command: list[str]) -> dict[str, str]:
    """Return the sources and targets of read-only mounts."""
    positions = [at for at, word in enumerate(command) if word == "--ro-bind"]
    return {command[at + 1]: command[at + 2] for at in positions}


def test_a_workgroup_adds_to_its_own_storage_and_reads_what_is_shared(place: PodPlace) -> None:
    seen = [
        StorageMount("murals", is_writable=True),
        StorageMount("lapidary/00ff", is_writable=False),
    ]
    command = pod_command(place, "wg-murals", seen, 7)
    inside = {target for target in shown(command).values() if target.startswith("/datasets")}
    assert inside == {"/datasets/lapidary/00ff"}
    assert command.count("--bind") == 1
    assert command[command.index("--bind") + 2] == "/datasets/murals"


def test_a_pod_has_namespaces_of_its_own_and_dies_with_the_gateway(place: PodPlace) -> None:
    command = pod_command(place, "wg-murals", [], 7)
    assert {"--unshare-all", "--disable-userns", "--die-with-parent"} <= set(command)
    assert "--share-net" not in command
    assert command[-2:] == ["museion_hub.gateway.pod", "7"]


def test_storage_that_is_not_there_yet_is_left_out(place: PodPlace) -> None:
    command = pod_command(place, "wg-new", [StorageMount("new", is_writable=True)], 7)
    assert "/datasets/new" not in command


def test_of_the_hubs_code_a_pod_sees_only_what_runs_in_it(place: PodPlace) -> None:
    shown_code = {Path(source).name for source in shown(pod_command(place, "wg-murals", [], 7))}
    assert {"pod.py", "channel.py"} <= shown_code
    assert not {"museion_hub", "gateway", "backend.py", "config.py"} & shown_code


@pytest.mark.parametrize("directory", ["../secrets", "../../", "murals/../../secrets"])
def test_a_mount_that_would_show_secrets_is_refused(place: PodPlace, directory: str) -> None:
    with pytest.raises(SandboxError):
        pod_command(place, "wg-murals", [StorageMount(directory, is_writable=False)], 7)


def test_a_pods_environment_is_made_from_nothing(
    place: PodPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "secret")
    assert "secret" not in pod_environment(place).values()
    assert set(pod_environment(place)) == {
        "HOME",
        "LANG",
        "PATH",
        "PYTHONDONTWRITEBYTECODE",
        "TMPDIR",
    }
