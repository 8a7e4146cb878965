"""3D scans: measured meshes that stream into the browser and answer at full resolution."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from museion.scans.composing.scene import ComposedScene, scene
    from museion.scans.layers.layer import Layer
    from museion.scans.layers.stored import put_layer
    from museion.scans.levels import ScanCut
    from museion.scans.scan import Scan

__all__ = ["ComposedScene", "Layer", "Scan", "ScanCut", "put_layer", "scene"]

_HOMES = {
    "ComposedScene": "museion.scans.composing.scene",
    "Layer": "museion.scans.layers.layer",
    "Scan": "museion.scans.scan",
    "ScanCut": "museion.scans.levels",
    "put_layer": "museion.scans.layers.stored",
    "scene": "museion.scans.composing.scene",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(name)
    return getattr(import_module(home), name)
