"""Builds the browser code into the wheel; leaves an editable install alone.

Outputs already there: nothing to do. npm missing: a warning for an editable
install, an error for a wheel, which would ship without its viewers.
"""

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

OUTPUTS = (
    "extensions/share/jupyter/labextensions/@museion/lab/package.json",
    "kernels/museion/static/cube.js",
    "kernels/museion/static/scan.js",
    "shared_datasets/museion_datasets/static/meshopt_simplifier.wasm",
)


class BrowserCodeHook(BuildHookInterface[Any]):
    """Runs `npm ci && npm run build` when a wheel lacks its browser code."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Build what is missing, or say why not."""
        root = Path(self.root)
        if all((root / output).exists() for output in OUTPUTS):
            return
        if version == "editable":
            self.app.display_warning("browser code is not built yet: run `make build`")
            return
        npm = shutil.which("npm")
        if npm is None:
            self.app.abort("npm is missing, and a wheel without browser code is of no use")
        subprocess.run([npm, "ci"], cwd=root, check=True)
        subprocess.run([npm, "run", "build"], cwd=root, check=True)
