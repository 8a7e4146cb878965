"""Analysis of whole cubes, also of such as are larger than memory.

A cube is a :class:`xarray.DataArray` with dimensions ``y``, ``x`` and ``wavelength``, and
wavelengths in nanometres as coordinate. Numpy or Dask inside; a lazy cube is streamed block
by block, on a cluster if there is one, and what has a value for each pixel stays lazy until
it is used or saved.
"""

from museion.imaging.analysis.angles import map_spectral_angles
from museion.imaging.analysis.change import compare_dates
from museion.imaging.analysis.components import principal_components, rebuild
from museion.imaging.analysis.divergence import map_information_divergence
from museion.imaging.analysis.embedding import embed_pixels, pixels_within
from museion.imaging.analysis.factors import nonnegative_factors
from museion.imaging.analysis.features import match_features
from museion.imaging.analysis.independent import independent_components
from museion.imaging.analysis.kmeans import classify_pixels
from museion.imaging.analysis.noise import minimum_noise_fraction
from museion.imaging.analysis.progress import compute
from museion.imaging.analysis.unmixing import unmix

__all__ = [
    "classify_pixels",
    "compare_dates",
    "compute",
    "embed_pixels",
    "independent_components",
    "map_information_divergence",
    "map_spectral_angles",
    "match_features",
    "minimum_noise_fraction",
    "nonnegative_factors",
    "pixels_within",
    "principal_components",
    "rebuild",
    "unmix",
]
