"""Classes of pixels with similar spectra, without references: k-means.

The centres come from pixels drawn at random, the best of several starts; each pixel of the cube
then gets the class with the nearest centre, or none if that is far.

References
----------
S. P. Lloyd, "Least squares quantization in PCM", IEEE Transactions on Information Theory 28
(1982) 129-137.
D. Arthur and S. Vassilvitskii, "k-means++: the advantages of careful seeding", Proc. 18th
ACM-SIAM Symposium on Discrete Algorithms (2007) 1027-1035.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from museion.errors import InputError
from museion.imaging.analysis.components import unit_of
from museion.imaging.analysis.nearest import UNKNOWN, Nearest, described, outputs
from museion.imaging.analysis.pixels import WAVELENGTH, map_pixels, require_cube, slabs
from museion.imaging.analysis.progress import Progress, find_progress
from museion.imaging.analysis.sampling import SAMPLE_PIXELS, draw_pixels

STARTS = 5
MAX_RADII = 3.0
_WHAT = "k-means"
_ITERATIONS = 100

type Floats = NDArray[np.float64]
type Labels = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Clustering:
    """Classes of some spectra.

    Attributes
    ----------
    centres : (k, bands) float64
        Mean spectra, the class with most pixels first.
    labels : (n,) int
        The class of each.
    inertia : float
        Sum of squared distances from the centres.
    """

    centres: Floats
    labels: Labels
    inertia: float


def classify_pixels(
    cube: xr.DataArray,
    count: int,
    *,
    max_radii: float = MAX_RADII,
    seed: int = 0,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Sort pixels into classes of similar spectra.

    Parameters
    ----------
    cube : DataArray
        Dimensions ``y``, ``x`` and ``wavelength`` in nm; Dask stays lazy.
    count : int
        Number of classes.
    max_radii : float
        A pixel further from its centre than so many times the median distance in the class
        is unknown.
    seed : int
        Of the pixels drawn and the starts; same seed, same classes.
    progress : Progress, optional
        Told how far it is; a bar in a notebook by default.

    Returns
    -------
    Dataset
        ``best`` (y, x) int32, the class, the largest being 0, -1 where unknown or a pixel has
        a gap; ``distance`` (y, x) float32 from its centre, in the cube's unit; ``runner_up``
        and ``runner_up_distance``, of the second nearest: a pixel about as far from both is
        uncertain. ``centres`` (class, wavelength), their standard error ``centres_error``,
        ``radius`` (class),
        the median distance, ``share`` (class) of the pixels drawn, and ``agreement`` (class):
        the share that other starts put together again.

    Raises
    ------
    InputError
        If it is no cube, or has too few different pixels.
    """
    cube = require_cube(cube)
    if not 1 < count < cube.size // cube.sizes[WAVELENGTH] or not max_radii > 0:
        raise InputError(
            f"Not a number of classes, or of radii: {count}, {max_radii}",
            hint="ask for 2 classes or more, fewer than there are pixels, and a positive radius.",
        )
    told = find_progress(progress)
    drawn = draw_pixels(cube, SAMPLE_PIXELS, seed, _WHAT, told).to_numpy()
    random, runs = np.random.default_rng(seed), []
    for done in range(STARTS):
        runs.append(cluster(drawn, count, random))
        told(done + 1, STARTS, f"{_WHAT}, start {done + 1}")
    best = min(runs, key=lambda run: run.inertia)
    members = np.bincount(best.labels, minlength=count)
    squares = (drawn - best.centres[best.labels]) ** 2
    spread = np.stack([squares[best.labels == each].mean(axis=0) for each in range(count)])
    apart = np.sqrt(squares.sum(axis=1))
    radius = np.array([np.median(apart[best.labels == each]) for each in range(count)])
    limits = max_radii * radius
    made = map_pixels(_find_nearest, cube, outputs("distance"), centres=best.centres, limits=limits)
    names = [f"class {number}" for number in range(1, count + 1)]
    made = described(made, names, "distance", units=unit_of(cube), long_name="distance")
    made["best"].attrs["max_radii"] = float(max_radii)
    made = made.assign_coords({"class": names, WAVELENGTH: cube[WAVELENGTH]})
    made["centres"] = (("class", WAVELENGTH), best.centres, cube.attrs)
    made["centres_error"] = (("class", WAVELENGTH), np.sqrt(spread / members[:, None]))
    made["radius"] = ("class", radius, {"units": unit_of(cube)})
    made["share"] = ("class", members / len(drawn), {"units": "1"})
    made["agreement"] = ("class", _agreement(best, runs), {"units": "1"})
    return made


def cluster(values: Floats, count: int, random: np.random.Generator) -> Clustering:
    """Find classes of spectra from one start.

    Parameters
    ----------
    values : (n, bands) float64
        Spectra.
    count : int
        Number of classes.
    random : Generator
        Of the start.

    Returns
    -------
    Clustering
        At rest, or after a hundred steps.

    Raises
    ------
    InputError
        If there are fewer different spectra.
    """
    centres = _start(values, count, random)
    labels = _distances(values, centres).argmin(axis=1)
    for _ in range(_ITERATIONS):
        for each in range(count):
            if (labels == each).any():
                centres[each] = values[labels == each].mean(axis=0)
        newer = _distances(values, centres).argmin(axis=1)
        if (newer == labels).all():
            break
        labels = newer
    members = np.bincount(labels, minlength=count)
    if not members.all():
        raise InputError(f"The cube has not {count} classes of pixels", hint="ask for fewer.")
    order = np.argsort(-members, kind="stable")
    labels, centres = np.argsort(order)[labels], centres[order]
    return Clustering(centres, labels, float(((values - centres[labels]) ** 2).sum()))


def _start(values: Floats, count: int, random: np.random.Generator) -> Floats:
    """Choose centres among the spectra, far ones more likely (k-means++).

    Raises
    ------
    InputError
        If there are fewer different spectra.
    """
    chosen = [int(random.integers(len(values)))]
    nearest = np.full(len(values), np.inf)
    for _ in range(count - 1):
        apart = ((values - values[chosen[-1]]) ** 2).sum(axis=1)
        nearest = np.minimum(nearest, apart)
        if not nearest.any():
            raise InputError(f"The cube has not {count} different pixels", hint="ask for fewer.")
        chosen.append(int(random.choice(len(values), p=nearest / nearest.sum())))
    return values[chosen]


def _distances(values: Floats, centres: Floats) -> Floats:
    """Return squared distances (n, k), but for the squared length of each value."""
    distances: Floats = (centres**2).sum(axis=1) - 2 * values @ centres.T
    return distances


def _agreement(best: Clustering, runs: list[Clustering]) -> Floats:
    """Return the share of each class's pixels that other starts put in one class, on average."""
    count, members = len(best.centres), np.bincount(best.labels)
    total = np.zeros(count)
    others = [run for run in runs if run is not best]
    for run in others:
        common = np.zeros((count, count))
        np.add.at(common, (best.labels, run.labels), 1)
        rows, columns = linear_sum_assignment(-common)
        total[rows] += common[rows, columns] / members[rows]
    agreement: Floats = total / len(others)
    return agreement


def _find_nearest(block: NDArray[Any], centres: Floats, limits: Floats) -> tuple[Any, ...]:
    """Find the two nearest centres of each pixel of a block."""
    nearest = Nearest(block.shape[:-1])
    for rows, spectra in slabs(block, len(centres)):
        valid = np.isfinite(spectra).all(axis=1)
        places, values = rows.start + np.flatnonzero(valid), spectra[valid]
        apart = _distances(values, centres)
        for rank in range(2):
            number = apart.argmin(axis=1)
            apart[np.arange(len(number)), number] = np.inf
            distance = np.linalg.norm(values - centres[number], axis=1)
            nearest.put(rank, places, number, distance)
    best, distance, second, second_distance = nearest.finished(np.inf)
    far = distance > limits[best.clip(0)]
    return np.where(far, np.int32(UNKNOWN), best), distance, second, second_distance
