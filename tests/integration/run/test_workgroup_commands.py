"""`museion workgroup`, `account` and `cluster` on a real hub, as operator and as a person."""

import json
from collections.abc import Generator
from pathlib import Path

import httpx
import pytest

from museion_datasets.cli import main
from tests.support.hub import TempHub, temp_hub

pytestmark = pytest.mark.integration
PASSWORD = "verdigris-on-vellum-8"

type Output = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def hub() -> Generator[TempHub]:
    with temp_hub() as hub:
        yield hub


@pytest.fixture(autouse=True)
def _outside_of_any_workspace(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MUSEION_REGISTRY_URL", "JUPYTERHUB_API_TOKEN", "JUPYTERHUB_USER"):
        monkeypatch.delenv(name, raising=False)


class Terminal:
    """Where commands are typed, with the options that say as whom."""

    def __init__(self, output: Output, *whose: object) -> None:
        self._output = output
        self._whose = whose

    def run(self, *words: object) -> tuple[int, str, str]:
        code = main([str(word) for word in (*words, *self._whose)])
        captured = self._output.readouterr()
        return code, captured.out, captured.err

    def json(self, *words: object) -> dict[str, object]:
        code, out, err = self.run(*words, "--json")
        assert code == 0, err
        found: dict[str, object] = json.loads(out)
        return found

    def listed(self, *words: object) -> list[dict[str, object]]:
        found: list[dict[str, object]] = json.loads(self.text(*words, "--json"))
        return found

    def text(self, *words: object) -> str:
        code, out, err = self.run(*words)
        assert code == 0, err
        return out

    def refusal(self, *words: object) -> str:
        code, _, err = self.run(*words)
        assert code == 1
        assert err.startswith("museion: ")
        assert "\nhint: " in err
        return err


@pytest.fixture
def operator(hub: TempHub, capsys: Output) -> Terminal:
    return Terminal(capsys, "--config", hub.paths.settings_file)


@pytest.fixture
def lead(hub: TempHub, capsys: Output, tmp_path: Path) -> Terminal:
    file = tmp_path / "lead-token"
    file.write_text(hub.token_of("murals-lead") + "\n")
    return Terminal(capsys, "--url", f"{hub.url}/services/registry", "--token-file", file)


def make_account(operator: Terminal, tmp_path: Path, username: str, *options: str) -> None:
    file = tmp_path / "password"
    file.write_text(PASSWORD + "\n")
    operator.text("account", "create", username, "--password-file", file, *options)


def test_an_operator_makes_people_who_can_sign_in(
    hub: TempHub, operator: Terminal, tmp_path: Path
) -> None:
    make_account(operator, tmp_path, "ines", "--name", "Inès Duarte", "--administrator")
    with hub.signed_in("ines", PASSWORD) as client:
        assert client.get("/hub/home").url.path == "/hub/home"
    assert "ines" in operator.text("account", "list")
    ended = operator.json("account", "administrator", "ines", "--end")
    assert ended["is_administrator"] is False
    operator.text("account", "remove", "ines", "--yes")
    assert "ines" not in operator.text("account", "list")
    taken = operator.refusal("account", "create", "ines", "--no-password")
    assert "taken" in taken


def test_clusters_are_listed_and_revoked(hub: TempHub, operator: Terminal, lead: Terminal) -> None:
    headers = {"Authorization": f"token {hub.token_of('murals-lead')}"}
    address = f"{hub.url}/services/registry/api/v1/clusters"
    for name in ("pigments-1", "pigments-2"):
        wish = {"place": "gateway", "cluster": name, "label": "pigments.ipynb"}
        assert httpx.post(address, json=wish, headers=headers).status_code == 201
    assert "pigments.ipynb" in lead.text("cluster", "list")
    assert "its keys are gone" in lead.text("cluster", "revoke", "pigments-1", "--yes")
    assert [one["cluster"] for one in operator.listed("cluster", "list")] == ["pigments-2"]
    whose = ("--workgroup", "murals")
    assert operator.text("cluster", "list", *whose) == "There is none.\n"
    refusal = operator.refusal("cluster", "revoke", "pigments-2", *whose, "--yes")
    assert "nothing here for you" in refusal


def test_a_workgroup_lives_through_the_command_line(operator: Terminal, tmp_path: Path) -> None:
    make_account(operator, tmp_path, "amir")
    make_account(operator, tmp_path, "bela")
    made = operator.json("workgroup", "create", "maps", "--title", "Maps", "--lead", "amir")
    assert (made["slug"], made["state"]) == ("maps", "active")
    assert "maps" in operator.text("workgroup", "list")
    operator.text("workgroup", "rename", "maps", "Old Maps")
    operator.text("workgroup", "describe", "maps", "Portolan charts", "--listed")
    shown = operator.json("workgroup", "show", "maps")
    assert (shown["title"], shown["description"], shown["is_listed"]) == (
        "Old Maps",
        "Portolan charts",
        True,
    )
    assert "bela" in operator.text("workgroup", "role", "maps", "bela", "member")
    assert "keys of epoch 2" in operator.text("workgroup", "remove", "maps", "bela", "--yes")
    assert "bela" not in operator.text("workgroup", "members", "maps")
    assert "Archive maps?" in operator.refusal("workgroup", "archive", "maps")
    assert "archived" in operator.text("workgroup", "archive", "maps", "--yes")
    assert "archived" in operator.refusal("workgroup", "invite", "maps")
    assert "active" in operator.text("workgroup", "restore", "maps")
    events = operator.text("workgroup", "events", "maps")
    assert "membership.changed" in events
    assert "operator" in events


def test_a_lead_invites_and_takes_in_with_a_token_of_their_own(
    hub: TempHub, lead: Terminal, operator: Terminal, tmp_path: Path, capsys: Output
) -> None:
    assert lead.text("workgroup", "list").split()[4:6] == ["murals", "lead"]
    link = lead.json("workgroup", "invite", "murals", "--role", "guest", "--uses", "2")
    assert "guest" in lead.text("workgroup", "invitations", "murals")
    make_account(operator, tmp_path, "chiara")
    file = tmp_path / "chiara-token"
    with hub.signed_in("chiara", PASSWORD) as client:
        asked = client.post(
            "/hub/api/users/chiara/tokens",
            headers={"X-XSRFToken": client.cookies["_xsrf"], "Referer": f"{hub.url}/hub/home"},
            json={"note": "test"},
        )
        file.write_text(asked.raise_for_status().json()["token"])
    chiara = Terminal(capsys, "--url", f"{hub.url}/services/registry", "--token-file", file)
    assert "guest of murals" in chiara.text("workgroup", "join", link["url"])
    assert chiara.text("workgroup", "snapshots", "murals") == "There is none.\n"
    assert "role" in chiara.refusal("workgroup", "invite", "murals")
    assert "chiara" in chiara.text("workgroup", "leave", "murals", "--yes")
    refused = chiara.refusal("workgroup", "show", "murals")
    assert refused == chiara.refusal("workgroup", "show", "no-such-group")
    invitation = link["invitation"]
    assert isinstance(invitation, dict)
    lead.text("workgroup", "revoke", "murals", invitation["id"])
    chiara.refusal("workgroup", "join", link["url"])


def test_the_last_lead_stays_and_is_told_what_to_do(lead: Terminal) -> None:
    assert "make another member its lead first" in lead.refusal(
        "workgroup", "leave", "murals", "--yes"
    )


def test_a_notebook_is_published_and_withdrawn(lead: Terminal, tmp_path: Path) -> None:
    notebook = tmp_path / "panel.ipynb"
    cell = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# Blue"}
    notebook.write_text(
        json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]})
    )
    made = lead.json("workgroup", "publish", notebook, "--workgroup", "murals")
    assert (made["title"], made["path"]) == ("Blue", "panel.ipynb")
    assert "Blue" in lead.text("workgroup", "snapshots", "murals")
    lead.text("workgroup", "withdraw", "murals", made["id"], "--yes")
    assert lead.text("workgroup", "snapshots", "murals") == "There is none.\n"


def test_who_is_no_administrator_learns_nothing_of_people(lead: Terminal) -> None:
    assert "nothing here for you" in lead.refusal("account", "list")
    assert "nothing here for you" in lead.refusal("workgroup", "list", "--all")


def test_a_wrong_token_and_a_missing_hub_are_said_in_words(
    hub: TempHub, tmp_path: Path, capsys: Output
) -> None:
    file = tmp_path / "token"
    file.write_text("not-a-token")
    wrong = Terminal(capsys, "--url", f"{hub.url}/services/registry", "--token-file", file)
    assert "token" in wrong.refusal("workgroup", "list")
    nowhere = Terminal(
        capsys, "--url", "http://127.0.0.1:9/services/registry", "--token-file", file
    )
    assert "does not answer" in nowhere.refusal("workgroup", "list")
    assert "Nothing says which registry" in Terminal(capsys).refusal("workgroup", "list")


def test_a_token_of_the_environment_goes_to_no_other_address(
    hub: TempHub, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.setenv("MUSEION_REGISTRY_URL", f"{hub.url}/services/registry")
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", hub.token_of("murals-lead"))
    assert "murals" in Terminal(capsys).text("workgroup", "list")
    elsewhere = Terminal(capsys, "--url", "http://127.0.0.1:9/services/registry")
    assert "There is no token" in elsewhere.refusal("workgroup", "list")


def test_the_first_administrator_is_made_before_anything_runs(
    tmp_path: Path, capsys: Output
) -> None:
    config = tmp_path / "museion.toml"
    config.write_text(f'state_dir = "{tmp_path / "state"}"\n')
    operator = Terminal(capsys, "--config", config)
    assert "start it: museion run" in operator.refusal("workgroup", "list")
    make_account(operator, tmp_path, "first", "--administrator")
    assert "taken" in operator.refusal("account", "create", "first", "--no-password")
