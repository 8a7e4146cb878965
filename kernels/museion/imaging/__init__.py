"""Spectral imaging on labelled arrays: small functions that work the same with Dask.

A cube is an :class:`xarray.DataArray` of reflectance (0 to 1) with dimensions
``y``, ``x`` and ``wavelength``, and wavelengths in nanometres as coordinate.
"""

from museion.imaging import analysis
from museion.imaging.colour import to_srgb
from museion.imaging.kubelka_munk import (
    absorption_over_scattering,
    infinite_reflectance,
    layer_reflectance,
)
from museion.imaging.spectra import mean_spectrum, normalized_difference, spectral_angle

__all__ = [
    "absorption_over_scattering",
    "analysis",
    "infinite_reflectance",
    "layer_reflectance",
    "mean_spectrum",
    "normalized_difference",
    "spectral_angle",
    "to_srgb",
]
