"""A document's content as a number that two equal contents share. Pure."""

import hashlib
import json
from typing import Any

__all__ = ["content_digest", "content_text", "without_trust"]


def content_digest(content: Any) -> str:  # noqa: ANN401  text or a notebook
    """Return a number for a content.

    Whether a cell is trusted is not part of it: that depends on who reads the file.

    Parameters
    ----------
    content : str or dict
        Text, or a notebook.

    Returns
    -------
    str
        SHA-256, hexadecimal.
    """
    return hashlib.sha256(content_text(content).encode()).hexdigest()


def content_text(content: Any) -> str:  # noqa: ANN401  text or a notebook
    """Return a content as text, always the same for the same content.

    Parameters
    ----------
    content : str or dict
        Text, or a notebook.

    Returns
    -------
    str
        The text itself as a JSON string, or the notebook as canonical JSON.
    """
    return json.dumps(without_trust(content), sort_keys=True, separators=(",", ":"))


def without_trust(content: Any) -> Any:  # noqa: ANN401  text or a notebook
    """Return a content without the marks of trusted cells.

    Parameters
    ----------
    content : str or dict
        Text, or a notebook.

    Returns
    -------
    str or dict
        A copy where something was left out.
    """
    if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
        return content
    return content | {"cells": [_plain_cell(cell) for cell in content["cells"]]}


def _plain_cell(cell: dict[str, Any]) -> dict[str, Any]:
    metadata = {key: value for key, value in cell.get("metadata", {}).items() if key != "trusted"}
    return cell | {"metadata": metadata}
