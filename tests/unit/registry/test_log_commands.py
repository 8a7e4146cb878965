"""`museion audit` on a deployment's own database, with nothing running."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from museion_datasets.cli import main
from museion_hub.registry.demo import prepare_demo
from museion_hub.settings import Settings, save_settings
from museion_hub.workplaces import StatePaths, registry_database_url, state_paths
from tests.support.registry import copy_state


@pytest.fixture(scope="module")
def first_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the state of a demonstration that was started once; to be copied."""
    settings = Settings(state_dir=tmp_path_factory.mktemp("first"))
    paths = state_paths(settings)
    paths.create()
    database = registry_database_url(settings)
    prepare_demo(database, paths.root_key_file, paths.demo_password_file)
    return settings.state_dir


@pytest.fixture
def paths(first_state: Path, tmp_path: Path) -> StatePaths:
    """Give a copy that the test may spoil."""
    settings = Settings(state_dir=copy_state(first_state, tmp_path / "state"))
    paths = state_paths(settings)
    save_settings(settings, paths.settings_file)
    return paths


def run(paths: StatePaths, *arguments: str) -> int:
    return main(["audit", *arguments, "--config", str(paths.settings_file)])


def tamper(paths: StatePaths, statement: str) -> None:
    with closing(sqlite3.connect(paths.registry_database)) as connection, connection:
        for action in ("update", "delete"):
            connection.execute(f"DROP TRIGGER audit_event_no_{action}")
        connection.execute(statement)


def test_whole_log_is_said_to_be_whole(
    paths: StatePaths, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep = tmp_path / "kept"
    assert run(paths, "checkpoint", "--keep", str(keep)) == 0
    note = capsys.readouterr().out
    assert note.startswith("museion/log/")
    assert note.count("\n— museion/log/") == 2
    assert run(paths, "verify", "--checkpoint", str(keep)) == 0
    assert "The audit log is whole: " in capsys.readouterr().out
    assert run(paths, "verify", "--json", "--checkpoint", str(keep)) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["events"] == said["kept"] > 5
    assert keep.stat().st_mode & 0o777 == 0o600


def test_checkpoint_in_json_holds_all_that_is_needed_to_check_it(
    paths: StatePaths, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(paths, "checkpoint", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["checkpoint"].startswith(f"{said['origin']}\n{said['tree_size']}\n")
    assert [key.split("+")[0] for key in said["keys"]] == [said["origin"]] * 2


def test_kept_checkpoint_is_never_replaced_unseen(
    paths: StatePaths, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep = tmp_path / "kept"
    run(paths, "checkpoint", "--keep", str(keep))
    before = keep.read_bytes()
    assert run(paths, "checkpoint", "--keep", str(keep)) == 1
    assert "hint: use `museion audit follow --keep`" in capsys.readouterr().err
    assert keep.read_bytes() == before


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("UPDATE audit_event SET actor = 'nobody' WHERE log_index = 3", "altered at event 3: "),
        ("DELETE FROM audit_event WHERE log_index = 3", "altered at event 3: the event is missing"),
        ("DELETE FROM audit_event WHERE log_index > 3", "altered at event 4: the log ends here"),
    ],
    ids=["edited", "removed", "cut off"],
)
def test_operator_who_edits_the_database_is_found_out(
    paths: StatePaths, capsys: pytest.CaptureFixture[str], statement: str, finding: str
) -> None:
    run(paths, "checkpoint")
    tamper(paths, statement)
    assert run(paths, "verify") == 3
    error = capsys.readouterr().err
    assert finding in error
    assert "hint: restore the registry from a backup" in error


def test_checkpoint_of_another_deployment_is_told_apart(
    paths: StatePaths, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep = tmp_path / "kept"
    run(paths, "checkpoint", "--keep", str(keep))
    with closing(sqlite3.connect(paths.registry_database)) as connection, connection:
        connection.execute("DELETE FROM log_key")
    assert run(paths, "verify", "--checkpoint", str(keep)) == 3
    assert "signed by another log: museion/log/" in capsys.readouterr().err


def test_file_that_is_no_kept_checkpoint_is_a_clear_sentence(
    paths: StatePaths, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "kept").write_text("{}")
    assert run(paths, "verify", "--checkpoint", str(tmp_path / "kept")) == 1
    assert "Not a kept checkpoint" in capsys.readouterr().err


def test_without_hub_or_settings_it_is_said_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("MUSEION_REGISTRY_URL", raising=False)
    monkeypatch.delenv("JUPYTERHUB_API_TOKEN", raising=False)
    for arguments in (["checkpoint"], ["follow", "--keep", str(tmp_path / "kept")]):
        assert main(["audit", *arguments]) == 1
        assert "hint: give --url, and a hub token" in capsys.readouterr().err
