"""The scan viewer in a notebook: `ScanView`.

What it leaves in a notebook is a specification (which dataset, version and scan) and a still
picture, never geometry: the browser reads the scan from the workspace's own server.
"""

from functools import cached_property
from typing import Any

from museion.scans.scan import Scan
from museion.scans.still import AZIMUTH, ELEVATION, StillView, draw_still
from museion.widgets.base import SPEC_VERSION, StreamedView, browser_code
from museion.widgets.scan_annotations import ScanAnnotations
from museion.widgets.scan_measurements import ScanMeasurements
from museion_datasets.dataset import Dataset

HEIGHT_PX = 520
_STILL_TRIANGLES = 80_000


class ScanView(ScanAnnotations, ScanMeasurements, StreamedView):
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
        self.on_msg(self.answer_question)

    @property
    def spec(self) -> dict[str, Any]:
        """The view specification; its options hold the measurements of this moment."""
        spec = super().spec
        marks = list(self.measurement_marks), list(self.measurement_answers)
        named = dict(zip(("measurements", "answers"), marks, strict=True))
        return {**spec, "options": {**spec["options"], **named}}

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

    def _send_answer(self, content: dict[str, Any]) -> None:
        self.send(content)

    @cached_property
    def _still(self) -> bytes:
        options = self._spec["options"]
        view = StillView(azimuth=options["azimuth"], elevation=options["elevation"])
        return draw_still(self.scan.simplified(_STILL_TRIANGLES), view)
