"""The saint of the sample painting: halo, mantle, dress, face, hands, book and palm."""

from itertools import pairwise

import numpy as np

from museion.samples._brush import HEIGHT, WIDTH, Mask, Points, disc, fill, noise, relief, stroke
from museion.samples._easel import Easel, Recipe

GOLD: tuple[Recipe, ...] = (
    {"umber": 0.40, "yellow_ochre": 0.52, "red_earth": 0.08},
    {"yellow_ochre": 0.52, "lead_tin_yellow": 0.48},
    {"lead_tin_yellow": 0.90, "lead_white": 0.10},
)
MANTLE: tuple[Recipe, ...] = (
    {"ultramarine": 0.74, "bone_black": 0.20, "red_lake": 0.06},
    {"ultramarine": 0.94, "lead_white": 0.05, "red_lake": 0.01},
    {"ultramarine": 0.70, "lead_white": 0.30},
    {"ultramarine": 0.34, "lead_white": 0.66},
)
DRESS: tuple[Recipe, ...] = (
    {"red_lake": 0.82, "bone_black": 0.10, "vermilion": 0.08},
    {"vermilion": 0.52, "red_lake": 0.44, "red_earth": 0.04},
    {"vermilion": 0.92, "red_lake": 0.04, "lead_white": 0.04},
    {"vermilion": 0.62, "lead_white": 0.34, "lead_tin_yellow": 0.04},
)
FLESH: tuple[Recipe, ...] = (
    {"lead_white": 0.40, "umber": 0.26, "malachite": 0.14, "vermilion": 0.10, "yellow_ochre": 0.10},
    {"lead_white": 0.72, "vermilion": 0.10, "yellow_ochre": 0.15, "umber": 0.03},
    {"lead_white": 0.88, "vermilion": 0.055, "yellow_ochre": 0.065},
    {"lead_white": 0.965, "vermilion": 0.02, "lead_tin_yellow": 0.015},
)
VEIL: tuple[Recipe, ...] = (
    {"lead_white": 0.66, "azurite": 0.14, "umber": 0.20},
    {"lead_white": 0.88, "azurite": 0.06, "yellow_ochre": 0.06},
    {"lead_white": 0.99, "lead_tin_yellow": 0.01},
)
LINE: Recipe = {"umber": 0.62, "red_earth": 0.26, "bone_black": 0.12}
BLUSH: Recipe = {"lead_white": 0.72, "vermilion": 0.24, "red_lake": 0.04}
LEATHER: tuple[Recipe, ...] = (
    {"red_lake": 0.5, "bone_black": 0.30, "umber": 0.20},
    {"red_lake": 0.52, "red_earth": 0.40, "lead_white": 0.08},
)
PALM: tuple[Recipe, ...] = (
    {"verdigris": 0.70, "umber": 0.30},
    {"verdigris": 0.46, "lead_tin_yellow": 0.46, "lead_white": 0.08},
)

MANTLE_OUTLINE: Points = (
    (268, 70), (306, 84), (324, 126), (330, 182), (366, 214), (404, 262), (430, 350), (446, 500),
    (92, 500), (106, 372), (132, 276), (172, 220), (208, 186), (212, 130), (230, 86),
)  # fmt: skip
DRESS_OUTLINE: Points = (
    (244, 200), (294, 200), (318, 250), (334, 330), (344, 500), (206, 500), (212, 350), (226, 258),
)  # fmt: skip
MANTLE_FOLDS: tuple[tuple[Points, float, float], ...] = (
    (((212, 210), (182, 290), (170, 390), (176, 480)), 13, 9),
    (((196, 214), (150, 300), (136, 400), (132, 480)), 12, 9),
    (((222, 230), (206, 320), (200, 400), (190, 480)), 8, 6),
    (((178, 230), (138, 310), (112, 420)), 9, 6),
    (((330, 206), (362, 290), (376, 390), (380, 480)), 13, 9),
    (((348, 214), (394, 300), (412, 400), (418, 480)), 11, 8),
    (((322, 226), (346, 320), (352, 420), (356, 480)), 8, 6),
    (((150, 330), (176, 372), (206, 380)), 8, -6),
    (((140, 400), (172, 436), (196, 440)), 8, 6),
    (((406, 330), (378, 360), (352, 366)), 8, -6),
    (((420, 400), (392, 436), (362, 442)), 8, 6),
    (((226, 92), (216, 140), (214, 186)), 5, 4),
    (((310, 92), (320, 140), (322, 184)), 5, 4),
)
DRESS_FOLDS: tuple[tuple[Points, float, float], ...] = (
    (((258, 208), (246, 300), (238, 400), (232, 490)), 9, 7),
    (((270, 212), (272, 320), (268, 490)), 9, 7),
    (((286, 208), (300, 300), (308, 400), (312, 490)), 9, 7),
    (((246, 236), (228, 330), (220, 480)), 6, -4),
    (((296, 240), (322, 340), (330, 480)), 6, -4),
    (((248, 212), (269, 226), (292, 211)), 4, 4),
)


def paint_figure(easel: Easel, rng: np.random.Generator) -> None:
    """Paint the saint over the finished landscape."""
    cloth = noise(rng, (3, 1.2), (7, 3))
    _halo(easel)
    mantle = fill(MANTLE_OUTLINE)
    tone = relief(mantle, MANTLE_FOLDS, round_px=34)
    easel.model(mantle, tone + 0.035 * cloth, MANTLE, 34.0)
    _dress(easel, mantle, cloth)
    _face(easel)
    _palm(easel)
    _book(easel)
    _hands(easel)


def _halo(easel: Easel) -> None:
    x, y = 268, 134
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    radius = np.hypot(columns - x, rows - y)
    angle = np.arctan2(rows - y, columns - x)
    rays = 0.5 + 0.5 * np.cos(36 * angle)
    sheen = 0.60 + 0.26 * np.cos(2 * (angle + 0.9)) + 0.10 * rays * (radius < 74)  # noqa: PLR2004
    easel.model(disc(x, y, 88), sheen.astype(np.float32), GOLD, 26.0)
    for ring in (87, 77, 73):
        line = (1.2 - np.abs(radius - ring)).clip(0, 1).astype(np.float32)
        easel.lay(0.8 * line, GOLD[0])
    for dot in np.linspace(0, 2 * np.pi, 60, endpoint=False):
        cx, cy = x + 82 * np.cos(dot), y + 82 * np.sin(dot)
        easel.lay(0.75 * disc(cx, cy, 2.0), GOLD[0])
        easel.lay(0.6 * disc(cx - 0.5, cy - 0.5, 0.8), GOLD[2])


def _dress(easel: Easel, mantle: Mask, cloth: Mask) -> None:
    dress = fill(DRESS_OUTLINE)
    tone = relief(dress, DRESS_FOLDS, round_px=14)
    easel.model(dress, tone + 0.03 * cloth, DRESS, 26.0)
    shadow = stroke(((246, 204), (230, 262), (216, 350), (210, 490)), 9, taper=0.1, soften=3)
    easel.lay(0.55 * shadow * dress, DRESS[0])
    hems: tuple[Points, ...] = (
        ((244, 198), (226, 258), (212, 350), (206, 482)),
        ((294, 198), (318, 250), (334, 330), (344, 482)),
    )
    for hem in hems:
        for offset, paint in ((0.0, GOLD[1]), (1.4, GOLD[0])):
            path = [(px + offset, py) for px, py in hem]
            easel.lay(stroke(path, 3.2 if offset == 0 else 1.2, taper=0.1) * mantle, paint, 30.0)
    easel.lay(stroke(((249, 208), (269, 221), (291, 207)), 3.4, taper=0.1), GOLD[2], 30.0)
    for turn in np.linspace(0, np.pi, 4, endpoint=False):
        dx, dy = 7 * np.cos(turn), 7 * np.sin(turn)
        star = stroke(((356 - dx, 232 - dy), (356, 232), (356 + dx, 232 + dy)), 2.0, taper=0.9)
        easel.lay(star, GOLD[2], 30.0)


def _face(easel: Easel) -> None:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    veil = disc(268, 142, 43, 58)
    easel.model(
        veil, (0.75 - 0.010 * (columns - 268) - 0.4 * (rows // 190)).astype(np.float32), VEIL, 30
    )
    for shift in (-37, -33, 34, 38):
        path = ((268 + 0.7 * shift, 96), (268 + shift, 140), (268 + 0.86 * shift, 186))
        easel.lay(0.6 * stroke(path, 1.6), VEIL[0])
    neck = fill(((253, 172), (284, 172), (287, 202), (269, 214), (250, 202)))
    easel.model(neck, (0.42 - 0.012 * (columns - 264)).astype(np.float32), FLESH, 26)
    face = fill(((268, 96), (288, 102), (299, 126), (297, 152), (286, 176), (269, 190),
                 (252, 176), (241, 152), (239, 126), (249, 102)))  # fmt: skip
    across, down = (columns - 266) / 33.0, (rows - 138) / 50.0
    bulge = 0.80 - 0.46 * across - 0.14 * down - 0.34 * across**2 - 0.16 * down**2
    easel.model(face, bulge, FLESH, 27)
    _features(easel)


def _features(easel: Easel) -> None:
    for x in (252, 285):
        easel.lay(0.55 * _soft(x, 158, 8, 6), BLUSH)
        easel.model(0.5 * _soft(x + 1, 132, 9, 6), np.zeros((HEIGHT, WIDTH), np.float32), FLESH)
    easel.model(
        0.6 * stroke(((273, 128), (275, 146), (277, 158)), 5, soften=1.4), _tone(0.0), FLESH
    )
    easel.model(stroke(((267, 122), (268, 140), (269, 155)), 3.4, soften=0.9), _tone(1.0), FLESH)
    easel.lay(0.7 * stroke(((263, 160), (268, 162), (275, 160)), 1.3), LINE)
    easel.model(0.6 * _soft(268, 158, 4, 2.6), _tone(0.9), FLESH)
    for x, inner in ((252, 1), (284, -1)):
        easel.lay(0.9 * stroke(((x - 10, 126), (x - 1, 120), (x + 9, 124)), 1.7), LINE)
        easel.model(fill(((x - 8, 134), (x, 129.5), (x + 8, 134), (x, 137))), _tone(0.8), VEIL)
        easel.lay(disc(x + 0.8 * inner, 133.2, 3.3), LINE)
        easel.lay(disc(x + 0.8 * inner, 133.2, 1.7), {"bone_black": 1.0})
        easel.lay(disc(x + 0.8 * inner - 1.2, 132, 0.8), VEIL[2])
        easel.lay(stroke(((x - 9, 134.5), (x, 129.2), (x + 9, 134.5)), 1.6), LINE)
        easel.lay(0.5 * stroke(((x - 7, 136), (x, 138), (x + 7, 136)), 1.0), LINE)
        easel.lay(0.35 * stroke(((x - 8, 130), (x, 125.5), (x + 8, 129)), 1.0), LINE)
    lips: Recipe = {"vermilion": 0.55, "red_lake": 0.25, "lead_white": 0.20}
    easel.lay(
        fill(((259, 170.5), (265, 168), (268, 169), (271, 168), (278, 170.5), (268, 175))), lips
    )
    easel.lay(0.9 * stroke(((259, 170.6), (268, 171.4), (278, 170.4)), 1.0), LINE)
    easel.model(
        0.5 * stroke(((262, 178), (268, 180), (275, 178)), 2.4, soften=1), _tone(0.1), FLESH
    )


def _palm(easel: Easel) -> None:
    stem = np.array([(236, 372), (222, 320), (196, 262), (160, 214), (122, 186)], float)
    for step in np.linspace(0.28, 1.0, 22):
        at = np.array([np.interp(step, np.linspace(0, 1, 5), stem[:, axis]) for axis in (0, 1)])
        length = 34 * np.sin(np.pi * min(0.97, 0.18 + 0.78 * step))
        for side, paint in ((-1, PALM[1]), (1, PALM[0])):
            tip = at + length * np.array([-0.80 + 0.42 * side, -0.50 - 0.62 * side * 0.9])
            bend = 0.5 * (at + tip) + np.array([2.0 * side, -3.0])
            easel.lay(stroke((tuple(at), tuple(bend), tuple(tip)), 3.4, taper=0.9), paint, 28.0)
    easel.lay(stroke([tuple(p) for p in stem], 2.8, taper=0.5), PALM[0], 28.0)
    easel.lay(0.8 * stroke([(px - 0.8, py - 0.6) for px, py in stem], 1.0, taper=0.5), GOLD[2])


def _book(easel: Easel) -> None:
    cover = ((300, 338), (362, 322), (378, 402), (316, 420))
    rows = np.mgrid[:HEIGHT, :WIDTH][0]
    easel.lay(fill(((305, 344), (369, 328), (384, 404), (321, 424)), smooth=False), VEIL[1], 30)
    easel.lay(stroke(((318, 421), (350, 414), (381, 404)), 1.2, taper=0), LINE)
    easel.model(fill(cover, smooth=False), ((420 - rows) / 90.0).astype(np.float32), LEATHER, 24)
    frame = ((306, 344), (357, 331), (371, 397), (320, 412), (306, 344))
    for a, b in pairwise(frame):
        middle = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
        easel.lay(stroke((a, middle, b), 1.6, taper=0), GOLD[1], 28)
    easel.lay(disc(338, 371, 8), GOLD[1], 30)
    easel.lay(disc(338, 371, 4.4), DRESS[2], 30)
    easel.lay(disc(336.6, 369.4, 1.3), VEIL[2], 30)


def _hands(easel: Easel) -> None:
    sleeve = fill(((176, 372), (216, 356), (226, 366), (228, 388), (196, 404), (166, 410)))
    easel.model(sleeve, _slope(394, 356), DRESS, 26)
    easel.lay(stroke(((217, 353), (228, 370), (229, 392)), 4.4, taper=0.2), GOLD[1], 30)
    back = fill(((224, 362), (240, 350), (256, 352), (262, 366), (252, 382), (230, 386)))
    easel.model(back, _slope(390, 346), FLESH, 27)
    for index, (x, y) in enumerate(((236, 350), (243, 355), (247, 363), (246, 371))):
        _finger(
            easel, ((x + 16, y + 4), (x + 4, y - 3), (x - 10 + index, y + 3)), 8.2 - 0.5 * index
        )
    _finger(easel, ((246, 352), (240, 340), (231, 332)), 7.6)

    sleeve = fill(((404, 384), (376, 372), (366, 382), (370, 404), (396, 420), (424, 420)))
    easel.model(sleeve, _slope(416, 366), DRESS, 26)
    easel.lay(stroke(((375, 367), (364, 386), (368, 409)), 4.4, taper=0.2), GOLD[1], 30)
    back = fill(((370, 376), (354, 370), (340, 378), (338, 392), (352, 402), (370, 400)))
    easel.model(back, _slope(408, 362), FLESH, 27)
    for index, (x, y) in enumerate(((346, 373), (342, 381), (341, 389), (344, 396))):
        _finger(easel, ((x + 8, y), (x - 7, y + 1), (x - 22 + 2 * index, y + 5)), 8.0 - 0.5 * index)


def _finger(easel: Easel, path: Points, width: float) -> None:
    shape = stroke(path, width, taper=0.28)
    rim = stroke([(x + 0.8, y + 1.1) for x, y in path], width + 0.8, taper=0.28)
    easel.lay(0.8 * rim, LINE)
    easel.model(shape, _tone(0.62), FLESH, 27)
    light = stroke([(x - 0.6, y - 1.5) for x, y in path], 0.42 * width, taper=0.5, soften=0.8)
    easel.model(0.9 * light, _tone(0.96), FLESH)


def _soft(x: float, y: float, rx: float, ry: float) -> Mask:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    bump: Mask = np.exp(-(((columns - x) / rx) ** 2) - ((rows - y) / ry) ** 2).astype(np.float32)
    return np.where(bump > 0.02, bump, 0).astype(np.float32)  # noqa: PLR2004 - keeps it small


def _tone(value: float) -> Mask:
    return np.full((HEIGHT, WIDTH), value, np.float32)


def _slope(dark_y: float, light_y: float) -> Mask:
    rows = np.mgrid[:HEIGHT, :WIDTH][0].astype(np.float32)
    tone: Mask = ((rows - dark_y) / (light_y - dark_y)).clip(0.05, 1.0)
    return tone
