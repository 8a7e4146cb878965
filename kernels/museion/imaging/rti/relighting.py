"""Draws a model under a light: as it was, with more gloss, as normals, and in raking light.

References
----------
T. Malzbender, D. Gelb, H. Wolters, "Polynomial texture maps", SIGGRAPH (2001) 519-528
(specular enhancement, section 4.2).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from museion.errors import InputError
from museion.imaging.rti.capture import Floats
from museion.imaging.rti.models import direction_of, model_of
from museion_datasets.rti_basis import PLANE, Basis

COLOURS = ("red", "green", "blue")
RAKING_DEG = 12.0
STRIP_LIGHTS = 8
MAX_STRIP_LIGHTS = 72

type Singles = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Gloss:
    """How a surface of the measured shape would shine.

    Attributes
    ----------
    diffuse : float
        Share of the measured colour that stays.
    specular : float
        Strength of the highlight.
    exponent : float
        Its sharpness; 1 is broad, 150 a polished metal.
    """

    diffuse: float = 0.4
    specular: float = 0.7
    exponent: float = 75.0


_GLOSS = Gloss()


def relight(model: xr.DataArray | xr.Dataset, azimuth: float, elevation: float) -> xr.DataArray:
    """Draw a model under a light.

    Parameters
    ----------
    model : DataArray or Dataset
        Fitted, or an item of a dataset; Dask stays lazy.
    azimuth : float
        Where the light comes from, in degrees from the right (0) over the top (90).
    elevation : float
        Its height above the surface, in degrees.

    Returns
    -------
    DataArray
        (y, x, channel), display values from 0 to 1; NaN where the model has none.
    """
    return _draw(model, draw_matt, azimuth, elevation)


def enhance_specular(
    model: xr.DataArray | xr.Dataset, azimuth: float, elevation: float, gloss: Gloss = _GLOSS
) -> xr.DataArray:
    """Draw a model as if its surface were glossy, so that faint relief shows.

    Parameters
    ----------
    model, azimuth, elevation
        As for `relight`.
    gloss : Gloss
        How glossy.

    Returns
    -------
    DataArray
        As `relight` gives it. The highlight is computed, not measured.
    """
    return _draw(model, draw_glossy, azimuth, elevation, gloss=gloss)


def show_normals(model: xr.DataArray | xr.Dataset) -> xr.DataArray:
    """Draw a model's normals as colours: red to the right, green up, blue to the camera.

    Parameters
    ----------
    model : DataArray or Dataset
        As for `relight`.

    Returns
    -------
    DataArray
        (y, x, channel) from 0 to 1.
    """
    return _draw(model, lambda values, _basis, _light: draw_normals(values), 0.0, 90.0)


def raking_strip(
    model: xr.DataArray | xr.Dataset,
    *,
    elevation: float = RAKING_DEG,
    count: int = STRIP_LIGHTS,
) -> xr.DataArray:
    """Draw a model in raking light from all sides, for print.

    Parameters
    ----------
    model : DataArray or Dataset
        As for `relight`.
    elevation : float
        Of all lights, in degrees above the surface.
    count : int
        How many lights, from the right, then counter-clockwise.

    Returns
    -------
    DataArray
        (azimuth, y, x, channel), azimuth in degrees.

    Raises
    ------
    InputError
        If there are too few or too many lights.
    """
    if not 1 <= count <= MAX_STRIP_LIGHTS:
        raise InputError(
            f"Not a number of raking lights: {count}", hint=f"give 1 to {MAX_STRIP_LIGHTS}."
        )
    around = [360.0 * at / count for at in range(count)]
    drawn = [relight(model, azimuth, elevation) for azimuth in around]
    index = xr.Variable("azimuth", around, {"units": "degrees"})
    strip: xr.DataArray = xr.concat(drawn, dim=index)
    return strip.assign_attrs(drawn[0].attrs, elevation=float(elevation))


def draw_matt(values: Singles, basis: Basis, light: Floats) -> Singles:
    """Return the colours (…, 3) of a model's planes under a light, 0 to 1."""
    return basis.relight(values, light).clip(0.0, 1.0)


def draw_glossy(values: Singles, basis: Basis, light: Floats, gloss: Gloss = _GLOSS) -> Singles:
    """Return the colours (…, 3) of a model's planes with a highlight on its normals."""
    halfway = light + np.array([0.0, 0.0, 1.0])
    halfway = (halfway / np.linalg.norm(halfway)).astype(values.dtype)
    facing = np.nan_to_num((values[..., -3:] @ halfway).clip(0.0, 1.0))
    shine = gloss.specular * facing[..., None] ** gloss.exponent
    matt = gloss.diffuse * basis.relight(values, light).clip(0.0, None)
    shown: Singles = (matt + shine).clip(0.0, 1.0)
    return shown


def draw_normals(values: Singles) -> Singles:
    """Return the normals of a model's planes as colours (…, 3)."""
    normals = values[..., -3:]
    with np.errstate(invalid="ignore", divide="ignore"):
        return 0.5 + 0.5 * normals / np.linalg.norm(normals, axis=-1, keepdims=True)


def _draw(
    model: xr.DataArray | xr.Dataset,
    draw: Callable[..., Singles],
    azimuth: float,
    elevation: float,
    **options: Any,  # noqa: ANN401 - of the drawing
) -> xr.DataArray:
    """Apply a drawing to each block of a model."""
    planes, basis = model_of(model)
    drawn: xr.DataArray = xr.apply_ufunc(
        lambda values: draw(
            values.astype(np.float32), basis, direction_of(azimuth, elevation), **options
        ).astype(np.float32),
        planes,
        input_core_dims=[[PLANE]],
        output_core_dims=[["channel"]],
        output_dtypes=[np.float32],
        dask="parallelized",
        dask_gufunc_kwargs={"output_sizes": {"channel": len(COLOURS)}},
        keep_attrs=False,
    )
    direction_of(azimuth, elevation)
    about = {key: planes.attrs[key] for key in ("pixel_size_mm",) if key in planes.attrs}
    about |= {"quantity": "image", "azimuth": float(azimuth), "elevation": float(elevation)}
    return drawn.assign_coords(channel=list(COLOURS)).rename("image").assign_attrs(about)
