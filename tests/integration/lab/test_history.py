"""Earlier versions of a document, as members meet them over HTTP."""

import asyncio
from collections.abc import Generator

import httpx
import pytest

from tests.support.live_server import LiveServer, live_server
from tests.support.raw_client import eventually, joined

pytestmark = pytest.mark.integration
EVERY_SECOND = "--WorkspaceCollaboration.version_every_s=1"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("live"), EVERY_SECOND) as running:
        yield running


def ask(
    server: LiveServer, name: str, address: str, path: str, method: str = "GET"
) -> httpx.Response:
    with server.asks(name) as client:
        return client.request(method, f"museion/{address}", params={"path": path})


def versions(server: LiveServer, path: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = ask(server, "anna", "history", path).json()["versions"]
    return found


def names(version: dict[str, object]) -> list[str]:
    authors = version["authors"]
    assert isinstance(authors, list)
    return [author["username"] for author in authors]


async def test_versions_tell_who_edited_whatever_the_browsers_claim(server: LiveServer) -> None:
    server.write_notebook("who.ipynb", "one", "two")
    async with joined(server, "anna", "who.ipynb") as anna, joined(server, "ben", "who.ipynb") as b:
        b.claim({"user": {"username": "anna", "name": "Anna"}})
        b.type_into(1, " by ben")
        b.notebook.dirty = True  # the state of the page is no edit
        anna.notebook.ystate["page"] = 1

        async def youngest() -> dict[str, object]:
            return (await asyncio.to_thread(versions, server, "who.ipynb"))[0]

        seen = await youngest()
        while seen["reason"] != "timer":
            seen = await youngest()
    assert names(seen) == ["ben"]
    opened = versions(server, "who.ipynb")[-1]
    assert (opened["reason"], opened["authors"]) == ("opened", [])


async def test_a_version_comes_back_for_everybody_and_what_was_there_is_kept(
    server: LiveServer,
) -> None:
    path = "back.ipynb"
    server.write_notebook(path, "one", "two")
    async with joined(server, "anna", path) as anna, joined(server, "ben", path) as ben:
        first = versions(server, path)[-1]["number"]
        with anna.notebook.ydoc.transaction():
            del anna.notebook.ycells[1]
            anna.type_into(0, " changed")
        await eventually(lambda: ben.sources == ["one changed"], "the change")
        compared = await asyncio.to_thread(ask, server, "ben", f"history/{first}", path)
        assert [each["change"] for each in compared.json()["changes"]] == ["changed", "back"]
        answer = await asyncio.to_thread(
            ask, server, "ben", f"history/{first}/restore", path, "POST"
        )
        assert answer.status_code == 200, answer.text
        await eventually(lambda: anna.sources == ben.sources == ["one", "two"], "it is back")
        kept = await asyncio.to_thread(versions, server, path)
        before = next(each for each in kept if each["reason"] in {"restored", "timer"})
        assert names(before) == ["anna"]
        back = await asyncio.to_thread(
            ask, server, "anna", f"history/{before['number']}/restore", path, "POST"
        )
        assert back.status_code == 200
        await eventually(lambda: anna.sources == ben.sources == ["one changed"], "and forth")
        anna.type_into(0, "!")
        await eventually(lambda: ben.sources == ["one changed!"], "work goes on")


async def test_who_may_only_look_sees_versions_and_brings_none_back(server: LiveServer) -> None:
    path = "look.ipynb"
    server.write_notebook(path, "one")
    async with joined(server, "anna", path) as anna:
        listed = await asyncio.to_thread(ask, server, "looker", "history", path)
        (version,) = listed.json()["versions"]
        address = f"history/{version['number']}/restore"
        anna.type_into(0, " more")
        answer = await asyncio.to_thread(ask, server, "looker", address, path, "POST")
    assert (listed.status_code, listed.json()["may_restore"]) == (200, False)
    assert answer.status_code == 403
    assert set(answer.json()) == {"kind", "message", "hint"}


@pytest.mark.parametrize(
    ("address", "path", "method", "status"),
    [
        ("history", "no-such.ipynb", "GET", 404),
        ("history", "../secret.txt", "GET", 404),
        ("history", ".hidden.ipynb", "GET", 404),
        ("history", "", "GET", 404),
        ("history/999", "closed.ipynb", "GET", 404),
        ("history/999/restore", "closed.ipynb", "POST", 404),
        ("history/x", "closed.ipynb", "GET", 404),
        ("history/1/restore", "closed.ipynb", "GET", 405),
    ],
)
async def test_what_is_not_there_is_not_found(
    server: LiveServer, address: str, path: str, method: str, status: int
) -> None:
    server.write_notebook("closed.ipynb", "one")
    server.write_notebook(".hidden.ipynb", "hidden")
    async with joined(server, "anna", "closed.ipynb"):
        answer = await asyncio.to_thread(ask, server, "anna", address, path, method)
    assert answer.status_code == status


async def test_a_version_of_another_document_is_not_found(server: LiveServer) -> None:
    for path in ("mine.ipynb", "other.ipynb"):
        server.write_notebook(path, path)
        async with joined(server, "anna", path):
            (version,) = await asyncio.to_thread(versions, server, path)
    for method, end in (("GET", ""), ("POST", "/restore")):
        address = f"history/{version['number']}{end}"
        answer = await asyncio.to_thread(ask, server, "anna", address, "mine.ipynb", method)
        assert answer.status_code == 404


def test_strangers_learn_nothing(server: LiveServer) -> None:
    server.write_notebook("closed.ipynb", "one")
    for address, method in (
        ("history", "GET"),
        ("history/1", "GET"),
        ("history/1/restore", "POST"),
    ):
        with server.asks("anna") as client:
            del client.headers["Authorization"]
            answer = client.request(method, f"museion/{address}", params={"path": "closed.ipynb"})
        assert answer.status_code == 403


async def test_versions_lie_outside_the_workspace(server: LiveServer) -> None:
    server.write_notebook("place.ipynb", "one")
    async with joined(server, "anna", "place.ipynb"):
        assert (server.state / "versions.sqlite").stat().st_size > 0
    assert [file.name for file in server.work.rglob("*sqlite*")] == []
    assert not (server.work / ".jupyter").exists()
