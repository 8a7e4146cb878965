"""Spectral imaging on labelled arrays: small functions that work the same with Dask.

A cube is an :class:`xarray.DataArray` with dimensions ``y``, ``x`` and ``wavelength`` in nanometres
(or ``energy``, or ``channel``). Its attribute ``quantity`` says what a value is: `quantity_of`.
"""

from museion.imaging import analysis, libraries
from museion.imaging.calibration import calibrate, open_capture
from museion.imaging.colour import delta_e, to_lab, to_srgb, to_xyz
from museion.imaging.continuum import remove_continuum
from museion.imaging.cubes import (
    Quantity,
    good_bands,
    label_of,
    mark,
    quantity_of,
    require_reflectance,
    spectral_axis,
    to_absorbance,
    to_k_over_s,
    to_reflectance,
)
from museion.imaging.inspection import inspect
from museion.imaging.kubelka_munk import (
    absorption_over_scattering,
    infinite_reflectance,
    layer_reflectance,
)
from museion.imaging.libraries import open_library
from museion.imaging.smoothing import derivative, resample, smooth
from museion.imaging.spectra import mean_spectrum, normalized_difference, spectral_angle

__all__ = [
    "Quantity",
    "absorption_over_scattering",
    "analysis",
    "calibrate",
    "delta_e",
    "derivative",
    "good_bands",
    "infinite_reflectance",
    "inspect",
    "label_of",
    "layer_reflectance",
    "libraries",
    "mark",
    "mean_spectrum",
    "normalized_difference",
    "open_capture",
    "open_library",
    "quantity_of",
    "remove_continuum",
    "require_reflectance",
    "resample",
    "smooth",
    "spectral_angle",
    "spectral_axis",
    "to_absorbance",
    "to_k_over_s",
    "to_lab",
    "to_reflectance",
    "to_srgb",
    "to_xyz",
]
