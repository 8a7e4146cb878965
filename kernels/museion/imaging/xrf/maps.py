"""Element maps from an XRF scan, with errors, and nothing where nothing can be said.

Every pixel's spectrum is taken apart into the templates of `museion.imaging.xrf.model` by
non-negative least squares with Poisson's weights. A map says *not determined* (NaN, with the
reason) instead of a number

- everywhere, if the element's lines are not excited or lie out of range, or if no more pixels
  stand out than chance makes;
- in a pixel, if the element's line lies under another family of an element that is there
  (S under Pb M), or if other elements multiply its error so much that it could be there
  unseen (As beside much Pb).

References
----------
L. A. Currie, "Limits for qualitative detection and quantitative determination", Analytical
Chemistry 40 (1968) 586-593.
R. T. Birge, "The calculation of errors by the method of least squares", Physical Review 40
(1932) 207-227 (errors where the model misfits).
"""

from collections.abc import Iterable
from functools import partial
from importlib.metadata import version
from typing import Any, TypedDict, Unpack

import dask
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from museion.errors import InputError
from museion.imaging.analysis.pixels import map_pixels
from museion.imaging.xrf.fitting import Fit, fit_spectra
from museion.imaging.xrf.model import Excitation, Model, fit_model
from museion.imaging.xrf.pymca import pymca_name, with_pymca_peaks
from museion.imaging.xrf.spectra import ENERGY, mean_spectrum, require_counts

DETECTION_SIGMAS = 3.0
HIDING_FACTOR = 4.0
"""How many times its undisturbed error an element's error may be where it is not seen."""

OWN_ENGINE, PYMCA_ENGINE = "museion", "pymca"
DETERMINED, NOT_DETERMINED = "determined", "not determined"

_BY_CHANCE = 0.00135  # of a normal distribution, above three standard deviations
_SAMPLED_PIXELS = 16384
_SLAB_PIXELS = 1024

type Floats = NDArray[np.float64]
type Result = tuple[
    NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_], NDArray[np.float32]
]


class ScanTerms(TypedDict, total=False):
    """How a scan was made.

    Attributes
    ----------
    primary_kev : float
        Energy of the exciting X-rays; of a tube one that stands for its spectrum. 17.5 by
        default.
    anode : str or None
        The tube's, as in ``"Rh"``; None, the default, for a monochromatic beam.
    around : iterable of str
        Elements of air and instrument; argon by default.
    live_time : DataArray
        Live time of each pixel or row, in s or relative; the maps are divided by it.
    engine : str
        Whose physics of peaks: ``"museion"``, the default, or ``"pymca"``, which needs the
        extra of that name; see `museion.imaging.xrf.pymca`.
    """

    primary_kev: float
    anode: str | None
    around: Iterable[str]
    live_time: xr.DataArray
    engine: str


def map_elements(
    cube: xr.DataArray, elements: Iterable[str], **scan: Unpack[ScanTerms]
) -> xr.Dataset:
    """Map elements.

    The model is fitted at once to the mean spectrum, in one pass over the cube; the maps stay
    lazy if the cube is.

    Parameters
    ----------
    cube : DataArray
        Counts as measured, dimensions ``y``, ``x`` and ``energy`` in keV.
    elements : iterable of str
        All that is in the object, as in ``["Pb", "Hg", "Cu"]``, or families as in ``"Pb M"``:
        what is left out is taken for something else.
    **scan
        See `ScanTerms`.

    Returns
    -------
    Dataset
        Along (element, y, x): ``counts`` float32, net counts of the family with its escape
        peaks (per live time, if that is given), NaN where not determined; ``counts_error``,
        standard error from counting statistics; ``detected``, whether it is three standard
        errors above zero; where the model misfits, by `residual`, the errors count for as much
        more. ``residual`` (y, x): reduced chi square, about 1 where the model
        holds. Coordinates of ``element``: ``status``, ``reason``, ``interferes`` (the family
        that disturbs it most, or empty) and ``line_kev``. The attribute ``engine`` names whose
        peaks were fitted, with version.

    Raises
    ------
    InputError
        If it is no cube of counts, counts are negative, or no element can be seen; if there is
        no such engine, or PyMca is not installed.
    """
    counts = require_counts(cube)
    live, engine = scan.pop("live_time", None), _engine_name(scan.get("engine", OWN_ENGINE))
    if live is not None:
        _check_live_time(live, counts)
    beam = Excitation(
        float(scan.get("primary_kev", 17.5)), scan.get("anode"), tuple(scan.get("around", ("Ar",)))
    )
    mean, sample = dask.compute(mean_spectrum(counts), _sample(counts))  # type: ignore[attr-defined,no-untyped-call,unused-ignore]
    _check_counts(sample)
    energy = counts[ENERGY].to_numpy().astype(np.float64)
    pixels = counts.size // counts.sizes[ENERGY]
    model = fit_model(energy, mean.to_numpy(), pixels, elements, beam)
    if scan.get("engine", OWN_ENGINE) == PYMCA_ENGINE:
        model = with_pymca_peaks(model, mean.to_numpy(), beam.primary_kev)
    made = _described(_mapped(counts, model), model, _unseen(sample.to_numpy(), model), live)
    return made.assign_attrs(engine=engine)


def _engine_name(engine: str) -> str:
    """Return what an engine is called, with its version.

    Raises
    ------
    InputError
        If there is no such engine, or it is not installed.
    """
    if engine == PYMCA_ENGINE:
        return pymca_name()
    if engine != OWN_ENGINE:
        raise InputError(
            f"No such engine: {engine!r:.40}", hint=f"use {OWN_ENGINE!r} or {PYMCA_ENGINE!r}."
        )
    return f"museion with xraylib {version('xraylib')}"


def _mapped(counts: xr.DataArray, model: Model) -> xr.Dataset:
    """Return the maps of the families that can be seen."""
    count = len(model.wanted.families)
    outputs: dict[str, tuple[str | None, int, Any]] = {
        "counts": ("element", count, np.float32),
        "counts_error": ("element", count, np.float32),
        "detected": ("element", count, np.bool_),
        "residual": (None, 0, np.float32),
    }
    return map_pixels(partial(fit_block, model=model), counts, outputs)


def fit_block(block: NDArray[Any], model: Model) -> Result:
    """Fit the spectra of a block.

    Parameters
    ----------
    block : (…, channels) array
        Counts; a pixel with NaN or a negative count has gaps.
    model : Model
        Of the scan.

    Returns
    -------
    counts, error : (…, elements) float32
        NaN where not determined.
    detected : (…, elements) bool
        Whether it is above three standard errors, these enlarged where the model misfits.
    residual : (…) float32
        Reduced chi square.
    """
    shape, count = block.shape[:-1], len(model.wanted.families)
    spectra = block.reshape(-1, block.shape[-1])[:, model.channels]
    amount = np.full((len(spectra), count), np.nan, np.float32)
    error, detected = amount.copy(), np.zeros(amount.shape, np.bool_)
    residual = np.full(len(spectra), np.nan, np.float32)
    for start in range(0, len(spectra), _SLAB_PIXELS):
        slab = spectra[start : start + _SLAB_PIXELS].astype(np.float64)
        good = start + np.flatnonzero(np.isfinite(slab).all(axis=1) & (slab >= 0).all(axis=1))
        if not len(good):
            continue
        fit = fit_spectra(slab[good - start], model.templates, model.expected)
        sigma = np.sqrt(np.diagonal(fit.covariance, axis1=1, axis2=2)[:, :count])
        misfit = np.sqrt(np.maximum(fit.chi_square, 1))[:, None]
        seen = fit.amount[:, :count] > DETECTION_SIGMAS * sigma * misfit
        hidden = _hidden(fit, model, sigma, seen)
        amount[good] = np.where(hidden, np.nan, fit.amount[:, :count])
        error[good], residual[good] = sigma, fit.chi_square
        detected[good] = seen & ~hidden
    full = (*shape, count)
    return (
        amount.reshape(full),
        error.reshape(full),
        detected.reshape(full),
        residual.reshape(shape),
    )


def _hidden(fit: Fit, model: Model, sigma: Floats, seen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return where an element could be there unseen because of others."""
    count = sigma.shape[1]
    shapes = model.templates[:count]
    others = fit.amount[:, count:] @ model.templates[count:]
    floor = 0.1 * model.expected + 1e-4
    alone = 1 / np.sqrt((1 / np.maximum(others, floor)) @ (shapes**2).T)
    hidden: NDArray[np.bool_] = ~seen & (sigma > HIDING_FACTOR * alone)
    for under, over in model.hidden:
        hidden[:, under] |= seen[:, over]
    return hidden


def _unseen(sample: NDArray[Any], model: Model) -> dict[str, str]:
    """Return the elements that stand out nowhere beyond chance, and what to say of them."""
    _, error, detected, _ = fit_block(sample, model)
    fitted = int(np.isfinite(error[..., 0]).sum())
    by_chance = _BY_CHANCE * fitted
    least = by_chance + 3 * np.sqrt(by_chance) + 1
    return {
        family.name: f"{found} of {fitted} pixels stand out, no more than chance makes"
        for family, found in zip(
            model.wanted.families, detected.reshape(-1, detected.shape[-1]).sum(axis=0), strict=True
        )
        if found <= least
    }


def _described(
    made: xr.Dataset, model: Model, unseen: dict[str, str], live: xr.DataArray | None
) -> xr.Dataset:
    """Return the maps in the order asked for, with those that can't be made as NaN."""
    names = [family.name for family in model.wanted.families]
    reasons = {**model.wanted.reasons, **unseen}
    known = [name not in reasons for name in names]
    made = made.assign_coords(element=names)
    keep = xr.DataArray(known, dims=("element",), coords={"element": names})
    made["counts"] = made["counts"].where(keep)
    made["detected"] = made["detected"] & keep
    if live is not None:
        made["counts"] = (made["counts"] / live).astype(np.float32)
        made["counts_error"] = (made["counts_error"] / live).astype(np.float32)
    wanted = list(model.wanted.names)
    maps = made[["counts", "counts_error"]].reindex(element=wanted)
    maps["detected"] = made["detected"].reindex(element=wanted, fill_value=False)
    maps["residual"] = made["residual"]
    under = dict(zip(names, model.interfering(), strict=True))
    main = {family.name: family.main_kev for family in model.wanted.families}
    status = [NOT_DETERMINED if name in reasons else DETERMINED for name in wanted]
    maps = maps.assign_coords(
        status=("element", status),
        reason=("element", [reasons.get(name, "") for name in wanted]),
        interferes=("element", [under.get(name, "") for name in wanted]),
        line_kev=("element", [main.get(name, np.nan) for name in wanted], {"units": "keV"}),
    )
    return _with_units(maps, live).transpose("element", ...)


def _with_units(maps: xr.Dataset, live: xr.DataArray | None) -> xr.Dataset:
    is_seconds = live is not None and live.attrs.get("units") == "s"
    units = "counts/s" if is_seconds else "counts"
    maps["counts"].attrs = {"units": units, "long_name": "net counts"}
    maps["counts_error"].attrs = {"units": units, "long_name": "standard error"}
    maps["detected"].attrs = {"long_name": f"above {DETECTION_SIGMAS:g} standard errors"}
    maps["residual"].attrs = {"units": "1", "long_name": "reduced chi square"}
    return maps


def _sample(counts: xr.DataArray) -> xr.DataArray:
    """Return pixels from all over the scan, as many as suffice for statistics."""
    dims = [dim for dim in counts.dims if dim != ENERGY]
    pixels = counts.size // counts.sizes[ENERGY]
    step = max(1, int(np.ceil((pixels / _SAMPLED_PIXELS) ** (1 / max(1, len(dims))))))
    return counts.isel({dim: slice(None, None, step) for dim in dims})


def _check_counts(sample: xr.DataArray) -> None:
    """Raise if counts are negative.

    Raises
    ------
    InputError
        If there is one.
    """
    values = sample.to_numpy()
    least = np.nanmin(values) if np.isfinite(values).any() else 0
    if least < 0:
        raise InputError(
            f"Counts are negative: {least:g}",
            hint="give the spectra as they were counted, before any subtraction.",
        )


def _check_live_time(live: xr.DataArray, counts: xr.DataArray) -> None:
    """Raise unless live times are positive and fit the scan.

    Raises
    ------
    InputError
        If they don't.
    """
    fits = isinstance(live, xr.DataArray) and all(
        dim in counts.dims and counts.sizes[dim] == length for dim, length in live.sizes.items()
    )
    if not fits:
        raise InputError(
            "The live times don't fit the scan",
            hint="give an array (y, x) or (y) of the scan's size.",
        )
    if not bool((live > 0).all()):
        raise InputError(
            "A live time is not positive",
            hint="set it to NaN in the cube where nothing was counted.",
        )
