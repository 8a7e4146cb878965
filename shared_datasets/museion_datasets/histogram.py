"""Counts how often which value occurs, and finds the values at percentiles."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

BINS: Final = 96
PERCENTS: Final = (0.0, 0.1, 0.5, 1.0, 2.0, 5.0, 50.0, 95.0, 98.0, 99.0, 99.5, 99.9, 100.0)
_MIDDLE: Final = 50.0


@dataclass(frozen=True, slots=True)
class Channel:
    """Counts of one channel."""

    name: str
    counts: list[int]


@dataclass(frozen=True, slots=True)
class Percentile:
    """The value that a percentage of the pixels does not exceed."""

    percent: float
    value: float


@dataclass(frozen=True, slots=True)
class Histogram:
    """How often which value occurs; ``histogram.schema.json`` says the same.

    Attributes
    ----------
    low, high : float
        Where the first bin begins and the last one ends.
    unit : str
        Of the values.
    channels : tuple of Channel
        One for each that was counted.
    percentiles : tuple of Percentile
        Over all channels: the lowest of those below the middle, the highest of those above.
    pixels, missing : int
        Counted pixels, and those without a value in some channel.
    level : int
        Which level of the pyramid was counted.
    """

    low: float
    high: float
    unit: str
    channels: tuple[Channel, ...]
    percentiles: tuple[Percentile, ...]
    pixels: int
    missing: int
    level: int

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)


def count_values(
    values: NDArray[Any], names: Sequence[str], *, unit: str = "", level: int = 0
) -> Histogram:
    """Count the values of some channels between their common ends.

    Parameters
    ----------
    values : (y, x, channel) number
        NaN where there is none; pixels without a value in any channel count as missing.
    names : sequence of str
        Of the channels.
    unit : str
        Of the values.
    level : int
        Where they come from.

    Returns
    -------
    Histogram
        From 0 to 1 and empty where there is no value at all.
    """
    pixels = values.reshape(-1, values.shape[-1]).astype(np.float64)
    is_whole = np.isfinite(pixels).all(axis=1)
    valid = pixels[is_whole]
    low, high = (float(valid.min()), float(valid.max())) if valid.size else (0.0, 1.0)
    if high <= low:
        high = low + 1.0
    counts = [np.histogram(each, bins=BINS, range=(low, high))[0] for each in valid.T]
    missing = int((~is_whole).sum())
    return Histogram(
        low,
        high,
        unit,
        tuple(Channel(name, each.tolist()) for name, each in zip(names, counts, strict=True)),
        _percentiles(valid),
        int(pixels.shape[0]),
        missing,
        level,
    )


def _percentiles(valid: NDArray[np.float64]) -> tuple[Percentile, ...]:
    if not valid.size:
        return ()
    found = np.percentile(valid, PERCENTS, axis=0)
    joint = (
        each.min() if percent <= _MIDDLE else each.max()
        for percent, each in zip(PERCENTS, found, strict=True)
    )
    return tuple(
        Percentile(percent, float(value)) for percent, value in zip(PERCENTS, joint, strict=True)
    )
