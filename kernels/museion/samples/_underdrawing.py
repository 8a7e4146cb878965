"""The drawing under the paint, and what the painter changed over it.

In carbon on the ground: the figure's contours and folds, hatching in the shadows,
compass and ruler lines, and three changes of mind (pentimenti): a blessing hand
beside the head that was never painted, a taller tower, and a face that looked
further to the side.
"""

import numpy as np

from museion.samples._brush import Mask, Points, disc, stroke
from museion.samples._figure import (
    DRESS_FOLDS,
    DRESS_OUTLINE,
    MANTLE_FOLDS,
    MANTLE_OUTLINE,
)

_BLESSING_HAND: tuple[Points, ...] = (
    ((346, 316), (344, 286), (338, 262), (340, 244)),
    ((384, 306), (386, 280), (384, 260), (382, 246)),
    ((340, 246), (338, 222), (340, 200), (344, 196), (348, 200), (349, 222), (351, 242)),
    ((351, 242), (351, 214), (354, 190), (358, 187), (362, 191), (362, 216), (362, 242)),
    ((362, 242), (368, 230), (374, 226), (376, 232), (370, 246), (366, 252)),
    ((372, 248), (378, 236), (384, 234), (385, 240), (380, 252)),
    ((338, 264), (330, 252), (322, 242), (318, 246), (322, 258), (334, 276)),
    ((342, 268), (356, 262), (372, 264)),
    ((350, 286), (362, 282), (376, 286)),
)
_TOWER: tuple[Points, ...] = (
    ((492, 238), (492, 170), (492, 96)),
    ((536, 238), (536, 170), (536, 96)),
    ((486, 96), (514, 95), (542, 96)),
    ((486, 96), (500, 70), (514, 42)),
    ((542, 96), (528, 70), (514, 42)),
    ((492, 140), (514, 139), (536, 140)),
    ((506, 238), (506, 216), (514, 206), (522, 216), (522, 238)),
    ((504, 128), (504, 114), (509, 108), (514, 114), (514, 128)),
    ((519, 128), (519, 114), (524, 108), (528, 114), (528, 128)),
)
_FACE: tuple[Points, ...] = (
    ((256, 98), (280, 94), (300, 112), (304, 140), (294, 170), (276, 190), (258, 180), (246, 156)),
    ((252, 122), (261, 117), (270, 121)),
    ((282, 121), (291, 118), (299, 123)),
    ((253, 134), (261, 130), (269, 134), (261, 138), (253, 134)),
    ((283, 134), (291, 131), (298, 135), (291, 138), (283, 134)),
    ((277, 124), (281, 144), (285, 158), (278, 163)),
    ((266, 172), (276, 170), (286, 172)),
    ((270, 177), (277, 179), (284, 176)),
)


def draw(rng: np.random.Generator) -> Mask:
    """Coverage of carbon on the ground, 0 to 1."""
    drawing = np.zeros_like(disc(0, 0, 1))
    for points, width in _lines():
        wobble = rng.normal(0.0, 0.5, (len(points), 2))
        path = [(x + dx, y + dy) for (x, y), (dx, dy) in zip(points, wobble, strict=True)]
        drawing = np.maximum(drawing, min(1.0, 0.36 * width) * stroke(path, width, taper=0.5))
    for points in _hatching(rng):
        drawing = np.maximum(drawing, 0.75 * stroke(points, 1.1, taper=0.7))
    drawn: Mask = np.maximum(drawing, 0.6 * _construction())
    return drawn


def _lines() -> list[tuple[Points, float]]:
    lines: list[tuple[Points, float]] = [(points, 3.0) for points in (*_BLESSING_HAND, *_TOWER)]
    lines += [(points, 1.7) for points in _FACE]
    lines += [((*outline, outline[0]), 2.3) for outline in (MANTLE_OUTLINE, DRESS_OUTLINE)]
    for index, (points, _, _) in enumerate((*MANTLE_FOLDS, *DRESS_FOLDS)):
        shift = 4.0 * np.sin(2.3 * index)
        lines.append(([(x + shift, y + 1.5) for x, y in points], 1.9))
    return lines


def _hatching(rng: np.random.Generator) -> list[Points]:
    zones = ((150, 300, 34, 150), (372, 300, 26, 130), (224, 380, 16, 80), (512, 150, 18, 80))
    hatches: list[Points] = []
    for x, y, width, height in zones:
        for step in np.arange(0, height, 6.0):
            lean = rng.normal(0.0, 1.2)
            start = (x + lean, y + step + 0.3 * width)
            end = (x + width + lean, y + step - 0.3 * width)
            hatches.append((start, (x + 0.5 * width, y + step + lean), end))
    return hatches


def _construction() -> Mask:
    ring = np.clip(disc(268, 134, 93) - disc(268, 134, 91.6), 0.0, 1.0)
    ruled = stroke(((0, 234), (320, 233), (640, 234)), 0.9, taper=0.0)
    axis = stroke(((268, 10), (268, 240), (268, 470)), 0.9, taper=0.0)
    lines: Mask = np.maximum(np.maximum(ring, ruled), axis)
    return lines
