"""Colours as the eye weighs them: luminance, contrast and the ink that stays legible on a fill.

Definitions are those of WCAG 2.2 (relative luminance, contrast ratio), on sRGB ``#rrggbb``.
Also the pigment palette that people and workgroups get their colours from.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

DARK_INK: Final = "#1d1a16"
LIGHT_INK: Final = "#fffdf8"

PIGMENTS: Final = (
    "#23406e",  # lapis lazuli
    "#3b6ea5",  # azurite
    "#1f5f58",  # verdigris
    "#5f7233",  # green earth
    "#c98a1b",  # yellow ochre
    "#b4531f",  # burnt sienna
    "#94302b",  # madder
    "#6b4a7a",  # folium
    "#d9cbaa",  # lead white
    "#3a342c",  # bone black
)

_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_LINEAR_LIMIT: Final = 0.04045


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of a workgroup's paint section: where it lies (in percent) and its pigment."""

    top: int
    height: int
    colour: str


def is_hex_colour(text: str) -> bool:
    """Say whether the text is a colour of the form ``#rrggbb``."""
    return _HEX.fullmatch(text) is not None


def relative_luminance(colour: str) -> float:
    """Return the WCAG relative luminance of ``#rrggbb``: 0 is black, 1 is white."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= _LINEAR_LIMIT else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast_ratio(one: str, other: str) -> float:
    """Return the WCAG contrast ratio of two colours, from 1 to 21."""
    darker, lighter = sorted((relative_luminance(one), relative_luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def readable_ink(fill: str) -> str:
    """Return whichever ink, dark or light, reads better on the fill."""
    return max((DARK_INK, LIGHT_INK), key=lambda ink: contrast_ratio(ink, fill))


def pigment_for(name: str, palette: Sequence[str] = PIGMENTS) -> str:
    """Return the pigment that always belongs to this name."""
    return palette[_digest(name)[0] % len(palette)]


def paint_section(slug: str) -> tuple[Layer, ...]:
    """Return a workgroup's emblem: a paint cross-section that only its slug decides.

    Returns
    -------
    tuple[Layer, ...]
        Five layers from top to bottom that fill 100 percent, neighbours never of one pigment.
    """
    digest = _digest(slug)
    weights = [3 + byte % 9 for byte in digest[1:6]]
    edges = [round(100 * sum(weights[:i]) / sum(weights)) for i in range(len(weights) + 1)]
    palette = list(PIGMENTS)
    colours = [palette.pop(byte % len(palette)) for byte in digest[6:11]]
    return tuple(
        Layer(top=top, height=bottom - top, colour=colour)
        for top, bottom, colour in zip(edges, edges[1:], colours, strict=False)
    )


def _digest(name: str) -> bytes:
    return hashlib.blake2b(name.encode(), digest_size=16).digest()
