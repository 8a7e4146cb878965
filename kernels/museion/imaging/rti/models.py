"""What is a model, and where a light stands."""

import numpy as np
import xarray as xr

from museion.errors import InputError
from museion.imaging.rti.capture import Floats
from museion_datasets.errors import DatasetsError
from museion_datasets.rti_basis import PLANE, RTI, Basis, basis_of

MAX_ELEVATION_DEG = 90.0


def model_of(model: xr.DataArray | xr.Dataset) -> tuple[xr.DataArray, Basis]:
    """Return a model with its planes last, and what they are.

    Parameters
    ----------
    model : DataArray or Dataset
        Fitted, or an item of a dataset.

    Returns
    -------
    model : DataArray
        The same values; a lazy one has whole pixels in each block.
    basis : Basis
        Of its planes.

    Raises
    ------
    InputError
        If it is no model.
    """
    if isinstance(model, xr.Dataset) and RTI in model:
        model = model[RTI]
    if not isinstance(model, xr.DataArray) or PLANE not in model.dims:
        raise InputError(
            "Not an RTI model: it needs the dimension plane",
            hint="fit one: museion.imaging.rti.fit_ptm(capture).",
        )
    try:
        basis = basis_of(str(model.attrs.get("rti_basis", "")), model.sizes[PLANE])
    except DatasetsError as error:
        raise InputError(error.message, hint=error.hint) from error
    model = model.transpose(..., PLANE)
    return (model.chunk({PLANE: -1}) if model.chunks else model), basis


def direction_of(azimuth: float, elevation: float) -> Floats:
    """Return the unit vector to a light.

    Parameters
    ----------
    azimuth : float
        In degrees from the right (0) over the top (90).
    elevation : float
        In degrees above the surface, 0 to 90.

    Returns
    -------
    (3,) float64
        x to the right, y up, z to the camera.

    Raises
    ------
    InputError
        If the light is below the surface, or no number.

    Examples
    --------
    >>> direction_of(90, 0).round(3).tolist()
    [0.0, 1.0, 0.0]
    """
    if not (np.isfinite(azimuth) and 0 <= elevation <= MAX_ELEVATION_DEG):
        raise InputError(
            f"Not a place for a light: azimuth {azimuth:g}, elevation {elevation:g} degrees",
            hint="the elevation is from 0 (along the surface) to 90 (from the camera).",
        )
    around, up = np.deg2rad(azimuth), np.deg2rad(elevation)
    level = np.cos(up)
    return np.array([level * np.cos(around), level * np.sin(around), np.sin(up)])
