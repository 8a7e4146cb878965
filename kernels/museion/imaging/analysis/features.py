"""Matching absorption features: their shape under a straight continuum, and not the colour.

Each reference names the features it is known by, a left and a right shoulder each. Between the
shoulders reference and pixel are divided by the line that joins them; a straight-line fit of
one to the other says how well the shapes agree (its r²), whatever the depth. Features count by
the area they have in the reference. A pixel whose feature points the other way does not match.

References
----------
R. N. Clark and T. L. Roush, "Reflectance spectroscopy: quantitative analysis techniques for
remote sensing applications", J. Geophys. Res. 89 (1984) 6329-6340 (continuum removal).
R. N. Clark et al., "Imaging spectroscopy: Earth and planetary remote sensing with the USGS
Tetracorder and expert systems", J. Geophys. Res. 108 (2003) 5131 (matching).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from museion.errors import InputError
from museion.imaging.analysis.nearest import UNKNOWN, Nearest, described, outputs
from museion.imaging.analysis.pixels import WAVELENGTH, map_pixels, require_cube, slabs
from museion.imaging.analysis.references import require_references
from museion.imaging.cubes import require_reflectance

MIN_FIT, MIN_DEPTH = 0.8, 0.02
_FEWEST_BANDS = 5

type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Feature:
    """An absorption of one reference.

    Attributes
    ----------
    reference : int
        Whose.
    bands : slice
        From the left shoulder to the right one.
    line : (bands,) float64
        Where each band is between the shoulders, 0 to 1.
    shape : (bands,) float64
        The reference over its continuum, less the mean.
    weight : float
        Share of its area in that of all features of the reference.
    """

    reference: int
    bands: slice
    line: Floats
    shape: Floats
    weight: float


def match_features(
    cube: xr.DataArray,
    references: xr.DataArray,
    features_nm: Mapping[str, Sequence[tuple[float, float]]],
    *,
    min_fit: float = MIN_FIT,
    min_depth: float = MIN_DEPTH,
) -> xr.Dataset:
    """Find for each pixel the reference whose absorption features it shows best.

    Parameters
    ----------
    cube : DataArray
        Reflectance with dimensions ``y``, ``x`` and ``wavelength`` in nm; Dask stays lazy.
    references : DataArray
        Spectra (reference, wavelength) as for `map_spectral_angles`.
    features_nm : mapping of str to sequence of (float, float)
        For each reference by name, the wavelengths of the left and the right shoulder of its
        features, as in ``{"azurite": [(490, 780)]}``. A reference without is left out.
    min_fit : float
        The least weighted r², 0 to 1, of what is known.
    min_depth : float
        A pixel whose features are shallower than this share of its continuum is unknown.

    Returns
    -------
    Dataset
        ``best`` (y, x) int32, -1 where unknown, with the names as attribute ``classes``;
        ``misfit`` (y, x) float32, one less the weighted r², also where unknown;
        ``runner_up`` and ``runner_up_misfit``; ``depth`` (y, x) float32, of the features of
        the best, weighted, as a share of the continuum. NaN and -1 where a pixel has a gap or
        a shoulder that is not positive.

    Raises
    ------
    InputError
        If it is no cube of reflectance, the references are not such, or a feature is not
        one: unnamed, outside the cube, too narrow, or no absorption in its reference.
    """
    cube = require_reflectance(require_cube(cube))
    spectra, names = require_references(cube, references)
    if not 0 < min_fit < 1 or not 0 <= min_depth < 1:
        raise InputError(
            f"Not a least fit and depth: {min_fit}, {min_depth}", hint="give shares of one."
        )
    kept = [name for name in names if name in features_nm]
    if strange := sorted(set(features_nm) - set(names)) or not kept:
        raise InputError(
            f"Features of what is no reference: {strange!r:.80}",
            hint=f"use the names of the references: {', '.join(names[:5])} …",
        )
    nm = cube[WAVELENGTH].to_numpy().astype(np.float64)
    rows = dict(zip(names, spectra, strict=True))
    found = [
        each
        for number, name in enumerate(kept)
        for each in _features(number, name, rows[name], nm, features_nm[name])
    ]
    wanted = outputs("misfit") | {"depth": (None, 0, np.float32)}
    options = {"features": found, "count": len(kept), "limits": (min_fit, min_depth)}
    made = map_pixels(_match, cube, wanted, **options)
    made["best"].attrs |= {"min_fit": float(min_fit), "min_depth": float(min_depth)}
    made["depth"].attrs = {"units": "1", "long_name": "depth of the features"}
    return described(made, kept, "misfit", units="1", long_name="one less r²")


def _features(
    number: int, name: str, spectrum: Floats, nm: Floats, spans: Sequence[tuple[float, float]]
) -> list[Feature]:
    """Return the features of one reference.

    Raises
    ------
    InputError
        If one is none.
    """
    found, areas = [], []
    for left, right in spans:
        inside = np.flatnonzero((nm >= left) & (nm <= right))
        if not (nm.min() <= left < right <= nm.max()) or len(inside) < _FEWEST_BANDS:
            raise InputError(
                f"Not a feature of {name!r:.60}: {left:g} to {right:g} nm",
                hint=f"give shoulders between {nm.min():g} and {nm.max():g} nm, with at least "
                f"{_FEWEST_BANDS} bands.",
            )
        bands = slice(int(inside[0]), int(inside[-1]) + 1)
        line = (nm[bands] - nm[bands][0]) / (nm[bands][-1] - nm[bands][0])
        removed = _over_continuum(spectrum[None, bands], line)[0]
        area = float((1 - removed).mean() * (right - left))
        if not area > 0:
            raise InputError(
                f"No absorption of {name!r:.60}: {left:g} to {right:g} nm",
                hint="its reference is not below the line between the shoulders there.",
            )
        areas.append(area)
        found.append((bands, line, removed - removed.mean()))
    return [
        Feature(number, *each, weight=area / sum(areas))
        for each, area in zip(found, areas, strict=True)
    ]


def _over_continuum(spectra: NDArray[Any], line: Floats) -> Floats:
    """Return spectra over the line between their ends."""
    first, last = spectra[:, :1], spectra[:, -1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        removed: Floats = spectra / (first + (last - first) * line)
    return removed


def _match(
    block: NDArray[Any], features: list[Feature], count: int, limits: tuple[float, float]
) -> tuple[NDArray[Any], ...]:
    """Find the two best references of a block's pixels, and the depth of the best's features."""
    nearest, shape = Nearest(block.shape[:-1]), block.shape[:-1]
    depth = np.full(block[..., 0].size, np.nan, np.float32)
    for rows, spectra in slabs(block, 2 * count):
        fit, deep = np.zeros((2, len(spectra), count))
        usable = np.isfinite(spectra).all(axis=1)
        for each in features:
            part = spectra[:, each.bands]
            usable &= (part[:, 0] > 0) & (part[:, -1] > 0)
            removed = _over_continuum(part, each.line)
            fit[:, each.reference] += each.weight * _agreement(removed, each.shape)
            least = removed[:, int(each.shape.argmin())]
            deep[:, each.reference] += each.weight * (1 - least)
        valid = np.flatnonzero(usable)
        misfit, places = 1 - fit[valid], rows.start + valid
        for rank in range(min(2, count)):
            number = misfit.argmin(axis=1)
            chosen = np.arange(len(number)), number
            nearest.put(rank, places, number, misfit[chosen])
            if rank == 0:
                depth[places] = deep[valid, number]
            misfit[chosen] = np.inf
    best, misfit, second, second_misfit = nearest.finished(1 - limits[0])
    depths = depth.reshape(shape)
    best = np.where(depths >= limits[1], best, np.int32(UNKNOWN))
    return best, misfit, second, second_misfit, depths


def _agreement(removed: Floats, shape: Floats) -> Floats:
    """Return r² of straight-line fits of a shape to features, 0 where it points the other way."""
    apart = removed - removed.mean(axis=1, keepdims=True)
    product = apart @ shape
    squares = np.einsum("ij,ij->i", apart, apart) * (shape @ shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        fit: Floats = np.where((product > 0) & (squares > 0), product**2 / squares, 0)
    return fit
