"""The whole configuration of a deployment, as a mapping."""

import importlib
from pathlib import Path

import pytest
from jupyterhub.scopes import _check_scopes_exist
from traitlets.config import Config

from museion_hub.authenticator import RegistryAuthenticator, user_info
from museion_hub.configure import configure
from museion_hub.environment import find_environment
from museion_hub.registry.views import PersonView
from museion_hub.runtime import Runtime, new_runtime
from museion_hub.settings import Settings
from museion_hub.spawner import SandboxedSpawner
from museion_hub.workplaces import state_paths
from museion_hub.workspace import seed_workspace


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(state_dir=tmp_path / "state", port=8123, auth_refresh_s=7)
    state_paths(settings).create()
    return settings


@pytest.fixture
def runtime(settings: Settings) -> Runtime:
    return new_runtime(settings)


@pytest.fixture
def c(settings: Settings, runtime: Runtime) -> Config:
    c = Config()
    configure(settings, runtime, c)
    return c


def test_proxy_is_a_process_of_its_own(c: Config, runtime: Runtime) -> None:
    assert c.ConfigurableHTTPProxy.should_start is False
    assert c.ConfigurableHTTPProxy.auth_token == runtime.tokens.proxy
    assert c.JupyterHub.bind_url == "http://127.0.0.1:8123/"


def test_only_the_proxy_is_open_to_others(c: Config, settings: Settings) -> None:
    everywhere = Settings(state_dir=settings.state_dir, host="0.0.0.0")  # noqa: S104  on purpose
    configure(everywhere, new_runtime(everywhere), c)
    urls = [service["url"] for service in c.JupyterHub.services if "url" in service]
    assert all(url.startswith("http://127.0.0.1:") for url in [c.JupyterHub.hub_bind_url, *urls])


def test_accounts_come_from_the_registry(c: Config) -> None:
    assert c.JupyterHub.authenticator_class is RegistryAuthenticator
    assert c.RegistryAuthenticator.auth_refresh_age == 7
    authenticator = RegistryAuthenticator(config=c)
    assert authenticator.manage_groups
    assert authenticator.manage_roles
    assert authenticator.auth_refresh_strict


def test_servers_are_sandboxed(c: Config, settings: Settings) -> None:
    assert c.JupyterHub.spawner_class is SandboxedSpawner
    assert c.SandboxedSpawner.settings == settings
    assert c.SandboxedSpawner.disable_user_config is True
    assert c.JupyterHub.allow_named_servers is False


def test_servers_token_can_do_nothing_to_accounts(c: Config) -> None:
    assert set(c.SandboxedSpawner.server_token_scopes) == {
        "users:activity!user",
        "access:servers!server",
        "access:services!service=registry",
        "access:services!service=dask-gateway",
    }


def test_every_scope_exists_in_this_jupyterhub(c: Config) -> None:
    for role in c.JupyterHub.load_roles:
        _check_scopes_exist(role["scopes"])
    _check_scopes_exist(c.SandboxedSpawner.server_token_scopes)


@pytest.mark.parametrize("name", ["registry", "dask-gateway"])
def test_services_are_run_by_the_hub(c: Config, name: str) -> None:
    service = next(one for one in c.JupyterHub.services if one["name"] == name)
    module = service["command"][service["command"].index("-m") + 1]
    assert importlib.util.find_spec(f"{module}.__main__")
    assert set(service["environment"]) == {"MUSEION_CONFIG", "MUSEION_RUNTIME"}
    assert service["api_token"] not in service["command"]


def test_person_appears_with_name_initials_and_colour() -> None:
    assert user_info(PersonView("murals-lead", "Chiara Maria Alberti", "#336699")) == {
        "name": "Chiara Maria Alberti",
        "display_name": "Chiara Maria Alberti",
        "initials": "CA",
        "color": "#336699",
    }
    assert user_info(PersonView("jonas", "", ""))["initials"] == "J"


@pytest.mark.parametrize(
    ("name", "is_valid"),
    [
        ("murals-lead", True),
        ("wg-murals", True),
        ("wg-", False),
        ("wg-Murals", False),
        ("..", False),
        ("", False),
    ],
)
def test_hub_makes_accounts_for_people_and_workgroups_only(
    settings: Settings, name: str, *, is_valid: bool
) -> None:
    database_url = f"sqlite:///{state_paths(settings).registry_database}"
    authenticator = RegistryAuthenticator(database_url=database_url)
    assert authenticator.validate_username(name) is is_valid


@pytest.fixture
def notebooks(tmp_path: Path) -> Path:
    folder = tmp_path / "notebooks"
    folder.mkdir()
    (folder / "01-first-look.ipynb").write_text("{}")
    (folder / "notes.txt").write_text("not a notebook")
    return folder


def test_new_workspace_starts_with_the_notebooks(tmp_path: Path, notebooks: Path) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    seed_workspace(workspace, notebooks)
    assert [path.name for path in workspace.iterdir()] == ["01-first-look.ipynb"]


def test_what_people_wrote_is_never_written_over(tmp_path: Path, notebooks: Path) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (workspace / "01-first-look.ipynb").write_text("mine")
    assert seed_workspace(workspace, notebooks) == []
    assert (workspace / "01-first-look.ipynb").read_text() == "mine"


def test_sandboxes_see_the_software_but_not_the_checkout() -> None:
    software = find_environment()
    assert not any((path / ".git").exists() for path in software.readable)
    assert not any((path / "museion_hub").is_dir() for path in software.readable)
    assert software.python.exists()
    assert software.relay.exists()
