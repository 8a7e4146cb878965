"""The palette is legible in both appearances, whatever stands on whatever."""

import re

import pytest

from museion_hub.pages.assets import static_path
from museion_hub.pages.colour import (
    PIGMENTS,
    contrast_ratio,
    paint_section,
    pigment_for,
    readable_ink,
)
from museion_hub.registry.people import COLORS

TEXT, CONTROL = 4.5, 3.0  # WCAG 2.2, level AA: 1.4.3 and 1.4.11
TOKEN = re.compile(r"--museion-([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);")
APPEARANCES = ("light", "dark")


def tokens() -> dict[str, tuple[str, str]]:
    text = (static_path() / "tokens.css").read_text()
    return {name: (light, dark) for name, light, dark in TOKEN.findall(text)}


GROUNDS = ("ground", "sunken", "surface")
INKS = ("ink", "ink-soft", "ink-faint", "accent", "accent-strong", "good", "note", "bad", "info")
TEXT_PAIRS = [
    *((ink, ground) for ink in INKS for ground in GROUNDS),
    *((ink, f"{kind}-soft") for kind in ("good", "note", "bad", "info") for ink in ("ink", kind)),
    *((ink, "accent-soft") for ink in ("ink", "ink-soft", "accent", "accent-strong")),
    *(("on-accent", fill) for fill in ("accent", "accent-strong")),
    ("surface", "bad"),
]
CONTROL_PAIRS = [
    (edge, ground)
    for edge in ("line-strong", "focus", "accent")
    for ground in (*GROUNDS, "accent-soft")
]


@pytest.mark.parametrize("appearance", APPEARANCES)
@pytest.mark.parametrize(("ink", "ground"), TEXT_PAIRS, ids=map("-on-".join, TEXT_PAIRS))
def test_text_can_be_read_on_every_ground_it_stands_on(
    ink: str, ground: str, appearance: str
) -> None:
    which = APPEARANCES.index(appearance)
    assert contrast_ratio(tokens()[ink][which], tokens()[ground][which]) >= TEXT


@pytest.mark.parametrize("appearance", APPEARANCES)
@pytest.mark.parametrize(("edge", "ground"), CONTROL_PAIRS, ids=map("-on-".join, CONTROL_PAIRS))
def test_edges_of_controls_and_focus_rings_can_be_seen(
    edge: str, ground: str, appearance: str
) -> None:
    which = APPEARANCES.index(appearance)
    assert contrast_ratio(tokens()[edge][which], tokens()[ground][which]) >= CONTROL


@pytest.mark.parametrize("fill", [*PIGMENTS, *COLORS])
def test_initials_can_be_read_on_every_avatar(fill: str) -> None:
    assert contrast_ratio(readable_ink(fill), fill) >= TEXT


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast_ratio("#000000", "#ffffff") == pytest.approx(21)
    assert contrast_ratio("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)


def test_no_other_style_sheet_has_colours_of_its_own() -> None:
    sheets = [sheet for sheet in static_path().glob("*.css") if sheet.name != "tokens.css"]
    literal = re.compile(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsl|\boklch")
    found = {
        s.name: literal.findall(s.read_text()) for s in sheets if literal.search(s.read_text())
    }
    assert sheets
    assert not found


def test_every_token_that_is_used_exists() -> None:
    used: set[str] = set()
    for sheet in static_path().glob("*.css"):
        used |= set(re.findall(r"var\((--museion-[a-z0-9-]+)\)", sheet.read_text()))
    text = (static_path() / "tokens.css").read_text()
    assert used == {name for name in used if re.search(rf"^ *{name}:", text, re.MULTILINE)}


@pytest.mark.parametrize("slug", ["murals", "lapidary", "a", "x" * 32])
def test_a_paint_section_fills_its_height_with_different_pigments(slug: str) -> None:
    layers = paint_section(slug)
    assert [layer.top for layer in layers[1:]] == [a.top + a.height for a in layers[:-1]]
    assert layers[0].top == 0
    assert layers[-1].top + layers[-1].height == 100
    assert len({layer.colour for layer in layers}) == len(layers)
    assert min(layer.height for layer in layers) > 0


def test_a_name_keeps_its_pigment() -> None:
    assert pigment_for("astrid") == pigment_for("astrid")
    assert len({pigment_for(f"person-{n}") for n in range(200)}) == len(PIGMENTS)
