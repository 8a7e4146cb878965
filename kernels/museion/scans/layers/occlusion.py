"""Ambient occlusion: how much of the sky over each vertex the object itself hides.

Rays leave each vertex into the half space over it, denser where light counts more (by the
cosine). Which they are depends on the vertex alone, so the same scan gives the same values.
Source: Zhukov, Iones and Kronin 1998, doi:10.1007/978-3-7091-6453-2_5.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion.errors import InputError
from museion.scans.layers.integral import Progress
from museion.scans.layers.layer import Layer, require_name
from museion.scans.layers.solid import Solid
from museion.scans.measure.paradata import Origin, paradata
from museion.scans.measure.quantities import show_length

type Array = NDArray[Any]

RAYS = 64
_MOST_RAYS = 4096
_RAYS_AT_ONCE = 1 << 20
_SOURCE = "Zhukov et al. 1998, doi:10.1007/978-3-7091-6453-2_5"
_LIFT = 1e-2  # of an edge: rays start this far over the surface
_GOLDEN = 0.6180339887498949
_PLASTIC = 0.7548776662466927, 0.5698402909980532  # Roberts' sequence R2


def measure_occlusion(
    solid: Solid,
    origin: Origin,
    *,
    rays: int = RAYS,
    distance_m: float | None = None,
    name: str = "occlusion",
    progress: Progress | None = None,
) -> Layer:
    """Return the share of the sky that each vertex sees, weighted by the cosine.

    Parameters
    ----------
    solid : Solid
    origin : Origin
    rays : int
        For each vertex; the standard error is at most half of one over their root.
    distance_m : float, optional
        What is farther off hides nothing; the whole object counts by default.
    name : str
        Of the layer.
    progress : callable, optional
        Told which share is done, from 0 to 1.

    Raises
    ------
    InputError
        If there are no rays or too many, or the distance is no length.
    """
    if not 1 <= rays <= _MOST_RAYS:
        raise InputError(f"Not a number of rays: {rays}", hint=f"1 to {_MOST_RAYS}.")
    if distance_m is not None and not (np.isfinite(distance_m) and distance_m > 0.0):
        raise InputError(f"Not a distance: {distance_m} m", hint="give metres, as 0.01.")
    found = paradata(
        origin,
        "ambient occlusion: share of the sky that is seen, cosine-weighted rays",
        _SOURCE,
        ("embreex",),
        rays=rays,
        largest_distance="unbounded" if distance_m is None else show_length(distance_m),
    )
    return Layer(
        name=require_name(name),
        values=solid.spread(sky_shares(solid, rays, distance_m, progress)),
        title="Seen sky" if distance_m is None else f"Seen sky within {show_length(distance_m)}",
        quantity="occlusion",
        paradata=found,
    )


def sky_shares(
    solid: Solid, rays: int, distance_m: float | None = None, progress: Progress | None = None
) -> Array:
    """Return the share of rays that hit nothing, (k,) float64.

    Parameters
    ----------
    solid : Solid
    rays : int
        For each vertex.
    distance_m : float, optional
    progress : callable, optional
    """
    from embreex.mesh_construction import TriangleMesh  # noqa: PLC0415 - compiled
    from embreex.rtcore_scene import EmbreeScene  # noqa: PLC0415

    scene = EmbreeScene(robust=True)
    TriangleMesh(scene, solid.vertices.astype(np.float32), solid.faces.astype(np.int32))
    count = len(solid.vertices)
    around = _frames(solid.normals)
    starts = solid.vertices + _LIFT * solid.edge_m * solid.normals
    shares = np.empty(count)
    at_once = max(1, _RAYS_AT_ONCE // rays)
    for first in range(0, count, at_once):
        rows = np.arange(first, min(first + at_once, count))
        along = np.einsum("pij,prj->pri", around[rows], _directions(rows, rays))
        origins = np.repeat(starts[rows], rays, axis=0).astype(np.float32)
        reach = np.full(len(origins), 1e30 if distance_m is None else distance_m, np.float32)
        hit = scene.run(
            origins, np.ascontiguousarray(along.reshape(-1, 3), np.float32), reach, "OCCLUDED"
        )
        shares[rows] = (np.asarray(hit) < 0).reshape(-1, rays).mean(axis=1)
        if progress is not None:
            progress((rows[-1] + 1) / count)
    return shares


def _directions(rows: Array, rays: int) -> Array:
    """Cosine-weighted directions around z, (p, rays, 3); each row has its own shift."""
    number = np.arange(rays)
    places = np.stack([(number + 0.5) / rays, (number * _GOLDEN) % 1.0], axis=1)
    shift = (rows[:, None] * np.array(_PLASTIC)) % 1.0
    places = (places[None] + shift[:, None]) % 1.0
    out, turn = np.sqrt(places[..., 0]), 2.0 * np.pi * places[..., 1]
    up = np.sqrt(1.0 - places[..., 0])
    return np.stack([out * np.cos(turn), out * np.sin(turn), up], axis=-1)


def _frames(normals: Array) -> Array:
    """Matrices that turn z to each normal, (k, 3, 3); Duff et al. 2017."""
    x, y, z = normals.T
    sign = np.where(z >= 0.0, 1.0, -1.0)
    a = -1.0 / (sign + z)
    b = x * y * a
    first = np.stack([1.0 + sign * x * x * a, sign * b, -sign * x], axis=1)
    second = np.stack([b, sign + y * y * a, -y], axis=1)
    return np.stack([first, second, normals], axis=2)
