"""Regions of cubes over HTTP: the spectrum of a region, and the values along a line.

`museion/cubes/<workgroup>/<dataset>/<item>/` also has `region` and `profile`. A shape is one
argument, ``<kind>:<radius>:<x>,<y>;<x>,<y>…``, with ``/`` between the strokes of a brush,
so that an answer can be kept by the browser under its address.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from tornado import web

from museion_datasets.cube import Cube
from museion_datasets.errors import InvalidError
from museion_datasets.regions import (
    Profile,
    Region,
    Shape,
    line_profile,
    region_spectrum,
)
from museion_lab.cube_queries import Argument, QueryError, read_bands
from museion_lab.cube_tiles import plain_values
from museion_lab.cubes import CubeHandler, average_json
from museion_lab.handlers import authorized
from museion_lab.streamed import ADDRESS

PROFILE_BANDS = (1, 2, 3)
MAX_BRUSH_PX = 500


def routes() -> list[tuple[str, type]]:
    """Return the endpoints, relative to `museion/`.

    Returns
    -------
    list of (str, type)
        Pattern and handler.
    """
    root = f"cubes/{ADDRESS}"
    return [(rf"{root}/region", RegionHandler), (rf"{root}/profile", ProfileHandler)]


class RegionHandler(CubeHandler):
    """`region`: mean and standard deviation over a region."""

    @web.authenticated
    @authorized
    async def get(self, workgroup: str, name: str, item: str) -> None:
        """Answer with the spectrum."""
        cube = await self.open_cube(workgroup, name, item)
        region = read_region(self.argument)
        if self.is_known():
            return
        spectrum = await asyncio.to_thread(_answered, region_spectrum, cube, region)
        self.finish(json.dumps(average_json(cube, spectrum)))


class ProfileHandler(CubeHandler):
    """`profile`: values along a line at some wavelengths."""

    @web.authenticated
    @authorized
    async def get(self, workgroup: str, name: str, item: str) -> None:
        """Answer with the values."""
        cube = await self.open_cube(workgroup, name, item)
        region, bands = read_region(self.argument), read_bands(self.argument, cube, PROFILE_BANDS)
        if self.is_known():
            return
        profile = await asyncio.to_thread(_answered, line_profile, cube, region, bands)
        self.finish(json.dumps(profile_json(cube, bands, profile)))


def read_region(argument: Argument) -> Region:
    """Read `shape`.

    Parameters
    ----------
    argument : callable
        Returns the text of an argument, or None.

    Returns
    -------
    Region
        Not yet known to lie inside the cube.

    Raises
    ------
    QueryError
        If it is malformed.
    """
    kind, radius, parts = _split(argument("shape") or "")
    try:
        shape = Shape(kind)
        strokes = tuple(
            tuple(_point(point) for point in part.split(";")) for part in parts.split("/")
        )
        region = Region(shape, strokes, float(radius))
    except InvalidError as error:
        raise QueryError(error.message, hint=error.hint) from error
    except ValueError as error:
        raise QueryError(
            "The shape is not well formed", hint="Give kind, radius and points in pixels."
        ) from error
    if region.radius > MAX_BRUSH_PX:
        raise QueryError(
            f"The brush is too large: {region.radius:g} pixels",
            hint=f"Choose at most {MAX_BRUSH_PX} pixels.",
        )
    return region


def profile_json(cube: Cube, bands: tuple[int, ...], profile: Profile) -> dict[str, Any]:
    """Return the answer as ``profile.schema.json`` says; NaN becomes null."""
    return {
        "distance_px": profile.distance_px.tolist(),
        "x": profile.x.tolist(),
        "y": profile.y.tolist(),
        "coordinate": [cube.coordinate[band] for band in bands],
        "values": [plain_values(each) for each in profile.values],
    }


def _answered[**P, T](work: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
    """Do work whose refusals are said to the person who asked.

    Raises
    ------
    QueryError
        With the refusal's own sentence: it repeats only what was asked.
    """
    try:
        return work(*args, **options)
    except InvalidError as error:
        raise QueryError(error.message, hint=error.hint) from error


def _split(text: str) -> tuple[str, str, str]:
    kind, _, rest = text.partition(":")
    radius, _, parts = rest.partition(":")
    return kind, radius, parts


def _point(text: str) -> tuple[float, float]:
    x, y = text.split(",")
    return float(x), float(y)
