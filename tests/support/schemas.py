"""The JSON Schemas that Python and TypeScript share."""

import json
from pathlib import Path
from typing import Any

SCHEMAS = Path(__file__).resolve().parents[2] / "shared_datasets/schema"


def load_schema(name: str) -> dict[str, Any]:
    """Return one, as in ``"cluster"``."""
    found: dict[str, Any] = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
    return found
