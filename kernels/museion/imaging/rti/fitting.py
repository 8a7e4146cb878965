"""Fits RTI models to captures: polynomials and hemispherical harmonics, by least squares.

The lights are the same for all pixels, so the fit is one matrix for the whole capture, and its
application one product for each block. Values are fitted as stored (display values), as is the
custom of the field: a model looks like the photographs. The normals in a model come from the
images, by `museion.imaging.rti.photometric_normals`.
"""

from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from museion.errors import InputError
from museion.imaging.analysis.pixels import slabs
from museion.imaging.rti.capture import (
    CHANNEL,
    LIGHT,
    Capture,
    Encoding,
    Floats,
    decoder,
    require_capture,
)
from museion.imaging.rti.models import model_of
from museion.imaging.rti.normals import Singles, require_lights, solve_block
from museion_datasets.rti_basis import HSH_TERMS, PLANE, PTM_TERMS, RTI, Basis, BasisKind

MAX_CONDITION = 1e3
"""Beyond it a little noise in the images becomes large terms."""

_DROPPED = ("light_x", "light_y", "light_z", "image_name")


def fit_ptm(
    capture: xr.DataArray | xr.Dataset,
    *,
    colour: Literal["lrgb", "rgb"] = "lrgb",
    encoding: Encoding = "srgb",
) -> xr.DataArray:
    """Fit a polynomial texture map.

    Parameters
    ----------
    capture : DataArray or Dataset
        From `read_capture`, or ingested; Dask stays lazy.
    colour : str
        ``"lrgb"``, one brightness for each light and one colour, right for most surfaces;
        ``"rgb"``, three brightnesses, for what changes its colour with the light.
    encoding : str or float
        As for `photometric_normals`; matters for the normals only.

    Returns
    -------
    DataArray
        The model (y, x, plane) float32; NaN where a pixel has a gap. Save it, and
        `museion.view` relights it.

    Raises
    ------
    InputError
        If the lights can't tell the six terms apart, or `colour` is neither.
    """
    kinds = {"lrgb": BasisKind.PTM_LRGB, "rgb": BasisKind.PTM_RGB}
    if colour not in kinds:
        raise InputError(
            f"Not a kind of polynomial texture map: {colour!r:.40}", hint='give "lrgb" or "rgb".'
        )
    return _fit(require_capture(capture), Basis(kinds[colour], PTM_TERMS), encoding)


def fit_hsh(
    capture: xr.DataArray | xr.Dataset, *, terms: int = 9, encoding: Encoding = "srgb"
) -> xr.DataArray:
    """Fit hemispherical harmonics, which follow gloss better than a polynomial.

    Parameters
    ----------
    capture : DataArray or Dataset
        From `read_capture`, or ingested; Dask stays lazy.
    terms : int
        4, 9 or 16; more need more lights.
    encoding : str or float
        As for `photometric_normals`; matters for the normals only.

    Returns
    -------
    DataArray
        As `fit_ptm` gives it.

    Raises
    ------
    InputError
        If the lights can't tell the terms apart, or there is no such number of terms.
    """
    if terms not in HSH_TERMS[1:]:
        raise InputError(
            f"Not a number of hemispherical harmonics: {terms}", hint="give 4, 9 or 16."
        )
    return _fit(require_capture(capture), Basis(BasisKind.HSH, terms), encoding)


def fit_error(capture: xr.DataArray | xr.Dataset, model: xr.DataArray) -> xr.DataArray:
    """Compare a model with the images it was fitted to.

    Parameters
    ----------
    capture : DataArray or Dataset
        The images.
    model : DataArray
        Of the same size.

    Returns
    -------
    DataArray
        (y, x) float32: root mean square over lights and channels, in shares of white.

    Raises
    ------
    InputError
        If the sizes differ, or it is no model.
    """
    prepared, (model, basis) = require_capture(capture), model_of(model)
    images = prepared.images
    if any(images.sizes[dim] != model.sizes[dim] for dim in ("y", "x")):
        raise InputError(
            "The model and the capture differ in size", hint="take the capture it was fitted to."
        )
    made: xr.DataArray = xr.apply_ufunc(
        _compare,
        images,
        model.chunk({"y": images.chunksizes["y"], "x": images.chunksizes["x"]})
        if images.chunks
        else model,
        kwargs={"basis": basis, "directions": prepared.directions, "white": prepared.white},
        input_core_dims=[[LIGHT, CHANNEL], [PLANE]],
        output_dtypes=[np.float32],
        dask="parallelized",
        join="override",
        keep_attrs=False,
    )
    made = made.drop_vars(_DROPPED, errors="ignore").rename("fit_error")
    return made.assign_attrs(units="1", long_name="error of the fit")


def _fit(capture: Capture, basis: Basis, encoding: Encoding) -> xr.DataArray:
    """Fit a basis to a capture."""
    require_lights(capture.directions)
    decoder(encoding)
    options = {
        "basis": basis,
        "solve": _solution(basis, capture.directions),
        "directions": capture.directions,
        "white": capture.white,
        "encoding": encoding,
    }
    made: xr.DataArray = xr.apply_ufunc(
        _fit_block,
        capture.images,
        kwargs=options,
        input_core_dims=[[LIGHT, CHANNEL]],
        output_core_dims=[[PLANE]],
        output_dtypes=[np.float32],
        dask="parallelized",
        dask_gufunc_kwargs={"output_sizes": {PLANE: len(basis.planes)}},
        keep_attrs=False,
    )
    made = made.drop_vars(_DROPPED, errors="ignore").assign_coords({PLANE: list(basis.planes)})
    about = {
        "quantity": RTI,
        "rti_basis": basis.kind.value,
        "rti_normals": "photometric",
        "encoding": str(encoding),
        "lights": len(capture.directions),
        **capture.about,
    }
    return made.rename(RTI).assign_attrs(about)


def _solution(basis: Basis, directions: Floats) -> Floats:
    """Return the matrix (terms, lights) from brightness to terms.

    Raises
    ------
    InputError
        If the lights are too few, or lie so that noise would be blown up.
    """
    weights = basis.weights(directions)
    condition = np.linalg.cond(weights) if len(weights) >= basis.terms else np.inf
    if condition > MAX_CONDITION:
        raise InputError(
            f"The {len(directions)} lights of the capture don't tell the {basis.terms} terms of "
            "the model apart",
            hint="fit fewer terms, or capture more lights, all around and at several heights.",
        )
    solution: Floats = np.linalg.pinv(weights)
    return solution


def _fit_block(
    block: NDArray[Any],
    basis: Basis,
    solve: Floats,
    directions: Floats,
    white: float,
    encoding: Encoding,
) -> Singles:
    """Return the planes of a block (…, lights, channels)."""
    lights, channels = block.shape[-2:]
    out = np.empty((*block.shape[:-2], len(basis.planes)), np.float32)
    out[..., -3:] = solve_block(block, directions, white, encoding)[..., :3]
    flat = out.reshape(-1, out.shape[-1])
    pixels = block.reshape(*block.shape[:-2], lights * channels)
    for rows, values in slabs(pixels, 2 * lights * channels):
        shares = values.reshape(-1, lights, channels) / white
        colours = np.broadcast_to(shares, (len(shares), lights, 3))
        flat[rows, :-3] = _lrgb(colours, solve) if basis.is_lrgb else _rgb(colours, solve)
    return flat.reshape(out.shape)


def _rgb(colours: Floats, solve: Floats) -> Floats:
    """Return terms of each colour, term by term."""
    terms: Floats = np.einsum("tl,nlc->ntc", solve, colours)
    return terms.reshape(len(colours), -1)


def _lrgb(colours: Floats, solve: Floats) -> Floats:
    """Return terms of brightness, and the mean colour that they are factors of."""
    mean = colours.mean(axis=1)
    level = mean.mean(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        terms = (colours.mean(axis=2) @ solve.T) / level
    terms[level[:, 0] == 0] = 0.0  # black under every light
    return np.concatenate([terms, mean], axis=1)


def _compare(
    block: NDArray[Any],
    planes: NDArray[Any],
    basis: Basis,
    directions: Floats,
    white: float,
) -> Singles:
    """Return the root mean square of a block's differences."""
    lights, channels = block.shape[-2:]
    flat = planes.reshape(-1, planes.shape[-1]).astype(np.float64)
    out = np.empty(len(flat), np.float32)
    pixels = block.reshape(*block.shape[:-2], lights * channels)
    for rows, values in slabs(pixels, 2 * lights * channels):
        shares = values.reshape(-1, lights, channels) / white
        total = np.zeros(len(shares))
        for at, direction in enumerate(directions):
            difference = basis.relight(flat[rows], direction).clip(0, 1) - shares[:, at]
            total += (difference**2).mean(axis=-1)
        out[rows] = np.sqrt(total / lights)
    return out.reshape(block.shape[:-2])
