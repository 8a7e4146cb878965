"""The command line of a sandbox: what is in it, and what never is."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from museion_hub.environment import Environment
from museion_hub.errors import SandboxError
from museion_hub.launch import Launch, Launcher
from museion_hub.registry.views import StorageMount
from museion_hub.runtime import GatewayRuntime
from museion_hub.sandbox.bubblewrap import Mount, Plan, require_hidden, sandbox_arguments
from museion_hub.sandbox.door import Door, Outward, inner_options, outer_options
from museion_hub.sandbox.identity_files import identity_files
from museion_hub.settings import Limits, Network, Settings
from museion_hub.workplaces import state_paths

PLAN = Plan(name="wg-murals", mounts=(), private=("/tmp",), folder="/workspace")  # noqa: S108
DOOR = Door(41000, (Outward("public", "10.0.0.5", 8000), Outward("gateway", "127.0.0.1", 8786)))


@pytest.fixture
def launcher(tmp_path: Path) -> Launcher:
    software = Environment(
        python=Path("/opt/museion/bin/python"),
        readable=(Path("/opt/museion"),),
        relay=Path("/opt/hub/relay.py"),
        notebooks=None,
        jupyter_path=(Path("/opt/share/jupyter"),),
        jupyter_config_path=(),
    )
    gateway = GatewayRuntime(8785, 8786, 8787, "token", "proxy-token")
    return Launcher(Settings(state_dir=tmp_path / "state"), software, {"gateway": gateway})


def launch(launcher: Launcher, account: str = "wg-murals", *storage: StorageMount) -> Launch:
    paths = state_paths(launcher.settings)
    paths.create()
    workplace = paths.workplace(account)
    workplace.create()
    return launcher.sandboxed(workplace, storage, 41000)


@pytest.mark.parametrize(
    "option",
    ["--unshare-all", "--disable-userns", "--die-with-parent", "--new-session", "--cap-drop"],
)
def test_every_sandbox_is_closed_on_every_side(option: str) -> None:
    assert option in sandbox_arguments(PLAN, ["true"])


def test_machines_network_is_shared_only_by_name() -> None:
    shared = replace(PLAN, has_host_network=True)
    assert "--share-net" not in sandbox_arguments(PLAN, ["true"])
    assert "--share-net" in sandbox_arguments(shared, ["true"])
    assert "/etc/resolv.conf" not in sandbox_arguments(PLAN, ["true"])
    assert "/etc/resolv.conf" in sandbox_arguments(shared, ["true"])


@pytest.mark.parametrize("secret", ["/etc", "/etc/passwd", "/etc/shadow", "/etc/ssl", "/home", "/"])
def test_what_says_who_lives_here_is_never_shown(secret: str) -> None:
    binds = pairwise(sandbox_arguments(PLAN, ["true"]))
    assert not any(first.endswith(("bind", "bind-try")) and then == secret for first, then in binds)


@pytest.mark.parametrize("name", ["sys", "irq", "bus"])
def test_settings_of_the_kernel_cannot_be_written(name: str) -> None:
    arguments = sandbox_arguments(PLAN, ["true"])
    start = arguments.index(f"/proc/{name}")
    assert arguments[start - 1] == "--ro-bind-try"
    assert start > arguments.index("--proc")


def test_files_in_memory_have_a_size_where_memory_is_limited() -> None:
    limited = sandbox_arguments(replace(PLAN, memory_bytes=4_000_000_000), ["true"])
    sized = {limited[place + 3]: limited[place + 1] for place in find_all(limited, "--size")}
    assert sized == {"/tmp": "1000000000", "/dev/shm": "1000000000"}  # noqa: S108  the sandbox's
    assert "--size" not in sandbox_arguments(PLAN, ["true"])


def test_devices_folder_is_read_only() -> None:
    arguments = sandbox_arguments(PLAN, ["true"])
    assert "/dev" in [arguments[place + 1] for place in find_all(arguments, "--remount-ro")]


def test_filter_and_limits_reach_the_sandbox(launcher: Launcher) -> None:
    limits = Limits(memory_gb=1, cpus=0, processes=200)
    limited = replace(launcher, settings=replace(launcher.settings, limits=limits))
    command = launch(limited).command
    outside, inside = command[: command.index("bwrap")], command[command.index("bwrap") :]
    assert outside[outside.index("--memory") + 1] == "1000000000"
    assert outside[outside.index("--tasks") + 1] == "200"
    assert inside[inside.index("--seccomp") + 1] == "62"
    assert [inside[place + 1] for place in find_all(inside, "--limit")] == [
        "DATA=1000000000",
        "NPROC=264",
    ]


def test_dataset_inside_must_be_the_one_outside(launcher: Launcher) -> None:
    folder = launcher.settings.state_dir / "storage" / "lapidary" / "0f"
    folder.mkdir(parents=True)
    status = folder.stat()
    command = launch(launcher, "wg-murals", StorageMount("lapidary/0f", is_writable=False)).command
    expected = command[command.index("--expect") + 1]
    assert expected == f"/datasets/lapidary/0f={status.st_dev}:{status.st_ino}"


def find_all(words: list[str], word: str) -> list[int]:
    return [place for place, each in enumerate(words) if each == word]


@pytest.mark.parametrize(
    ("source", "is_refused"),
    [
        ("/srv/museion", True),
        ("/srv", True),
        ("/", True),
        ("/srv/museion/hub", True),
        ("/srv/museion/workgroups/lapidary/workspace", True),
        ("/srv/museion/workgroups/murals/workspace", False),
        ("/srv/museion/storage/murals", False),
        ("/opt/python", False),
    ],
)
def test_mount_that_shows_secrets_is_refused(source: str, *, is_refused: bool) -> None:
    secret, own = Path("/srv/museion"), Path("/srv/museion/workgroups/murals")
    mounts = [Mount(Path(source), "/seen")]
    if is_refused:
        with pytest.raises(SandboxError, match="would see the deployment's secrets"):
            require_hidden(secret, mounts, own)
    else:
        require_hidden(secret, mounts, own)


def test_state_below_the_system_is_refused() -> None:
    with pytest.raises(SandboxError):
        require_hidden(Path("/usr/local/museion"), [], Path("/usr/local/museion/own"))


def test_link_to_a_secret_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "state"
    secret.mkdir()
    (tmp_path / "innocent").symlink_to(secret)
    with pytest.raises(SandboxError, match="innocent"):
        require_hidden(secret, [Mount(tmp_path / "innocent", "/seen")], secret / "own")


def test_only_the_own_workplace_is_writable(launcher: Launcher) -> None:
    own = StorageMount("murals", is_writable=True)
    shared = StorageMount("lapidary/0f", is_writable=False)
    (launcher.settings.state_dir / "storage" / "lapidary" / "0f").mkdir(parents=True)
    command = launch(launcher, "wg-murals", own, shared).command
    writable = [command[place + 2] for place, word in enumerate(command) if word == "--bind"]
    assert writable == ["/workspace", "/home/member", "/var/lib/museion/rtc", "/datasets/murals"]
    assert "/datasets/lapidary/0f" in command


def test_command_line_never_holds_a_token(launcher: Launcher) -> None:
    started = launch(launcher)
    assert not any("token" in word.lower() for word in started.command)


def test_live_collaboration_is_for_workspaces_only(launcher: Launcher) -> None:
    assert "--YDocExtension.disable_rtc=False" in launch(launcher, "wg-murals").command
    assert "--YDocExtension.disable_rtc=True" in launch(launcher, "murals-lead").command


def test_server_finds_the_deployment_at_its_own_loopback(launcher: Launcher) -> None:
    everywhere = replace(launcher, settings=replace(launcher.settings, host="10.0.0.5"))
    environment = launch(everywhere).environment
    assert environment["MUSEION_REGISTRY_URL"] == "http://127.0.0.1:8000/services/registry"
    assert environment["MUSEION_STORAGE"] == "/datasets"


def test_server_on_the_machines_network_has_no_door(launcher: Launcher) -> None:
    settings = replace(launcher.settings, host="10.0.0.5", network=Network.HOST)
    started = launch(replace(launcher, settings=settings))
    assert not any(word.startswith(("tcp:", "unix:", "fd:")) for word in started.command)
    assert started.environment["MUSEION_REGISTRY_URL"].startswith("http://10.0.0.5:8000/")


def test_door_leads_to_the_public_address_and_the_gateway_only() -> None:
    assert outer_options(DOOR) == [
        *("--hold", "61", "--hand", "60=inward.sock"),
        "tcp:127.0.0.1:41000=unix:inward.sock",
        "unix:door/public.sock=tcp:10.0.0.5:8000",
        "unix:door/gateway.sock=tcp:127.0.0.1:8786",
    ]
    assert inner_options(DOOR) == [
        *("--watch", "61"),
        "fd:60=tcp:127.0.0.1:41000",
        "tcp:127.0.0.1:8000=unix:/run/museion/public.sock",
        "tcp:127.0.0.1:8786=unix:/run/museion/gateway.sock",
    ]


def test_one_user_lives_in_a_sandbox() -> None:
    files = identity_files("wg-murals", "/home/member")
    assert files["passwd"].splitlines()[0].startswith("member:x:1000:1000:wg-murals:/home/member:")
    assert "root" not in files["passwd"]
    assert "nameserver" not in files["resolv.conf"]
