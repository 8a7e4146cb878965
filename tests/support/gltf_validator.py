"""Khronos' own validator of glTF files: npm's gltf-validator."""

import json
import subprocess
from pathlib import Path
from typing import Any

from museion_hub.run.checks import find_node
from museion_hub.run.commands import scripts_folder

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).with_name("gltf_validator.mjs")


def validate(file: Path) -> dict[str, Any]:
    """Give the validator's report on a GLB file."""
    done = subprocess.run(
        [find_node(scripts_folder()) / "node", SCRIPT, file],
        cwd=ROOT,
        capture_output=True,
        check=True,
        timeout=60,
    )
    report: dict[str, Any] = json.loads(done.stdout)
    return report
