"""Maps and pictures over HTTP: facts, tiles in colours, and histograms.

`museion/maps/<workgroup>/<dataset>/<item>/` has `info`, `tile` and `histogram`; `variable`
names one of the item's variables. A tile is a PNG in colours, transparent where nothing is
known, so that it can lie over another image. Work is done in threads.
"""

import asyncio
import json

from tornado import web

from museion_datasets.maps import MapInfo, MapStack
from museion_lab.handlers import authorized
from museion_lab.map_tiles import MapRenderer, read_map_tile, read_plane
from museion_lab.streamed import ADDRESS, StreamedHandler


def routes() -> list[tuple[str, type]]:
    """Return the endpoints, relative to `museion/`.

    Returns
    -------
    list of (str, type)
        Pattern and handler.
    """
    root = f"maps/{ADDRESS}"
    return [
        (rf"{root}/info", MapInfoHandler),
        (rf"{root}/tile", MapTileHandler),
        (rf"{root}/histogram", MapHistogramHandler),
    ]


class MapHandler(StreamedHandler):
    """What the endpoints share: opening the maps, and the server's one renderer."""

    async def open_maps(self, workgroup: str, name: str, item: str) -> tuple[MapStack, MapInfo]:
        """Return the maps that the address, `version` and `variable` name, and their facts.

        Parameters
        ----------
        workgroup, name, item : str
            From the address.

        Returns
        -------
        stack : MapStack
            Opened before, or now.
        info : MapInfo
            Its facts.
        """
        dataset = await self.open_dataset(workgroup, name)
        variable = self.argument("variable") or ""
        stack = await asyncio.to_thread(self.renderer.open, dataset, item, variable)
        return stack, await asyncio.to_thread(lambda: stack.info)

    @property
    def renderer(self) -> MapRenderer:
        """The server's one renderer, with its caches."""
        renderer: MapRenderer = self.settings.setdefault("museion_map_tiles", MapRenderer())
        return renderer


class MapInfoHandler(MapHandler):
    """`info`: what a viewer must know first."""

    @web.authenticated
    @authorized
    async def get(self, workgroup: str, name: str, item: str) -> None:
        """Answer with the maps' facts."""
        _, info = await self.open_maps(workgroup, name, item)
        if not self.is_known():
            self.finish(json.dumps(info.to_json()))


class MapTileHandler(MapHandler):
    """`tile`: a part of a map as PNG."""

    @web.authenticated
    @authorized
    async def get(self, workgroup: str, name: str, item: str) -> None:
        """Answer with the tile."""
        stack, info = await self.open_maps(workgroup, name, item)
        query = read_map_tile(self.argument, info)
        if self.is_known():
            return
        png = await asyncio.to_thread(self.renderer.tile, stack, query)
        self.finish(png, set_content_type="image/png")


class MapHistogramHandler(MapHandler):
    """`histogram`: how often which value occurs in a plane."""

    @web.authenticated
    @authorized
    async def get(self, workgroup: str, name: str, item: str) -> None:
        """Answer with the counts."""
        stack, info = await self.open_maps(workgroup, name, item)
        plane = read_plane(self.argument, info)
        if self.is_known():
            return
        found = await asyncio.to_thread(stack.histogram, plane)
        self.finish(json.dumps(found.to_json()))
