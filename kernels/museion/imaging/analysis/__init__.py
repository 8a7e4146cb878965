"""Analysis of whole cubes, also of such as are larger than memory.

A cube is a :class:`xarray.DataArray` with dimensions ``y``, ``x`` and ``wavelength``, and
wavelengths in nanometres as coordinate. Numpy or Dask inside; a lazy cube is streamed block
by block, on a cluster if there is one, and what has a value for each pixel stays lazy until
it is used or saved.
"""

from museion.imaging.analysis.angles import map_spectral_angles
from museion.imaging.analysis.components import principal_components
from museion.imaging.analysis.unmixing import unmix

__all__ = ["map_spectral_angles", "principal_components", "unmix"]
