"""A stranger reads a scan with nothing but the tables of docs/formats/scans.md and a codec."""

import io
import json
import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from museion_datasets.ingest.scans.layer_format import LayerAbout
from museion_datasets.ingest.scans.layers import LayerValues, LayerWriter
from museion_datasets.ingest.scans.measured import encode_measured
from museion_datasets.ingest.scans.wasm import thread_meshopt
from tests.support.point_clouds import ring_cloud
from tests.support.scans import build, open_edges, rough_ring

type Array = NDArray[Any]

PAGE = Path(__file__).resolve().parents[3] / "docs/formats/scans.md"
TABLE = re.compile(r"^\| type \| field \|\n\|---\|---\|\n((?:\|.*\|\n)+)", re.MULTILINE)
ROW = re.compile(r"^\| (\w+)(?: . (\d+))? \| ([\w ]+).*\|$", re.MULTILINE)
STREAM = re.compile(r"^\| (\w+) \| ([A-Z]+) \| ([A-Z]+) \| (\d+) \| (\w+)", re.MULTILINE)
TYPES = {"u8": "u1", "u16": "<u2", "u32": "<u4", "i16": "<i2", "f32": "<f4", "f64": "<f8"}


def layouts() -> list[np.dtype[Any]]:
    """Give each table of types and fields as a structure without gaps."""
    return [
        np.dtype([
            (name.strip(), f"S{count}")
            if kind == "bytes"
            else (name.strip(), TYPES[kind], shape(count))
            for kind, count, name in ROW.findall(table)
        ])
        for table in TABLE.findall(PAGE.read_text())
    ]


def shape(count: str) -> tuple[int, ...]:
    return (int(count),) if count else ()


HEAD, GROUP, CLUSTER, PAGE_START, PAGE_CLUSTER, IDS_START, IDS_CLUSTER, *LAYER = layouts()
LAYER_HEAD, LAYER_START, LAYER_CLUSTER = LAYER
STREAMS = {
    name: (mode, chosen, int(stride), TYPES[kind])
    for name, mode, chosen, stride, kind in STREAM.findall(PAGE.read_text())
}


class Reader:
    """Bytes, read from the front."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def take(self, size: int) -> bytes:
        taken, self.data = self.data[:size], self.data[size:]
        assert len(taken) == size
        return taken

    def rows(self, dtype: np.dtype[Any], count: int) -> Array:
        return np.frombuffer(self.take(dtype.itemsize * count), dtype)


def stream(name: str, data: bytes, count: int) -> Array:
    mode, chosen, stride, kind = STREAMS[name]
    return thread_meshopt().decode_view(data, count, stride, mode, chosen).view(kind)


def read_page(data: bytes) -> list[dict[str, Array]]:
    reader = Reader(data)
    start = reader.rows(PAGE_START, 1)[0]
    assert start["version"] == 1
    clusters = []
    for row in reader.rows(PAGE_CLUSTER, int(start["clusters"])):
        count, triangles = int(row["vertices"]), int(row["triangles"])
        sizes = {
            "positions": row["position_bytes"], "normals": row["normal_bytes"],
            "colours": row["color_bytes"], "faces": row["face_bytes"],
        }  # fmt: skip
        data = {name: reader.take(size) for name, size in sizes.items()}
        parts = {
            name: stream(name, each, 3 * triangles if name == "faces" else count)
            for name, each in data.items()
            if each
        }
        clusters.append({
            name: part.reshape(-1 if name == "faces" else count, 3 if name == "faces" else 4)
            if name != "positions"
            else part.reshape(count, 3)
            for name, part in parts.items()
        })
    assert reader.data == b""
    return clusters


def read_ids(data: bytes) -> list[Array]:
    reader = Reader(data)
    rows = reader.rows(IDS_CLUSTER, int(reader.rows(IDS_START, 1)[0]["clusters"]))
    kind = ("ATTRIBUTES", "NONE")
    return [
        thread_meshopt()
        .decode_view(reader.take(row["id_bytes"]), int(row["vertices"]), 4, *kind)
        .view("<u4")
        for row in rows
    ]


RING = rough_ring(40, 30)
OBJECTS = build(RING).objects


def read_level(
    expanded: set[int], objects: dict[str, bytes] = OBJECTS
) -> tuple[dict[str, Any], list[tuple[dict[str, Array], Array]]]:
    """Give the head, and the drawn clusters with the ids of their vertices."""
    reader = Reader(objects["head"])
    head = reader.rows(HEAD, 1)[0]
    facts = {name: head[name] for name in HEAD.names or ()}
    facts["metadata"] = json.loads(reader.take(head["metadata_bytes"]))
    groups = reader.rows(GROUP, int(head["groups"]))
    clusters = reader.rows(CLUSTER, int(head["clusters"]))
    pages = {0: reader.take(head["root_bytes"])}
    assert reader.data == b""
    drawn = []
    for group in sorted(expanded or range(len(groups))):
        pages.setdefault(group, objects.get(f"pages/{group}", b""))
        ids = read_ids(objects[f"ids/{group}"])
        for offset, cluster in enumerate(read_page(pages[group])):
            row = clusters[int(groups[group]["first_cluster"]) + offset]
            assert len(cluster.get("faces", ())) == row["triangles"]
            if int(row["made_from"]) not in (expanded or range(len(groups))):
                drawn.append((cluster, ids[offset]))
    return facts, drawn


def test_tables_describe_the_head() -> None:
    facts, _ = read_level({0})
    assert facts["magic"] == b"MSCN"
    assert (facts["version"], facts["flags"]) == (1, 3)
    assert facts["metadata"]["title"] == "A rough ring"
    assert facts["triangles at the finest level"] == len(RING.faces)


@pytest.mark.parametrize("expanded", [{0}, set()], ids=["coarsest", "finest"])
def test_stranger_reads_measured_vertices_and_a_whole_surface(expanded: set[int]) -> None:
    facts, drawn = read_level(expanded)
    faces = np.concatenate([ids[cluster["faces"]] for cluster, ids in drawn])
    assert len(open_edges(faces)) == 0
    for cluster, ids in drawn:
        places = facts["origin"] + cluster["positions"] * facts["step"]
        assert np.abs(places - RING.vertices[ids]).max() <= facts["step"] / 2 * 1.0001
        assert RING.colors is not None
        assert (cluster["colours"][:, :3] == RING.colors[ids]).all()
        lengths = np.linalg.norm(cluster["normals"][:, :3] / 32_767, axis=1)
        assert np.abs(lengths - 1.0).max() < 0.01
    if not expanded:
        assert {frozenset(face) for face in faces.tolist()} == {
            frozenset(face) for face in RING.faces.tolist()
        }


def layer_of(values: Array, *, is_lossless: bool) -> dict[str, bytes]:
    """Give the stored objects of a layer on the ring by suffix."""
    about = LayerAbout("Height", "m", "height", 0.0, {"method": "made up"})
    writer = LayerWriter({"height": LayerValues(values, about, is_lossless)})
    objects = sorted(OBJECTS.items(), key=lambda item: item[0] == "head")
    return dict(made for suffix, data in objects for made in writer.follow(suffix, data))


@pytest.mark.parametrize("is_lossless", [False, True], ids=["sixteen bits", "float32"])
def test_stranger_reads_a_layer(*, is_lossless: bool) -> None:
    values = RING.vertices[:, 2].copy()
    values[::7] = np.nan
    stored = layer_of(values, is_lossless=is_lossless)
    reader = Reader(stored["layers/height/head"])
    head = reader.rows(LAYER_HEAD, 1)[0]
    about = json.loads(reader.take(head["metadata_bytes"]))
    assert reader.data == b""
    assert (head["magic"], head["encoding"]) == (b"MSLY", int(not is_lossless))
    assert head["geometry"] == sha256(OBJECTS["head"]).digest()
    assert (about["unit"], about["missing"]) == ("m", int(np.isnan(values).sum()))
    for page in range(int(head["pages"])):
        part = Reader(stored[f"layers/height/pages/{page}"])
        rows = part.rows(LAYER_CLUSTER, int(part.rows(LAYER_START, 1)[0]["clusters"]))
        for row, ids in zip(rows, read_ids(OBJECTS[f"ids/{page}"]), strict=True):
            data = part.take(row["value_bytes"])
            raw = thread_meshopt().decode_view(data, len(ids), 4, "ATTRIBUTES", "NONE")
            found = raw.view("<f4").astype(np.float64)
            if not is_lossless:
                codes = raw.view("<u4")
                found = np.where(codes < 65_535, head["lowest"] + codes * head["step"], np.nan)
            slack = head["step"] / 2 * 1.0001 + 1e-7
            assert np.allclose(found, values[ids], rtol=0.0, atol=slack, equal_nan=True)
        assert part.data == b""


def test_stranger_reads_every_point_of_a_cloud_once() -> None:
    cloud = ring_cloud(40, 30)
    facts, drawn = read_level(set(), build(cloud).objects)
    assert (facts["flags"], facts["triangles at the finest level"]) == (1 | 2 | 4 | 8, 0)
    assert facts["vertices at the finest level"] == len(cloud.vertices)
    found = np.concatenate([ids for _, ids in drawn])
    assert (np.sort(found) == np.arange(len(cloud.vertices))).all()
    assert cloud.colors is not None
    for cluster, ids in drawn:
        assert cluster.keys() == {"positions", "colours"}
        places = facts["origin"] + cluster["positions"] * facts["step"]
        assert np.abs(places - cloud.vertices[ids]).max() <= facts["step"] / 2 * 1.0001
        assert (cluster["colours"][:, :3] == cloud.colors[ids]).all()


def test_measured_mesh_opens_with_numpy_alone() -> None:
    with np.load(io.BytesIO(encode_measured(RING)), allow_pickle=False) as arrays:
        assert (arrays["vertices"] == RING.vertices).all()
        named = set(arrays.files)
    text = PAGE.read_text()
    assert all(f"`{name}`" in text for name in named)
