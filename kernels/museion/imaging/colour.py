"""How a reflectance cube looks to the eye in daylight.

One matrix product per pixel, so a cube larger than memory stays lazy. Observer,
illuminant and code come from `museion_datasets.colour`.
"""

import numpy as np
import xarray as xr

from museion_datasets.colour import encode_srgb, srgb_weights


def to_srgb(cube: xr.DataArray) -> xr.DataArray:
    """Colour image of a reflectance cube under D65.

    Parameters
    ----------
    cube : DataArray
        Reflectance along ``wavelength`` in nm, from blue to red at least; else
        `museion_datasets.errors.InvalidError`.

    Returns
    -------
    DataArray
        float32, 0 to 1, sRGB-encoded, with dimension ``channel`` (r, g, b) last.
    """
    weights = xr.DataArray(
        srgb_weights(cube["wavelength"].to_numpy()).astype(np.float32),
        dims=("channel", "wavelength"),
        coords={"channel": ["r", "g", "b"], "wavelength": cube["wavelength"]},
    )
    encoded = encode_srgb(xr.dot(cube, weights, dim="wavelength"))
    image: xr.DataArray = encoded.transpose(..., "channel").astype(np.float32)
    return image.rename("srgb").drop_attrs()
