"""The registry's own process, served by uvicorn, as the hub starts it."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import uvicorn

from museion_datasets.catalogue import NewDataset, RegistryCatalogue
from museion_datasets.cli import main
from museion_datasets.errors import ConflictError, KeyUnavailableError, NotFoundError, PolicyError
from museion_datasets.log.pin import read_pin
from museion_hub.registry.demo import prepare_demo
from museion_hub.runtime import Runtime, new_runtime, save_runtime
from museion_hub.settings import Settings, save_settings
from museion_hub.workplaces import StatePaths, registry_database_url, state_paths
from tests.support.registry import SimulatedHub, make_head
from tests.support.waiting import answers, wait_until

pytestmark = pytest.mark.integration
DEADLINE_S = 30.0
POLL_S = 0.05
WISH = NewDataset("murals/panel", "A panel", "cube", "CC0-1.0", synthetic=True, description="")


@dataclass
class Served:
    """A registry process and the hub beside it."""

    hub: SimulatedHub
    paths: StatePaths
    url: str
    process: subprocess.Popen[bytes]
    catalogues: list[RegistryCatalogue] = field(default_factory=list)

    def catalogue(self, account: str, *, token: str = "") -> RegistryCatalogue:
        catalogue = RegistryCatalogue(self.url, token or self.hub.token_of(account))
        self.catalogues.append(catalogue)
        return catalogue

    def close(self) -> None:
        for catalogue in self.catalogues:
            catalogue._client.close()

    def log(self) -> str:
        return (self.paths.run / "registry.log").read_text()


@contextmanager
def serving(hub: SimulatedHub) -> Generator[int]:
    """Serve the simulated hub on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(hub.app(), log_level="error", lifespan="off", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield int(listener.getsockname()[1])
        server.should_exit = True
        thread.join(DEADLINE_S)


def prepare(folder: Path, hub_port: int, service_token: str) -> tuple[StatePaths, Runtime]:
    settings = Settings(state_dir=folder / "state")
    paths = state_paths(settings)
    paths.create()
    runtime = new_runtime(settings)
    runtime = replace(
        runtime,
        ports=replace(runtime.ports, hub=hub_port),
        tokens=replace(runtime.tokens, registry=service_token),
    )
    save_settings(settings, paths.settings_file)
    save_runtime(runtime, paths.runtime_file)
    url = registry_database_url(settings)
    prepare_demo(url, paths.root_key_file, paths.demo_password_file)
    return paths, runtime


def start(paths: StatePaths) -> subprocess.Popen[bytes]:
    environment = {
        "PATH": os.environ["PATH"],
        "MUSEION_CONFIG": str(paths.settings_file),
        "MUSEION_RUNTIME": str(paths.runtime_file),
    }
    with (paths.run / "registry.log").open("wb") as log:
        command = [sys.executable, "-P", "-m", "museion_hub.registry"]
        return subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Generator[Served]:
    hub = SimulatedHub()
    with serving(hub) as port:
        paths, runtime = prepare(tmp_path_factory.mktemp("registry"), port, hub.service_token)
        url = f"http://127.0.0.1:{runtime.ports.registry}/services/registry"
        process = start(paths)
        try:
            wait_until(
                lambda: answers(f"{url}/health") or process.poll() is not None,
                "the registry answers",
            )
            served = Served(hub, paths, url, process)
            yield served
            served.close()
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(DEADLINE_S)


def test_accounts_of_the_workgroups_are_made_at_start(served: Served) -> None:
    wait_until(lambda: served.hub.users >= {"wg-murals", "wg-lapidary"}, "accounts at the hub")


def test_library_creates_commits_and_opens_through_the_wire(served: Served) -> None:
    murals = served.catalogue("wg-murals")
    record = murals.create(WISH)
    key = murals.open_dataset(WISH.path).keys[1]
    murals.commit(WISH.path, make_head(record.id), 1234)
    opened = served.catalogue("murals-member").open_dataset(WISH.path)
    assert (opened.keys[1], opened.record.version, opened.record.size_bytes) == (key, 1, 1234)
    assert opened.head == murals.head(WISH.path, 1) == make_head(record.id)
    assert [one.path for one in murals.records()] == [WISH.path]
    assert served.catalogue("wg-lapidary").records() == []
    with pytest.raises(ConflictError):
        murals.commit(WISH.path, make_head(record.id), 1234)


def test_library_is_told_clearly_what_it_may_not(served: Served) -> None:
    with pytest.raises(NotFoundError):
        served.catalogue("wg-lapidary").open_dataset("murals/panel")
    with pytest.raises(PolicyError, match="private server"):
        served.catalogue("murals-lead").create(WISH)
    with pytest.raises(KeyUnavailableError):
        served.catalogue("wg-murals", token="forged").records()


def test_member_follows_the_log_of_a_running_registry(
    served: Served,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MUSEION_REGISTRY_URL", served.url)
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", served.hub.token_of("murals-member"))
    keep = tmp_path / "kept"
    follow = ["audit", "follow", "--keep", str(keep)]
    assert main(follow) == 0
    assert "Its keys are believed from now on" in capsys.readouterr().out
    with pytest.raises(NotFoundError):
        served.catalogue("murals-member").open_dataset("lapidary/nothing")
    assert main([*follow, "--whole"]) == 0
    assert "entries are unchanged, 1 are new" in capsys.readouterr().out
    key = read_pin(keep).verifiers[0]
    assert main([*follow, "--key", str(key)]) == 1
    assert "other keys than the given ones" in capsys.readouterr().err
    assert main(["audit", "checkpoint", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["tree_size"] > 5
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "forged")
    assert main(follow) == 1
    assert "The hub refuses the token" in capsys.readouterr().err


def test_process_dumps_no_core(served: Served) -> None:
    limits = Path(f"/proc/{served.process.pid}/limits").read_text()
    (core,) = [line for line in limits.splitlines() if line.startswith("Max core file size")]
    assert core.split()[4:6] == ["0", "0"]


def test_log_holds_no_token(served: Served) -> None:
    served.catalogue("wg-murals").records()
    tokens = [*served.hub.tokens, served.hub.service_token]
    assert tokens
    assert not any(token in served.log() for token in tokens)


def test_root_key_open_to_others_prevents_the_start_with_one_sentence(tmp_path: Path) -> None:
    paths, _ = prepare(tmp_path, 1, "unused")
    paths.root_key_file.chmod(0o644)
    process = start(paths)
    assert process.wait(DEADLINE_S) == 1
    log = (paths.run / "registry.log").read_text()
    assert "museion registry: The root key is open to others" in log
    assert "hint: " in log
    assert "Traceback" not in log
