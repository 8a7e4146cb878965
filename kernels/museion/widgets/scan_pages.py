"""Head and pages of a scan over the widget's comm: `ScanPages`.

For meshes that live in the kernel only, and for front ends whose server has no route of ours. An
answer of a kernel reaches every browser that has the notebook open, and waits for the cell that
runs; so where the workspace's server answers, browsers ask that.
"""

from collections.abc import Mapping
from typing import Any, TypeIs

import traitlets

from museion.errors import InputError
from museion_datasets.errors import HintedError
from museion_datasets.ingest.scans.batch import MAX_PAGES, pack_pages


class ScanPages(traitlets.HasTraits):
    """Answers browsers that ask the kernel for what they show."""

    def answer_pages(self, _view: object, content: object, _buffers: object) -> None:
        """Answer a question for head or pages; pass to `Widget.on_msg`."""
        if not isinstance(content, dict) or not isinstance(content.get("request"), str):
            return
        question = content.get("question")
        if not isinstance(question, dict) or question.get("ask") not in {"head", "pages"}:
            return
        answer: dict[str, str] = {}
        buffers: list[bytes] = []
        try:
            buffers = [self._asked(question)]
        except HintedError as error:
            answer = {"trouble": error.message}
        self._send_bytes({"request": content["request"], "answer": answer}, buffers)

    def _asked(self, question: Mapping[str, Any]) -> bytes:
        if question["ask"] == "head":
            return self._read_part("head")
        pages = require_page_ids(question.get("ids"))
        return pack_pages([(page, self._read_part(f"pages/{page}")) for page in pages])

    def _read_part(self, part: str) -> bytes:
        """Return `head` or `pages/<n>` in its stored form."""
        raise NotImplementedError

    def _send_bytes(self, content: dict[str, Any], buffers: list[bytes]) -> None:
        """Send to the browsers."""
        raise NotImplementedError


def require_page_ids(value: object) -> list[int]:
    """Return the numbers of the pages that a browser names.

    Raises
    ------
    InputError
        If they are too many, or none.
    """
    named = value if _is_list(value) else []
    pages = [each for each in named if type(each) is int and each >= 1]
    if not pages or len(pages) != len(named):
        raise InputError("These are no pages", hint=f"name 1 to {MAX_PAGES} pages, from 1.")
    return pages


def _is_list(value: object) -> TypeIs[list[object]]:
    return isinstance(value, list) and len(value) <= MAX_PAGES
