"""Spectral cubes over HTTP: facts, image tiles, and the spectrum of a spot.

`museion/cubes/<workgroup>/<dataset>/<item>/` has `info`, `tile`, `histogram` and
`spectrum`. A tile is a PNG of one wavelength as grey, three as red, green and blue, or the
colours an eye sees, encoded as sRGB between two limits. Work is done in threads; the
values behind tiles are kept for a while, so that changing the contrast does not decrypt
again.
"""

import asyncio
import json
from typing import Any

from tornado import web

from museion_datasets.cube import Cube
from museion_datasets.cube_values import Spectrum
from museion_lab.cube_queries import (
    SpectrumQuery,
    read_shown,
    read_spectrum_query,
    read_tile_query,
)
from museion_lab.cube_tiles import TileRenderer, plain_values
from museion_lab.handlers import authorized
from museion_lab.streamed import ADDRESS, StreamedHandler


def routes() -> list[tuple[str, type]]:
    """Return the endpoints, relative to `museion/`.

    Returns
    -------
    list of (str, type)
        Pattern and handler.
    """
    root = f"cubes/{ADDRESS}"
    return [
        (rf"{root}/info", InfoHandler),
        (rf"{root}/tile", TileHandler),
        (rf"{root}/histogram", HistogramHandler),
        (rf"{root}/spectrum", SpectrumHandler),
    ]


class CubeHandler(StreamedHandler):
    """What the endpoints share: opening the cube, and the server's one renderer."""

    async def open_cube(self, workgroup: str, name: str, item: str) -> Cube:
        """Return the cube that the address and `version` name.

        Parameters
        ----------
        workgroup, name, item : str
            From the address.

        Returns
        -------
        Cube
            Opened before, or now.
        """
        dataset = await self.open_dataset(workgroup, name)
        return await asyncio.to_thread(self.renderer.open, dataset, item)

    @property
    def renderer(self) -> TileRenderer:
        """The server's one renderer, with its caches."""
        renderer: TileRenderer = self.settings.setdefault("museion_cube_tiles", TileRenderer())
        return renderer


class InfoHandler(CubeHandler):
    """`info`: what a viewer must know first."""

    @web.authenticated
    @authorized
    async def get(self, workgroup: str, name: str, item: str) -> None:
        """Answer with the cube's facts."""
        cube = await self.open_cube(workgroup, name, item)
        if self.is_known():
            return
        info = await asyncio.to_thread(lambda: cube.info)
        self.finish(json.dumps(info.to_json()))


class TileHandler(CubeHandler):
    """`tile`: a part of an image as PNG."""

    @web.authenticated
    @authorized
    async def get(self, workgroup: str, name: str, item: str) -> None:
        """Answer with the tile."""
        cube = await self.open_cube(workgroup, name, item)
        info = await asyncio.to_thread(lambda: cube.info)
        query = read_tile_query(self.argument, cube, info)
        if self.is_known():
            return
        png = await asyncio.to_thread(self.renderer.tile, cube, query)
        self.finish(png, set_content_type="image/png")


class HistogramHandler(CubeHandler):
    """`histogram`: how often which value occurs in what is shown."""

    @web.authenticated
    @authorized
    async def get(self, workgroup: str, name: str, item: str) -> None:
        """Answer with the counts."""
        cube = await self.open_cube(workgroup, name, item)
        groups, illuminant = read_shown(self.argument, cube)
        if self.is_known():
            return
        found = await asyncio.to_thread(cube.histogram, groups, illuminant)
        self.finish(json.dumps(found.to_json()))


class SpectrumHandler(CubeHandler):
    """`spectrum`: mean and standard deviation over a disc."""

    @web.authenticated
    @authorized
    async def get(self, workgroup: str, name: str, item: str) -> None:
        """Answer with the spectrum."""
        cube = await self.open_cube(workgroup, name, item)
        query = read_spectrum_query(self.argument, cube)
        if self.is_known():
            return
        spectrum = await asyncio.to_thread(cube.spectrum, query.x, query.y, query.radius)
        self.finish(json.dumps(spectrum_json(query, cube, spectrum)))


def spectrum_json(query: SpectrumQuery, cube: Cube, spectrum: Spectrum) -> dict[str, Any]:
    """Return the answer as ``spectrum.schema.json`` says; NaN becomes null."""
    return {
        "x": query.x,
        "y": query.y,
        "radius": query.radius,
        **average_json(cube, spectrum),
    }


def average_json(cube: Cube, spectrum: Spectrum) -> dict[str, Any]:
    """Return an average as ``region-spectrum.schema.json`` says; NaN becomes null."""
    return {
        "count": spectrum.count,
        "coordinate": list(cube.coordinate),
        "mean": plain_values(spectrum.mean),
        "std": plain_values(spectrum.std),
    }
