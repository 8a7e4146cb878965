"""What a workspace's server tells of its clusters' agents."""

import asyncio
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from museion_lab.clusters.agents import Agents

ANSWER = b'{"state": "running"}'


async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    length = f"Content-Length: {len(ANSWER)}".encode()
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n" + length + b"\r\n\r\n" + ANSWER)
    await writer.drain()
    writer.close()


async def agent(folder: Path, name: str) -> AbstractAsyncContextManager[object]:
    """Start what answers as an agent does."""
    return await asyncio.start_unix_server(answer, folder / f"{name}.sock")


async def test_a_cluster_that_was_just_started_is_told(tmp_path: Path) -> None:
    agents = Agents(tmp_path, clock=lambda: 5.0)  # no time goes by
    async with await agent(tmp_path, "one"):
        assert [each["id"] for each in await agents.reports()] == ["one"]
        async with await agent(tmp_path, "two"):
            assert [each["id"] for each in await agents.reports()] == ["one"]  # asked just now
            agents.note_change()
            assert [each["id"] for each in await agents.reports()] == ["one", "two"]
