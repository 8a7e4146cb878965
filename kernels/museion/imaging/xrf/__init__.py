"""X-ray fluorescence scans: from channels to element maps with errors.

>>> from museion.imaging import xrf
>>> maps = xrf.map_elements(cube, ["Pb", "Hg", "Cu"], anode="Mo")  # doctest: +SKIP

A cube is a :class:`xarray.DataArray` of counts with dimensions ``y``, ``x`` and ``energy``
in keV; `calibrate_energy` gives one whose channels have no energies yet.
"""

from museion.imaging.xrf.background import snip
from museion.imaging.xrf.calibration import EnergyCalibration, calibrate_energy
from museion.imaging.xrf.evidence import ElementEvidence, find_elements
from museion.imaging.xrf.lines import Family, Line, find_lines, line_energy
from museion.imaging.xrf.maps import map_elements
from museion.imaging.xrf.spectra import estimate_dwell

__all__ = [
    "ElementEvidence",
    "EnergyCalibration",
    "Family",
    "Line",
    "calibrate_energy",
    "estimate_dwell",
    "find_elements",
    "find_lines",
    "line_energy",
    "map_elements",
    "snip",
]
