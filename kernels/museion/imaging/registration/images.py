"""Images as registration needs them: planes of numbers of even contrast, checked."""

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from museion.errors import InputError

_SMALLEST_PX = 16
_PERCENTILES = (1.0, 99.0)

type Floats = NDArray[np.float32]


def require_image(image: Any, which: str) -> Floats:  # noqa: ANN401 - what a person gives
    """Return an image's values between 0 and 1.

    Parameters
    ----------
    image : DataArray or array
        Of dimensions (y, x); gaps count as dark.
    which : str
        ``"moving"`` or ``"fixed"``, for messages.

    Returns
    -------
    (y, x) float32
        From the 1st to the 99th percentile.

    Raises
    ------
    InputError
        If it is no plane, too small, or everywhere the same.
    """
    plane = image.transpose("y", "x") if _is_plane(image) else image
    values = np.asarray(plane, np.float32)
    if values.ndim != 2 or min(values.shape) < _SMALLEST_PX:  # noqa: PLR2004 - a plane
        raise InputError(
            f"The {which} image is no plane of at least {_SMALLEST_PX} pixels a side",
            hint="choose one band or one map: cube.sel(wavelength=650, method='nearest').",
        )
    valid = values[np.isfinite(values)]
    low, high = np.percentile(valid, _PERCENTILES) if valid.size else (0.0, 0.0)
    if valid.size and not high > low:
        low, high = valid.min(), valid.max()
    if not high > low:
        raise InputError(
            f"The {which} image is the same everywhere", hint="choose a band or map with contrast."
        )
    scaled: Floats = np.clip((values - np.float32(low)) / np.float32(high - low), 0, 1)
    return np.nan_to_num(scaled, nan=0.0)


def _is_plane(image: Any) -> bool:  # noqa: ANN401
    return isinstance(image, xr.DataArray) and set(image.dims) == {"y", "x"}
