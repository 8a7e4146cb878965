"""`museion.toml`: every misunderstanding is named, none passes in silence."""

from pathlib import Path

import pytest

from museion_hub.errors import SettingsError
from museion_hub.registry.tables import Role
from museion_hub.settings import (
    Clusters,
    ComputeKind,
    GroupRule,
    Isolation,
    Limits,
    Mail,
    Network,
    Settings,
    load_settings,
    save_settings,
    settings_from,
)

FOLDER = Path("/srv/lab")


def test_missing_file_gives_defaults_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings() == Settings(state_dir=tmp_path / ".museion")


def test_relative_state_dir_starts_at_the_files_folder(tmp_path: Path) -> None:
    file = tmp_path / "museion.toml"
    file.write_text('state_dir = "state"\nport = 8080\nnetwork = "host"\ndemo = false\n')
    settings = load_settings(file)
    assert settings.state_dir == tmp_path / "state"
    assert (settings.port, settings.network, settings.demo) == (8080, Network.HOST, False)


@pytest.mark.parametrize(
    ("values", "named", "remedy"),
    [
        pytest.param({"prot": 1}, "prot", "did you mean `port`?", id="misspelt"),
        pytest.param({"colour": 1}, "colour", "known: state_dir", id="unknown"),
        pytest.param({"port": "8000"}, "port", "a whole number", id="port as text"),
        pytest.param({"port": True}, "port", "a whole number", id="port as claim"),
        pytest.param({"port": 0}, "port", "from 1 to 65535", id="port too low"),
        pytest.param({"port": 65536}, "port", "from 1 to 65535", id="port too high"),
        pytest.param({"demo": 1}, "demo", "true or false", id="claim as number"),
        pytest.param({"isolation": "off"}, "isolation", '"none"', id="unknown isolation"),
        pytest.param({"isolation": 1}, "isolation", '"none"', id="isolation as number"),
        pytest.param({"network": "open"}, "network", '"host"', id="unknown network"),
        pytest.param({"title": " "}, "title", "a text", id="empty title"),
        pytest.param({"state_dir": 3}, "state_dir", "a text", id="folder as number"),
        pytest.param({"auth_refresh_s": 0}, "auth_refresh_s", "from 1", id="never refreshed"),
        pytest.param({"limits": 4}, "limits", "a table [limits]", id="table as number"),
        pytest.param({"limits": {"cpu": 4}}, "limits.cpu", "`cpus`", id="misspelt in a table"),
        pytest.param({"limits": {"cpus": -1}}, "limits.cpus", "from 0", id="negative limit"),
        pytest.param({"mail": {"port": 0}}, "mail.port", "from 1", id="mail port too low"),
        pytest.param({"public_url": "museion"}, "public_url", "https://", id="no address"),
        pytest.param({"sign_in": {"group": {}}}, "sign_in.group", "[[", id="table as entry"),
        pytest.param({"sign_in": {"group": [{}]}}, "sign_in.group", "entitlement", id="no rule"),
        pytest.param({"clusters": {"idle": 1}}, "clusters.idle", "idle_minutes", id="no bound"),
        pytest.param({"clusters": {"workers": -1}}, "clusters.workers", "from 0", id="negative"),
        pytest.param({"compute": []}, "compute", "at least one", id="no compute place"),
        pytest.param({"compute": [{"kind": "local"}]}, "compute", "name", id="no name"),
        pytest.param({"compute": [{"name": "workspace"}]}, "compute.name", "not", id="reserved"),
        pytest.param({"compute": [{"name": "A b"}]}, "compute.name", "lower-case", id="no slug"),
        pytest.param({"compute": [{"name": "a"}] * 2}, "compute", "of its own", id="twice"),
        pytest.param({"compute": [{"name": "a", "kind": "pbs"}]}, "kind", '"slurm"', id="kind"),
    ],
)
def test_wrong_setting_is_named_with_its_remedy(
    values: dict[str, object], named: str, remedy: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        settings_from(values, folder=FOLDER)
    assert named in caught.value.message
    assert remedy in caught.value.hint


@pytest.mark.parametrize("content", [b"port = ", b"\xff\xfe"], ids=["broken", "not text"])
def test_file_that_is_not_toml_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "museion.toml"
    file.write_bytes(content)
    with pytest.raises(SettingsError, match=r"not valid TOML: .*museion\.toml"):
        load_settings(file)


def test_file_that_was_asked_for_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="can't be read"):
        load_settings(tmp_path / "other.toml")


def test_without_compute_places_there_is_one_on_this_machine() -> None:
    (only,) = settings_from({}, folder=FOLDER).compute
    assert (only.name, only.kind, only.jurisdiction) == ("gateway", ComputeKind.LOCAL, "")


def test_isolation_is_off_only_by_name() -> None:
    assert settings_from({}, folder=FOLDER).isolation is Isolation.BUBBLEWRAP
    assert settings_from({"isolation": "none"}, folder=FOLDER).isolation is Isolation.NONE


def test_saved_settings_are_read_back_unchanged(tmp_path: Path) -> None:
    settings = Settings(
        state_dir=tmp_path / 'a "quoted" folder',
        port=8123,
        isolation=Isolation.NONE,
        title="Lab é\\n",
        demo=False,
    )
    save_settings(settings, tmp_path / "museion.toml")
    assert load_settings(tmp_path / "museion.toml") == settings


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "127.0.0.1"])  # noqa: S104
def test_deployment_on_every_address_is_reached_on_the_loopback(host: str) -> None:
    assert Settings(state_dir=FOLDER, host=host, port=80).url == "http://127.0.0.1:80"


def test_tables_are_read_with_their_defaults_and_written_back(tmp_path: Path) -> None:
    file = tmp_path / "museion.toml"
    file.write_text(
        'public_url = "https://museion.example.org/"\njurisdiction = "IT"\n'
        "[clusters]\nclusters = 2\ncore_hours = 100\n"
        '[[compute]]\nname = "bench"\n'
        '[[compute]]\nname = "hpc"\nkind = "slurm"\njurisdiction = "DE"\n'
        '[compute.slurm]\npartition = "long"\n'
        "[limits]\nmemory_gb = 2\n"
        '[mail]\nhost = "mail.example.org"\npassword_file = "secrets/mail"\n'
        '[sign_in]\nprovider = "oidc"\npreset = "egi"\nscopes = ["openid"]\n'
        '[[sign_in.group]]\nentitlement = "urn:geant:a:group:b#c"\nworkgroup = "murals"\n'
    )
    settings = load_settings(file)
    assert settings.address == "https://museion.example.org"
    assert settings.limits == Limits(memory_gb=2.0)
    assert settings.mail == Mail("mail.example.org", password_file=str(tmp_path / "secrets/mail"))
    assert settings.sign_in.scopes == ("openid",)
    assert settings.sign_in.group == (GroupRule("urn:geant:a:group:b#c", "murals", Role.MEMBER),)
    assert settings.clusters == Clusters(clusters=2, core_hours=100.0)
    first, second = settings.compute
    assert (first.name, first.kind, settings.jurisdiction_of(first)) == ("bench", "local", "IT")
    assert (second.kind, second.slurm.partition) == (ComputeKind.SLURM, "long")
    assert settings.jurisdiction_of(second) == "DE"
    save_settings(settings, tmp_path / "saved.toml")
    assert load_settings(tmp_path / "saved.toml") == settings
