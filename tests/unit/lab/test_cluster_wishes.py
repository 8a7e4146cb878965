"""What a browser may wish of a cluster, and how long a silent agent is believed."""

import json
import os
from pathlib import Path

import pytest

from museion_lab.clusters.agents import SILENCE_S, Agents, SilentAgentError, is_private
from museion_lab.clusters.starting import agent_command
from museion_lab.clusters.wishes import StartWish, WishError, read_start, read_wish

PLACES = {"workspace", "hpc"}
START = {"name": "pca", "place": "hpc", "workers": 4, "memory_gb": 1.5}


def test_a_start_is_read_with_its_memory_in_bytes() -> None:
    wish = read_start(json.dumps(START | {"name": "  a   name "}).encode(), PLACES)
    assert wish == StartWish("a name", "hpc", 4, 1_500_000_000)


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": "x" * 81},
        {"name": "bell\a"},
        {"place": "moon"},
        {"place": None},
        {"workers": 0},
        {"workers": "2"},
        {"workers": True},
        {"workers": 10**9},
        {"memory_gb": 0},
        {"memory_gb": True},
        {"memory_gb": float("nan")},
        {"memory_gb": "1GB"},
    ],
    ids=str,
)
def test_a_start_that_could_never_be_meant_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(WishError) as caught:
        read_start(json.dumps(START | change).encode(), PLACES)
    assert caught.value.refusal.status == 400
    assert caught.value.refusal.hint


@pytest.mark.parametrize("body", [b"[]", b"{", b"7", b'"close"'])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(WishError):
        read_wish("scale", body)


def test_a_wish_keeps_only_its_own_numbers() -> None:
    assert read_wish("close", b"") == {}
    assert read_wish("scale", b'{"workers": 0, "minimum": 3}') == {"workers": 0}
    assert read_wish("adapt", b'{"minimum": 0, "maximum": 2}') == {"minimum": 0, "maximum": 2}


def test_a_name_is_never_an_option_of_the_command() -> None:
    command = agent_command(StartWish("--owner=1", "hpc", 4, 10**9), 42)
    assert "--name=--owner=1" in command
    assert command[-1] == "--owner=42"


class Answer:
    """What is read of an answer over HTTP."""

    def __init__(self, said: dict[str, object]) -> None:
        self._said = said

    def json(self) -> dict[str, object]:
        return self._said


class Silent(Agents):
    """Agents of which one answers at first."""

    answer: dict[str, object] | None = None

    def _ids(self) -> list[str]:
        return ["hpc-pca"]

    async def _send(self, cluster: str, *_arguments: object, **_options: object) -> object:  # type: ignore[override]
        if self.answer is None:
            raise SilentAgentError(cluster)
        return Answer(self.answer)


async def test_a_silent_agent_is_believed_for_a_while() -> None:
    now = [100.0]
    agents = Silent(Path("/nowhere"), clock=lambda: now[0])
    assert (await agents.reports())[0]["state"] == "starting"
    now[0] += 2
    agents.answer = {"state": "running", "label": "pca", "secret": "of the agent"}
    assert await agents.reports() == [{"state": "running", "label": "pca", "id": "hpc-pca"}]
    agents.answer = None
    now[0] += SILENCE_S - 1
    assert (await agents.reports())[0]["state"] == "running"
    now[0] += 2
    assert (await agents.reports())[0]["state"] == "silent"


def test_a_folder_that_others_can_write_is_not_believed(tmp_path: Path) -> None:
    folder = tmp_path / "agents"
    assert not is_private(folder)
    folder.mkdir(mode=0o700)
    assert is_private(folder)
    os.chmod(folder, 0o770)  # noqa: S103, PTH101 - what it must notice
    assert not is_private(folder)
