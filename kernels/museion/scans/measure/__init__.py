"""Measurements on scans, answered at full resolution and ready to be published.

`scan.measure` has them all; `Measurements.of_arrays` measures on a mesh in memory.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from museion.scans.measure.clouds import CloudMeasurements
    from museion.scans.measure.deviation import M3c2Options
    from museion.scans.measure.icp import IcpOptions
    from museion.scans.measure.measurements import Measurements
    from museion.scans.measure.plane import Plane
    from museion.scans.measure.quantities import Quantity
    from museion.scans.measure.transform import Transform

__all__ = [
    "CloudMeasurements",
    "IcpOptions",
    "M3c2Options",
    "Measurements",
    "Plane",
    "Quantity",
    "Transform",
]

_HOMES = {
    "CloudMeasurements": "museion.scans.measure.clouds",
    "IcpOptions": "museion.scans.measure.icp",
    "M3c2Options": "museion.scans.measure.deviation",
    "Measurements": "museion.scans.measure.measurements",
    "Plane": "museion.scans.measure.plane",
    "Quantity": "museion.scans.measure.quantities",
    "Transform": "museion.scans.measure.transform",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(name)
    return getattr(import_module(home), name)
