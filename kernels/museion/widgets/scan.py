"""The scan viewer in a notebook: `ScanView`.

What it leaves in a notebook is a specification (which dataset, version and scan) and a still
picture, never geometry: the browser reads the scan from the workspace's own server.
"""

from functools import cached_property

from museion.scans.scan import Scan
from museion.scans.still import AZIMUTH, ELEVATION, StillView, draw_still
from museion.widgets.base import SPEC_VERSION, StreamedView, browser_code
from museion_datasets.dataset import Dataset

HEIGHT_PX = 520
_STILL_TRIANGLES = 80_000


class ScanView(StreamedView):
    """A scan to turn, zoom and light.

    Parameters
    ----------
    dataset : Dataset
        Open.
    item : str
        Name of the scan in it.
    height : int
        In CSS pixels.
    azimuth, elevation : float
        Where the first view is taken from, in degrees: around the object, from +x over +y,
        and above the horizon.
    max_triangles : int, optional
        Drawn at most; chosen by the graphics card otherwise.
    """

    _esm = browser_code("scan")

    def __init__(
        self,
        dataset: Dataset,
        item: str,
        *,
        height: int = HEIGHT_PX,
        azimuth: float = AZIMUTH,
        elevation: float = ELEVATION,
        max_triangles: int | None = None,
    ) -> None:
        self.scan = Scan.of(dataset[item])
        options: dict[str, float] = {"azimuth": azimuth, "elevation": elevation}
        if max_triangles is not None:
            options["max_triangles"] = max_triangles
        spec = {
            "version": SPEC_VERSION,
            "kind": "scan",
            "dataset": dataset.path,
            "dataset_version": dataset.version,
            "item": item,
            "title": self.scan.title,
            "synthetic": self.scan.is_synthetic,
            "height": height,
            "options": options,
        }
        super().__init__(_spec=spec)

    def still(self) -> bytes:
        """Return a PNG of the first view."""
        return self._still

    def describe(self) -> str:
        """Return one line for where no picture can be shown."""
        spec = self._spec
        note = ", synthetic" if spec["synthetic"] else ""
        return (
            f"ScanView of {spec['dataset']} version {spec['dataset_version']}, {spec['item']}: "
            f"{self.scan.triangle_count} triangles{note}"
        )

    @cached_property
    def _still(self) -> bytes:
        options = self._spec["options"]
        view = StillView(azimuth=options["azimuth"], elevation=options["elevation"])
        return draw_still(self.scan.simplified(_STILL_TRIANGLES), view)
