"""What visitors try who may see less, or nothing: deeper pages, other versions, others' data."""

import json
from collections.abc import Generator
from pathlib import Path

import httpx
import numpy as np
import pytest

from museion.scans.levels import choose_groups, read_cut
from museion_datasets import connect
from museion_datasets.ingest.scans.format import ScanHead, decode_head
from museion_datasets.ingest.scans.reduced import reduced_head
from museion_datasets.ingest.scans.scan import ScanInfo, put_scan
from museion_datasets.policy import DatasetPolicy
from museion_lab.scan_depth import LOOKING_SHARE
from tests.support.live_server import LiveServer
from tests.support.scans import BuiltScan, build, open_edges, rough_ring

pytestmark = pytest.mark.integration
SCAN = "museion/scans/murals/ring/scan"


@pytest.fixture(scope="module")
def server(library_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[LiveServer]:
    policy = DatasetPolicy("Museum", "INC", purposes=(), embargo_until="2999-01-01")
    terms = {"title": "Held back", "kind": "scan", "synthetic": True, "policy": policy}
    with connect(library_folder.as_uri()).draft("murals/held", rights="INC", **terms) as draft:
        put_scan(draft, "scan", rough_ring(30, 20), ScanInfo("Held", is_synthetic=True))
    running = LiveServer(
        tmp_path_factory.mktemp("live"), variables={"MUSEION_REGISTRY_URL": library_folder.as_uri()}
    )
    running.start()
    yield running
    running.kill()


@pytest.fixture(scope="module")
def small_ring() -> BuiltScan:
    return build(rough_ring(90, 60))


def head_of(client: httpx.Client) -> ScanHead:
    return decode_head(client.get(f"{SCAN}/head", params={"version": 1}).raise_for_status().content)


def pages_of(client: httpx.Client, *ids: int) -> httpx.Response:
    return client.get(f"{SCAN}/pages", params={"version": 1, "ids": ",".join(map(str, ids))})


def finest_pages(head: ScanHead) -> list[int]:
    """Give the pages of a whole head that only members see."""
    least = LOOKING_SHARE * float(np.linalg.norm(head.grid.size * head.grid.step))
    is_fine = head.groups["distance"] * head.grid.step < least
    return [int(page) for page in np.flatnonzero(is_fine)]


def test_member_sees_all_and_a_looker_a_whole_but_coarser_scan(server: LiveServer) -> None:
    with server.asks("anna") as anna, server.asks("looker") as looker:
        whole, seen = head_of(anna), head_of(looker)
    assert whole.triangle_count == 43_200
    assert 0 < seen.triangle_count < whole.triangle_count
    assert seen.groups["clusters"][finest_pages(whole)].sum() == 0
    assert whole.groups["clusters"][finest_pages(whole)].sum() > 0


def test_finer_pages_look_missing_to_a_looker_alone_or_among_others(server: LiveServer) -> None:
    with server.asks("anna") as anna, server.asks("looker") as looker:
        fine = finest_pages(head_of(anna))
        coarse = sorted(set(range(1, len(head_of(anna).groups))) - set(fine))
        missing = pages_of(looker, 99_999)
        assert pages_of(anna, fine[0]).status_code == 200
        for ids in ([fine[0]], [coarse[0], fine[-1]], fine[:8]):
            answer = pages_of(looker, *ids)
            assert (answer.status_code, answer.json()) == (404, missing.json())
        allowed = pages_of(looker, *coarse[:8])
        assert allowed.content == pages_of(anna, *coarse[:8]).content


def test_tag_of_a_member_does_not_open_what_a_looker_may_not_see(server: LiveServer) -> None:
    with server.asks("anna") as anna, server.asks("looker") as looker:
        fine = finest_pages(head_of(anna))[0]
        tag = pages_of(anna, fine).headers["ETag"]
        query = {"version": 1, "ids": fine}
        stolen = looker.get(f"{SCAN}/pages", params=query, headers={"If-None-Match": tag})
        assert stolen.status_code == 404
        own = anna.get(f"{SCAN}/head", params={"version": 1}).headers["ETag"]
        head = looker.get(f"{SCAN}/head", params={"version": 1}, headers={"If-None-Match": own})
        assert head.status_code == 200
        assert decode_head(head.content).triangle_count < 43_200


@pytest.mark.parametrize(
    "path",
    [
        "museion/scans/murals/ring/ids/pages?ids=1",
        "museion/scans/murals/ring/scan%2F..%2Fscan/head",
        "museion/scans/murals/ring/scan/ids?ids=1",
        "museion/scans/murals/ring/measured.npz/head",
        "museion/scans/lapidary/ring/scan/pages?ids=1",
        f"{SCAN}/pages?ids=1&version=2",
    ],
)
@pytest.mark.parametrize("name", ["anna", "looker"])
def test_no_way_leads_around_the_pages(server: LiveServer, name: str, path: str) -> None:
    with server.asks(name) as client:
        answer = client.get(path)
    assert answer.status_code == 404
    assert b"MSCN" not in answer.content


def test_nobody_gets_nothing(server: LiveServer) -> None:
    with httpx.Client(base_url=server.url, trust_env=False) as stranger:
        for path in (f"{SCAN}/head", f"{SCAN}/pages?ids=1"):
            assert stranger.get(path).status_code in {302, 403, 404}


def test_restricted_scan_is_kept_in_no_browser(server: LiveServer) -> None:
    with server.asks("anna") as anna:
        held = anna.get("museion/scans/murals/held/scan/head", params={"version": 1})
        free = anna.get(f"{SCAN}/head", params={"version": 1})
    assert held.headers["Cache-Control"] == "private, no-store"
    assert free.headers["Cache-Control"].startswith("private, max-age=")


def test_log_tells_who_read_how_much_and_how_deep(server: LiveServer) -> None:
    with server.asks("berta") as berta:
        whole = head_of(berta)
        fine = finest_pages(whole)[-1]
        sizes = [len(pages_of(berta, page).content) - 12 for page in (1, fine)]
        pages_of(berta, 99_999)
    told = [line.partition("scan read: ")[2] for line in server.log.splitlines()]
    entries = [json.loads(line) for line in told if '"berta"' in line]
    assert [entry["bytes"] for entry in entries] == sizes
    assert entries[-1]["bytes_so_far"] == sum(sizes)
    assert entries[-1]["scan"] == "murals/ring@1/scan"
    expected = float(whole.groups["distance"][fine]) * whole.grid.step
    assert entries[-1]["finest_m"] == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("share", [0.0, 1e-4, 1e-3, 1e-2, 1.0])
def test_reduced_scan_is_whole_at_every_depth(small_ring: BuiltScan, share: float) -> None:
    scan = small_ring
    least = share * float(np.linalg.norm(scan.head.grid.size * scan.head.grid.step))
    reduced, pages = reduced_head(scan.head, least)
    asked: list[str] = []

    def read(part: str) -> bytes:
        asked.append(part)
        return scan.read(part)

    cut = read_cut(reduced, choose_groups(reduced, 10**9), read)
    assert len(open_edges(cut.faces)) == 0
    assert len(cut.faces) == reduced.triangle_count
    assert {int(part.partition("/")[2]) for part in asked} <= pages
    assert 0 in pages
