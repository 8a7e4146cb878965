"""The far half of the sample painting: sky, mountains, water, hills, town and trees."""

import numpy as np

from museion.samples._brush import HEIGHT, WIDTH, Mask, disc, fill, noise, stroke
from museion.samples._easel import Easel, Recipe

SKY: tuple[Recipe, ...] = (
    {"azurite": 0.80, "lead_white": 0.16, "ultramarine": 0.04},
    {"azurite": 0.46, "lead_white": 0.54},
    {"azurite": 0.16, "lead_white": 0.84},
    {"azurite": 0.03, "lead_white": 0.94, "lead_tin_yellow": 0.05},
)
CLOUD: tuple[Recipe, ...] = (
    {"lead_white": 0.82, "azurite": 0.16, "red_lake": 0.02},
    {"lead_white": 0.97, "lead_tin_yellow": 0.03},
)
FAR: tuple[Recipe, ...] = (
    {"azurite": 0.66, "lead_white": 0.30, "malachite": 0.04},
    {"azurite": 0.34, "lead_white": 0.62, "malachite": 0.04},
    {"azurite": 0.14, "lead_white": 0.84, "lead_tin_yellow": 0.02},
)
HILL: tuple[Recipe, ...] = (
    {"malachite": 0.72, "bone_black": 0.10, "umber": 0.18},
    {"malachite": 0.78, "yellow_ochre": 0.12, "lead_tin_yellow": 0.10},
    {"malachite": 0.46, "lead_tin_yellow": 0.40, "lead_white": 0.14},
)
NEAR: tuple[Recipe, ...] = (
    {"umber": 0.66, "bone_black": 0.18, "malachite": 0.16},
    {"malachite": 0.46, "umber": 0.34, "yellow_ochre": 0.20},
    {"malachite": 0.44, "yellow_ochre": 0.26, "lead_tin_yellow": 0.30},
)
FOLIAGE: tuple[Recipe, ...] = (
    {"verdigris": 0.48, "bone_black": 0.26, "umber": 0.26},
    {"verdigris": 0.52, "malachite": 0.38, "umber": 0.10},
    {"malachite": 0.42, "verdigris": 0.14, "lead_tin_yellow": 0.44},
)
WALL: tuple[Recipe, ...] = (
    {"lead_white": 0.55, "umber": 0.28, "bone_black": 0.05, "red_earth": 0.12},
    {"lead_white": 0.86, "yellow_ochre": 0.10, "vermilion": 0.02, "umber": 0.02},
)
ROOF: Recipe = {"red_earth": 0.60, "vermilion": 0.26, "lead_white": 0.14}
ROCK: tuple[Recipe, ...] = (
    {"umber": 0.80, "bone_black": 0.20},
    {"yellow_ochre": 0.48, "umber": 0.40, "lead_white": 0.12},
    {"yellow_ochre": 0.36, "lead_white": 0.52, "umber": 0.12},
)


def paint_landscape(easel: Easel, rng: np.random.Generator) -> None:
    """Paint everything behind the figure, from far to near."""
    _sky(easel, rng)
    _mountains(easel, rng)
    _water(easel, rng)
    _hills(easel, rng)
    _meadow(easel, rng)
    _town(easel)
    _trees(easel, rng)


def _sky(easel: Easel, rng: np.random.Generator) -> None:
    rows = np.linspace(0.0, 1.0, HEIGHT, dtype=np.float32)[:, None]
    tone = (rows * 1.75).clip(0, 1) + 0.025 * noise(rng, (3, 40), (1, 9))
    easel.model(np.ones((HEIGHT, WIDTH), np.float32), tone, SKY, 24.0)
    streaks = noise(rng, (5, 44), (2.4, 13))
    for x, y, rx, ry in ((96, 66, 130, 13), (520, 92, 150, 12), (430, 44, 96, 8), (40, 118, 90, 9)):
        veil = disc(x, y, rx, ry)
        soft = (veil * (0.45 + 0.34 * streaks)).clip(0.0, 1.0).astype(np.float32)
        easel.model(soft, np.float32(0.62) + 0.3 * streaks, CLOUD)


def _mountains(easel: Easel, rng: np.random.Generator) -> None:
    ridges = (
        (172, ((0, 168), (46, 140), (84, 158), (128, 128), (176, 160), (240, 150), (300, 172))),
        (196, ((330, 182), (392, 150), (428, 168), (476, 124), (520, 152), (572, 132), (640, 164))),
        (226, ((0, 204), (70, 188), (140, 206), (220, 190), (330, 208), (450, 192), (640, 206))),
    )
    grain = noise(rng, (7, 5), (2, 2))
    for depth, (base, ridge) in enumerate(ridges):
        outline = [
            (-20, base + 30),
            (-20, ridge[0][1]),
            *ridge,
            (660, ridge[-1][1]),
            (660, base + 30),
        ]
        mask = fill(outline, smooth=depth == 2)  # noqa: PLR2004 - the nearest range is soft
        fade = (np.mgrid[:HEIGHT, :WIDTH][0] - base + 60) / 110.0
        tone = (0.80 - 0.26 * depth + 0.36 * fade + 0.13 * grain).astype(np.float32)
        easel.model(mask, tone, FAR, 30.0)


def _water(easel: Easel, rng: np.random.Generator) -> None:
    lake = fill((
        (380, 236),
        (450, 226),
        (560, 226),
        (650, 230),
        (660, 262),
        (560, 272),
        (440, 262),
    ))
    ripples = noise(rng, (0.8, 16), (1.6, 30))
    easel.model(lake, (0.62 + 0.13 * ripples).astype(np.float32), SKY, 28.0)
    for x, y in ((470, 246), (560, 240), (520, 258), (600, 252)):
        easel.lay(0.6 * stroke(((x, y), (x + 34, y)), 1.4), CLOUD[1])


def _hills(easel: Easel, rng: np.random.Generator) -> None:
    grain = noise(rng, (1.2, 2.2), (2.5, 9))
    rows, columns = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    slopes = (
        (
            232,
            ((0, 226), (60, 212), (130, 224), (210, 240), (300, 244), (380, 258), (450, 284)),
            HILL,
        ),
        (262, ((360, 276), (430, 262), (520, 272), (600, 250), (640, 244)), HILL),
        (
            320,
            ((0, 296), (90, 276), (180, 300), (320, 330), (450, 306), (560, 322), (640, 300)),
            NEAR,
        ),
    )
    for base, ridge, ramp in slopes:
        outline = [(-20, 520), (-20, ridge[0][1]), *ridge, (660, ridge[-1][1]), (660, 520)]
        falling = (rows - base) / 130.0
        tone = 0.86 - 0.52 * falling + 0.11 * grain + 0.10 * np.sin(columns / 47.0 + rows / 23.0)
        easel.model(fill(outline), tone.astype(np.float32), ramp, 30.0)
    path = stroke(((640, 470), (566, 428), (590, 372), (538, 338), (548, 304), (520, 284)), 15)
    easel.model(path, (0.55 + 0.2 * grain).astype(np.float32), ROCK)


def _meadow(easel: Easel, rng: np.random.Generator) -> None:
    """Paint tufts and small flowers, larger towards the viewer."""
    flowers: tuple[Recipe, ...] = (CLOUD[1], ROOF, {"lead_tin_yellow": 0.9, "lead_white": 0.1})
    for _ in range(130):
        y = 330 + 150 * rng.beta(1.2, 1.0)
        x, size = rng.uniform(0, WIDTH), 2.0 + 9.0 * (y - 330) / 150
        for lean in rng.normal(0.0, 0.35, 3):
            tip = (x + lean * size, y - size)
            blade = stroke(((x, y), (x + 0.3 * lean * size, y - 0.6 * size), tip), 1.3, taper=0.8)
            easel.lay(0.85 * blade, NEAR[2] if lean < 0 else FOLIAGE[0], 30.0)
            if rng.random() < 0.16:  # noqa: PLR2004 - one blade in six flowers
                easel.lay(0.9 * disc(*tip, 0.16 * size + 0.4), flowers[int(rng.integers(3))], 30.0)


def _town(easel: Easel) -> None:
    light = np.ones((HEIGHT, WIDTH), np.float32)
    for x, y, w, h in (
        (560, 214, 26, 36),
        (586, 226, 34, 24),
        (534, 230, 26, 20),
        (574, 184, 15, 66),
    ):
        easel.model(fill(_box(x, y, w, h), smooth=False), light, WALL, 32.0)
        shade = fill(_box(x + 0.62 * w, y, 0.38 * w, h), smooth=False)
        easel.model(shade, 0 * light, WALL)
        gable = ((x - 2, y), (x + w / 2, y - 0.5 * w), (x + w + 2, y))
        easel.lay(fill(gable, smooth=False), ROOF, 28.0)
    for x, y in ((579, 196), (579, 210), (566, 226), (594, 234), (606, 234), (541, 238)):
        easel.lay(fill(_box(x, y, 3.4, 5.4), smooth=False), {"bone_black": 0.6, "umber": 0.4})


def _trees(easel: Easel, rng: np.random.Generator) -> None:
    leaves = noise(rng, (1.1, 1.3), (2.6, 3.0))
    crowns = (
        (52, 214, 30, 40, 96), (26, 262, 26, 30, 70), (104, 262, 18, 24, 58),
        (612, 330, 26, 34, 76), (474, 290, 15, 20, 46), (440, 300, 10, 14, 34),
    )  # fmt: skip
    for x, y, rx, ry, drop in crowns:
        trunk = ((x, y + drop), (x - 2, y + 0.5 * drop), (x + 1, y))
        easel.lay(stroke(trunk, 0.16 * rx + 1.4, taper=0.3), NEAR[0], 30.0)
        crown = _crown(x, y, rx, ry, leaves)
        side = (x - np.mgrid[:HEIGHT, :WIDTH][1]) / rx + (y - np.mgrid[:HEIGHT, :WIDTH][0]) / ry
        easel.model(crown, (0.46 + 0.24 * side + 0.24 * leaves).astype(np.float32), FOLIAGE, 32.0)


def _crown(x: float, y: float, rx: float, ry: float, leaves: Mask) -> Mask:
    ragged = disc(x, y, rx, ry) * 0.5 + disc(x, y, 0.72 * rx, 0.76 * ry) * 0.5
    crown: Mask = ((ragged + 0.24 * leaves - 0.34) * 5.0).clip(0.0, 1.0).astype(np.float32)
    return crown * disc(x, y, 1.25 * rx, 1.2 * ry)


def _box(x: float, y: float, w: float, h: float) -> tuple[tuple[float, float], ...]:
    return ((x, y), (x + w, y), (x + w, y + h), (x, y + h))
