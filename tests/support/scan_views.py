"""Scan viewers whose kernel side is real: a dataset in a folder, and the widget on it."""

import base64
from pathlib import Path
from typing import Any

from museion.widgets.scan import ScanView
from museion_datasets import connect
from museion_datasets.ingest.scans.mesh import MeshArrays
from museion_datasets.ingest.scans.scan import ScanInfo, put_scan


def open_view(folder: Path, mesh: MeshArrays, *, noise_m: float | None = None) -> ScanView:
    """Store a mesh as the scan of `demo/object` and open its view."""
    library = connect(folder.as_uri())
    info = ScanInfo("Object", is_synthetic=True, noise_m=noise_m)
    with library.draft(
        "demo/object", title="Object", kind="scan", rights="CC0-1.0", synthetic=True
    ) as draft:
        put_scan(draft, "scan", mesh, info)
    return ScanView(library.open("demo/object"), "scan")


class KernelSide:
    """What a kernel does with a browser's messages to a widget."""

    def __init__(self, view: ScanView) -> None:
        self.view = view
        self._said: list[Any] = []
        view.send = lambda content, buffers=(): self._said.append({
            "content": content,
            "buffers": [base64.b64encode(each).decode() for each in buffers],
        })

    def receive(self, message: dict[str, Any]) -> dict[str, Any]:
        """Handle a message as ipywidgets does; give the state and what was sent back."""
        if message["method"] == "update":
            self.view.set_state(message["state"])
        else:
            self.view._handle_custom_msg(message["content"], [])
        said, self._said = self._said, []
        return {"state": self.state, "custom": said}

    @property
    def state(self) -> dict[str, Any]:
        """What the widget tells every browser."""
        names = ("measurement_marks", "measurement_answers")
        return {name: list(getattr(self.view, name)) for name in names}


def stored_objects(view: ScanView) -> dict[str, bytes]:
    """Give what the workspace's server reads for a view, by suffix."""
    head = view.scan.head
    parts = ["head", *(f"pages/{page}" for page in range(1, len(head.groups)))]
    return {part: view.scan._read(part) for part in parts}
