"""RTI models over HTTP: facts, and tiles of coefficients that the browser relights.

`museion/rti/<workgroup>/<dataset>/<item>/` has `info` and `tile`. A tile is a PNG of the planes
of a window, three as red, green and blue, one group below the other; a byte stands for a value
between the limits that `info` names, and alpha is 0 where the model has no value. So a light is
moved without asking the server again. Work is done in threads.
"""

import asyncio
import io
import json

import numpy as np
from PIL import Image
from tornado import web

from museion_datasets.cube import TILE_PX
from museion_datasets.rti import Floats, RtiInfo, RtiModel
from museion_lab.cube_queries import read_tile_address
from museion_lab.handlers import authorized
from museion_lab.kept import Kept
from museion_lab.streamed import ADDRESS, StreamedHandler

MODELS_KEPT = 16
_GROUP = 3

type Models = Kept[tuple[str, int, str], RtiModel]


def routes() -> list[tuple[str, type]]:
    """Return the endpoints, relative to `museion/`.

    Returns
    -------
    list of (str, type)
        Pattern and handler.
    """
    root = f"rti/{ADDRESS}"
    return [(rf"{root}/info", RtiInfoHandler), (rf"{root}/tile", RtiTileHandler)]


class RtiHandler(StreamedHandler):
    """What the endpoints share: opening the model."""

    async def open_model(self, workgroup: str, name: str, item: str) -> tuple[RtiModel, RtiInfo]:
        """Return the model that the address and `version` name, and its facts.

        Parameters
        ----------
        workgroup, name, item : str
            From the address.

        Returns
        -------
        model : RtiModel
            Opened before, or now.
        info : RtiInfo
            Its facts.
        """
        dataset = await self.open_dataset(workgroup, name)
        record, store = dataset.record, dataset.store
        models: Models = self.settings.setdefault("museion_rti_models", Kept(MODELS_KEPT))
        model = await asyncio.to_thread(
            models.get,
            (record.id, dataset.version, item),
            lambda: RtiModel(store, item, title=record.title, synthetic=record.synthetic),
        )
        return model, await asyncio.to_thread(lambda: model.info)


class RtiInfoHandler(RtiHandler):
    """`info`: what a viewer must know first."""

    @web.authenticated
    @authorized
    async def get(self, workgroup: str, name: str, item: str) -> None:
        """Answer with the model's facts."""
        _, info = await self.open_model(workgroup, name, item)
        if not self.is_known():
            self.finish(json.dumps(info.to_json()))


class RtiTileHandler(RtiHandler):
    """`tile`: a window of all planes as PNG."""

    @web.authenticated
    @authorized
    async def get(self, workgroup: str, name: str, item: str) -> None:
        """Answer with the tile."""
        model, info = await self.open_model(workgroup, name, item)
        level, x, y = read_tile_address(self.argument, info.levels)
        if self.is_known():
            return
        rows = slice(y * TILE_PX, min((y + 1) * TILE_PX, level.height))
        columns = slice(x * TILE_PX, min((x + 1) * TILE_PX, level.width))
        values = await asyncio.to_thread(model.window, level.level, rows, columns)
        png = await asyncio.to_thread(encode_planes, values, info)
        self.finish(png, set_content_type="image/png")


def encode_planes(values: Floats, info: RtiInfo) -> bytes:
    """Turn planes into an image, three of them beside each other in depth, groups below.

    Parameters
    ----------
    values : (y, x, planes) float32
        NaN where there is none.
    info : RtiInfo
        With the planes' limits.

    Returns
    -------
    bytes
        PNG of the same width, as many times higher as there are groups of three.
    """
    low, high = (np.asarray(limits, np.float32) for limits in (info.low, info.high))
    rows, columns, planes = values.shape
    shares = (values - low) / (high - low)
    codes = np.nan_to_num(np.round(255 * shares.clip(0.0, 1.0)), nan=0.0).astype(np.uint8)
    grouped = np.moveaxis(codes.reshape(rows, columns, planes // _GROUP, _GROUP), 2, 0)
    known = np.isfinite(values).reshape(rows, columns, planes // _GROUP, _GROUP).all(axis=-1)
    alpha = np.moveaxis(np.where(known, 255, 0).astype(np.uint8), 2, 0)
    stacked = np.concatenate([grouped, alpha[..., None]], axis=-1).reshape(-1, columns, 4)
    buffer = io.BytesIO()
    Image.fromarray(stacked).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
