"""Turns a notebook into a part of a page, as it is: nothing is executed.

Pictures that stand beside the notebook or in it become part of the page, a widget is shown by the
still that it left in the notebook, and what only lives in a browser with a kernel gives way to its
text. The page is made of plain elements and a few classes; the registry, which publishes it,
trusts none of it and drops what it does not know.

Tags on cells decide what is left out: ``remove-cell``, ``remove-input`` and ``remove-output``.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import nbformat
from nbconvert.exporters.html import HTMLExporter
from nbformat import NotebookNode
from traitlets.config import Config

from museion_datasets.errors import InvalidError

TEMPLATES: Final = Path(__file__).parent / "templates"
MAX_PAGE_BYTES: Final = 10_000_000
MAX_TITLE_CHARS: Final = 200
BYTES_PER_MB: Final = 1e6
# A picture first: of whatever has one, a page without kernel can show nothing better.
_PRIORITY: Final = (
    "image/png",
    "image/jpeg",
    "image/svg+xml",
    "text/html",
    "text/markdown",
    "text/latex",
    "text/plain",
)
_ABSENT: Final = (
    '<div class="absent">An output that only works in the workspace is not shown here.</div>'
)
_NO_WORDS: Final = "A picture without a description"
_MAX_WORDS: Final = 400
_LIVE: Final = re.compile(
    r"<(?:script|iframe|input|svg|canvas|video|audio|object|embed)\b", re.IGNORECASE
)
_HEADING: Final = re.compile(r"^#{1,2}[ \t]+(\S.*?)[ \t#]*$", re.MULTILINE)
_MARKS: Final = re.compile(r"[*_`$]|!?\[([^\]]*)\]\([^)]*\)")
_ALIGNED: Final = re.compile(r'(<t[hd]) style="text-align: ?(left|right|center);?"')
_IN_CELL: Final = re.compile(r"<style\b.*?</style>", re.DOTALL | re.IGNORECASE)


class PageTooLargeError(InvalidError):
    """A notebook whose page is larger than any may be; says which cell makes it so."""

    def __init__(self, size_bytes: int, notebook: NotebookNode) -> None:
        sizes = [
            len(cell.source) + sum(map(_shown_chars, cell.get("outputs", ())))
            for cell in notebook.cells
        ]
        largest = max(sizes, default=0)
        super().__init__(
            f"The notebook's page would be too large: {size_bytes / BYTES_PER_MB:.1f} MB, "
            f"at most {MAX_PAGE_BYTES / BYTES_PER_MB:.0f} MB",
            hint=f"cell {sizes.index(largest) + 1} is the largest with "
            f"{largest / BYTES_PER_MB:.1f} MB: save its picture smaller, or clear its output.",
        )


@dataclass(frozen=True, slots=True)
class RenderedNotebook:
    """A notebook as a part of a page, and what to call it."""

    title: str
    html: str


def render_notebook(content: Mapping[str, Any], path: str, root: Path) -> RenderedNotebook:
    """Render a notebook without executing it.

    Parameters
    ----------
    content : mapping
        The notebook, in its own format.
    path : str
        Where it stands in the workspace.
    root : Path
        The workspace's folder.

    Returns
    -------
    RenderedNotebook
        At most `MAX_PAGE_BYTES` long.

    Raises
    ------
    InvalidError
        If it is no notebook, or holds what can't be rendered.
    PageTooLargeError
        If its page is too large.
    """
    notebook = _notebook(content)
    _require_small(notebook)
    resources = {"metadata": {"path": str((root / path).parent), "name": Path(path).stem}}
    try:
        html, _ = _exporter().from_notebook_node(notebook, resources)
    except Exception as error:
        raise InvalidError(
            f"The notebook can't be rendered: {type(error).__name__}",
            hint="open it, run it once more and save it, then publish again.",
        ) from error
    html = _ALIGNED.sub(r'\1 align="\2"', _IN_CELL.sub("", html)).strip()
    if len(html.encode("utf-8", "replace")) > MAX_PAGE_BYTES:
        raise PageTooLargeError(len(html), notebook)
    return RenderedNotebook(find_title(notebook) or Path(path).stem, html)


def find_title(notebook: NotebookNode) -> str:
    """Return the first heading of a notebook; empty if it has none."""
    texts = (cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    found = next(filter(None, map(_HEADING.search, texts)), None)
    return "" if found is None else _MARKS.sub(r"\1", found[1]).strip()[:MAX_TITLE_CHARS]


def _notebook(content: Mapping[str, Any]) -> NotebookNode:
    try:
        # Through text, which joins lines that are kept one by one.
        notebook: NotebookNode = nbformat.reads(json.dumps(content), as_version=4)  # type: ignore[no-untyped-call]
        nbformat.validate(notebook)
    except (nbformat.ValidationError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise InvalidError(
            "This is not a notebook that can be published",
            hint="open it in the workspace and save it, then publish again.",
        ) from error
    for output in _outputs(notebook):
        if "data" in output:
            _keep_one(output)
    return notebook


def _outputs(notebook: NotebookNode) -> list[NotebookNode]:
    cells = (cell for cell in notebook.cells if cell.cell_type == "code")
    return [output for cell in cells for output in cell.get("outputs", ())]


def _keep_one(output: NotebookNode) -> None:
    """Leave of an output the one form that a page can show best, and words for a picture."""
    data, metadata = output.data, output.get("metadata", {})
    words = str(data.get("text/plain", ""))
    kind = _shown(data)
    output.data = {kind: data[kind]} if kind else {"text/html": _ABSENT}
    if kind is not None and kind.startswith("image/"):
        said = metadata.get("alt") or metadata.get(kind, {}).get("alt")
        known = said or ("" if words.startswith("<") else words) or _NO_WORDS
        metadata["alt"] = str(known)[:_MAX_WORDS]
        output.metadata = metadata


def _shown(data: Mapping[str, Any]) -> str | None:
    kinds = [kind for kind in _PRIORITY if kind in data]
    # An interactive output's plain text is better than its HTML without scripts.
    is_live = "text/plain" in data and _LIVE.search(str(data.get("text/html", "")))
    return next((kind for kind in kinds if not (is_live and kind == "text/html")), None)


def _exporter() -> HTMLExporter:
    config = Config()
    config.NbConvertBase.display_data_priority = list(_PRIORITY)
    config.TagRemovePreprocessor.remove_cell_tags = {"remove-cell"}
    config.TagRemovePreprocessor.remove_input_tags = {"remove-input"}
    config.TagRemovePreprocessor.remove_all_outputs_tags = {"remove-output"}
    return HTMLExporter(  # type: ignore[no-untyped-call]
        config=config,
        extra_template_basedirs=[str(TEMPLATES)],
        template_name="museion",
        embed_images=True,
        exclude_anchor_links=True,
    )


def _require_small(notebook: NotebookNode) -> None:
    """Refuse early what can only become too large.

    Raises
    ------
    PageTooLargeError
        If the pictures and texts that would be shown are larger than a page may be.
    """
    total = sum(map(_shown_chars, _outputs(notebook)))
    if total > MAX_PAGE_BYTES:
        raise PageTooLargeError(total, notebook)


def _shown_chars(output: NotebookNode) -> int:
    """Return the length of what is shown of an output."""
    return len(str(output.get("text", ""))) + sum(
        map(len, map(str, output.get("data", {}).values()))
    )
