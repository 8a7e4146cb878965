"""The scan viewer in a notebook: `ScanView`.

What it leaves in a notebook is a specification (which dataset, version and scan) and a still
picture, never geometry: the browser reads the scan from the workspace's own server.
"""

from functools import cached_property
from typing import Any, Unpack

from museion.scans.scan import Scan
from museion.scans.still import StillView, draw_still
from museion.widgets.base import SPEC_VERSION, ShownFirst, browser_code
from museion.widgets.scan_annotations import ScanAnnotations
from museion.widgets.scan_layers import ScanViewLayers, ShownLayer, split_look
from museion.widgets.scan_look import Look, options_of
from museion.widgets.scan_measurements import ScanMeasurements
from museion.widgets.scan_pages import ScanPages
from museion_datasets.dataset import Dataset

HEIGHT_PX = 520
STILL_TRIANGLES = 80_000


class ScanLook(Look, ShownLayer):
    """Options of a view of a scan in a dataset: how it is looked at, and which layer is shown."""


class ScanView(ScanAnnotations, ScanMeasurements, ScanViewLayers, ScanPages, ShownFirst):
    """A scan to turn, zoom and light.

    Parameters
    ----------
    dataset : Dataset
        Open.
    item : str
        Name of the scan in it.
    height : int
        In CSS pixels.
    **look
        See `museion.widgets.scan_look.Look`; and `layer`, `look`, `limits`, `colours` and
        `strength`, as of `show_layer`: what is shown on it at first.
    """

    _esm = browser_code("scan")

    def __init__(
        self,
        dataset: Dataset,
        item: str,
        *,
        height: int = HEIGHT_PX,
        **look: Unpack[ScanLook],
    ) -> None:
        self.scan = Scan.of(dataset[item])
        first, shown = split_look(look)
        spec = {
            "version": SPEC_VERSION,
            "kind": "scan",
            "dataset": dataset.path,
            "dataset_version": dataset.version,
            "item": item,
            "title": self.scan.title,
            "synthetic": self.scan.is_synthetic,
            "height": height,
            "options": options_of(first),
        }
        super().__init__(_spec=spec)
        self._kept = {}
        if shown.get("layer") is not None:
            self.show_layer(**shown)
        self.on_msg(self.answer_question)
        self.on_msg(self.answer_pages)
        self.on_msg(self.answer_layer_question)

    @property
    def spec(self) -> dict[str, Any]:
        """The view specification; its options hold measurements and layer of this moment."""
        spec = super().spec
        marks = list(self.measurement_marks), list(self.measurement_answers)
        named = dict(zip(("measurements", "answers"), marks, strict=True))
        return {**spec, "options": {**spec["options"], **named, **self.layer_options()}}

    def still(self) -> bytes:
        """Return a PNG of the first view."""
        return self._still

    def describe(self) -> str:
        """Return one line for where no picture can be shown."""
        spec = self._spec
        note = ", synthetic" if spec["synthetic"] else ""
        what = "points" if self.scan.is_cloud else "triangles"
        return (
            f"ScanView of {spec['dataset']} version {spec['dataset_version']}, {spec['item']}: "
            f"{self.scan.head.elements_at_finest} {what}{note}"
        )

    def _send_answer(self, content: dict[str, Any]) -> None:
        self.send(content)

    def _read_part(self, part: str) -> bytes:
        return self.scan.read_part(part)

    def _send_bytes(self, content: dict[str, Any], buffers: list[bytes]) -> None:
        self.send(content, buffers=buffers)

    @cached_property
    def _still(self) -> bytes:
        options = self._spec["options"]
        view = StillView(azimuth=options["azimuth"], elevation=options["elevation"])
        return draw_still(self.scan.simplified(STILL_TRIANGLES), view)
