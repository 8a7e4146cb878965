"""What element maps say of one place: which elements are there, which are not, which are open."""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from museion.errors import InputError
from museion.imaging.spectra import mean_spectrum

_MOST, _FEW = 0.5, 0.1  # shares of a place's pixels


@dataclass(frozen=True, slots=True)
class ElementEvidence:
    """Elements at a place.

    Attributes
    ----------
    seen, absent : tuple of str
        Symbols of those that are there, the most counts first, and of those that would have
        been seen.
    undetermined : tuple of str
        Symbols of those of which nothing can be said.
    """

    seen: tuple[str, ...]
    absent: tuple[str, ...]
    undetermined: tuple[str, ...]

    def __str__(self) -> str:
        parts = {
            "seen": self.seen,
            "not there": self.absent,
            "not determined": self.undetermined,
        }
        said = [f"{label}: {' '.join(which)}" for label, which in parts.items() if which]
        return "; ".join(said)


def find_elements(maps: xr.Dataset, x: float, y: float, radius: float = 1.0) -> ElementEvidence:
    """Find which elements a place holds.

    Parameters
    ----------
    maps : Dataset
        Of `map_elements`.
    x, y : float
        Centre of the place, in pixels of the scan.
    radius : float
        In pixels; the place should be all of one paint.

    Returns
    -------
    ElementEvidence
        Seen is what most of its pixels detect; absent is what none of them detects although
        each could; the rest is not determined.

    Raises
    ------
    InputError
        If it is no set of element maps, or the place lies outside.
    """
    if not isinstance(maps, xr.Dataset) or not {"counts", "detected"} <= set(maps.data_vars):
        raise InputError(
            "Not element maps: counts and detected are missing",
            hint="give what xrf.map_elements returned.",
        )
    known = _share(maps["counts"].notnull(), x, y, radius)
    share = _share(maps["detected"], x, y, radius)
    counts = _share(maps["counts"].fillna(0), x, y, radius)
    symbols = [str(name).partition(" ")[0] for name in maps["element"].to_numpy()]
    order = np.argsort(-counts, kind="stable")
    seen = [symbols[at] for at in order if share[at] > _MOST]
    absent = [
        symbol
        for symbol, one, all_ in zip(symbols, share, known, strict=True)
        if one <= _FEW and all_ > _MOST and symbol not in seen
    ]
    open_ = [each for each in symbols if each not in seen and each not in absent]
    return ElementEvidence(tuple(seen), tuple(absent), tuple(open_))


def _share(planes: xr.DataArray, x: float, y: float, radius: float) -> NDArray[np.float64]:
    """Return the mean over a disc of each element's plane."""
    mean = mean_spectrum(planes.astype(np.float32), x, y, radius)["mean"]
    return mean.to_numpy().astype(np.float64)
