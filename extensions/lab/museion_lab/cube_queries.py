"""What a browser may ask of a cube, read from the query and checked.

Pure functions: the query comes in as a function from name to text, the answer is a frozen
dataclass or a `QueryError` that says in one sentence what is wrong.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from museion_datasets.colour import illuminants
from museion_datasets.cube import TILE_PX, Cube, CubeInfo
from museion_datasets.cube_levels import Level
from museion_datasets.errors import HintedError
from museion_datasets.spectral_axis import WAVELENGTH

MAX_RADIUS_PX = 50
DAYLIGHT = "daylight"
_IMAGE_BANDS = (1, 3)
_NUMBER_WORDS = ("none", "one", "two", "three")

type Argument = Callable[[str], str | None]


class QueryError(HintedError):
    """A query that cannot be answered; the hint says what to ask instead."""


@dataclass(frozen=True, slots=True)
class TileQuery:
    """A tile of an image.

    Attributes
    ----------
    level : Level
        Which level of the pyramid.
    x, y : int
        Column and row of the tile.
    groups : tuple of tuples of int
        The bands of a grey image or of red, green and blue: one each, or several to be added;
        none for the colours an eye sees.
    low, high : float
        Values shown as black and as white.
    illuminant : str
        Of the colours.
    """

    level: Level
    x: int
    y: int
    groups: tuple[tuple[int, ...], ...]
    low: float
    high: float
    illuminant: str


@dataclass(frozen=True, slots=True)
class SpectrumQuery:
    """A disc of pixels."""

    x: int
    y: int
    radius: int


def read_version(text: str | None) -> int | None:
    """Return the asked version, or None for the newest.

    Parameters
    ----------
    text : str or None
        The argument.

    Returns
    -------
    int or None
        At least 1.

    Raises
    ------
    QueryError
        If it is no version.
    """
    if text is None:
        return None
    version = read_whole("version", text)
    if version < 1:
        raise QueryError(f"There is no version {version}", hint="Versions count from 1.")
    return version


def read_tile_query(argument: Argument, cube: Cube, info: CubeInfo) -> TileQuery:
    """Read `level`, `x`, `y`, `bands` and, optionally, `low` and `high`.

    Parameters
    ----------
    argument : callable
        Returns the text of an argument, or None.
    cube : Cube
        The cube asked of.
    info : CubeInfo
        Its facts.

    Returns
    -------
    TileQuery
        With limits from the bands' percentiles where none were asked for.

    Raises
    ------
    QueryError
        If something is missing, malformed or outside the cube.
    """
    level, x, y = read_tile_address(argument, info.levels)
    groups, illuminant = read_shown(argument, cube)
    if argument("low") is None and any(len(group) > 1 for group in groups):
        low, high = _counted_limits(cube, groups)
    else:
        low = min((info.limits["low"][group[0]] for group in groups), default=0.0)
        high = max((info.limits["high"][group[0]] for group in groups), default=1.0)
    low, high = read_limits(argument, low, high)
    return TileQuery(level, x, y, groups, low, high, illuminant)


def _counted_limits(cube: Cube, groups: Sequence[Sequence[int]]) -> tuple[float, float]:
    """Return the 1st and 99th percentile of sums, which those of their bands don't tell."""
    found = {each.percent: each.value for each in cube.histogram(groups).percentiles}
    low, high = found.get(1.0, 0.0), found.get(99.0, 1.0)
    return low, high if high > low else low + 1.0


def read_shown(argument: Argument, cube: Cube) -> tuple[tuple[tuple[int, ...], ...], str]:
    """Read what an image shows: `bands` and their `window`, or `daylight` and its `illuminant`.

    Parameters
    ----------
    argument : callable
        Returns the text of an argument, or None.
    cube : Cube
        The cube asked of.

    Returns
    -------
    groups : tuple of tuples of int
        One, three, or none for the colours an eye sees; each of the bands to be added.
    illuminant : str
        Of the colours.

    Raises
    ------
    QueryError
        If there are no such bands, or the cube has no colours.
    """
    known = illuminants()
    if argument("bands") != DAYLIGHT:
        return _read_groups(argument, cube), known[0]
    if not cube.has_daylight:
        raise QueryError(
            "The cube has no true colours: it is no reflectance that spans the visible spectrum",
            hint="Show single bands instead.",
        )
    illuminant = argument("illuminant") or known[0]
    if illuminant not in known:
        raise QueryError(
            f"There is no illuminant {illuminant!r:.40}", hint=f"Choose one of {', '.join(known)}."
        )
    return (), illuminant


def read_tile_address(argument: Argument, levels: Sequence[Level]) -> tuple[Level, int, int]:
    """Read `level`, `x` and `y`.

    Parameters
    ----------
    argument : callable
        Returns the text of an argument, or None.
    levels : sequence of Level
        Of what is asked of.

    Returns
    -------
    level : Level
        One of them.
    x, y : int
        Column and row of a tile of it.

    Raises
    ------
    QueryError
        If one is missing, malformed or does not exist.
    """
    number = read_whole("level", argument("level"))
    if not 0 <= number < len(levels):
        raise QueryError(
            f"There is no level {number}", hint=f"Levels go from 0 to {len(levels) - 1}."
        )
    level = levels[number]
    x, y = read_whole("x", argument("x")), read_whole("y", argument("y"))
    columns, rows = math.ceil(level.width / TILE_PX), math.ceil(level.height / TILE_PX)
    if not (0 <= x < columns and 0 <= y < rows):
        raise QueryError(
            f"There is no tile at column {x}, row {y}",
            hint=f"This level has {columns} columns and {rows} rows.",
        )
    return level, x, y


def read_spectrum_query(argument: Argument, cube: Cube) -> SpectrumQuery:
    """Read `x`, `y` and `radius`.

    Parameters
    ----------
    argument : callable
        Returns the text of an argument, or None.
    cube : Cube
        The cube asked of.

    Returns
    -------
    SpectrumQuery
        Its centre lies inside the cube.

    Raises
    ------
    QueryError
        If something is missing, malformed or outside the cube.
    """
    x, y = read_whole("x", argument("x")), read_whole("y", argument("y"))
    radius = read_whole("radius", argument("radius") or "0")
    if not (0 <= x < cube.width and 0 <= y < cube.height):
        raise QueryError(
            f"The place x {x}, y {y} is outside the cube",
            hint=f"The cube is {cube.width} pixels wide and {cube.height} high.",
        )
    if not 0 <= radius <= MAX_RADIUS_PX:
        raise QueryError(
            f"The radius {radius} is out of range", hint=f"Choose 0 to {MAX_RADIUS_PX} pixels."
        )
    return SpectrumQuery(x, y, radius)


def read_bands(argument: Argument, cube: Cube, counts: Sequence[int]) -> tuple[int, ...]:
    """Read `bands`, places on the cube's axis in its unit, separated by commas.

    Parameters
    ----------
    argument : callable
        Returns the text of an argument, or None.
    cube : Cube
        The cube asked of.
    counts : sequence of int
        How many there may be.

    Returns
    -------
    tuple of int
        The nearest bands.

    Raises
    ------
    QueryError
        If there are not as many, or one is beyond the cube's range.
    """
    places = [_number("bands", part) for part in (argument("bands") or "").split(",")]
    if len(places) not in counts:
        allowed = " or ".join(_NUMBER_WORDS[count] for count in counts)
        raise QueryError(
            f"Not {allowed} wavelengths: {len(places)}"
            if cube.axis is WAVELENGTH
            else f"Not {allowed} places on the axis {cube.axis.name}: {len(places)}",
            hint=f"Give {allowed}, separated by commas.",
        )
    return tuple(_require_band(place, cube) for place in places)


def _require_band(place: float, cube: Cube) -> int:
    """Return the band nearest to a place on the axis.

    Raises
    ------
    QueryError
        If it is beyond the cube's range.
    """
    band = cube.find_band(place)
    if band is None:
        axis, last = cube.axis, len(cube.coordinate) - 1
        said = axis.describe(place) if not axis.units else f"{axis.name} {axis.describe(place)}"
        raise QueryError(
            f"The {said} is outside the cube", hint=f"It spans {cube.name_of((0, last))}."
        )
    return band


def _read_groups(argument: Argument, cube: Cube) -> tuple[tuple[int, ...], ...]:
    """Read `bands` and, of a cube that counts photons, the `window` around each of them.

    Raises
    ------
    QueryError
        If there are no such bands, or values over wavelength were to be added.
    """
    bands = read_bands(argument, cube, _IMAGE_BANDS)
    text = argument("window")
    if text is None:
        return tuple((band,) for band in bands)
    width = _number("window", text)
    if cube.axis is WAVELENGTH or width < 0:
        raise QueryError(
            "Bands are added within a window of energies or channels only",
            hint="Leave the window out, or give a width that is not negative.",
        )
    return tuple(cube.bands_around(cube.coordinate[band], width) for band in bands)


def read_limits(
    argument: Argument, automatic_low: float, automatic_high: float
) -> tuple[float, float]:
    """Read `low` and `high`.

    Parameters
    ----------
    argument : callable
        Returns the text of an argument, or None.
    automatic_low, automatic_high : float
        Taken if neither is given.

    Returns
    -------
    low, high : float
        In order.

    Raises
    ------
    QueryError
        If only one is given, or they are not in order.
    """
    low_text, high_text = argument("low"), argument("high")
    if low_text is None and high_text is None:
        return automatic_low, automatic_high
    low, high = _number("low", low_text), _number("high", high_text)
    if low >= high:
        raise QueryError(
            f"The limits are not in order: {low:g} to {high:g}", hint="Give low below high."
        )
    return low, high


def read_whole(name: str, text: str | None) -> int:
    """Read a whole number.

    Parameters
    ----------
    name : str
        Of the argument.
    text : str or None
        The argument.

    Returns
    -------
    int
        Any.

    Raises
    ------
    QueryError
        If it is none.
    """
    try:
        return int(text or "")
    except ValueError as error:
        raise QueryError(
            f"{name} is not a whole number", hint=f"Give {name} as digits only."
        ) from error


def _number(name: str, text: str | None) -> float:
    """Read a finite number.

    Raises
    ------
    QueryError
        If it is none.
    """
    try:
        value = float(text or "")
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise QueryError(f"{name} is not a number", hint=f"Give {name} as a decimal number.")
    return value
