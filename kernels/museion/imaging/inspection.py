"""Looks a cube over before anything is computed from it, and says what is wrong, and where.

One pass over all values, block by block, so also for cubes larger than memory: what is negative,
above 1, missing, or the same everywhere in a band; columns and rows of a detector that fail;
and, from a sample, whether the numbers look as if the header had their order wrong. It judges
nothing away: every finding has a count, a share, its bands and its window.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import dask.array as da
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from museion.errors import InputError
from museion.imaging.cubes import GOOD_BAND, Quantity, label_of, quantity_of, spectral_axis
from museion_datasets.ingest.roughness import doubtful_order

SATURATED_REFLECTANCE = 1.05
_WIDEST_NM = 30_000.0
_NARROWEST_NM = 100.0

type Counts = NDArray[np.int64]


class FindingKind(StrEnum):
    """What can be wrong with a cube; the values are stable."""

    QUANTITY = "quantity"
    WAVELENGTHS = "wavelengths"
    BAD_BANDS = "bad-bands"
    NEGATIVE = "negative"
    SATURATED = "saturated"
    GAPS = "gaps"
    STRIPES = "stripes"
    DEAD_BANDS = "dead-bands"
    ORDER = "order"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Attributes
    ----------
    kind : FindingKind
        Which.
    message : str
        One sentence with numbers, for people.
    count : int
        Values (or bands, or lines) concerned.
    share : float
        Of all of them, 0 to 1.
    bands : tuple of float
        Spectral coordinates of the bands concerned.
    window : tuple of int or None
        First row, last row + 1, first column, last column + 1 around all of it.
    """

    kind: FindingKind
    message: str
    count: int = 0
    share: float = 0.0
    bands: tuple[float, ...] = ()
    window: tuple[int, int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found.

    Attributes
    ----------
    shape : tuple of int
        Rows, columns, bands.
    label : str
        What a value is.
    findings : tuple of Finding
        None if nothing is wrong.
    """

    shape: tuple[int, int, int]
    label: str
    findings: tuple[Finding, ...]

    def __str__(self) -> str:
        rows, columns, bands = self.shape
        head = f"{rows} by {columns} pixels, {bands} bands of {self.label}"
        said = [f"- {finding.message}" for finding in self.findings]
        return "\n".join([head, *(said or ["- nothing wrong was found"])])

    def __repr__(self) -> str:
        return str(self)

    def find(self, kind: str) -> tuple[Finding, ...]:
        """Return the findings of one kind.

        Parameters
        ----------
        kind : str
            One of `FindingKind`.

        Returns
        -------
        tuple of Finding
            Perhaps none.
        """
        return tuple(each for each in self.findings if each.kind == kind)


def inspect(cube: xr.DataArray, *, full_scale: float | None = None) -> Inspection:
    """Look a cube over.

    Parameters
    ----------
    cube : DataArray
        With ``y``, ``x`` and a spectral dimension; Dask is streamed.
    full_scale : float, optional
        Value from which a detector is saturated; by default 1.05 for reflectance, the largest
        number of the type for raw counts.

    Returns
    -------
    Inspection
        To print, or to act upon.

    Raises
    ------
    InputError
        If it has not these three dimensions.
    """
    axis = spectral_axis(cube)
    if set(cube.dims) != {"y", "x", axis} or not cube.size:
        raise InputError(
            f"Not a cube: its dimensions are {', '.join(map(str, cube.dims))}",
            hint=f"name them y, x and {axis}, each at least one long.",
        )
    cube = cube.transpose("y", "x", axis)
    limit = _full_scale(cube) if full_scale is None else full_scale
    tally = _tally(cube, limit)
    about = _About(cube, axis)
    findings = [*_axis_findings(about), *_value_findings(about, tally, limit), *_order(cube)]
    rows, columns, bands = cube.shape
    return Inspection((rows, columns, bands), label_of(cube), tuple(findings))


@dataclass(frozen=True, slots=True)
class _Tally:
    """Counts over a part of a cube, by (row, band) and (column, band).

    Attributes
    ----------
    rows, columns : (3, n, bands) int64
        How many values are missing, negative, saturated.
    low, high : (bands,) float64
        Smallest and largest value.
    """

    rows: Counts
    columns: Counts
    low: NDArray[np.float64]
    high: NDArray[np.float64]


class _About:
    """How to speak of a cube's bands.

    Parameters
    ----------
    cube : DataArray
        As (y, x, spectral).
    axis : str
        Its spectral dimension.
    """

    def __init__(self, cube: xr.DataArray, axis: str) -> None:
        self.cube, self.axis = cube, axis
        self.values = cube[axis].to_numpy() if axis in cube.coords else np.arange(cube.shape[2])
        self.unit = {"wavelength": " nm", "energy": " keV"}.get(axis, "")

    def named(self, bands: NDArray[np.intp]) -> tuple[float, ...]:
        """Return the spectral coordinates of bands."""
        return tuple(float(self.values[band]) for band in bands)

    def spoken(self, bands: NDArray[np.intp]) -> str:
        """Return which bands these are, in words."""
        if len(bands) == len(self.values):
            return "in all bands"
        nm = self.values[bands]
        if len(bands) == 1:
            return f"at {nm[0]:g}{self.unit}"
        return f"in {len(bands)} bands from {nm.min():g} to {nm.max():g}{self.unit}"


def _full_scale(cube: xr.DataArray) -> float:
    quantity = quantity_of(cube)
    if quantity is Quantity.REFLECTANCE:
        return SATURATED_REFLECTANCE
    if quantity in {Quantity.RAW, Quantity.VALUES} and cube.dtype.kind in "iu":
        return float(np.iinfo(cube.dtype).max)
    return float("inf")


def _tally(cube: xr.DataArray, limit: float) -> _Tally:
    """Count over the whole cube, block by block."""
    lazy = cube.data if cube.chunks else da.from_array(cube.to_numpy(), chunks=(512, -1, -1))  # type: ignore[no-untyped-call,unused-ignore]
    lazy = lazy.rechunk({2: -1})
    height, width, bands = cube.shape
    whole = _Tally(
        np.zeros((3, height, bands), np.int64),
        np.zeros((3, width, bands), np.int64),
        np.full(bands, np.inf),
        np.full(bands, -np.inf),
    )
    for rows, columns, part in _counted(lazy, limit):
        whole.rows[:, rows] += part.rows
        whole.columns[:, columns] += part.columns
        np.minimum(whole.low, part.low, out=whole.low)
        np.maximum(whole.high, part.high, out=whole.high)
    return whole


def _counted(lazy: Any, limit: float) -> Iterator[tuple[slice, slice, _Tally]]:  # noqa: ANN401 - Dask has no types
    """Yield window and counts of each block; a row of blocks is computed at once."""
    import dask  # noqa: PLC0415 - shadows nothing, and keeps the module's head short
    from dask.delayed import delayed  # noqa: PLC0415

    blocks = lazy.to_delayed()
    tops = np.concatenate([[0], np.cumsum(lazy.chunks[0])])
    lefts = np.concatenate([[0], np.cumsum(lazy.chunks[1])])
    for i in range(blocks.shape[0]):
        wanted = [delayed(_count)(blocks[i, j, 0], limit) for j in range(blocks.shape[1])]
        for j, part in enumerate(dask.compute(*wanted)):  # type: ignore[attr-defined,no-untyped-call,unused-ignore]
            yield slice(tops[i], tops[i + 1]), slice(lefts[j], lefts[j + 1]), part


def _count(block: NDArray[Any], limit: float) -> _Tally:
    """Count in one block."""
    missing = np.isnan(block) if block.dtype.kind in "fc" else np.zeros(block.shape, bool)
    kinds = (missing, block < 0, block >= limit)
    with np.errstate(invalid="ignore"):
        low = np.fmin.reduce(block, axis=(0, 1)).astype(np.float64)
        high = np.fmax.reduce(block, axis=(0, 1)).astype(np.float64)
    return _Tally(
        np.stack([kind.sum(axis=1) for kind in kinds]),
        np.stack([kind.sum(axis=0) for kind in kinds]),
        np.where(np.isnan(low), np.inf, low),
        np.where(np.isnan(high), -np.inf, high),
    )


def _axis_findings(about: _About) -> Iterator[Finding]:
    """Yield what is wrong with the quantity and the spectral axis."""
    if quantity_of(about.cube) is Quantity.VALUES:
        said = "Nobody said what the values are: counts, radiance or reflectance"
        yield Finding(FindingKind.QUANTITY, said)
    if about.axis not in about.cube.coords:
        yield Finding(FindingKind.WAVELENGTHS, f"The bands have no {about.axis}, only numbers")
    elif np.any(np.diff(about.values) <= 0):
        at = int(np.argmax(np.diff(about.values) <= 0)) + 1
        said = f"The bands do not rise: band {at + 1} is at {about.values[at]:g}{about.unit}"
        yield Finding(FindingKind.WAVELENGTHS, said, 1, 0.0, (float(about.values[at]),))
    elif about.axis == "wavelength":
        low, high = float(about.values.min()), float(about.values.max())
        if low < _NARROWEST_NM or high > _WIDEST_NM:
            said = f"{low:g} to {high:g} are hardly wavelengths in nm: micrometres or wavenumbers?"
            yield Finding(FindingKind.WAVELENGTHS, said)
    if GOOD_BAND in about.cube.coords:
        bad = np.flatnonzero(~about.cube[GOOD_BAND].to_numpy().astype(bool))
        if len(bad):
            said = f"Marked as bad and left out of analyses: {about.spoken(bad)}"
            share = len(bad) / len(about.values)
            yield Finding(FindingKind.BAD_BANDS, said, len(bad), share, about.named(bad))


def _value_findings(about: _About, tally: _Tally, limit: float) -> Iterator[Finding]:
    """Yield what is wrong with the values."""
    words = (
        (FindingKind.GAPS, "missing"),
        (FindingKind.NEGATIVE, "negative"),
        (FindingKind.SATURATED, f"saturated (from {limit:g})"),
    )
    skipped = {FindingKind.NEGATIVE} if _may_be_negative(about.cube) else set()
    for number, (kind, word) in enumerate(words):
        rows, columns = tally.rows[number], tally.columns[number]
        if rows.any() and kind not in skipped:
            yield _finding(about, kind, word, rows, columns)
    yield from _stripes(about, tally)
    dead = np.flatnonzero((tally.low == tally.high) & np.isfinite(tally.low))
    if len(dead) and tally.rows.shape[1] * tally.columns.shape[1] > 1:
        said = f"The same value in every pixel: {about.spoken(dead)}"
        share = len(dead) / len(about.values)
        yield Finding(FindingKind.DEAD_BANDS, said, len(dead), share, about.named(dead))


def _may_be_negative(cube: xr.DataArray) -> bool:
    return quantity_of(cube) in {Quantity.ABSORBANCE, Quantity.DERIVATIVE}


def _finding(about: _About, kind: FindingKind, word: str, rows: Counts, columns: Counts) -> Finding:
    """Return how many values there are of a kind, and where."""
    count, share = int(rows.sum()), float(rows.sum() / about.cube.size)
    bands = np.flatnonzero(rows.any(axis=0))
    window = (*_span(rows.any(axis=1)), *_span(columns.any(axis=1)))
    where = f"rows {window[0]} to {window[1] - 1}, columns {window[2]} to {window[3] - 1}"
    amount = f"{count:,} values ({_percent(share)}) are {word}"
    said = f"{amount}, {about.spoken(bands)}, in {where}"
    return Finding(kind, said, count, share, about.named(bands), window)


def _stripes(about: _About, tally: _Tally) -> Iterator[Finding]:
    """Yield lines of the detector that give nothing: missing or negative along a whole line."""
    height, width = about.cube.shape[:2]
    lines = (("column", tally.columns, height, width), ("row", tally.rows, width, height))
    for word, counts, length, across in lines:
        failed = (counts[0] == length) | (counts[1] == length)
        failed &= ~failed.all(axis=0)  # a whole band is not a stripe
        found = np.flatnonzero(failed.any(axis=1))
        if len(found) and length > 1:
            bands = np.flatnonzero(failed.any(axis=0))
            named = ", ".join(map(str, found[:5])) + (" …" if len(found) > 5 else "")  # noqa: PLR2004 - enough to find them
            said = f"Stripes: {word} {named} missing or negative throughout, {about.spoken(bands)}"
            ends = _span(failed.any(axis=1))
            window = (0, height, *ends) if word == "column" else (*ends, 0, width)
            share = len(found) / across
            yield Finding(FindingKind.STRIPES, said, len(found), share, about.named(bands), window)


def _order(cube: xr.DataArray) -> Iterator[Finding]:
    """Yield that the numbers seem to be in another order than was said."""
    height, width = cube.shape[:2]
    top, left = max(0, height // 2 - 32), max(0, width // 2 - 32)
    sample = cube[top : top + 64, left : left + 64].to_numpy()
    doubt = doubtful_order(sample)
    if doubt is not None:
        yield Finding(FindingKind.ORDER, doubt)


def _span(flags: Sequence[bool] | NDArray[np.bool_]) -> tuple[int, int]:
    """Return the first index that is true, and the last plus one."""
    found = np.flatnonzero(flags)
    return int(found[0]), int(found[-1]) + 1


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.001 else "< 0.1%"  # noqa: PLR2004 - one decimal
