"""The shape of `museion workgroup`, `account` and `cluster`: help, questions, names, no hub."""

import argparse
import io
import sys
from pathlib import Path

import httpx
import pytest

from museion_datasets.cli import main, make_parser
from museion_datasets.cli.account import COMMANDS as ACCOUNT
from museion_datasets.cli.cluster import COMMANDS as CLUSTER
from museion_datasets.cli.declared import Answer, Command, add_declared, argument
from museion_datasets.cli.registry_api import RegistryApi
from museion_datasets.cli.workgroup import COMMANDS as WORKGROUP
from museion_datasets.cli.workgroup_people import COMMANDS as PEOPLE
from museion_datasets.errors import InvalidError

GUIDE = (Path(__file__).resolve().parents[3] / "docs/command-line.md").read_text()
NAMES = [
    *(f"workgroup {command.name}" for command in (*WORKGROUP, *PEOPLE)),
    "workgroup publish",
    *(f"account {command.name}" for command in ACCOUNT),
    *(f"cluster {command.name}" for command in CLUSTER),
]

type Output = pytest.CaptureFixture[str]


class Terminal(io.StringIO):
    """Somebody who types."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("name", NAMES)
def test_every_command_is_in_the_guide_and_has_help(name: str, capsys: Output) -> None:
    group, word = name.split()
    assert f"museion {name}" in GUIDE or f"`{word}`" in GUIDE
    with pytest.raises(SystemExit) as ended:
        make_parser([group]).parse_args([group, word, "--help"])
    assert ended.value.code == 0
    assert "--json" in capsys.readouterr().out


def test_what_revokes_a_clusters_keys_asks_first() -> None:
    assert {one.name: bool(one.question) for one in CLUSTER} == {"list": False, "revoke": True}


def test_what_ends_something_asks_first() -> None:
    ends = {"archive", "decline", "withdraw", "remove", "leave"}
    for command in (*WORKGROUP, *PEOPLE, *ACCOUNT):
        assert bool(command.question) == (command.name in ends), command.name


def run_removal(*words: str) -> int:
    parser = argparse.ArgumentParser()
    work = lambda options: Answer({"removed": options.name}, f"Removed {options.name}")  # noqa: E731
    command = Command("remove", "remove", work, (argument("name"),), "Remove {name}?")
    add_declared(parser.add_subparsers(), [command])
    options = parser.parse_args(["remove", "murals", *words])
    code: int = options.run(options)
    return code


@pytest.mark.parametrize("typed", ["y\n", "YES\n"])
def test_a_yes_is_enough(typed: str, monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    assert run_removal() == 0
    assert "Remove murals? [y/N]" in capsys.readouterr().err


@pytest.mark.parametrize("typed", ["\n", "n\n", "", "yikes\n"])
def test_anything_else_is_a_no(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    with pytest.raises(InvalidError, match="Nothing was done"):
        run_removal()


def test_a_script_says_yes_beforehand(monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    with pytest.raises(InvalidError, match="needs a yes"):
        run_removal()
    assert run_removal("--yes", "--json") == 0
    assert capsys.readouterr().out == '{\n  "removed": "murals"\n}\n'


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_name_is_never_a_step_in_the_address(name: str) -> None:
    with pytest.raises(InvalidError, match="Not a name"):
        RegistryApi("http://127.0.0.1:9", "t").ask("GET", "workgroups", name)


def test_a_name_stays_one_segment_of_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(_client: object, _method: str, path: str, **_more: object) -> httpx.Response:
        asked.append(path)
        return httpx.Response(200, json={}, request=httpx.Request("GET", "http://hub"))

    monkeypatch.setattr(httpx.Client, "request", answer)
    RegistryApi("http://hub", "t").ask("GET", "workgroups", "../people?x=1#y")
    assert asked == ["workgroups/..%2Fpeople%3Fx%3D1%23y"]


def test_a_token_is_not_shown(capsys: Output) -> None:
    assert "secret" not in repr(RegistryApi("http://hub", "secret"))
    assert main(["workgroup", "list", "--url", "http://127.0.0.1:9", "--token-file", "gone"]) == 1
    assert "cannot be read: gone" in capsys.readouterr().err


def test_a_password_is_not_taken_from_nowhere(capsys: Output) -> None:
    assert main(["account", "create", "ruth", "--url", "http://127.0.0.1:9"]) == 1
    assert "give --password-file" in capsys.readouterr().err
