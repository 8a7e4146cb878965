"""What a browser may ask of a cube, read from the query and checked.

Pure functions: the query comes in as a function from name to text, the answer is a frozen
dataclass or a `QueryError` that says in one sentence what is wrong.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from museion_datasets.colour import illuminants
from museion_datasets.cube import TILE_PX, Cube, CubeInfo, Level
from museion_datasets.errors import HintedError

MAX_RADIUS_PX = 50
DAYLIGHT = "daylight"
_BAND_COUNTS = (1, 3)

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
    bands : tuple of int
        One band or three; none for the colours an eye sees.
    low, high : float
        Values shown as black and as white.
    illuminant : str
        Of the colours.
    """

    level: Level
    x: int
    y: int
    bands: tuple[int, ...]
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
    bands, illuminant = read_bands(argument, cube)
    low = min((info.limits["low"][band] for band in bands), default=0.0)
    high = max((info.limits["high"][band] for band in bands), default=1.0)
    low, high = read_limits(argument, low, high)
    return TileQuery(level, x, y, bands, low, high, illuminant)


def read_bands(argument: Argument, cube: Cube) -> tuple[tuple[int, ...], str]:
    """Read `bands`, and the `illuminant` of colours.

    Parameters
    ----------
    argument : callable
        Returns the text of an argument, or None.
    cube : Cube
        The cube asked of.

    Returns
    -------
    bands : tuple of int
        One, three, or none for the colours an eye sees.
    illuminant : str
        Of the colours.

    Raises
    ------
    QueryError
        If there are no such bands, or the cube has no colours.
    """
    bands, known = _bands(argument("bands"), cube), illuminants()
    if bands:
        return bands, known[0]
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


def _bands(text: str | None, cube: Cube) -> tuple[int, ...]:
    """Read wavelengths in nm as bands.

    Raises
    ------
    QueryError
        If there are not one or three, or one is beyond the cube's range.
    """
    if text == DAYLIGHT:
        return ()
    wavelengths = [_number("bands", part) for part in (text or "").split(",")]
    if len(wavelengths) not in _BAND_COUNTS:
        raise QueryError(
            f"Not one or three wavelengths: {len(wavelengths)}",
            hint="Give one for grey, or three for red, green and blue.",
        )
    found = []
    for nm in wavelengths:
        band = cube.find_band(nm)
        if band is None:
            first, last = cube.wavelength_nm[0], cube.wavelength_nm[-1]
            raise QueryError(
                f"The wavelength {nm:g} nm is outside the cube",
                hint=f"Choose between {first:g} and {last:g} nm.",
            )
        found.append(band)
    return tuple(found)


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
