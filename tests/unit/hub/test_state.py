"""Where everything is kept, and who may read it."""

from dataclasses import replace
from pathlib import Path

import pytest

from museion_hub.errors import StateError
from museion_hub.runtime import Runtime, load_runtime, new_runtime, save_runtime
from museion_hub.settings import Settings
from museion_hub.workplaces import StatePaths, registry_database_url, state_paths


@pytest.fixture
def paths(tmp_path: Path) -> StatePaths:
    paths = StatePaths(tmp_path / "state")
    paths.create()
    return paths


def test_state_is_readable_by_its_owner_only(paths: StatePaths) -> None:
    paths.workplace("wg-murals").create()
    folders = [paths.root, *(path for path in paths.root.rglob("*") if path.is_dir())]
    assert {oct(folder.stat().st_mode & 0o777) for folder in folders} == {"0o700"}


@pytest.mark.parametrize(
    ("account", "folder"),
    [("wg-murals", "workgroups/murals"), ("murals-lead", "people/murals-lead")],
)
def test_account_has_a_workplace_of_its_own(paths: StatePaths, account: str, folder: str) -> None:
    assert paths.workplace(account).workspace == paths.root / folder / "workspace"


@pytest.mark.parametrize(
    "account", ["", ".", "..", "../x", "a/b", "wg-", "wg-../x", "Wg-x", "a\n", "a\0", "x" * 99]
)
def test_name_that_is_no_account_never_becomes_a_path(paths: StatePaths, account: str) -> None:
    with pytest.raises(StateError, match="can't be the name of an account"):
        paths.workplace(account)


def test_state_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StateError, match=r"can't be made: .*file/state"):
        StatePaths(tmp_path / "file" / "state").create()


def test_own_database_is_used_unless_another_is_named(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path)
    other = replace(settings, database_url="postgresql://db/museion")
    assert registry_database_url(settings) == f"sqlite:///{tmp_path}/registry/registry.sqlite"
    assert registry_database_url(other) == "postgresql://db/museion"


@pytest.fixture
def runtime(tmp_path: Path) -> Runtime:
    return new_runtime(Settings(state_dir=tmp_path))


def test_runtime_is_read_back_unchanged(paths: StatePaths, runtime: Runtime) -> None:
    save_runtime(runtime, paths.runtime_file)
    assert load_runtime(paths.runtime_file) == runtime


def test_runtime_file_is_its_owners_even_if_one_was_there(
    paths: StatePaths, runtime: Runtime
) -> None:
    paths.runtime_file.write_text("{}")
    paths.runtime_file.chmod(0o644)
    save_runtime(runtime, paths.runtime_file)
    assert oct(paths.runtime_file.stat().st_mode & 0o777) == "0o600"


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"format": 99}', '{"format": 1}'])
def test_runtime_of_another_version_is_refused(paths: StatePaths, content: str) -> None:
    paths.runtime_file.write_text(content)
    with pytest.raises(StateError, match=r"can't be read: .*runtime\.json"):
        load_runtime(paths.runtime_file)


def test_each_start_has_its_own_ports_and_tokens(runtime: Runtime, tmp_path: Path) -> None:
    other = new_runtime(Settings(state_dir=tmp_path))
    assert other.tokens != runtime.tokens
    assert len({*_values(runtime.tokens), *_values(other.tokens)}) == 6
    own, others = runtime.gateways["gateway"], other.gateways["gateway"]
    assert len({own.token, own.proxy_token, others.token, others.proxy_token}) == 4
    ports = {*_values(runtime.ports), own.port, own.scheduler_port, own.api_port}
    assert len(ports) == 6


def test_tokens_never_show_in_a_log(runtime: Runtime) -> None:
    own = runtime.gateways["gateway"]
    tokens = (*_values(runtime.tokens), own.token, own.proxy_token)
    assert not any(str(token) in repr(runtime) for token in tokens)


def test_state_of_settings_lies_in_their_folder(tmp_path: Path) -> None:
    assert state_paths(Settings(state_dir=tmp_path)).root == tmp_path


def _values(group: object) -> list[object]:
    return [getattr(group, name) for name in group.__slots__]  # type: ignore[attr-defined]
