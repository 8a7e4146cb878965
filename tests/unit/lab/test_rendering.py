"""Notebooks as parts of a page."""

from pathlib import Path
from typing import Any

import pytest

from museion_datasets.errors import InvalidError
from museion_lab.rendering import MAX_PAGE_BYTES, PageTooLargeError, render_notebook

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"


def notebook(*cells: dict[str, Any]) -> dict[str, Any]:
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"language_info": {"name": "python"}},
        "cells": [{"id": f"c{number}", "metadata": {}} | cell for number, cell in enumerate(cells)],
    }


def prose(text: str, **more: object) -> dict[str, Any]:
    return {"cell_type": "markdown", "source": text, **more}


def code(text: str, *outputs: dict[str, Any], **more: object) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "source": text,
        "execution_count": 1,
        "outputs": list(outputs),
        **more,
    }


def shown(data: dict[str, Any], metadata: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"output_type": "display_data", "data": data, "metadata": metadata or {}}


def page(*cells: dict[str, Any], root: Path = Path("/nowhere"), path: str = "a.ipynb") -> str:
    return render_notebook(notebook(*cells), path, root).html


@pytest.mark.parametrize(
    ("cells", "title"),
    [
        ([prose("# Blue *pigments* of `murals`\n\ntext")], "Blue pigments of murals"),
        ([code("1"), prose("text\n\n## [Azurite](https://example.org) ##")], "Azurite"),
        ([prose("no heading")], "vessel"),
        ([], "vessel"),
    ],
)
def test_the_title_is_the_first_heading_else_the_files_name(
    cells: list[dict[str, Any]], title: str
) -> None:
    found = render_notebook(notebook(*cells), "maps/vessel.ipynb", Path("/nowhere"))
    assert found.title == title


def test_code_and_text_are_plain_elements_with_a_few_classes() -> None:
    html = page(prose("Some **text**"), code("import museion"))
    assert "<p>Some <strong>text</strong></p>" in html
    assert '<div class="code">' in html
    assert '<span class="kn">import</span>' in html
    assert "In [" not in html


def test_a_widget_is_shown_by_the_still_it_left() -> None:
    view = {"application/vnd.museion.view+json": {"kind": "cube"}}
    widget = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}}
    html = page(code("v", shown({**view, **widget, "image/png": PIXEL, "text/plain": "Panel"})))
    assert f'src="data:image/png;base64,{PIXEL}"' in html
    assert 'alt="Panel"' in html
    assert "model_id" not in html


def test_a_picture_comes_before_html_and_says_when_it_has_no_words() -> None:
    figure = shown({"image/png": PIXEL, "text/html": "<b>x</b>", "text/plain": "<Figure 6x4>"})
    html = page(code("plot()", figure))
    assert "<b>x</b>" not in html
    assert 'alt="A picture without a description"' in html


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"text/html": "<script>1</script>", "text/plain": "42"}, "<pre>42</pre>"),
        ({"text/html": "<style>x</style><table></table>", "text/plain": "t"}, "<table></table>"),
        ({"text/latex": "$x$"}, "<code>$x$</code>"),
        ({"text/markdown": "*x*"}, "<em>x</em>"),
        ({"application/javascript": "alert(1)"}, "only works in the workspace"),
        ({"application/x-unknown": "1"}, "only works in the workspace"),
        ({"image/svg+xml": "<svg/>"}, 'src="data:image/svg+xml;base64,PHN2Zy8+"'),
        ({"text/plain": ["two\n", "lines"]}, "<pre>two\nlines</pre>"),
    ],
    ids=["live", "table", "latex", "markdown", "script", "unknown", "svg", "lines"],
)
def test_each_output_is_shown_in_the_form_that_needs_no_kernel(
    data: dict[str, Any], expected: str
) -> None:
    html = page(code("x", shown(data)))
    assert expected in html
    assert "<script" not in html


def test_streams_and_errors_keep_their_colours_as_classes() -> None:
    failed = {
        "output_type": "error",
        "ename": "E",
        "evalue": "",
        "traceback": ["\x1b[31mE\x1b[0m <x>"],
    }
    html = page(code("x", {"output_type": "stream", "name": "stdout", "text": "a <b>"}, failed))
    assert "<pre>a &lt;b&gt;</pre>" in html
    assert '<span class="ansi-red-fg">E</span> &lt;x&gt;' in html


def test_pictures_beside_the_notebook_become_part_of_the_page(tmp_path: Path) -> None:
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "map.png").write_bytes(b"picture")
    (tmp_path / "secret.png").write_bytes(b"secret")
    attached = {"attachments": {"in.png": {"image/png": PIXEL}}}
    text = "![a](map.png) ![b](attachment:in.png) ![c](../secret.png) ![d](/etc/hostname)"
    html = page(prose(text, **attached), root=tmp_path, path="maps/a.ipynb")
    assert 'src="data:image/png;base64,cGljdHVyZQ=="' in html
    assert PIXEL in html
    assert "c2VjcmV0" not in html
    assert html.count("data:image") == 2


def test_tags_decide_what_is_left_out() -> None:
    html = page(
        code("secret = 1", metadata={"tags": ["remove-input"]}),
        code("kept = 2", shown({"text/plain": "loud"}), metadata={"tags": ["remove-output"]}),
        prose("whole cell", metadata={"tags": ["remove-cell"]}),
    )
    assert "secret" not in html
    assert "kept" in html
    assert "loud" not in html
    assert "whole cell" not in html


def test_nothing_is_executed_and_no_template_is_taken_from_a_cell() -> None:
    html = page(prose("{{ 7 * 7 }} {% include '/etc/passwd' %}"), code("1/0"))
    assert "49" not in html
    assert "{{ 7 * 7 }}" in html
    assert "ZeroDivisionError" not in html


def test_a_page_that_is_too_large_says_which_cell_makes_it_so() -> None:
    big = shown({"image/png": "A" * (MAX_PAGE_BYTES + 1)})
    with pytest.raises(PageTooLargeError) as caught:
        page(prose("small"), code("plot()", big))
    assert caught.value.message.startswith("The notebook's page would be too large: 10.0 MB")
    assert "cell 2 is the largest with 10.0 MB" in caught.value.hint


@pytest.mark.parametrize(
    "content",
    [{}, {"nbformat": 4}, {"nbformat": 99, "cells": []}, {"nbformat": "x"}],
)
def test_what_is_no_notebook_is_refused_in_words(content: dict[str, Any]) -> None:
    with pytest.raises(InvalidError, match="not a notebook"):
        render_notebook(content, "a.ipynb", Path("/nowhere"))


def test_a_missing_attachment_is_an_error_in_words() -> None:
    with pytest.raises(InvalidError, match="can't be rendered"):
        page(prose("![x](attachment:gone.png)"))
