"""What is wrong with a mesh's geometry, counted and told; nothing is repaired.

Edges are judged after vertices at exactly the same place count as one: formats that repeat
vertices (STL, seams of textures) would otherwise seem torn everywhere.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion_datasets.ingest.scans.merging import SHARE_ROWS, first_equal, mix, shares_of
from museion_datasets.ingest.scans.mesh import Floats, Integers, MeshArrays, where_finite
from museion_datasets.ingest.scans.scratch import Buckets, blocks

type Array = NDArray[Any]

_PAIR = 2
_ROWS = 1 << 18


@dataclass(frozen=True, slots=True)
class GeometryReport:
    """What a check found, in numbers of vertices, triangles and edges.

    Attributes
    ----------
    vertices, triangles : int
        How many there are.
    not_finite : int
        Vertices with a coordinate that is not a number, or infinite.
    unreferenced : int
        Vertices of no triangle.
    duplicate_vertices : int
        Vertices at exactly the place of an earlier one.
    degenerate_triangles : int
        Without area: corners at one place, or all on a line.
    duplicate_triangles : int
        With the same three corners as an earlier one, however they are ordered.
    open_edges : int
        Of one triangle only: holes and borders.
    non_manifold_edges : int
        Of more than two triangles.
    flipped_edges : int
        Of two triangles that face opposite sides.
    """

    vertices: int
    triangles: int
    not_finite: int = 0
    unreferenced: int = 0
    duplicate_vertices: int = 0
    degenerate_triangles: int = 0
    duplicate_triangles: int = 0
    open_edges: int = 0
    non_manifold_edges: int = 0
    flipped_edges: int = 0

    @property
    def is_watertight(self) -> bool:
        """Whether it encloses a volume: each edge has two triangles that face one side."""
        return not (self.open_edges or self.non_manifold_edges or self.flipped_edges)

    def to_json(self) -> dict[str, int]:
        """Return the counts by name."""
        return asdict(self)

    def sentences(self) -> tuple[str, ...]:
        """Return for people what was found: size first, then what is not as it should be."""
        size = f"{self.triangles:,} triangles, {self.vertices:,} vertices"
        closed = "closed" if self.is_watertight else "not closed"
        told = {
            "vertices whose position is not a number; their triangles are kept, not shown": (
                self.not_finite
            ),
            "vertices of no triangle": self.unreferenced,
            "vertices at the place of another": self.duplicate_vertices,
            "triangles without area": self.degenerate_triangles,
            "triangles that are there twice": self.duplicate_triangles,
            "open edges": self.open_edges,
            "edges of more than two triangles": self.non_manifold_edges,
            "edges whose triangles face opposite sides": self.flipped_edges,
        }
        found = (f"Geometry, kept as it is: {n:,} {what}" for what, n in told.items() if n)
        return (f"Mesh of {size}, {closed}", *found)


def check_geometry(mesh: MeshArrays) -> GeometryReport:
    """Count what is wrong with a mesh.

    Parameters
    ----------
    mesh : MeshArrays
        Its triangles must point to vertices that exist.

    Returns
    -------
    GeometryReport
        Numbers only.
    """
    count, firsts = len(mesh.vertices), first_equal(mesh.vertices)
    is_finite, is_used = where_finite(mesh.vertices), np.zeros(count, np.bool_)
    flat, shares = 0, max(1, -(-len(mesh.faces) // SHARE_ROWS))
    edges, corners = Buckets(3 * shares, 1, np.int64), Buckets(shares, 1, np.uint64)
    for block in blocks(len(mesh.faces), mesh.faces, firsts, mesh.vertices, rows=_ROWS):
        given = mesh.faces[block]
        is_used[given.ravel()] = True
        faces = firsts[given].astype(np.int64)
        is_flat = _flat(mesh.vertices[faces], faces)
        flat += int(is_flat.sum())
        sound = faces[~is_flat & is_finite[given].all(axis=1)]
        keys, lower = _edge_keys(sound, count)
        edges.add(keys[:, None], lower * len(edges) // count)
        mixed = mix(np.sort(faces, axis=1))
        corners.add(mixed[:, None], shares_of(mixed, len(corners)))
    open_, crowded, flipped = np.sum(
        [_count_edges(edges.read(each)[:, 0]) for each in range(len(edges))], axis=0
    ).tolist()
    return GeometryReport(
        count,
        len(mesh.faces),
        not_finite=int((~is_finite).sum()),
        unreferenced=int((~is_used).sum()),
        duplicate_vertices=_count_later(firsts),
        degenerate_triangles=flat,
        duplicate_triangles=_repeated(mesh.faces, firsts, corners),
        open_edges=open_,
        non_manifold_edges=crowded,
        flipped_edges=flipped,
    )


def _count_later(firsts: Array) -> int:
    """Return how many points have an equal one before."""
    rows = blocks(len(firsts), firsts)
    return sum(int((firsts[row] != np.arange(row.start, row.stop)).sum()) for row in rows)


def _flat(points: Floats, faces: Integers) -> NDArray[np.bool_]:
    """Return which triangles have no area; one with a NaN is not counted."""
    a, b, c = (points[:, corner] for corner in range(3))
    with np.errstate(invalid="ignore", over="ignore"):
        across = np.cross(b - a, c - a)
    first, second, third = faces.T
    same = (first == second) | (second == third) | (third == first)
    found: NDArray[np.bool_] = same | (across == 0.0).all(axis=1)
    return found


def _repeated(given: Integers, firsts: Array, corners: Buckets) -> int:
    """Return how many triangles have the corners of an earlier one."""
    twice = []
    for share in range(len(corners)):
        ordered = np.sort(corners.read(share)[:, 0])
        twice.append(np.unique(ordered[1:][ordered[1:] == ordered[:-1]]))
    seen, candidates = np.concatenate(twice), []
    if len(seen) == 0:
        return 0
    for block in blocks(len(given), given, firsts):
        faces = np.sort(firsts[given[block]].astype(np.int64), axis=1)
        candidates.append(faces[np.isin(mix(faces), seen)])
    found = np.concatenate(candidates)
    return len(found) - len(np.unique(found, axis=0))


def _edge_keys(faces: Integers, count: int) -> tuple[Integers, Integers]:
    """Return a number for each edge, and its lower corner.

    The lowest bit is the edge's direction, so one sort orders edges and directions.
    """
    start, end = faces.ravel(), faces[:, [1, 2, 0]].ravel()
    lower = np.minimum(start, end)
    keys = lower * count + np.maximum(start, end)
    return (keys << 1) | (start < end), lower


def _count_edges(keys: Integers) -> tuple[int, int, int]:
    """Return the numbers of open, crowded and flipped edges."""
    if len(keys) == 0:
        return 0, 0, 0
    keys = np.sort(keys)
    edge, forth = keys >> 1, keys & 1
    begins = np.concatenate([[0], np.flatnonzero(edge[1:] != edge[:-1]) + 1])
    uses = np.diff(begins, append=len(edge))
    forward = np.add.reduceat(forth, begins)
    is_flipped = (uses == _PAIR) & (forward != 1)
    return int((uses == 1).sum()), int((uses > _PAIR).sum()), int(is_flipped.sum())
