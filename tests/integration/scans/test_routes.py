"""Scans over the workspace server's HTTP routes."""

import struct

import httpx
import pytest

from museion_datasets.ingest.scans.format import decode_head, decode_page
from museion_datasets.ingest.scans.wasm import thread_meshopt
from museion_datasets.library import Library
from tests.support.workspace_server import WorkspaceServer

pytestmark = pytest.mark.integration
SCAN = "museion/scans/murals/ring/scan"


def test_head_holds_the_first_picture(client: httpx.Client) -> None:
    answer = client.get(f"{SCAN}/head", params={"version": 1})
    head = decode_head(answer.content)
    assert head.metadata["title"] == "A rough ring"
    assert len(decode_page(head.root_page, thread_meshopt())) >= 1


def test_pages_come_in_the_order_asked_for(client: httpx.Client, library: Library) -> None:
    answer = client.get(f"{SCAN}/pages", params={"version": 1, "ids": "2,1"})
    count, first, first_bytes, second, second_bytes = struct.unpack("<5I", answer.content[:20])
    assert (count, first, second) == (2, 2, 1)
    dataset = library.open("murals/ring")
    stored = dataset.read_bytes("scans/scan/pages/2") + dataset.read_bytes("scans/scan/pages/1")
    assert answer.content[20:] == stored
    assert first_bytes + second_bytes == len(stored)


@pytest.mark.parametrize("path", ["head?version=1", "pages?version=1&ids=1"])
def test_browser_keeps_a_version_to_itself(client: httpx.Client, path: str) -> None:
    answer = client.get(f"{SCAN}/{path}")
    assert answer.headers["Cache-Control"].startswith("private, max-age=")
    again = client.get(f"{SCAN}/{path}", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_tags_of_different_pages_differ(client: httpx.Client) -> None:
    tags = {client.get(f"{SCAN}/pages?version=1&ids={ids}").headers["ETag"] for ids in ("1", "2")}
    assert len(tags) == 2


@pytest.mark.parametrize(
    "path",
    [
        "museion/scans/murals/nothing/scan/head",
        "museion/scans/lapidary/ring/scan/head",
        "museion/scans/murals/ring/other/head",
        f"{SCAN}/pages?ids=99999",
        f"{SCAN}/head?version=7",
        f"{SCAN}/../../../../files/ring.glb",
        "museion/scans/murals/ring/..%2F..%2Ffiles/head",
    ],
)
def test_unknown_and_foreign_look_the_same(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "query", ["", "ids=", "ids=0", "ids=x", "ids=1,1", "ids=1,2,3,4,5,6,7,8,9", "ids=1&version=x"]
)
def test_bad_queries_get_a_sentence(client: httpx.Client, query: str) -> None:
    answer = client.get(f"{SCAN}/pages?{query}")
    assert answer.status_code == 400
    assert answer.json().keys() == {"kind", "message", "hint"}
    assert answer.json()["kind"] == "invalid"


@pytest.mark.parametrize("path", ["head", "pages?ids=1"])
def test_strangers_get_nothing(server: WorkspaceServer, path: str) -> None:
    with server.browser(signed_in=False) as stranger:
        answer = stranger.get(f"{SCAN}/{path}")
    assert answer.status_code in {302, 403}
    assert b"MSCN" not in answer.content
