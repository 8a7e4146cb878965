"""Drawings of sections in lines or dots: SVG at scale, DXF R12, comma-separated values."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion.errors import InputError

type Array = NDArray[Any]

_MARGIN_MM = 5.0
_FOOT_MM = 12.0
_NICE = (1.0, 2.0, 5.0)
_SCALE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*:\s*(\d+(?:\.\d+)?)\s*")
_FITTED_MM = 150.0


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is drawn.

    Attributes
    ----------
    lines : tuple of (n, 2) float64
        In metres, right and up.
    is_closed : tuple of bool
        Of each line.
    title : str
    notes : tuple of (str, str)
        Names and texts that go with the drawing.
    is_dotted : bool
        Only the points of the lines are drawn.
    """

    lines: tuple[Array, ...]
    is_closed: tuple[bool, ...]
    title: str
    notes: tuple[tuple[str, str], ...]
    is_dotted: bool = False


def require_scale(scale: str) -> float:
    """Return length on paper divided by length of the object.

    Parameters
    ----------
    scale : str
        As "1:2".

    Raises
    ------
    InputError
        If it is not of that form.
    """
    found = _SCALE.fullmatch(scale)
    if not found or float(found[1]) <= 0.0 or float(found[2]) <= 0.0:
        raise InputError(
            f"Not a scale: {scale:.20}", hint='write length on paper to real length, as "1:2".'
        )
    return float(found[1]) / float(found[2])


def nice_length(most: float) -> float:
    """Return the largest of 1, 2, 5 times a power of ten that is at most so long.

    Parameters
    ----------
    most : float
        In any unit.
    """
    power = 10.0 ** np.floor(np.log10(most))
    return float(max(one for one in _NICE if one * power <= most) * power)


def to_svg(drawing: Drawing, scale: str | None) -> str:
    """Return the drawing with a scale bar; the file's own unit is the millimetre.

    Parameters
    ----------
    drawing : Drawing
    scale : str or None
        None to fit it to a page.

    Raises
    ------
    InputError
        If the scale is not as "1:2".
    """
    points = np.concatenate(drawing.lines)
    low, high = points.min(axis=0), points.max(axis=0)
    size = np.maximum(high - low, 1e-9)
    factor = 1e3 * require_scale(scale) if scale else _FITTED_MM / float(size.max())
    width, height = size * factor + 2 * _MARGIN_MM
    paths = "".join(
        f'<path stroke-linecap="round" d="{_dots((line - low) * factor, size[1] * factor)}"/>'
        if drawing.is_dotted
        else f'<path d="{_path((line - low) * factor, size[1] * factor, is_closed=closed)}"/>'
        for line, closed in zip(drawing.lines, drawing.is_closed, strict=True)
    )
    bar = nice_length(max(float(size[0]), 20.0 / factor) / 2.0)
    label = f"{bar * 1e3:g} mm" + (f" · {scale}" if scale else "")
    notes = "\n".join(f"{name}: {text}" for name, text in drawing.notes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.4f}mm" '
        f'height="{height + _FOOT_MM:.4f}mm" viewBox="0 0 {width:.4f} {height + _FOOT_MM:.4f}" '
        f'role="img"><title>Section of {escape(drawing.title)}</title>'
        f"<desc>{escape(notes)}</desc>"
        f'<g fill="none" stroke="currentColor" stroke-width="0.25" stroke-linejoin="round">'
        f'{paths}<path class="scale-bar" d="{_bar(bar * factor, height)}"/></g>'
        f'<text x="{_MARGIN_MM}" y="{height + 9:.4f}" font-size="3.5" fill="currentColor" '
        f'font-family="sans-serif">{escape(label)}</text></svg>'
    )


def to_dxf(drawing: Drawing) -> str:
    """Return a DXF R12 file's text, in millimetres at full size.

    Parameters
    ----------
    drawing : Drawing
    """
    pairs: list[tuple[int, object]] = [(999, f"{name}: {text}") for name, text in drawing.notes]
    pairs += [(999, "drawing unit: mm"), (0, "SECTION"), (2, "HEADER"), (9, "$ACADVER")]
    pairs += [(1, "AC1009"), (0, "ENDSEC"), (0, "SECTION"), (2, "ENTITIES")]
    for line, closed in zip(drawing.lines, drawing.is_closed, strict=True):
        if drawing.is_dotted:
            pairs += _dxf_points(line)
            continue
        pairs += [(0, "POLYLINE"), (8, "SECTION"), (66, 1), (10, 0.0), (20, 0.0), (30, 0.0)]
        pairs.append((70, int(closed)))
        for x, y in (line * 1e3).tolist():
            pairs += [(0, "VERTEX"), (8, "SECTION"), (10, f"{x:.9f}"), (20, f"{y:.9f}"), (30, 0.0)]
        pairs += [(0, "SEQEND"), (8, "SECTION")]
    pairs += [(0, "ENDSEC"), (0, "EOF")]
    return "".join(f"{code:3d}\n{_one_line(value)}\n" for code, value in pairs)


def to_csv(drawing: Drawing, points: Sequence[Array]) -> str:
    """Return all points, millimetres in the plane and metres in space.

    Parameters
    ----------
    drawing : Drawing
    points : sequence of (n, 3) float64
        The same points in space, in metres.
    """
    text = io.StringIO()
    for name, note in drawing.notes:
        text.write(f"# {name}: {_one_line(note)}\n")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["polyline", "closed", "right_mm", "up_mm", "x_m", "y_m", "z_m"])
    lines = zip(drawing.lines, drawing.is_closed, points, strict=True)
    for index, (line, closed, own) in enumerate(lines):
        for flat, place in zip((line * 1e3).tolist(), own.tolist(), strict=True):
            writer.writerow([index, int(closed), *flat, *place])
    return text.getvalue()


def _path(line: Array, top: float, *, is_closed: bool) -> str:
    corners = " ".join(f"{_MARGIN_MM + x:.4f},{_MARGIN_MM + top - y:.4f}" for x, y in line)
    return f"M{corners}{'Z' if is_closed else ''}"


def _dots(line: Array, top: float) -> str:
    """Return a path of no length at each point, which round caps make visible."""
    return "".join(f"M{_MARGIN_MM + x:.4f},{_MARGIN_MM + top - y:.4f}h0" for x, y in line)


def _dxf_points(line: Array) -> list[tuple[int, object]]:
    return [
        pair
        for x, y in (line * 1e3).tolist()
        for pair in ((0, "POINT"), (8, "SECTION"), (10, f"{x:.9f}"), (20, f"{y:.9f}"), (30, 0.0))
    ]


def _bar(length: float, top: float) -> str:
    return f"M{_MARGIN_MM:.4f},{top:.4f}v3h{length:.4f}v-3"


def _one_line(value: object) -> str:
    return " ".join(str(value).split())
