"""Draws tiles of maps and pictures, and remembers what had to be halved for them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion_datasets.cube import TILE_PX
from museion_datasets.cube_levels import Level
from museion_datasets.dataset import Dataset
from museion_datasets.map_variable import MapKind
from museion_datasets.maps import MapInfo, MapStack
from museion_datasets.painting import (
    DEFAULT_RAMP,
    Pixels,
    encode_pixels,
    paint_classes,
    paint_picture,
    paint_values,
)
from museion_lab.cube_queries import (
    Argument,
    QueryError,
    read_limits,
    read_tile_address,
    read_whole,
)
from museion_lab.kept import Kept

MAPS_KEPT = 32
LEVELS_KEPT_BYTES = 96 << 20


@dataclass(frozen=True, slots=True)
class MapTileQuery:
    """A tile of a map.

    Attributes
    ----------
    level : Level
        Which level.
    x, y : int
        Column and row of the tile.
    plane : int
        Which of the maps.
    low, high : float
        Values at the ends of the ramp.
    ramp : str
        Which ramp of colours.
    """

    level: Level
    x: int
    y: int
    plane: int
    low: float
    high: float
    ramp: str


def read_plane(argument: Argument, info: MapInfo) -> int:
    """Read `plane`, which counts from 0.

    Parameters
    ----------
    argument : callable
        Returns the text of an argument, or None.
    info : MapInfo
        What there is.

    Returns
    -------
    int
        0 by default.

    Raises
    ------
    QueryError
        If there is no such plane.
    """
    plane, last = read_whole("plane", argument("plane") or "0"), len(info.planes) - 1
    if not 0 <= plane <= last:
        raise QueryError(f"There is no plane {plane}", hint=f"Planes go from 0 to {last}.")
    return plane


def read_map_tile(argument: Argument, info: MapInfo) -> MapTileQuery:
    """Read `level`, `x`, `y` and, optionally, `plane`, `low` and `high`, and `ramp`.

    Parameters
    ----------
    argument : callable
        Returns the text of an argument, or None.
    info : MapInfo
        Of the map asked of.

    Returns
    -------
    MapTileQuery
        With limits from the plane's percentiles where none were asked for.

    Raises
    ------
    QueryError
        If something is missing, malformed or outside the map.
    """
    level, x, y = read_tile_address(argument, info.levels)
    plane = read_plane(argument, info)
    low, high = read_limits(argument, info.limits["low"][plane], info.limits["high"][plane])
    ramp, known = argument("ramp") or DEFAULT_RAMP, [each.name for each in info.ramps]
    if ramp not in known:
        raise QueryError(
            f"There is no ramp {ramp!r:.40}", hint=f"Choose one of {', '.join(known)}."
        )
    return MapTileQuery(level, x, y, plane, low, high, ramp)


def paint(stack: MapStack, values: NDArray[Any], query: MapTileQuery) -> Pixels:
    """Colour what a window of a map holds.

    Parameters
    ----------
    stack : MapStack
        Where it comes from.
    values : array
        As its `window` gives it.
    query : MapTileQuery
        How.

    Returns
    -------
    (y, x, 4) uint8
        sRGB and opacity.
    """
    match stack.variable.kind:
        case MapKind.CLASSES:
            return paint_classes(values, len(stack.variable.classes))
        case MapKind.IMAGE:
            return paint_picture(values, query.low, query.high)
        case MapKind.VALUES:
            return paint_values(values, query.low, query.high, query.ramp)


class MapRenderer:
    """Draws tiles. Safe to use from several threads.

    Parameters
    ----------
    capacity_bytes : int
        How much of halved levels stays in memory.
    """

    def __init__(self, capacity_bytes: int = LEVELS_KEPT_BYTES) -> None:
        self._stacks: Kept[tuple[str, int, str, str], MapStack] = Kept(MAPS_KEPT)
        self._levels: Kept[tuple[MapStack, int, int], NDArray[Any]]
        self._levels = Kept(capacity_bytes, lambda values: values.nbytes)

    def open(self, dataset: Dataset, item: str, variable: str) -> MapStack:
        """Return the maps of an item that the caller may read.

        Parameters
        ----------
        dataset : Dataset
            Open.
        item : str
            Name of the array item.
        variable : str
            Which of its variables; empty for the first.

        Returns
        -------
        MapStack
            The same for the same version.
        """
        record = dataset.record
        return self._stacks.get(
            (record.id, dataset.version, item, variable),
            lambda: MapStack(
                dataset.store,
                item,
                title=record.title,
                synthetic=record.synthetic,
                variable=variable or None,
            ),
        )

    def tile(self, stack: MapStack, query: MapTileQuery) -> bytes:
        """Draw a tile.

        Parameters
        ----------
        stack : MapStack
            The maps.
        query : MapTileQuery
            Checked against them.

        Returns
        -------
        bytes
            PNG, 256 pixels a side or less at the border.
        """
        level = query.level
        rows = slice(query.y * TILE_PX, min((query.y + 1) * TILE_PX, level.height))
        columns = slice(query.x * TILE_PX, min((query.x + 1) * TILE_PX, level.width))
        if level.level == 0 or stack.has_pyramid:
            values = stack.window(level.level, rows, columns, query.plane)
        else:
            values = self._level(stack, level.level, query.plane)[rows, columns]
        return encode_pixels(paint(stack, values, query))

    def _level(self, stack: MapStack, level: int, plane: int) -> NDArray[Any]:
        """Return a whole level, halved now or before."""
        return self._levels.get(
            (stack, level, plane), lambda: np.ascontiguousarray(stack.reduced(level, plane))
        )
