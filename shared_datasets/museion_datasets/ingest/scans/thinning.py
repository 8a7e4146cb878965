"""Makes the coarser levels of a cloud of points: evenly spread ones of the measured points.

Nothing is averaged or moved: a coarser level shows fewer of the measured points. Each point that
is no longer shown has one that stands for it, and the error of a group is the largest distance
between the two, over all measured points of the group, however many levels below. It is
measured, not estimated: the distance to the nearest point kept is looked up wherever it could be
the largest.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.scans.clusters import split_compact
from museion_datasets.ingest.scans.group import (
    Coarse,
    Patch,
    Piece,
    Simplified,
    Sphere,
    encode_pieces,
    sphere_around,
)
from museion_datasets.ingest.scans.mesh import Integers, MeshArrays
from museion_datasets.ingest.scans.surface import Surface
from museion_datasets.ingest.scans.wasm import thread_meshopt

type Array = NDArray[Any]

MAX_POINTS = 50_000_000
"""A cloud's file is read whole; of each point some 100 bytes are in memory."""

_PART_POINTS = 1 << 18
_KEPT_SHARE = 0.5
_FIRST_LOOK = 512
_NO_FACES = np.empty((0, 3), np.uint16)


def cloud_parts(surface: Surface) -> int:
    """Return into how many parts a cloud is cut first.

    Parameters
    ----------
    surface : Surface
        A cloud, its points sorted through space.
    """
    return -(-len(surface.points) // _PART_POINTS)


def cut_cloud(surface: Surface, wished: int, part: int) -> list[tuple[Piece, Sphere]]:
    """Cut a part of a cloud into clusters.

    Parameters
    ----------
    surface : Surface
        A cloud, its points sorted through space.
    wished : int
        Points of a cluster.
    part : int
        Which part.
    """
    start = part * _PART_POINTS
    places = surface.points[start : start + _PART_POINTS]
    return [
        (Piece(start + members, _NO_FACES), sphere_around(places[members]))
        for members in _split(places, wished)
    ]


def standing(rows: Integers) -> Integers:
    """Return points that stand for themselves, (w, 2) uint32: each, and who is shown for it.

    Parameters
    ----------
    rows : (w,) int
    """
    return np.stack([rows, rows], axis=1).astype(np.uint32)


def thin(patch: Patch) -> Simplified:
    """Keep half of a group's points, evenly spread.

    Parameters
    ----------
    patch : Patch
        Of a cloud.
    """
    codec, places = thread_meshopt(), patch.points.places
    target = max(1, int(len(places) * _KEPT_SHARE))
    kept = np.sort(codec.thin_points(places - places.min(axis=0), target)).astype(np.int64)
    if len(kept) == len(places):
        return Simplified()
    tree = cKDTree(places[kept].astype(np.float64))
    _, successor = tree.query(places.astype(np.float64))
    crowd = patch.witness_rows
    nearest = successor[np.searchsorted(patch.rows, crowd[:, 1])]
    distance = _settle(patch.witnesses.places.astype(np.float64), places[kept], tree, nearest)
    page, ids = encode_pieces(patch, codec)
    owner, clusters = np.empty(len(kept), np.int64), []
    for index, members in enumerate(_split(places[kept], patch.cluster_triangles)):
        owner[members] = index
        clusters.append(kept[members])
    speaks_for = owner[nearest]
    heirs = np.stack([crowd[:, 0], patch.rows[kept[nearest]]], axis=1).astype(np.uint32)
    return Simplified(
        tuple(
            Coarse(
                Piece(patch.rows[own], _NO_FACES),
                sphere_around(places[own]),
                heirs[speaks_for == index],
            )
            for index, own in enumerate(clusters)
        ),
        distance,
        0.0,
        page,
        ids,
    )


def _split(places: Array, wished: int) -> list[Array]:
    """Cut points into compact sets, each sorted."""
    parts = max(1, round(len(places) / wished))
    return [np.sort(members) for members in split_compact(places, parts)]


def _settle(places: Array, kept: Array, tree: cKDTree, nearest: Integers) -> float:
    """Find the largest distance of a place from the nearest kept point.

    Who stands for a place is changed where another kept point is nearer and it matters:
    afterwards no stand-in is farther away than the distance returned.

    Parameters
    ----------
    places : (w, 3) float64
    kept : (k, 3) int
    tree : cKDTree
        Of `kept`.
    nearest : (w,) int64
        Row of `kept` that stands for each place; changed in place.
    """
    away = np.linalg.norm(places - kept[nearest], axis=1)
    looked = min(_FIRST_LOOK, len(places))
    chosen = np.argpartition(away, len(away) - looked)[len(away) - looked :]
    largest = 0.0
    while len(chosen):
        exact, nearest[chosen] = tree.query(places[chosen])
        away[chosen] = exact
        largest = max(largest, float(exact.max()))
        chosen = np.flatnonzero(away > largest)
    return largest


def require_cloud(mesh: MeshArrays) -> MeshArrays:
    """Return a cloud if a picture can be made of it.

    Parameters
    ----------
    mesh : MeshArrays
        Without triangles, all of its positions numbers.

    Raises
    ------
    InvalidError
        If it has no points, too many, all in one place, or colours and normals of others.
    """
    count = len(mesh.vertices)
    if count == 0:
        raise InvalidError(
            "No point of the cloud has a position that is a number",
            hint="export the cloud again; in a folder its file is kept as it is.",
        )
    if count > MAX_POINTS:
        raise InvalidError(
            f"The cloud has too many points: {count:,}",
            hint=f"split it into parts of at most {MAX_POINTS:,} points.",
        )
    for name, values in (("colors", mesh.colors), ("normals", mesh.normals)):
        if values is not None and values.shape != (count, 3):
            raise InvalidError(
                f"The cloud's {name} do not match its points: {values.shape}",
                hint=f"give one row of three values for each of the {count} points.",
            )
    if (mesh.vertices == mesh.vertices[0]).all():
        raise InvalidError(
            "All points of the cloud lie in one place",
            hint="check the export's scale; in a folder its file is kept as it is.",
        )
    return mesh
