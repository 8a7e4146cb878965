"""Maps and pictures over HTTP: facts, tiles in colours, and histograms.

`museion/maps/<workgroup>/<dataset>/<item>/` has `info`, `tile` and `histogram`; `variable`
names one of the item's variables. A tile is a PNG in colours, transparent where nothing is
known, so that it can lie over another image. Work is done in threads.
"""

import asyncio
import json

from tornado import web

from museion_datasets.maps import MapStack
from museion_lab.handlers import authorized
from museion_lab.map_tiles import MapRenderer, read_map_tile, read_plane
from museion_lab.streamed import StreamedHandler

_NAME = r"([a-z0-9][a-z0-9-]*)"
_ITEM = r"([A-Za-z0-9._-]+)"


def routes() -> list[tuple[str, type]]:
    """Return the endpoints, relative to `museion/`.

    Returns
    -------
    list of (str, type)
        Pattern and handler.
    """
    root = rf"maps/{_NAME}/{_NAME}/{_ITEM}"
    return [
        (rf"{root}/info", MapInfoHandler),
        (rf"{root}/tile", MapTileHandler),
        (rf"{root}/histogram", MapHistogramHandler),
    ]


class MapHandler(StreamedHandler):
    """What the endpoints share: opening the maps, and the server's one renderer."""

    async def open_maps(self, workgroup: str, name: str, item: str) -> MapStack:
        """Return the maps that the address, `version` and `variable` name.

        Parameters
        ----------
        workgroup, name, item : str
            From the address.

        Returns
        -------
        MapStack
            Opened before, or now.
        """
        dataset = await self.open_dataset(workgroup, name)
        variable = self.argument("variable") or ""
        return await asyncio.to_thread(self.renderer.open, dataset, item, variable)

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
        stack = await self.open_maps(workgroup, name, item)
        if self.is_known():
            return
        info = await asyncio.to_thread(lambda: stack.info)
        self.finish(json.dumps(info.to_json()))


class MapTileHandler(MapHandler):
    """`tile`: a part of a map as PNG."""

    @web.authenticated
    @authorized
    async def get(self, workgroup: str, name: str, item: str) -> None:
        """Answer with the tile."""
        stack = await self.open_maps(workgroup, name, item)
        info = await asyncio.to_thread(lambda: stack.info)
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
        stack = await self.open_maps(workgroup, name, item)
        info = await asyncio.to_thread(lambda: stack.info)
        plane = read_plane(self.argument, info)
        if self.is_known():
            return
        found = await asyncio.to_thread(stack.histogram, plane)
        self.finish(json.dumps(found.to_json()))
