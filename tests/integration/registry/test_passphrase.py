"""The registry's own process, whose root key needs a passphrase that the supervisor knows."""

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from museion_hub.custody.guards import PassphraseGuard
from museion_hub.custody.unlocking import handing_over
from museion_hub.registry.demo import prepare_demo
from museion_hub.runtime import Runtime, new_runtime, save_runtime
from museion_hub.settings import RootKey, Settings, save_settings
from museion_hub.workplaces import StatePaths, registry_database_url, state_paths
from tests.support.waiting import answers, wait_until

pytestmark = pytest.mark.integration
PASSPHRASE = "ochre vermilion lead-white umber"


def prepare(folder: Path) -> tuple[StatePaths, Runtime]:
    settings = Settings(folder / "state", root_key=RootKey.PASSPHRASE)
    paths = state_paths(settings)
    paths.create()
    runtime = new_runtime(settings)
    save_settings(settings, paths.settings_file)
    save_runtime(runtime, paths.runtime_file)
    guard = PassphraseGuard(PASSPHRASE)
    url = registry_database_url(settings)
    prepare_demo(url, paths.root_key_file, paths.demo_password_file, guard)
    return paths, runtime


def start(paths: StatePaths, stack: ExitStack) -> "subprocess.Popen[str]":
    environment = {
        "PATH": os.environ["PATH"],
        "MUSEION_CONFIG": str(paths.settings_file),
        "MUSEION_RUNTIME": str(paths.runtime_file),
    }
    command = [sys.executable, "-P", "-m", "museion_hub.registry"]
    process = stack.enter_context(
        subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    )
    stack.callback(process.terminate)
    return process


def visible(path: Path) -> bytes:
    """Return what we may see: a process that can't be dumped shows its environment to root only."""
    try:
        return path.read_bytes()
    except PermissionError:
        return b""


def test_registry_asks_the_supervisor_and_starts_again_without_a_person(tmp_path: Path) -> None:
    paths, runtime = prepare(tmp_path)
    health = f"http://127.0.0.1:{runtime.ports.registry}/services/registry/health"
    for _ in range(2):
        with handing_over(paths.run, PassphraseGuard(PASSPHRASE)), ExitStack() as stack:
            process = start(paths, stack)
            wait_until(lambda: answers(health))
            for name in ("environ", "cmdline"):
                assert PASSPHRASE.encode() not in visible(Path(f"/proc/{process.pid}/{name}"))
    written = b"".join(path.read_bytes() for path in paths.root.rglob("*") if path.is_file())
    assert PASSPHRASE.encode() not in written


@pytest.mark.parametrize(
    ("given", "said"),
    [(None, "Nobody gives the passphrase"), ("azurite and lapis", "does not open the root key")],
)
def test_registry_without_the_right_passphrase_says_so_and_ends(
    tmp_path: Path, given: str | None, said: str
) -> None:
    paths, _ = prepare(tmp_path)
    guard = PassphraseGuard(given) if given else None
    with handing_over(paths.run, guard), ExitStack() as stack:
        _, told = start(paths, stack).communicate()
    sentence, hint = told.splitlines()[-2:]
    assert sentence.startswith("museion registry: ")
    assert said in sentence
    assert hint.startswith("hint: ")
    assert "Traceback" not in told
