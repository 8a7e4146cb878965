"""Reflectance transformation imaging (RTI): a surface seen under any light.

A *capture* is an array (light, y, x, channel) of images under lights from known directions:
an ingested folder, or `read_capture` of a light position file. A *model* is an array
(y, x, plane) fitted to it, from which `relight` draws the surface under a light that was never
there. `photometric_normals` measures the surface itself, with an uncertainty. All of it works
block by block on Dask.
"""

from museion.imaging.rti.capture import read_capture
from museion.imaging.rti.fitting import fit_error, fit_hsh, fit_ptm
from museion.imaging.rti.normals import photometric_normals
from museion.imaging.rti.relighting import enhance_specular, raking_strip, relight, show_normals

__all__ = [
    "enhance_specular",
    "fit_error",
    "fit_hsh",
    "fit_ptm",
    "photometric_normals",
    "raking_strip",
    "read_capture",
    "relight",
    "show_normals",
]
