"""Number, mean and scatter of a cube's pixels, from one pass over it.

Each block gives them about a value of its own, in the precision of its data, summed up in
float64; pairs of blocks are merged (Chan et al.), so nothing larger than a block is ever in
memory and no large numbers cancel.

References
----------
T. F. Chan, G. H. Golub and R. J. LeVeque, "Algorithms for computing the sample variance",
The American Statistician 37 (1983) 242-247 (merging moments).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from dask.delayed import delayed
from numpy.typing import NDArray

from museion.errors import InputError
from museion.imaging.analysis.pixels import find_complete, in_parts, precision_of, slabs
from museion.imaging.analysis.progress import Progress, run_each

_MERGED_AT_ONCE = 8

type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Moments:
    """What is known of some pixels.

    Attributes
    ----------
    count : int
        Number of pixels without gaps.
    mean : (bands,) float64
        Their mean spectrum.
    scatter : (bands, bands) float64
        Sum of the outer products of their deviations from it.
    """

    count: int
    mean: Floats
    scatter: Floats

    def merged(self, other: "Moments") -> "Moments":
        """Return the moments of both sets of pixels.

        Parameters
        ----------
        other : Moments
            Of other pixels, same bands.

        Returns
        -------
        Moments
            Of all.
        """
        count = self.count + other.count
        if not self.count or not other.count:
            return self if self.count else other
        shift = other.mean - self.mean
        scatter = self.scatter + other.scatter
        scatter += np.outer(shift, shift) * (self.count * other.count / count)
        return Moments(count, self.mean + shift * (other.count / count), scatter)

    def covariance(self) -> Floats:
        """Return the covariance matrix.

        Returns
        -------
        (bands, bands) float64
            Unbiased.

        Raises
        ------
        InputError
            If there are fewer than two pixels.
        """
        if self.count < 2:  # noqa: PLR2004 - one pixel has no variance
            raise InputError(
                f"Too few pixels without a gap: {self.count}",
                hint="leave out the bands that have none: cube.dropna.",
            )
        covariance: Floats = self.scatter / (self.count - 1)
        return covariance


class Sum:
    """Adds up the moments of pixels, about the mean of the first.

    Parameters
    ----------
    bands : int
        Length of a spectrum.
    kind : type
        Float type of the spectra.
    """

    def __init__(self, bands: int, kind: type[np.floating[Any]]) -> None:
        self._count, self._shift = 0, np.zeros(bands, kind)
        self._total, self._scatter = np.zeros(bands), np.zeros((bands, bands))
        self._room = np.empty((0, bands), kind)  # kept: fresh memory costs more than the sums

    def add(self, spectra: NDArray[Any]) -> None:
        """Add some spectra.

        Parameters
        ----------
        spectra : (n, bands) array
            Those with a gap count for nothing.
        """
        complete = find_complete(spectra)
        valid = spectra if complete.all() else spectra[complete]
        if not len(valid):
            return
        if not self._count:
            self._shift = valid.mean(axis=0)
        self._room = self._room if len(self._room) >= len(valid) else np.empty_like(valid)
        apart = np.subtract(valid, self._shift, out=self._room[: len(valid)])
        self._count += len(apart)
        self._total += np.ones(len(apart), apart.dtype) @ apart
        self._scatter += apart.T @ apart

    def moments(self) -> Moments:
        """Return what was added up.

        Returns
        -------
        Moments
            Of all spectra without gap.
        """
        mean = self._total / max(1, self._count)
        scatter = self._scatter - np.outer(mean, mean) * self._count
        return Moments(self._count, self._shift + mean, scatter)


def find_moments(block: NDArray[Any]) -> Moments:
    """Return the moments of a block.

    Parameters
    ----------
    block : (…, bands) array
        Any numbers; NaN is a gap.

    Returns
    -------
    Moments
        Of the pixels without gap.
    """
    bands, kind = block.shape[-1], precision_of(block.dtype)
    found = Sum(bands, kind)
    for _, spectra in slabs(block, bands, kind):
        found.add(spectra)
    return found.moments()


def gather_moments(cube: xr.DataArray, what: str, progress: Progress) -> Moments:
    """Return the moments of a cube, computed where the current scheduler computes.

    Parameters
    ----------
    cube : DataArray
        From `require_cube`.
    what : str
        What is being done.
    progress : Progress
        Told how far it is.

    Returns
    -------
    Moments
        Of the pixels without gap.
    """
    (moments,) = gather(lambda block: (find_moments(block),), cube, what, progress)
    return moments


def gather(
    function: Callable[[NDArray[Any]], tuple[Moments, ...]],
    cube: xr.DataArray,
    what: str,
    progress: Progress,
) -> tuple[Moments, ...]:
    """Return moments of a cube that a function finds in each block.

    Parameters
    ----------
    function : callable
        Of a block; returns one or several moments.
    cube : DataArray
        From `require_cube`.
    what : str
        What is being done.
    progress : Progress
        Told how far it is.

    Returns
    -------
    tuple of Moments
        Of the whole cube, as many as of a block.
    """
    if not cube.chunks:
        return _merged(in_parts(function, cube.to_numpy()))
    blocks = cube.data.to_delayed().ravel()
    parts = [delayed(function, pure=False)(each) for each in blocks]
    starts = range(0, len(parts), _MERGED_AT_ONCE)
    merge = delayed(_merged, pure=False)
    groups = [merge(parts[start : start + _MERGED_AT_ONCE]) for start in starts]
    return _merged(run_each(groups, what, progress))


def _merged(several: Iterable[Sequence[Moments]]) -> tuple[Moments, ...]:
    """Return the moments of several sets of pixels."""
    parts = iter(several)
    merged = tuple(next(parts))
    for each in parts:
        merged = tuple(one.merged(other) for one, other in zip(merged, each, strict=True))
    return merged
