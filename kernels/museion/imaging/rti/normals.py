"""Photometric normals: the surface's slope from its brightness under many lights.

A matt surface is as bright as the cosine between its normal and the light. At each pixel the
normal is fitted to the lights that obey. A light that leaves the pixel below a tenth of what
the brightest ones give counts as shadow and is left out; of the others, gloss and half shadow
are found by their residual and lose their weight, step by step (Tukey's biweight, the scale
from the median residual). What too few lights or contradicting ones say is not determined, and
NaN.

References
----------
R. J. Woodham, "Photometric method for determining surface orientation from multiple images",
Optical Engineering 19 (1980) 139-144.
P. J. Huber, "Robust Statistics", Wiley (1981), chapter 7.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from museion.errors import InputError
from museion.imaging.analysis.pixels import slabs
from museion.imaging.rti.capture import CHANNEL, LIGHT, Encoding, Floats, decoder, require_capture

LEAST_LIGHTS = 6
MAX_UNCERTAINTY_DEG = 20.0
MAX_MISFIT = 0.2
"""Standard deviation of the lights that are left, as a share of the albedo."""

COMPONENTS = ("x", "y", "z")
_FACTS = 6  # normal, albedo, uncertainty, lights used
_STEPS = 6
_BIWEIGHT = 3.0  # standard deviations beyond which a light has no weight
_MAD = 1.4826  # from the median absolute residual to a standard deviation
_FLOOR = 0.002  # of white: what 8 bits can't tell
_SATURATED = 0.995
_BRIGHT = 0.9  # rank among a pixel's lights: what is above may be gloss
_SHADOW = 0.1  # of that light's brightness

type Singles = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Solver:
    """Fits normals to the brightness of pixels.

    Attributes
    ----------
    directions : (lights, 3) float64
        Unit vectors to the lights.
    """

    directions: Floats

    def solve(self, light: Floats, is_saturated: NDArray[np.bool_]) -> Singles:
        """Fit the pixels of a slab.

        Parameters
        ----------
        light : (n, lights) float64
            Linear in light, 1 is white.
        is_saturated : (n, lights) bool
            What the camera could not count.

        Returns
        -------
        (n, 6) float32
            Normal, albedo, uncertainty in degrees, lights used; NaN where not determined,
            but for the number of lights.
        """
        at = int(_BRIGHT * (light.shape[1] - 1))
        bright = np.partition(light, at, axis=1)[:, [at]]
        is_lit = (light > _SHADOW * bright) & ~is_saturated
        weights = (is_lit & (light <= bright)).astype(np.float64)
        for _ in range(_STEPS):
            vectors, _ = self._fit(light, weights)
            weights = _biweight(light - vectors @ self.directions.T, is_lit)
        vectors, inverse = self._fit(light, weights)
        return _describe(light - vectors @ self.directions.T, weights, vectors, inverse)

    def _fit(self, light: Floats, weights: Floats) -> tuple[Floats, Floats]:
        """Return weighted least squares, and the inverse of their normal matrices."""
        outer = (self.directions[:, :, None] * self.directions[:, None, :]).reshape(-1, 9)
        matrices = (weights @ outer).reshape(-1, 3, 3) + 1e-9 * np.eye(3)
        inverse = np.linalg.inv(matrices)
        right = (weights * light) @ self.directions
        return np.einsum("nij,nj->ni", inverse, right), inverse


def photometric_normals(
    capture: xr.DataArray | xr.Dataset, *, encoding: Encoding = "srgb"
) -> xr.Dataset:
    """Measure the surface normal at each pixel of a capture.

    Parameters
    ----------
    capture : DataArray or Dataset
        From `read_capture`, or ingested; Dask stays lazy.
    encoding : str or float
        How the images encode light: ``"srgb"``, ``"linear"``, or a gamma such as 2.2. A wrong
        one bends the normals.

    Returns
    -------
    Dataset
        ``normal`` (y, x, component) float32, unit vectors, x to the right, y up, z to the
        camera; ``albedo`` (y, x), 1 is white under a light from straight above;
        ``uncertainty`` (y, x), one standard deviation in degrees, of noise and of what is not
        matt, not of wrong lights; ``lights_used`` (y, x). NaN where not determined.
    """
    prepared = require_capture(capture)
    require_lights(prepared.directions)
    decoder(encoding)
    made = xr.apply_ufunc(
        solve_block,
        prepared.images,
        kwargs={
            "directions": prepared.directions,
            "white": prepared.white,
            "encoding": encoding,
        },
        input_core_dims=[[LIGHT, CHANNEL]],
        output_core_dims=[["fact"]],
        output_dtypes=[np.float32],
        dask="parallelized",
        dask_gufunc_kwargs={"output_sizes": {"fact": _FACTS}},
        keep_attrs=False,
    ).drop_vars(["light_x", "light_y", "light_z", "image_name"], errors="ignore")
    normal = made.isel(fact=slice(0, 3)).rename(fact="component")
    normal = normal.assign_coords(component=list(COMPONENTS))
    found = {
        "normal": (normal, "1", "surface normal"),
        "albedo": (made.isel(fact=3), "1", "albedo"),
        "uncertainty": (made.isel(fact=4), "degrees", "uncertainty of the normal"),
        "lights_used": (made.isel(fact=5), "1", "lights that obey a matt surface"),
    }
    variables = {
        name: array.assign_attrs(units=units, long_name=long)
        for name, (array, units, long) in found.items()
    }
    about = {**prepared.about, "encoding": str(encoding), "method": "robust photometric stereo"}
    return xr.Dataset(variables, attrs=about)


def solve_block(
    block: NDArray[Any], directions: Floats, white: float, encoding: Encoding
) -> Singles:
    """Fit the pixels of a block.

    Parameters
    ----------
    block : (…, lights, channels) array
        As the images hold them.
    directions : (lights, 3) float64
        Unit vectors.
    white : float
        Value of white.
    encoding : str or float
        As for `photometric_normals`.

    Returns
    -------
    (…, 6) float32
        As `Solver.solve` gives them.
    """
    decode, solver = decoder(encoding), Solver(directions)
    lights, channels = block.shape[-2:]
    pixels = block.reshape(*block.shape[:-2], lights * channels)
    out = np.empty((pixels[..., 0].size, _FACTS), np.float32)
    for rows, values in slabs(pixels, 6 * lights):
        shares = values.reshape(-1, lights, channels) / white
        is_saturated = shares.max(axis=-1) >= _SATURATED
        out[rows] = solver.solve(decode(shares).mean(axis=-1), is_saturated)
    return out.reshape(*block.shape[:-2], _FACTS)


def require_lights(directions: Floats) -> None:
    """Raise unless lights can tell a slope in every direction.

    Parameters
    ----------
    directions : (lights, 3) float64
        Unit vectors.

    Raises
    ------
    InputError
        If there are too few, or they lie in one line.
    """
    if len(directions) < LEAST_LIGHTS:
        raise InputError(
            f"Too few lights for robust normals: {len(directions)}",
            hint=f"capture at least {LEAST_LIGHTS}, better 30 or more.",
        )
    spread = np.linalg.svd(directions, compute_uv=False)
    if spread[-1] < 0.05 * spread[0]:
        raise InputError(
            "The lights of the capture lie in one plane, so that slopes across it don't show",
            hint="light the object from all around, high and low.",
        )


def _biweight(residuals: Floats, is_lit: NDArray[np.bool_]) -> Floats:
    """Return Tukey's weights; what is in shadow has none."""
    sizes = np.abs(residuals)
    ordered = np.sort(np.where(is_lit, sizes, np.inf), axis=1)
    count = is_lit.sum(axis=1)
    middle = ordered[np.arange(len(ordered)), np.minimum(count // 2, ordered.shape[1] - 1)]
    scale = _BIWEIGHT * (_MAD * np.where(np.isfinite(middle), middle, 0.0) + _FLOOR)
    share = np.minimum(sizes / scale[:, None], 1.0)
    weights: Floats = np.where(is_lit, (1 - share**2) ** 2, 0.0)
    return weights


def _describe(residuals: Floats, weights: Floats, vectors: Floats, inverse: Floats) -> Singles:
    """Return normal, albedo, uncertainty and lights used."""
    used = (weights > 0).sum(axis=1)
    albedo = np.linalg.norm(vectors, axis=1)
    freedom = weights.sum(axis=1) - len(COMPONENTS)
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = (weights * residuals**2).sum(axis=1) / freedom
        normals = vectors / albedo[:, None]
        along = np.einsum("ni,nij,nj->n", normals, inverse, normals)
        across = np.trace(inverse, axis1=1, axis2=2) - along
        uncertainty = np.degrees(np.sqrt(variance * np.maximum(across, 0.0)) / albedo)
        sure = (freedom > 0) & (used >= LEAST_LIGHTS - 1) & (normals[:, 2] > 0)
        sure &= (uncertainty <= MAX_UNCERTAINTY_DEG) & (np.sqrt(variance) <= MAX_MISFIT * albedo)
    found = np.column_stack([normals, albedo, uncertainty])
    found[~sure] = np.nan
    return np.column_stack([found, used]).astype(np.float32)
