"""A mesh that lives in the kernel only, in the scan viewer: `HeldScanView`.

The browser asks the kernel for pages, over the widget's comm. No trait holds geometry, so none
lands in a saved notebook: that keeps the still picture. Without this kernel nothing else is left.
"""

import uuid
from functools import cached_property
from typing import Any, Unpack

from museion.scans.held import HeldScan
from museion.scans.still import StillView, draw_still
from museion.widgets.base import SPEC_VERSION, ShownFirst, browser_code
from museion.widgets.scan import HEIGHT_PX, STILL_TRIANGLES
from museion.widgets.scan_look import Look, options_of
from museion.widgets.scan_measurements import ScanMeasurements
from museion.widgets.scan_pages import ScanPages
from museion_datasets.ingest.scans.mesh import MeshArrays

PLACE = "kernel/mesh"
"""What stands for a dataset's path."""


class HeldScanView(ScanMeasurements, ScanPages, ShownFirst):
    """A mesh to turn, zoom, light and measure, for as long as its kernel runs.

    Parameters
    ----------
    mesh : MeshArrays
        Positions in `unit`, right-handed, z up.
    title : str
    unit : {"m", "cm", "mm", "um", "in"}
    synthetic : bool
        Computed, not measured on an object: the viewer says so.
    height : int
        In CSS pixels.
    **look
        See `museion.widgets.scan_look.Look`.
    """

    _esm = browser_code("scan")

    def __init__(
        self,
        mesh: MeshArrays,
        *,
        title: str = "Mesh",
        unit: str = "m",
        synthetic: bool = False,
        height: int = HEIGHT_PX,
        **look: Unpack[Look],
    ) -> None:
        self.scan: Any = HeldScan(mesh, title, unit=unit, is_synthetic=synthetic)
        spec = {
            "version": SPEC_VERSION,
            "kind": "scan",
            "dataset": PLACE,
            "dataset_version": 1,
            "item": f"mesh-{uuid.uuid4().hex[:12]}",
            "title": title,
            "synthetic": synthetic,
            "height": height,
            "options": {"source": "kernel", **options_of(look)},
        }
        super().__init__(_spec=spec)
        self.on_msg(self.answer_question)
        self.on_msg(self.answer_pages)

    def still(self) -> bytes:
        """Return a PNG of the first view."""
        return self._still

    def describe(self) -> str:
        """Return one line for where no picture can be shown."""
        spec = self._spec
        note = ", synthetic" if spec["synthetic"] else ""
        what = "points" if self.scan.head.is_cloud else "triangles"
        count = self.scan.head.elements_at_finest
        return f"{spec['title']}: {count} {what}, in this kernel only{note}"

    def _read_part(self, part: str) -> bytes:
        data: bytes = self.scan.read_part(part)
        return data

    def _send_answer(self, content: dict[str, Any]) -> None:
        self.send(content)

    def _send_bytes(self, content: dict[str, Any], buffers: list[bytes]) -> None:
        self.send(content, buffers=buffers)

    @cached_property
    def _still(self) -> bytes:
        options = self._spec["options"]
        view = StillView(azimuth=options["azimuth"], elevation=options["elevation"])
        return draw_still(self.scan.simplified(STILL_TRIANGLES), view)
