"""The stored form of finished groups, for a build that is killed and goes on later.

It is written and read by one version of this software only and never part of a dataset::

    u32 bytes of the index · index JSON · arrays and pages, one behind the other

The name under which a run of groups is kept tells everything that it was made from, so what
does not fit is not found, and done again.
"""

import hashlib
import json
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion_datasets.ingest.scans.group import Coarse, Piece, Simplified, Sphere

type Array = NDArray[Any]

_FORM = b"museion groups 1"
_LENGTH = struct.Struct("<I")


def name_level(centers: Array, groups: Sequence[Sequence[int]]) -> str:
    """Return a name for the work on one level.

    Parameters
    ----------
    centers : (n, 3) float64
        Of the level's clusters.
    groups : sequence of sequence of int
        Which clusters belong together.
    """
    hashed = hashlib.sha256(_FORM)
    hashed.update(np.ascontiguousarray(centers).tobytes())
    hashed.update(json.dumps(groups).encode())
    return hashed.hexdigest()[:32]


def pack(groups: Sequence[Simplified]) -> bytes:
    """Return finished groups as bytes."""
    contents: list[bytes] = []

    def put(values: Array) -> list[Any]:
        contents.append(values.tobytes())
        return [values.dtype.str, *values.shape]

    index = [
        {
            "errors": [group.distance, group.appearance],
            "page": put(np.frombuffer(group.page, np.uint8)),
            "ids": put(np.frombuffer(group.ids, np.uint8)),
            "clusters": [
                {
                    "rows": put(each.piece.rows),
                    "faces": put(each.piece.faces),
                    "witnesses": put(each.witness_rows),
                    "sphere": [*each.sphere.center.tolist(), each.sphere.radius],
                }
                for each in group.clusters
            ],
        }
        for group in groups
    ]
    text = json.dumps(index).encode()
    return b"".join([_LENGTH.pack(len(text)), text, *contents])


def unpack(data: bytes) -> list[Simplified]:
    """Inverse of `pack`."""
    (length,) = _LENGTH.unpack_from(data)
    at = _LENGTH.size + length

    def take(about: Sequence[Any]) -> Array:
        nonlocal at
        kind, shape = np.dtype(about[0]), tuple(about[1:])
        count = int(np.prod(shape))
        at += count * kind.itemsize
        return np.frombuffer(data, kind, count, at - count * kind.itemsize).reshape(shape)

    def coarse(about: dict[str, Any]) -> Coarse:
        piece = Piece(take(about["rows"]), take(about["faces"]))
        *center, radius = about["sphere"]
        return Coarse(piece, Sphere(np.array(center), radius), take(about["witnesses"]))

    found = []
    for each in json.loads(data[_LENGTH.size : _LENGTH.size + length]):
        page, ids = take(each["page"]).tobytes(), take(each["ids"]).tobytes()
        clusters = tuple(coarse(about) for about in each["clusters"])
        distance, appearance = each["errors"]
        found.append(Simplified(clusters, distance, appearance, page, ids))
    return found
