"""One group's work: join its clusters, simplify them, cut anew, measure, and encode.

A `Patch` holds all that this needs, so the work can be done by any thread or any machine.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion_datasets.ingest.scans.clusters import split_compact
from museion_datasets.ingest.scans.error import measure_deviation
from museion_datasets.ingest.scans.format import PageCluster, encode_ids, encode_page
from museion_datasets.ingest.scans.surface import Points, unpack_normals
from museion_datasets.ingest.scans.wasm import Meshopt, thread_meshopt

type Array = NDArray[Any]

_MIN_REDUCTION = 0.85
KEPT_SHARE = 0.4
"""Of the triangles; a half costs a fifth more room and time, and draws a sixth fewer."""

_COLOR_WEIGHT = 2.0
_NORMAL_WEIGHT = 1.0
_SIDES_STEP = 8
_MAX_SHORT = 1 << 16


@dataclass(frozen=True, slots=True)
class Sphere:
    """A bounding sphere in grid steps."""

    center: Array
    radius: float


@dataclass(frozen=True, slots=True)
class Piece:
    """Triangles, or points, drawn together.

    Attributes
    ----------
    rows : (k,) int
        Its points, each once.
    faces : (t, 3) uint16 or uint32
        Places in `rows`; none of them in a cloud.
    """

    rows: Array
    faces: Array


@dataclass(frozen=True, slots=True)
class Patch:
    """The clusters of a group.

    Attributes
    ----------
    rows : (n,) int64
        Rows of the scan's points that the clusters use, sorted.
    points : Points
        These.
    ids : (n,) uint32
        The measured vertices behind them.
    is_locked : (n,) bool
        Which of them must stay.
    pieces : tuple of Piece
        The clusters; their rows are places in `rows`.
    witness_rows : (w,) int64 or (w, 2) int64
        Rows of measured points that speak for the group; in a cloud all that it stands for, and
        beside each the point that is shown in its place.
    witnesses : Points
        These.
    cluster_triangles : int
        Wished size of a cluster.
    """

    rows: Array
    points: Points
    ids: Array
    is_locked: Array
    pieces: tuple[Piece, ...]
    witness_rows: Array
    witnesses: Points
    cluster_triangles: int


@dataclass(frozen=True, slots=True)
class Coarse:
    """A cluster made by simplifying.

    Attributes
    ----------
    piece : Piece
        Its rows are the scan's.
    sphere : Sphere
        Around its own points.
    witness_rows : (w,) int64 or (w, 2) int64
        As of `Patch`.
    """

    piece: Piece
    sphere: Sphere
    witness_rows: Array


@dataclass(frozen=True, slots=True)
class Simplified:
    """What became of a group.

    Attributes
    ----------
    clusters : tuple of Coarse
        What shows it on the next level; none if it could not be simplified.
    distance, appearance : float
        Their deviation from what was measured, in grid steps.
    page, ids : bytes
        The group's own clusters in their stored form.
    """

    clusters: tuple[Coarse, ...] = ()
    distance: float = 0.0
    appearance: float = 0.0
    page: bytes = b""
    ids: bytes = b""


def simplify(patch: Patch) -> Simplified:
    """Do a group's work."""
    codec = thread_meshopt()
    faces = np.concatenate([piece.rows[piece.faces] for piece in patch.pieces])
    attributes, weights = _attributes(patch.points, faces)
    coarse = codec.simplify(
        faces,
        patch.points.places - patch.points.places.T.min(axis=1),
        attributes,
        weights,
        is_locked=patch.is_locked,
        target=int(len(faces) * KEPT_SHARE),
    )
    if len(coarse) == 0 or len(coarse) > _MIN_REDUCTION * len(faces):
        return Simplified()
    same = np.searchsorted(patch.rows, patch.witness_rows)
    same[patch.rows[np.minimum(same, len(patch.rows) - 1)] != patch.witness_rows] = -1
    found = measure_deviation(patch.witnesses, patch.points, coarse, same)
    page, ids = encode_pieces(patch, codec)
    clusters, owner = [], np.empty(len(coarse), np.int64)
    for index, (members, piece) in enumerate(
        cut_pieces(patch.points.places, coarse, patch.cluster_triangles)
    ):
        owner[members] = index
        places = patch.points.places[piece.rows]
        clusters.append((Piece(patch.rows[piece.rows], piece.faces), places))
    speaks_for = owner[found.nearest]
    return Simplified(
        tuple(
            Coarse(piece, sphere_around(places), patch.witness_rows[speaks_for == index])
            for index, (piece, places) in enumerate(clusters)
        ),
        found.distance,
        found.appearance,
        page,
        ids,
    )


def encode_pieces(patch: Patch, codec: Meshopt) -> tuple[bytes, bytes]:
    """Return a patch's clusters as a page, and their ids."""
    clusters, ids = [], []
    for piece in patch.pieces:
        if len(piece.faces):
            faces, order = codec.optimize(piece.faces, len(piece.rows))
        else:
            places = patch.points.places[piece.rows]
            faces, order = piece.faces, codec.order_points(places - places.min(axis=0))
        rows = piece.rows[order]
        own = patch.points.take(rows)
        normals = unpack_normals(own.normals) if own.normals.any() else None
        clusters.append(PageCluster(own.places, normals, own.colors, faces))
        ids.append(patch.ids[rows])
    return encode_page(clusters, codec), encode_ids(ids, codec)


def cut_pieces(places: Array, faces: Array, wished: int) -> "list[tuple[Array, Piece]]":
    """Cut triangles into compact pieces: which triangles went there, and the piece.

    Parameters
    ----------
    places : (n, 3) int32
        Grid coordinates.
    faces : (m, 3) int
        Rows of `places`.
    wished : int
        Triangles of a piece.
    """
    centers = places[faces[:, 0]] + places[faces[:, 1]] + places[faces[:, 2]]
    slots = np.empty(len(places), np.int32)
    parts = split_compact(centers, max(1, round(len(faces) / wished)))
    return [(members, _piece(faces[members], slots)) for members in parts]


def _piece(faces: Array, slots: Array) -> Piece:
    """Give triangles rows of their own; `slots` is room for one number of each point."""
    flat = faces.ravel()
    uses = np.arange(len(flat), dtype=slots.dtype)
    slots[flat] = uses
    rows = flat[slots[flat] == uses]
    slots[rows] = np.arange(len(rows), dtype=slots.dtype)
    kind = np.uint16 if len(rows) <= _MAX_SHORT else np.uint32
    return Piece(rows, slots[flat].reshape(-1, 3).astype(kind))


def sphere_around(places: Array) -> Sphere:
    """Return a sphere that contains all of (n, 3) points."""
    x, y, z = places.T.astype(np.float64, order="C")
    center = np.array([(each.min() + each.max()) / 2.0 for each in (x, y, z)])
    away = (x - center[0]) ** 2 + (y - center[1]) ** 2 + (z - center[2]) ** 2
    return Sphere(center, float(np.sqrt(away.max())))


def _attributes(points: Points, faces: Array) -> tuple[Array, Array]:
    """Give colours, else normals; a full difference counts as one side of a triangle.

    Both would take a tenth more time for the same number of triangles in a picture.
    """
    some = faces[::_SIDES_STEP]
    sides = (points.places[some[:, 0]] - points.places[some[:, 1]]).astype(np.float32)
    extent = float(np.ptp(points.places.T, axis=1).max())
    length = np.sqrt(np.einsum("fx,fx->f", sides, sides))
    side = float(length.mean(dtype=np.float64)) / max(extent, 1.0)
    if points.colors is None:
        return unpack_normals(points.normals), np.full(3, _NORMAL_WEIGHT * side, np.float32)
    colors = points.colors.astype(np.float32) / np.float32(255)
    return colors, np.full(3, _COLOR_WEIGHT * side, np.float32)
