"""A visitor who may only look, and a member who lies, against a real server over raw sockets."""

import os
import sqlite3
from collections.abc import Generator
from pathlib import Path
from uuid import uuid4

import pytest
from jupyter_ydoc import YNotebook
from pycrdt import create_update_message

from museion_lab.live.frames import encode_block, encode_number
from tests.support.live_server import LiveServer, live_server
from tests.support.raw_client import RawClient, ask_for_room, eventually, joined

pytestmark = pytest.mark.integration
TRUTH = "x = 1"
LIE = "import os  # not by a member"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[LiveServer]:
    root = tmp_path_factory.mktemp("live")
    with live_server(root) as running:
        yield running


@pytest.fixture
def path(server: LiveServer, request: pytest.FixtureRequest) -> str:
    name = f"{abs(hash(request.node.name))}.ipynb"
    server.write_notebook(name, TRUTH)
    return name


def a_lie(client: RawClient) -> bytes:
    """Return an update that adds a cell to what the client sees."""
    copy = YNotebook()
    copy.ydoc.apply_update(client.notebook.ydoc.get_update())
    before = copy.ydoc.get_state()
    copy.append_cell({"cell_type": "code", "source": LIE, "metadata": {}, "outputs": []})
    return copy.ydoc.get_update(before)


FRAMES = {
    "update": create_update_message,
    "sync step 2": lambda update: b"\x00\x01" + encode_block(update),
    "update in long form": lambda update: b"\x80\x00\x02" + encode_block(update),
    "step in long form": lambda update: b"\x00\x82\x00" + encode_block(update),
    "behind a question": lambda update: b"\x00\x00\x01\x00" + create_update_message(update),
    "longer than it says": lambda update: create_update_message(update) + b"\x00",
    "cut short": lambda update: create_update_message(update)[:-1],
    "length of 2^60": lambda update: b"\x00\x02" + encode_number(2**60) + update,
    "kind 125": lambda update: b"\x7d\x02" + encode_block(update),
    "nothing": lambda _update: b"",
}


@pytest.mark.parametrize("wrap", FRAMES.values(), ids=FRAMES)
async def test_a_visitor_who_may_only_look_changes_nothing(
    server: LiveServer, path: str, wrap: object
) -> None:
    async with joined(server, "anna", path) as anna, joined(server, "looker", path) as looker:
        assert looker.sources == [TRUTH]
        assert callable(wrap)
        looker.send(wrap(a_lie(looker)))
        anna.type_into(0, "  # anna was here")
        await eventually(lambda: looker.sources[0].endswith("was here"), "the next change")
        assert anna.sources == ["x = 1  # anna was here"]
    await eventually(lambda: "was here" in (server.work / path).read_text(), "the file")
    assert LIE not in (server.work / path).read_text()


@pytest.mark.parametrize("wrap", FRAMES.values(), ids=FRAMES)
async def test_a_members_malformed_frame_harms_nobody(
    server: LiveServer, path: str, wrap: object
) -> None:
    async with joined(server, "anna", path) as anna, joined(server, "ben", path) as ben:
        assert callable(wrap)
        ben.send(wrap(os.urandom(200)))
        ben.type_into(0, "  # ben goes on")
        await eventually(lambda: anna.sources == ["x = 1  # ben goes on"], "the next change")


async def test_a_visitor_who_may_only_look_can_not_save(server: LiveServer, path: str) -> None:
    async with joined(server, "looker", path) as looker:
        before = (server.work / path).read_bytes()
        looker.send(b"\x02" + encode_block(b"save") + encode_number(7))
        reply = await eventually(lambda: looker.replies and looker.replies[0], "the reply")
        assert reply == {"type": "save", "responseTo": 7, "status": "failed"}
        assert (server.work / path).read_bytes() == before


async def test_a_giant_frame_ends_the_connection_and_nothing_else(
    server: LiveServer, path: str
) -> None:
    async with joined(server, "anna", path) as anna, joined(server, "looker", path) as looker:
        looker.send(b"\x00\x02" + encode_block(bytes(2 * 1024 * 1024)))
        await eventually(lambda: looker.close_code is not None or looker._reading.done(), "the end")
        anna.type_into(0, "!")
        async with joined(server, "ben", path) as ben:
            assert ben.sources == ["x = 1!"]


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("PUT", "api/collaboration/fork/{room}"),
        ("DELETE", "api/collaboration/fork/{room}"),
        ("GET", "api/collaboration/timeline/{path}?format=json&type=notebook"),
        ("PUT", "api/collaboration/undo_redo/{room}?action=undo&steps=1&forkRoom=x"),
    ],
)
@pytest.mark.parametrize("name", ["anna", "looker"])
def test_other_ways_into_a_document_do_not_exist(
    server: LiveServer, path: str, name: str, method: str, address: str
) -> None:
    room, _ = ask_for_room(server, name, path)
    with server.asks(name) as client:
        answer = client.request(method, address.format(room=room, path=path), json={})
    assert answer.status_code == 404


async def test_names_on_cursors_are_those_of_who_signed_in(server: LiveServer, path: str) -> None:
    async with joined(server, "anna", path) as anna, joined(server, "ben", path) as ben:
        claim = {"username": "anna", "name": "Anna", "color": "red;background:url(//evil)"}
        ben.claim({"user": claim, "cursors": [1]})
        mine = ben.notebook.ydoc.client_id
        state = await eventually(lambda: anna.awareness.states.get(mine), "ben's presence")
    assert state["cursors"] == [1]
    user = state["user"]
    assert (user["username"], user["display_name"], user["initials"]) == ("ben", "Ben", "B")
    assert user["color"] == "#23406e"


async def test_nobody_speaks_for_somebody_else(server: LiveServer, path: str) -> None:
    async with joined(server, "anna", path) as anna, joined(server, "ben", path) as ben:
        annas = anna.notebook.ydoc.client_id
        anna.claim({"cursors": ["anna's"]})
        await eventually(lambda: ben.awareness.states.get(annas), "anna's presence")
        ben.claim({"cursors": ["forged"]}, client_id=annas, clock=99)
        ben.claim({"cursors": ["ben's"]})
        await eventually(
            lambda: anna.awareness.states.get(ben.notebook.ydoc.client_id), "ben's presence"
        )
        ben.claim({"cursors": ["forged again"]}, client_id=annas, clock=100)
        ben.claim({"cursors": ["a second self"]}, client_id=4711)
        ben.claim({"cursors": ["ben's, later"]}, clock=2)
        bens = ben.notebook.ydoc.client_id
        await eventually(
            lambda: anna.awareness.states[bens]["cursors"] == ["ben's, later"], "the last word"
        )
        assert anna.awareness.states[annas]["cursors"] == ["anna's"]
        assert ben.awareness.states[annas]["user"]["username"] == "anna"
        assert 4711 not in anna.awareness.states


async def test_who_only_looks_is_seen_by_name(server: LiveServer, path: str) -> None:
    async with joined(server, "anna", path) as anna, joined(server, "looker", path) as looker:
        looker.claim({"user": {"name": "Nobody"}})
        mine = looker.notebook.ydoc.client_id
        state = await eventually(lambda: anna.awareness.states.get(mine), "the looker")
    assert state["user"]["username"] == "looker"


@pytest.mark.parametrize(
    "room",
    [
        "json:notebook:../../../etc/passwd",
        "text:file:00000000-0000-0000-0000-000000000000",
        "text:file:{hidden}",
        "text:file:{outside}",
        "text:file:{link}",
        "text:file:{folder}",
        "text:file:{file}/x",
        "TEXT:FILE:{file}",
        "JupyterLab:other",
        "anything",
        "",
    ],
)
def test_a_room_that_is_no_file_of_the_workspace_does_not_exist(
    server: LiveServer, room: str
) -> None:
    assert knock(server, room.format(**forbidden_numbers(server))) == 404


def knock(server: LiveServer, room: str, **headers: str) -> int:
    """Ask for a socket, and return the status of the answer."""
    asked = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    with server.asks("anna") as anna:
        answer = anna.get(f"api/collaboration/room/{room}", headers=asked | headers)
    return answer.status_code


def forbidden_numbers(server: LiveServer) -> dict[str, str]:
    """Number files that are not shown, as a kernel could in the server's own database."""
    secret = server.root / "secret.txt"
    secret.write_text("outside")
    (server.work / ".hidden.txt").write_text("hidden")
    (server.work / "folder").mkdir(exist_ok=True)
    (server.work / "file.txt").write_text("file")
    link = server.work / "link.txt"
    link.unlink(missing_ok=True)
    link.symlink_to(secret)
    paths = {
        "hidden": ".hidden.txt",
        "outside": "../secret.txt",
        "link": "link.txt",
        "folder": "folder",
        "file": "file.txt",
    }
    numbers = {}
    with sqlite3.connect(server.state / "files.sqlite") as database:
        for key, path in paths.items():
            full = f"{server.work}/{path}"
            database.execute("DELETE FROM Files WHERE path = ?", (full,))
            numbers[key] = str(uuid4())
            database.execute("INSERT INTO Files(id, path) VALUES (?, ?)", (numbers[key], full))
    database.close()
    return numbers


@pytest.mark.parametrize(
    "path", ["../secret.txt", ".hidden.txt", "link.txt", "folder", "no-such.txt", "..%2fsecret.txt"]
)
def test_no_session_for_what_is_not_shown(server: LiveServer, path: str) -> None:
    forbidden_numbers(server)
    with server.asks("anna") as anna:
        wish = {"format": "text", "type": "file"}
        answer = anna.put(f"api/collaboration/session/{path}", json=wish)
    assert answer.status_code == 404


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"format": "x", "type": "y:z"}', "{"])
def test_a_session_needs_a_format_and_a_type(server: LiveServer, path: str, body: str) -> None:
    with server.asks("anna") as anna:
        answer = anna.put(f"api/collaboration/session/{path}", content=body)
    assert answer.status_code == 400


def test_a_page_of_another_origin_can_not_connect(server: LiveServer, path: str) -> None:
    room, _ = ask_for_room(server, "anna", path)
    assert knock(server, room, Origin="https://elsewhere.example") == 403


async def test_everybody_hears_who_is_here(server: LiveServer) -> None:
    anna, ben = RawClient("anna"), RawClient("ben")
    for client in (anna, ben):
        await client.connect(server, "JupyterLab:globalAwareness")
    ben.claim({"user": {"name": "Somebody"}, "current": "notebook:a.ipynb"})
    mine = ben.notebook.ydoc.client_id
    state = await eventually(lambda: anna.awareness.states.get(mine), "ben")
    assert (state["user"]["username"], state["current"]) == ("ben", "notebook:a.ipynb")
    await anna.close()
    await ben.close()


def test_a_stranger_gets_nothing(server: LiveServer, path: str) -> None:
    room, _ = ask_for_room(server, "anna", path)
    with server.asks("") as stranger:
        stranger.headers.pop("Authorization")
        for address in (f"room/{room}", f"session/{path}"):
            answer = stranger.get(f"api/collaboration/{address}")
            assert answer.status_code in {302, 403, 404, 405}
        assert stranger.put(f"api/collaboration/session/{path}", json={}).status_code == 403


def test_the_server_starts_only_without_the_extension_it_replaces(tmp_path: Path) -> None:
    extensions = ("museion_lab", "jupyter_server_fileid", "jupyter_server_ydoc")
    server = LiveServer(tmp_path, extensions=extensions)
    try:
        with pytest.raises(AssertionError, match="jupyter_server_ydoc is switched on"):
            server.start()
    finally:
        server.kill()
