"""What changed between two dates: iteratively reweighted multivariate alteration detection.

Both dates are reduced to their principal components; canonical correlation pairs what they have
in common, and what is left of each pair is change or noise. Pixels that seem unchanged count
more in the next round, so that the pairs are found on what did not change. A different lamp,
exposure or calibration, linear band by band, cancels out. The model comes from pixels drawn at
random, and is used lazily on all.

References
----------
A. A. Nielsen, "The regularized iteratively reweighted MAD method for change detection in multi-
and hyperspectral data", IEEE Transactions on Image Processing 16 (2007) 463-478.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.stats import chi2

from museion.errors import InputError
from museion.imaging.analysis.components import require_count
from museion.imaging.analysis.nearest import UNKNOWN
from museion.imaging.analysis.pixels import WAVELENGTH, map_pixels, require_cube, slabs
from museion.imaging.analysis.progress import Progress, find_progress
from museion.imaging.analysis.sampling import SAMPLE_PIXELS, draw_pixels
from museion.imaging.cubes import quantity_of
from museion.imaging.spectra import at_wavelengths

SIGNIFICANCE = 1e-3
_WHAT = "change between two dates"
_ROUNDS = 50
_CLOSE = 1e-4
_LEAST_SHARE = 1e-8  # of the variance

type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Alteration:
    """How two dates differ where nothing changed.

    Attributes
    ----------
    weights : (2 bands, pairs) float64
        What makes differences, of variance one where nothing changed, of both spectra.
    offset : (pairs,) float64
        Taken off them.
    correlation : (pairs,) float64
        Of the two members of each pair.
    """

    weights: Floats
    offset: Floats
    correlation: Floats


def compare_dates(
    before: xr.DataArray,
    after: xr.DataArray,
    *,
    components: int = 6,
    significance: float = SIGNIFICANCE,
    seed: int = 0,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Find which pixels changed between two dates.

    Both cubes must show the same pixels: register them first. More than half of the picture
    must be unchanged.

    Parameters
    ----------
    before, after : DataArray
        Same quantity, same pixels, dimensions ``y``, ``x`` and ``wavelength`` in nm; the
        second is interpolated to the wavelengths of the first if it has others.
    components : int
        Principal components that are kept of each date.
    significance : float
        Share of the unchanged pixels that may be taken for changed.
    seed : int
        Of the pixels drawn; same seed, same result.
    progress : Progress, optional
        Told how far it is; a bar in a notebook by default.

    Returns
    -------
    Dataset
        Lazy if the cubes are: ``changed`` (y, x) int32, 1 where the change is significant, 0
        where not, -1 where either date has a gap; ``p_value`` (y, x) float32, the probability
        of as large a difference where nothing changed; ``chi_square`` (y, x) float32;
        ``angle`` (y, x) float32 in radians between both spectra, and ``brightness``, the
        second's length over the first's; ``correlation`` (pair).

    Raises
    ------
    InputError
        If they are no cubes of one quantity, don't have the same pixels or common wavelengths,
        or the significance or number of components makes no sense.
    """
    both = _both(before, after)
    bands = both.sizes[both.dims[-1]] // 2
    require_count(both.isel({both.dims[-1]: slice(0, bands)}), components)
    if not 0 < significance < 1:
        raise InputError(f"Not a significance: {significance}", hint="give a share, as 0.001.")
    told = find_progress(progress)
    drawn = draw_pixels(both, SAMPLE_PIXELS, seed, _WHAT, told)
    model = fit_alteration(drawn.to_numpy(), components, told)
    wanted: dict[str, tuple[str | None, int, Any]] = {
        "changed": (None, 0, np.int32),
        "p_value": (None, 0, np.float32),
        "chi_square": (None, 0, np.float32),
        "angle": (None, 0, np.float32),
        "brightness": (None, 0, np.float32),
    }
    made = map_pixels(_compare, both, wanted, model=model, significance=significance)
    made["correlation"] = ("pair", model.correlation, {"units": "1"})
    made["changed"].attrs = {
        "classes": ["unchanged", "changed"],
        "unknown": UNKNOWN,
        "significance": significance,
    }
    made["angle"].attrs = {"units": "rad", "long_name": "spectral angle"}
    for name in ("p_value", "chi_square", "brightness"):
        made[name].attrs = {"units": "1"}
    return made


def _both(before: xr.DataArray, after: xr.DataArray) -> xr.DataArray:
    """Return both dates' spectra one after the other.

    Raises
    ------
    InputError
        If they cannot be compared.
    """
    first, second = require_cube(before), require_cube(after)
    sizes = [{dim: cube.sizes[dim] for dim in cube.dims[:-1]} for cube in (first, second)]
    if sizes[0] != sizes[1]:
        raise InputError(
            f"The two dates don't have the same pixels: {sizes[0]} and {sizes[1]}",
            hint="register one to the other: museion.imaging.registration.",
        )
    if quantity_of(first) != quantity_of(second):
        raise InputError(
            f"The two dates are not the same quantity: {quantity_of(first)} and "
            f"{quantity_of(second)}",
            hint="calibrate or convert one of them.",
        )
    second = at_wavelengths(second, first[WAVELENGTH]).transpose(*first.dims)
    pixels = [dim for dim in first.dims if dim != WAVELENGTH]
    bare = [each.drop_vars([*each.coords]) for each in (first, second)]
    joined = xr.concat(bare, dim=WAVELENGTH).transpose(*pixels, WAVELENGTH)
    own = {dim: first[dim] for dim in pixels if dim in first.coords}
    joined = joined.assign_coords(own)
    return joined.chunk({WAVELENGTH: -1}) if joined.chunks else joined


def fit_alteration(values: Floats, components: int, progress: Progress) -> Alteration:
    """Find how two dates differ where nothing changed.

    Parameters
    ----------
    values : (n, 2 bands) float64
        Spectra of both dates side by side.
    components : int
        Principal components kept of each.
    progress : Progress
        Told after each round.

    Returns
    -------
    Alteration
        Also if the rounds ended before it was at rest.

    Raises
    ------
    InputError
        If a date has less variance than components.
    """
    bands = values.shape[1] // 2
    mean = values.mean(axis=0)
    apart = values - mean
    axes = [_axes(apart[:, :bands], components), _axes(apart[:, bands:], components)]
    first, second = apart[:, :bands] @ axes[0], apart[:, bands:] @ axes[1]
    weight, before = np.ones(len(values)), np.zeros(components)
    for done in range(_ROUNDS):
        left, right, correlation, centre = _pairs(first, second, weight)
        difference = first @ left - second @ right - centre
        deviation = np.sqrt(np.average(difference**2, axis=0, weights=weight))
        square = ((difference / deviation) ** 2).sum(axis=1)
        scale = np.sqrt(np.median(square) / chi2.median(components))
        weight = chi2.sf(square / scale**2, components).clip(1e-12, None)
        progress(done + 1, _ROUNDS, _WHAT)
        if np.abs(correlation - before).max() < _CLOSE:
            break
        before = correlation
    weights = np.concatenate([axes[0] @ left, -axes[1] @ right]) / (deviation * scale)
    offset = mean @ weights + centre / (deviation * scale)
    progress(_ROUNDS, _ROUNDS, _WHAT)
    return Alteration(weights, offset, correlation)


def _axes(apart: Floats, components: int) -> Floats:
    """Return what makes white principal components of one date's deviations.

    Raises
    ------
    InputError
        If there is less variance.
    """
    values, vectors = np.linalg.eigh(apart.T @ apart / len(apart))
    values, vectors = values[::-1][:components], vectors[:, ::-1][:, :components]
    if values[-1] <= _LEAST_SHARE * values[0]:
        raise InputError(f"A date has not {components} components", hint="ask for fewer.")
    axes: Floats = vectors / np.sqrt(values)
    return axes


def _pairs(first: Floats, second: Floats, weight: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return weighted canonical pairs: what makes both, their correlation, mean difference."""
    means = [np.average(each, axis=0, weights=weight) for each in (first, second)]
    one, two = first - means[0], second - means[1]
    total = weight.sum()
    roots = [
        np.linalg.inv(np.linalg.cholesky((each * weight[:, None]).T @ each / total)).T
        for each in (one, two)
    ]
    crossed = roots[0].T @ ((one * weight[:, None]).T @ two / total) @ roots[1]
    turned, correlation, other = np.linalg.svd(crossed)
    left, right = roots[0] @ turned, roots[1] @ other.T
    return left, right, correlation.clip(0, 1), means[0] @ left - means[1] @ right


def _compare(
    block: NDArray[Any], model: Alteration, significance: float
) -> tuple[NDArray[Any], ...]:
    """Return class, p-value, chi square, angle and brightness of a block's pixels."""
    bands, pairs = block.shape[-1] // 2, len(model.correlation)
    square, angle, brightness = np.full((3, block[..., 0].size), np.nan, np.float32)
    with np.errstate(divide="ignore", invalid="ignore"):
        for rows, spectra in slabs(block, 2 * pairs):
            difference = spectra @ model.weights - model.offset
            square[rows] = np.einsum("ij,ij->i", difference, difference)
            one, two = spectra[:, :bands], spectra[:, bands:]
            first, second = np.linalg.norm(one, axis=1), np.linalg.norm(two, axis=1)
            cosine = np.einsum("ij,ij->i", one, two) / (first * second)
            angle[rows], brightness[rows] = np.arccos(cosine.clip(-1, 1)), second / first
    probability = chi2.sf(square, pairs).astype(np.float32)
    changed = np.where(np.isfinite(square), probability < significance, UNKNOWN).astype(np.int32)
    planes = (changed, probability, square, angle, brightness)
    return tuple(each.reshape(block.shape[:-1]) for each in planes)
