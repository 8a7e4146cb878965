"""Cuts triangles into compact clusters and says which clusters belong together.

Groups are matched anew on each level by the border they share. Borders that were locked on
the level below are the densest, so they attract a group around them and dissolve.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

type Array = NDArray[Any]

_NEAREST = 5
_MATCHING_ROUNDS = 2


def split_compact(centers: Array, parts: int) -> list[Array]:
    """Cut `centers` into `parts` compact sets of equal size, as indices in order.

    Parameters
    ----------
    centers : (n, 3) array
    parts : int
    """
    done: list[Array] = []
    start = np.arange(len(centers), dtype=np.int32)
    waiting = [(start, np.ascontiguousarray(centers.T), parts)]
    while waiting:
        members, own, count = waiting.pop()
        if count == 1:
            done.append(members)
            continue
        axis = int((own.max(axis=1) - own.min(axis=1)).argmax())
        left = count // 2
        is_low = _lowest(own[axis], len(members) * left // count)
        for side, share in ((is_low, left), (~is_low, count - left)):
            kept = np.flatnonzero(side)
            waiting.append((members[kept], own.take(kept, axis=1), share))
    return done


def _lowest(values: Array, count: int) -> NDArray[np.bool_]:
    """Return which are the `count` lowest of more values, the first of equal ones."""
    border = np.partition(values, count)[count]
    found: NDArray[np.bool_] = values < border
    found[np.flatnonzero(values == border)[: count - np.count_nonzero(found)]] = True
    return found


def match_groups(points: Array, owners: Array, centers: Array) -> list[list[int]]:
    """Form groups of about four neighbouring clusters.

    Parameters
    ----------
    points, owners : (k,) int
        Which cluster uses which point, sorted by point; points of one cluster may be left out.
    centers : (clusters, 3) float
        Used to find company for clusters that touch no other.
    """
    weights = _shared_borders(points, owners)
    _add_nearest(weights, centers)
    groups = [[index] for index in range(len(centers))]
    for _ in range(_MATCHING_ROUNDS):
        groups = _pair_up(groups, weights)
    return _adopt_singles(groups, weights)


def _shared_borders(points: Array, owners: Array) -> dict[tuple[int, int], float]:
    is_shared = points[1:] == points[:-1]
    first, second = owners[:-1][is_shared], owners[1:][is_shared]
    pairs, counts = np.unique(np.stack([first, second], axis=1), axis=0, return_counts=True)
    return {(int(a), int(b)): float(count) for (a, b), count in zip(pairs, counts, strict=True)}


def _add_nearest(weights: dict[tuple[int, int], float], centers: Array) -> None:
    count = min(_NEAREST, len(centers))
    _, nearest = cKDTree(centers).query(centers, k=count)
    for index, row in enumerate(nearest.reshape(len(centers), count)):
        for rank, other in enumerate(row):
            if other != index:
                pair = (min(index, int(other)), max(index, int(other)))
                weights.setdefault(pair, 0.5 / (1 + rank))


def _between(
    groups: list[list[int]], weights: dict[tuple[int, int], float]
) -> list[tuple[float, int, int]]:
    """List connections between groups, strongest first."""
    group_of = {member: index for index, group in enumerate(groups) for member in group}
    total: dict[tuple[int, int], float] = {}
    for (a, b), weight in weights.items():
        first, second = sorted((group_of[a], group_of[b]))
        if first != second:
            total[first, second] = total.get((first, second), 0.0) + weight
    return sorted(((weight, a, b) for (a, b), weight in total.items()), key=_strongest_first)


def _strongest_first(link: tuple[float, int, int]) -> tuple[float, int, int]:
    weight, a, b = link
    return (-weight, a, b)


def _pair_up(groups: list[list[int]], weights: dict[tuple[int, int], float]) -> list[list[int]]:
    is_free = [True] * len(groups)
    paired: list[list[int]] = []
    for _, a, b in _between(groups, weights):
        if is_free[a] and is_free[b]:
            is_free[a] = is_free[b] = False
            paired.append(groups[a] + groups[b])
    return paired + [group for group, free in zip(groups, is_free, strict=True) if free]


def _adopt_singles(
    groups: list[list[int]], weights: dict[tuple[int, int], float]
) -> list[list[int]]:
    """Join clusters left alone to the neighbouring group they share most with."""
    merged = [list(group) for group in groups]
    for _, a, b in _between(groups, weights):
        single, host = (a, b) if len(merged[a]) == 1 else (b, a)
        if len(merged[single]) == 1 and merged[host]:
            merged[host].extend(merged[single])
            merged[single] = []
    return [group for group in merged if group]
