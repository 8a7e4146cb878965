"""The stored form of a scan: one head and one page for each group of clusters.

All numbers are little endian; lengths are in grid steps unless a unit is named. Streams are
meshopt-encoded (vertex codec 1, index codec 1).

Head::

    4s magic "MSCN" · u8 version · u8 flags · u16 zero
    u32 groups · u32 clusters · u32 measured vertices · u32 measured triangles
    f64 x 3 origin in metres · f64 step in metres · u32 x 3 largest coordinate
    u32 bytes of metadata (a multiple of 4) · u32 bytes of the root page
    metadata  JSON, padded with spaces
    groups    f32 x 3 center · f32 radius · f32 distance · f32 appearance
              u32 first cluster · u32 clusters · u32 bytes of the page
    clusters  f32 x 3 center · f32 radius · u32 made_from · u32 vertices · u32 triangles
    root page

Flags: 1 colours, 2 synthetic, 4 points without triangles, 8 without normals.
Group 0 is the root: always expanded, its page inside the head, its errors infinite. Coarse
groups come first: a cluster of page g is made from a group of higher index than g, or from
`MEASURED` triangles.

Page::

    u8 version · u8 clusters · u16 flags, as of the head
    for each cluster: u32 vertices · u32 triangles · u32 x 4 bytes of its streams
    for each cluster: positions u32 x 3 · normals octahedral i16 x 4 · colours u8 x 4 sRGB · faces

A cloud of points has no triangles and no faces, and normals only if they were measured.

Ids (the measured vertex behind each vertex of a page, for layers made later)::

    u8 version · u8 clusters · u16 zero
    for each cluster: u32 vertices · u32 bytes
    for each cluster: ids u32
"""

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion_datasets.errors import IntegrityError, InvalidError
from museion_datasets.ingest.scans.surface import Grid
from museion_datasets.ingest.scans.wasm import Meshopt

type Array = NDArray[Any]

VERSION = 1
MAGIC = b"MSCN"
MEASURED = 0xFFFFFFFF
NORMAL_BITS = 10

_HINT = "build the scan again from its original file."

_MAX_CLUSTERS = 255
_HAS_COLORS = 1
_IS_SYNTHETIC = 2
_IS_CLOUD = 4
_LACKS_NORMALS = 8
_HEAD = struct.Struct("<4sBBH4I4d3I2I")
_PAGE = struct.Struct("<BBH")
_CLUSTER = struct.Struct("<6I")
_IDS_CLUSTER = struct.Struct("<2I")

GROUP_DTYPE = np.dtype([
    ("center", "<f4", 3),
    ("radius", "<f4"),
    ("distance", "<f4"),
    ("appearance", "<f4"),
    ("first_cluster", "<u4"),
    ("clusters", "<u4"),
    ("page_bytes", "<u4"),
])
CLUSTER_DTYPE = np.dtype([
    ("center", "<f4", 3),
    ("radius", "<f4"),
    ("made_from", "<u4"),
    ("vertices", "<u4"),
    ("triangles", "<u4"),
])


@dataclass(frozen=True, slots=True)
class PageCluster:
    """One cluster of a page, with vertices of its own.

    Attributes
    ----------
    points : (n, 3) uint32
        Grid coordinates.
    normals : (n, 3) float32 or None
        None in clouds whose file had none.
    colors : (n, 3) uint8 or None
    faces : (m, 3) uint32
        None of them in clouds.
    """

    points: Array
    normals: Array | None
    colors: Array | None
    faces: Array


@dataclass(frozen=True, slots=True)
class ScanHead:
    """Everything a viewer needs before it asks for the first page.

    Attributes
    ----------
    grid : Grid
    vertex_count, triangle_count : int
        As measured, after welding on the grid.
    has_colors, is_synthetic : bool
    metadata : dict
        What a person reads: title, unit of length, source.
    groups : structured array of `GROUP_DTYPE`
    clusters : structured array of `CLUSTER_DTYPE`
    root_page : bytes
    is_cloud : bool
        Points without triangles.
    has_normals : bool
    """

    grid: Grid
    vertex_count: int
    triangle_count: int
    has_colors: bool
    is_synthetic: bool
    metadata: dict[str, Any]
    groups: Array
    clusters: Array
    root_page: bytes
    is_cloud: bool = False
    has_normals: bool = True

    @property
    def elements(self) -> Array:
        """How many triangles each cluster has, or points in a cloud, (clusters,) uint32."""
        counts: Array = self.clusters["vertices" if self.is_cloud else "triangles"]
        return counts

    @property
    def elements_at_finest(self) -> int:
        """How many triangles were measured, or points of a cloud."""
        return self.vertex_count if self.is_cloud else self.triangle_count


def encode_head(head: ScanHead) -> bytes:
    """Head in its stored form."""
    text = json.dumps(head.metadata, ensure_ascii=True, sort_keys=True).encode("ascii")
    text += b" " * (-len(text) % 4)
    flags = _HAS_COLORS * head.has_colors | _IS_SYNTHETIC * head.is_synthetic
    flags |= _IS_CLOUD * head.is_cloud | _LACKS_NORMALS * (not head.has_normals)
    fixed = _HEAD.pack(
        MAGIC, VERSION, flags, 0,
        len(head.groups), len(head.clusters), head.vertex_count, head.triangle_count,
        *head.grid.origin, head.grid.step, *(int(size) for size in head.grid.size),
        len(text), len(head.root_page),
    )  # fmt: skip
    return b"".join([fixed, text, head.groups.tobytes(), head.clusters.tobytes(), head.root_page])


def decode_head(data: bytes) -> ScanHead:
    """Read a stored head.

    Raises
    ------
    IntegrityError
        If the bytes are no head of a version this software knows.
    """
    if len(data) < _HEAD.size or data[:4] != MAGIC or data[4] != VERSION:
        raise IntegrityError("The head of the scan is not readable", hint=_HINT)
    fields = _HEAD.unpack_from(data)
    _, _, flags, _, groups, clusters, vertices, triangles = fields[:8]
    text_bytes, root_bytes = fields[15:17]
    parts = (text_bytes, groups * GROUP_DTYPE.itemsize, clusters * CLUSTER_DTYPE.itemsize)
    starts = np.cumsum([_HEAD.size, *parts]).tolist()
    if starts[3] + root_bytes != len(data):
        raise IntegrityError(
            f"The head of the scan has a wrong length: {len(data)} bytes", hint=_HINT
        )
    return ScanHead(
        Grid(np.array(fields[8:11]), fields[11], np.array(fields[12:15], np.int64)),
        vertices,
        triangles,
        bool(flags & _HAS_COLORS),
        bool(flags & _IS_SYNTHETIC),
        json.loads(data[starts[0] : starts[1]]),
        np.frombuffer(data, GROUP_DTYPE, groups, starts[1]),
        np.frombuffer(data, CLUSTER_DTYPE, clusters, starts[2]),
        data[starts[3] :],
        bool(flags & _IS_CLOUD),
        not flags & _LACKS_NORMALS,
    )


def encode_page(clusters: Sequence[PageCluster], codec: Meshopt) -> bytes:
    """Page in its stored form.

    Raises
    ------
    InvalidError
        If there are more clusters than a page can count.
    """
    if len(clusters) > _MAX_CLUSTERS:
        raise InvalidError(
            f"The triangles form no surface that could be shown with fewer: {len(clusters)} pieces"
            " are left",
            hint="clean the mesh in the software that exported it; or put its file into a folder"
            " and ingest that, which keeps it as it is.",
        )
    first = clusters[0]
    flags = _HAS_COLORS * (first.colors is not None) | _IS_CLOUD * (len(first.faces) == 0)
    flags |= _LACKS_NORMALS * (first.normals is None)
    parts = [_PAGE.pack(VERSION, len(clusters), flags)]
    streams: list[bytes] = []
    for cluster in clusters:
        own = _encode_streams(cluster, codec)
        parts.append(
            _CLUSTER.pack(len(cluster.points), len(cluster.faces), *(len(data) for data in own))
        )
        streams.extend(own)
    return b"".join(parts + streams)


def _encode_streams(cluster: PageCluster, codec: Meshopt) -> list[bytes]:
    colors = b""
    if cluster.colors is not None:
        padded = np.full((len(cluster.points), 4), 255, np.uint8)
        padded[:, :3] = cluster.colors
        colors = codec.encode_vertices(padded)
    return [
        codec.encode_vertices(cluster.points.astype(np.uint32)),
        b"" if cluster.normals is None else codec.encode_normals(cluster.normals, NORMAL_BITS),
        colors,
        codec.encode_faces(cluster.faces, len(cluster.points)) if len(cluster.faces) else b"",
    ]


def decode_page(data: bytes, codec: Meshopt) -> list[PageCluster]:
    """Read a stored page.

    Raises
    ------
    IntegrityError
        If the bytes are no page of a version this software knows.
    """
    if len(data) < _PAGE.size or data[0] != VERSION:
        raise IntegrityError("A page of the scan is not readable", hint=_HINT)
    count = data[1]
    try:
        tables = [
            _CLUSTER.unpack_from(data, _PAGE.size + index * _CLUSTER.size) for index in range(count)
        ]
        return _decode_clusters(data, tables, codec)
    except (struct.error, ValueError) as error:
        raise IntegrityError("A page of the scan is not readable", hint=_HINT) from error


def _decode_clusters(
    data: bytes, tables: Sequence[tuple[int, ...]], codec: Meshopt
) -> list[PageCluster]:
    clusters: list[PageCluster] = []
    at = _PAGE.size + len(tables) * _CLUSTER.size
    for vertices, triangles, *sizes in tables:
        ends = (at + np.cumsum(sizes)).tolist()
        points, normals, colors, faces = (
            data[end - size : end] for end, size in zip(ends, sizes, strict=True)
        )
        at = ends[-1]
        clusters.append(
            PageCluster(
                codec.decode_vertices(points, vertices, 3, np.uint32),
                codec.decode_normals(normals, vertices) if normals else None,
                codec.decode_vertices(colors, vertices, 4, np.uint8)[:, :3] if colors else None,
                codec.decode_faces(faces, triangles) if faces else np.empty((0, 3), np.uint32),
            )
        )
    return clusters


def encode_ids(clusters: Sequence[Array], codec: Meshopt) -> bytes:
    """Ids of the measured vertices behind a page's vertices, cluster by cluster."""
    streams = [codec.encode_vertices(ids.astype(np.uint32)[:, None]) for ids in clusters]
    tables = [
        _IDS_CLUSTER.pack(len(ids), len(data)) for ids, data in zip(clusters, streams, strict=True)
    ]
    return b"".join([_PAGE.pack(VERSION, len(clusters), 0), *tables, *streams])


def decode_ids(data: bytes, codec: Meshopt) -> list[Array]:
    """Inverse of `encode_ids`.

    Raises
    ------
    IntegrityError
        If the bytes are no list of ids of a version this software knows.
    """
    if len(data) < _PAGE.size or data[0] != VERSION:
        raise IntegrityError("The vertex ids of a page are not readable", hint=_HINT)
    count, found = data[1], []
    at = _PAGE.size + count * _IDS_CLUSTER.size
    for index in range(count):
        vertices, size = _IDS_CLUSTER.unpack_from(data, _PAGE.size + index * _IDS_CLUSTER.size)
        found.append(codec.decode_vertices(data[at : at + size], vertices, 1, np.uint32)[:, 0])
        at += size
    return found
