"""What two people typed outlives the server, however it ends, and is there once."""

import asyncio
import json
import sqlite3
from pathlib import Path

import pytest

from tests.support.live_server import live_server
from tests.support.raw_client import RawClient, ask_for_room, eventually, joined

pytestmark = pytest.mark.integration
NEVER_SAVED = "--YDocExtension.document_save_delay=3600"


async def type_together(anna: RawClient, ben: RawClient) -> list[str]:
    """Let both type, and return what both have seen in the end."""
    for number in range(20):
        anna.type_into(0, f" a{number}")
        ben.type_into(1, f" b{number}")
    await eventually(
        lambda: anna.sources == ben.sources and "a19" in ben.sources[0] and "b19" in anna.sources[1]
    )
    return list(anna.sources)


@pytest.mark.parametrize("options", [(NEVER_SAVED,), ()], ids=["file is old", "file is new"])
async def test_a_killed_server_loses_nothing_that_both_had_seen(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    with live_server(tmp_path, *options) as server:
        server.write_notebook("a.ipynb", "one", "two")
        async with joined(server, "anna", "a.ipynb") as anna, joined(server, "ben", "a.ipynb") as b:
            seen = await type_together(anna, b)
            server.kill()
        await asyncio.to_thread(server.start)
        async with joined(server, "cara", "a.ipynb") as cara:
            assert cara.sources == seen
        with server.asks("cara") as client:
            youngest = client.get("museion/history?path=a.ipynb").json()["versions"][0]
        assert {author["username"] for author in youngest["authors"]} == {"anna", "ben"}


async def test_those_who_come_back_with_their_copies_duplicate_nothing(tmp_path: Path) -> None:
    with live_server(tmp_path, NEVER_SAVED) as server:
        server.write_notebook("a.ipynb", "one", "two")
        room, session = ask_for_room(server, "anna", "a.ipynb")
        async with joined(server, "anna", "a.ipynb") as anna, joined(server, "ben", "a.ipynb") as b:
            await type_together(anna, b)
            server.kill()
            for client in (anna, b):
                await client.close()
            anna.type_into(0, " offline")
            await asyncio.to_thread(server.start)
            for client in (anna, b):
                await client.connect(server, room, session)
            await eventually(lambda: "offline" in b.sources[0], "what was typed meanwhile")
            assert (len(b.sources), b.sources) == (2, anna.sources)
            assert [source.count("19") for source in b.sources] == [1, 1]


async def test_what_the_log_has_more_than_the_file_is_saved_when_it_is_opened(
    tmp_path: Path,
) -> None:
    with live_server(tmp_path, NEVER_SAVED) as server:
        server.write_notebook("a.ipynb", "one", "two")
        async with joined(server, "anna", "a.ipynb") as anna, joined(server, "ben", "a.ipynb") as b:
            await type_together(anna, b)
            server.kill()
        assert "a19" not in (server.work / "a.ipynb").read_text()
        await asyncio.to_thread(server.start)
        async with joined(server, "cara", "a.ipynb"):
            await eventually(lambda: "a19" in (server.work / "a.ipynb").read_text(), "the file")


async def test_a_file_somebody_else_wrote_meanwhile_counts_and_ours_becomes_a_version(
    tmp_path: Path,
) -> None:
    with live_server(tmp_path, NEVER_SAVED) as server:
        server.write_notebook("a.ipynb", "one", "two")
        async with joined(server, "anna", "a.ipynb") as anna, joined(server, "ben", "a.ipynb") as b:
            await type_together(anna, b)
            server.kill()
        server.write_notebook("a.ipynb", "by a program")
        await asyncio.to_thread(server.start)
        async with joined(server, "cara", "a.ipynb") as cara:
            assert cara.sources == ["by a program"]
        with server.asks("cara") as client:
            versions = client.get("museion/history?path=a.ipynb").json()["versions"]
        assert "replaced" in {version["reason"] for version in versions}


async def test_opening_twice_does_not_touch_a_file(tmp_path: Path) -> None:
    with live_server(tmp_path, "--YDocExtension.document_cleanup_delay=0") as server:
        bare = {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": []}
        bare["cells"] = [{"cell_type": "markdown", "metadata": {}, "source": ["a\n", "b"]}]
        file = server.work / "a.ipynb"
        file.write_text(json.dumps(bare))
        before = file.read_bytes()
        for _ in range(2):
            async with joined(server, "anna", "a.ipynb"):
                pass
            await eventually(lambda: "Closing room" in server.log, "the room is closed")
        assert file.read_bytes() == before


async def test_a_damaged_log_is_put_aside_and_old_copies_are_sent_away(tmp_path: Path) -> None:
    with live_server(tmp_path, NEVER_SAVED) as server:
        server.write_notebook("a.ipynb", "one", "two")
        room, session = ask_for_room(server, "anna", "a.ipynb")
        async with joined(server, "anna", "a.ipynb") as anna, joined(server, "ben", "a.ipynb") as b:
            await type_together(anna, b)
            server.kill()
            await anna.close()
        for part in server.state.glob("changes.sqlite*"):
            part.unlink()
        (server.state / "changes.sqlite").write_bytes(b"no database " * 1000)
        await asyncio.to_thread(server.start)
        assert list(server.state.glob("changes.sqlite.broken-*"))
        await anna.connect(server, room, session)
        await eventually(lambda: anna.close_code == 1003, "the old copy is refused")
        async with joined(server, "cara", "a.ipynb") as cara:
            assert cara.sources == ["one", "two"]


async def test_a_file_is_saved_while_people_keep_typing(tmp_path: Path) -> None:
    with live_server(tmp_path) as server:
        server.write_notebook("a.ipynb", "one")
        async with joined(server, "anna", "a.ipynb") as anna:

            def is_saved_while_typing() -> bool:
                anna.type_into(0, ".")
                return "one..." in (server.work / "a.ipynb").read_text()

            await eventually(is_saved_while_typing, "a save between two keystrokes")


@pytest.mark.parametrize("listens", [True, False], ids=["browsers answer", "browsers are gone"])
async def test_a_server_that_is_asked_to_end_saves_and_ends(
    tmp_path: Path, *, listens: bool
) -> None:
    with live_server(tmp_path, NEVER_SAVED) as server:
        server.write_notebook("a.ipynb", "one", "two")
        async with joined(server, "anna", "a.ipynb") as anna, joined(server, "ben", "a.ipynb") as b:
            seen = await type_together(anna, b)
            code = await asyncio.to_thread(server.stop) if listens else server.stop()
        assert code == 0
        saved = json.loads((server.work / "a.ipynb").read_text())
        assert ["".join(cell["source"]) for cell in saved["cells"]] == seen
        assert "Traceback" not in server.log


async def test_the_log_grows_no_further_than_the_document(tmp_path: Path) -> None:
    with live_server(tmp_path) as server:
        server.write_notebook("a.ipynb", "one", "two")
        async with joined(server, "anna", "a.ipynb") as anna, joined(server, "ben", "a.ipynb") as b:
            await type_together(anna, b)
        await asyncio.to_thread(server.stop)
        database = sqlite3.connect(server.state / "changes.sqlite")
        assert database.execute("SELECT count(*) FROM changes").fetchone() == (1,)
        database.close()


def test_two_documents_are_opened_at_once_on_the_first_start(tmp_path: Path) -> None:
    with live_server(tmp_path) as server:

        async def open_one(number: int) -> list[str]:
            async with joined(server, "anna", f"{number}.ipynb") as anna:
                return anna.sources

        async def open_all() -> list[list[str]]:
            return await asyncio.gather(*(open_one(number) for number in range(4)))

        for number in range(4):
            server.write_notebook(f"{number}.ipynb", str(number))
        assert asyncio.run(open_all()) == [[str(number)] for number in range(4)]
