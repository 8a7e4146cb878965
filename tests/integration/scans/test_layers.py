"""Layers of a scan: stored, reopened, and over the workspace server's routes."""

import struct
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import httpx
import jsonschema
import numpy as np
import pytest

from museion import _session
from museion.errors import InputError
from museion.scans import Layer, Scan, put_layer
from museion_datasets import connect
from museion_datasets.ingest.scans.format import decode_head
from museion_datasets.ingest.scans.layer_format import decode_layer_head, decode_layer_page
from museion_datasets.ingest.scans.scan import ScanInfo, put_scan
from museion_datasets.ingest.scans.wasm import thread_meshopt
from museion_datasets.library import Library
from museion_datasets.policy import DatasetPolicy
from tests.support.live_server import LiveServer
from tests.support.scans import rough_ring
from tests.support.schemas import load_schema

pytestmark = pytest.mark.integration
SCAN = "museion/scans/murals/ring/scan"
LAYERS = f"{SCAN}/layers"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a library with a ring whose file had a scalar, a relief, and a held back ring."""
    place = tmp_path_factory.mktemp("layered")
    library = connect(place.as_uri())
    mesh = rough_ring(180, 120)
    heights = {"scalar_Lead (counts)": mesh.vertices[:, 2].astype(np.float32)}
    with library.draft(
        "murals/ring", title="Ring", kind="scan", rights="CC0-1.0", synthetic=True
    ) as draft:
        info = ScanInfo("A rough ring", is_synthetic=True, source="ring.ply")
        put_scan(draft, "scan", replace(mesh, layers=heights), info)
    relief = Scan.of(library.open("murals/ring")["scan"]).relief(radius_m=0.03, scales=1)
    with library.draft("murals/ring") as draft:
        put_layer(draft, "scan", relief, made_by="Anna")
    policy = DatasetPolicy("Museum", "INC", purposes=(), embargo_until="2999-01-01")
    terms = {"title": "Held back", "kind": "scan", "synthetic": True, "policy": policy}
    with library.draft("murals/held", rights="INC", **terms) as draft:  # type: ignore[arg-type]
        small = rough_ring(30, 20)
        put_scan(draft, "scan", replace(small, layers={"x": small.vertices[:, 0]}), info)
    return place


@pytest.fixture(scope="module")
def layered(folder: Path) -> Library:
    return connect(folder.as_uri())


@pytest.fixture(scope="module")
def server(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[LiveServer]:
    variables = {"MUSEION_REGISTRY_URL": folder.as_uri()}
    running = LiveServer(tmp_path_factory.mktemp("live"), variables=variables)
    running.start()
    yield running
    running.kill()


def test_scalars_of_the_file_are_layers(layered: Library) -> None:
    scan = Scan.of(layered.open("murals/ring", 1)["scan"])
    (name,) = scan.layers
    layer = scan.layer(name)
    assert (name, layer.title) == ("Lead-counts", "Lead (counts)")
    delivered = scan.vertices[:, 2].astype(np.float32)
    assert np.abs(layer.values - delivered).max() <= scan.layers[name].step / 2 * 1.001
    assert layer.paradata.method == "as delivered"


def test_layer_added_later_leaves_the_geometry_as_it_was(layered: Library) -> None:
    before, after = (layered.open("murals/ring", version) for version in (1, 2))
    scans = Scan.of(before["scan"]), Scan.of(after["scan"])
    assert scans[0].geometry == scans[1].geometry
    assert set(scans[1].layers) == {"Lead-counts", "relief"}
    is_new = [key for key in after.keys() if key not in set(before.keys())]  # noqa: SIM118
    assert is_new
    assert all(key.startswith("scans/scan/layers/relief/") for key in is_new)


def test_stored_relief_says_how_it_came_about(layered: Library) -> None:
    scan = Scan.of(layered.open("murals/ring")["scan"])
    stored, made = scan.layer("relief"), scan.relief(radius_m=0.03, scales=1)
    assert np.abs(stored.values - made.values).max() <= scan.layers["relief"].step
    assert (stored.made_by, stored.center, stored.unit) == ("Anna", 0.5, "")
    assert stored.paradata.origins[0].version == 1
    assert stored.paradata.rows() == replace(made.paradata, origins=stored.paradata.origins).rows()


def test_layer_of_another_scan_is_refused_and_one_of_an_old_geometry_not_seen(
    tmp_path: Path,
) -> None:
    library = connect(tmp_path.as_uri())
    terms = {"title": "Ring", "kind": "scan", "rights": "CC0-1.0", "synthetic": True}
    for mesh in (rough_ring(40, 30), rough_ring(44, 30)):
        with library.draft("murals/ring", **terms) as draft:  # type: ignore[arg-type]
            put_scan(draft, "scan", mesh, ScanInfo("Ring", is_synthetic=True))
        scan = Scan.of(library.open("murals/ring")["scan"])
        if len(mesh.vertices) == 1200:
            first = Layer.of_values(scan, scan.vertices[:, 0], name="x", unit="m")
            with library.draft("murals/ring") as draft:
                put_layer(draft, "scan", first)
    assert scan.layers == {}
    with pytest.raises(InputError, match="No such layer"):
        scan.layer("x")
    with pytest.raises(InputError, match="shape"):
        Layer.of_values(scan, first.values, name="x")


def test_layer_is_saved_as_the_next_version(
    layered: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_session, "library", lambda: layered)
    scan = Scan.of(layered.open("murals/held")["scan"])
    values = np.where(scan.vertices[:, 0] > 0, 1.5, np.nan)
    dataset = scan.save_layer(Layer.of_values(scan, values, name="wear"), message="Wear")
    assert (dataset.version, dataset.head.message) == (scan.version + 1, "Wear")
    stored = Scan.of(dataset["scan"]).layer("wear")
    assert np.array_equal(stored.values, values, equal_nan=True)
    assert stored.created


def test_damage_of_no_other_layer_is_found_by_verifying(layered: Library) -> None:
    assert layered.open("murals/ring").verify().objects > 0


def test_route_lists_layers_and_ramps(server: LiveServer) -> None:
    with server.asks("anna") as anna:
        answer = anna.get(LAYERS, params={"version": 2})
    listing = answer.json()
    jsonschema.validate(listing, load_schema("scan-layers"))
    assert {each["name"] for each in listing["layers"]} == {"Lead-counts", "relief"}
    assert answer.headers["Cache-Control"].startswith("private, max-age=")
    assert {"viridis", "blue-red"} <= {each["name"] for each in listing["ramps"]}


def test_route_gives_the_values_of_pages(server: LiveServer, layered: Library) -> None:
    dataset = layered.open("murals/ring", 2)
    with server.asks("anna") as anna:
        answer = anna.get(f"{LAYERS}/relief/pages", params={"version": 2, "ids": "1,0"})
    count, first, first_bytes, second, second_bytes = struct.unpack("<5I", answer.content[:20])
    assert (count, first, second) == (2, 1, 0)
    head = decode_layer_head(dataset.read_bytes("scans/scan/layers/relief/head"))
    page = answer.content[20 + first_bytes :]
    assert len(page) == second_bytes
    clusters = decode_head(dataset.read_bytes("scans/scan/head")).clusters
    found = decode_layer_page(head, page, thread_meshopt())
    assert [len(each) for each in found] == clusters["vertices"][: len(found)].tolist()


def test_looker_sees_values_as_deep_as_triangles(server: LiveServer) -> None:
    query = {"version": 2}
    with server.asks("anna") as anna, server.asks("looker") as looker:
        whole = decode_head(anna.get(f"{SCAN}/head", params=query).content)
        seen = decode_head(looker.get(f"{SCAN}/head", params=query).content)
        fine = int(np.flatnonzero(seen.groups["clusters"] == 0)[-1])
        asked = {**query, "ids": f"{fine}"}
        assert whole.groups["clusters"][fine] > 0
        assert anna.get(f"{LAYERS}/relief/pages", params=asked).status_code == 200
        assert looker.get(f"{LAYERS}/relief/pages", params=asked).status_code == 404
        root = looker.get(f"{LAYERS}/relief/pages", params={**query, "ids": "0"})
    assert root.status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{LAYERS}/nothing/pages?ids=0", 404),
        (f"{LAYERS}/relief/pages?ids=99999", 404),
        (f"{LAYERS}/relief/pages?ids=0&version=1", 404),
        (f"{LAYERS}/..%2Fhead/pages?ids=0", 404),
        (f"{LAYERS}/relief/head", 404),
        (f"{LAYERS}/relief/pages", 400),
        (f"{LAYERS}/relief/pages?ids=-1", 400),
        ("museion/scans/lapidary/ring/scan/layers", 404),
        ("museion/scans/murals/ring/other/layers", 404),
    ],
)
def test_what_is_not_there_looks_missing(server: LiveServer, path: str, status: int) -> None:
    with server.asks("anna") as anna:
        answer = anna.get(path)
    assert answer.status_code == status
    assert b"MSLY" not in answer.content


def test_nobody_gets_nothing_and_held_back_layers_are_kept_nowhere(server: LiveServer) -> None:
    with httpx.Client(base_url=server.url, trust_env=False) as stranger:
        for path in (LAYERS, f"{LAYERS}/relief/pages?ids=0"):
            assert stranger.get(path).status_code in {302, 403, 404}
    with server.asks("anna") as anna:
        held = anna.get("museion/scans/murals/held/scan/layers/x/pages?ids=0&version=1")
    assert (held.status_code, held.headers["Cache-Control"]) == (200, "private, no-store")
