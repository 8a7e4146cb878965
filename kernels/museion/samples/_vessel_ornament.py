"""The painter's part of the vessel: relief and slip, band by band.

The outer wall is unrolled: x runs around the vessel in metres at the band's own radius, y up.
Shapes are signed distances (negative inside) after Inigo Quilez, "2D distance functions".
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

type Array = NDArray[Any]

CLAY = (190, 112, 66)
SLIP = (34, 28, 27)
RED = (112, 38, 32)
WHITE = (222, 205, 172)

_RIM = 0.004  # of a figure, left without inner drawing; share of the band
_EDGE_M = 0.00055  # a brush's edge


@dataclass(slots=True)
class Skin:
    """What the painter changes on each vertex.

    Attributes
    ----------
    relief : (n,) float64
        Height above the thrown wall in metres.
    color : (n, 3) float64
        sRGB from 0 to 255.
    """

    relief: Array
    color: Array

    def paint(self, where: Array, distance: Array, color: tuple[int, int, int]) -> None:
        """Cover the inside of a shape with slip."""
        cover = _inside(distance, _EDGE_M)[:, None]
        self.color[where] += cover * (np.array(color) - self.color[where])

    def raise_(self, where: Array, distance: Array, height: float, shoulder: float) -> None:
        """Raise the inside of a shape, rounded over `shoulder` metres from its outline."""
        depth = np.clip(-distance / shoulder, 0.0, 1.0)
        self.relief[where] = np.maximum(self.relief[where], height * (1.0 - (1.0 - depth) ** 2))

    def incise(self, where: Array, distance: Array, width: float) -> None:
        """Scratch a line through the slip into the clay."""
        cut = np.exp(-((distance / width) ** 2))
        self.relief[where] -= 0.0003 * cut
        self.color[where] += 0.9 * cut[:, None] * (np.array(CLAY) - self.color[where])


def decorate(angle: Array, height: Array, radius: Array) -> Skin:
    """Paint and model the outer wall.

    Parameters
    ----------
    angle : (n,) float64
        Direction around the axis in radians.
    height, radius : (n,) float64
        Metres.
    """
    skin = Skin(np.zeros(len(angle)), np.tile(np.array(CLAY, float), (len(angle), 1)))
    _plain_bands(skin, height)
    for low, high, draw in (
        (0.026, 0.074, _rays),
        (0.088, 0.112, _meander),
        (0.119, 0.206, _frieze),
        (0.212, 0.218, _beads),
        (0.2215, 0.2600, _tongues),
        (0.2755, 0.3310, _palmettes),
    ):
        where = np.flatnonzero((height > low) & (height < high))
        draw(skin, where, (angle[where], height[where] - low, high - low, radius[where]))
    return skin


type Band = tuple[Array, Array, float, Array]


def _plain_bands(skin: Skin, height: Array) -> None:
    everywhere = np.arange(len(height))
    for low, high, color in (
        (-1.0, 0.021, SLIP), (0.0765, 0.0795, SLIP), (0.0815, 0.0860, RED),
        (0.1135, 0.1180, SLIP), (0.2070, 0.2108, SLIP), (0.2625, 0.2735, SLIP),
        (0.3325, 1.0, SLIP),
    ):  # fmt: skip
        inside = np.maximum(low - height, height - high)
        skin.paint(everywhere, inside, color)
    for line in (0.0220, 0.0755, 0.0870, 0.1128, 0.2113, 0.2190):
        skin.relief += 0.0002 * np.exp(-(((height - line) / 0.0006) ** 2))
    for line in (0.0345, 0.3420, 0.3445):
        skin.paint(everywhere, np.abs(height - line) - 0.0004, RED)


def _rays(skin: Skin, where: Array, band: Band) -> None:
    angle, y, height, radius = band
    x = _repeat(angle, 26) * radius
    half = np.pi * radius / 26 * 0.80
    shape = (np.abs(x) - half * (1.0 - y / (height * 0.98))) * 0.93
    skin.raise_(where, shape, 0.0004, 0.002)
    skin.paint(where, shape, SLIP)


def _meander(skin: Skin, where: Array, band: Band) -> None:
    """Draw a running key: one stroke that turns back on itself in each of 30 cells."""
    angle, y, height, radius = band
    unit = height / 6.0
    x = (_repeat(angle, 30) / (2.0 * np.pi / 30) + 0.5) * 7.0 * unit
    del radius
    corners = [(0, 0.5), (0, 5.5), (5, 5.5), (5, 2.1), (2.4, 2.1), (2.4, 3.8), (3.6, 3.8)]
    path = [(cx * unit + unit, cy * unit) for cx, cy in corners]
    shape = np.full(len(x), np.inf)
    for start, end in pairwise(path):
        shape = np.minimum(shape, _box_stroke(x, y, start, end))
    tail = ((0.0, 0.5 * unit), (unit, 0.5 * unit))
    link = ((6 * unit, 2.1 * unit), (6 * unit, 0.5 * unit), (7 * unit, 0.5 * unit))
    for start, end in (tail, link[:2], link[1:]):
        shape = np.minimum(shape, _box_stroke(x, y, start, end))
    shape -= unit * 0.36
    skin.raise_(where, shape, 0.0007, 0.0012)
    skin.paint(where, shape, SLIP)


def _beads(skin: Skin, where: Array, band: Band) -> None:
    angle, y, height, radius = band
    x = _repeat(angle, 120) * radius
    shape = np.hypot(x, y - height / 2) - 0.0021
    skin.raise_(where, shape, 0.0009, 0.0021)
    skin.paint(where, shape, SLIP)


def _tongues(skin: Skin, where: Array, band: Band) -> None:
    angle, y, height, radius = band
    turn = angle / (2.0 * np.pi) * 56
    x = (turn - np.floor(turn) - 0.5) * 2.0 * np.pi / 56 * radius
    half = np.pi * radius / 56 * 0.78
    low = 0.0035
    shape = np.hypot(x, np.minimum(y - low - half, 0.0)) - half
    shape = np.maximum(shape, y - height)
    skin.raise_(where, shape, 0.0008, 0.0022)
    is_red = np.floor(turn).astype(int) % 2 == 0
    skin.paint(where, np.where(is_red, shape, 1.0), RED)
    skin.paint(where, np.where(is_red, 1.0, shape), SLIP)


def _palmettes(skin: Skin, where: Array, band: Band) -> None:
    """Palmettes and lotus buds by turns, on a chain."""
    angle, y, height, radius = band
    scale = height
    turn = angle / (2.0 * np.pi) * 10
    x = (turn - np.floor(turn) - 0.5) * 2.0 * np.pi / 10 * radius / scale
    v = y / scale
    is_lotus = np.floor(turn).astype(int) % 2 == 0
    fan = np.full(len(x), np.inf)
    for leaf in range(-4, 5):
        lean = leaf * 0.33
        reach = 0.60 - 0.05 * abs(leaf)
        tip = (np.sin(lean) * reach, 0.27 + np.cos(lean) * reach)
        root = (np.sin(lean) * 0.12, 0.27 + np.cos(lean) * 0.12)
        fan = np.minimum(fan, _capsule(x, v, root, tip, (0.012, 0.048)))
    heart = np.hypot(x, v - 0.27) - 0.07
    bud = np.maximum(_lens(x, v - 0.55, 0.34, 0.13), 0.0 - v)
    for side in (-1.0, 1.0):
        wing = _capsule(x, v, (side * 0.05, 0.22), (side * 0.25, 0.80), (0.055, 0.012))
        bud = np.minimum(bud, wing)
    shape = np.where(is_lotus, bud, np.minimum(fan, heart)) * scale
    chain = (np.abs(v - 0.10 - 0.045 * np.cos(2.0 * np.pi * (turn - 0.5))) - 0.022) * scale
    skin.raise_(where, shape, 0.0011, 0.0020)
    skin.raise_(where, chain, 0.0006, 0.0010)
    skin.paint(where, np.minimum(shape, chain), SLIP)
    skin.paint(where, np.where(is_lotus, _lens(x, v - 0.55, 0.27, 0.07) * scale, 1.0), RED)
    skin.paint(where, np.where(is_lotus, 1.0, (heart + 0.02) * scale), RED)


def _frieze(skin: Skin, where: Array, band: Band) -> None:
    """Six winged horses, with dot rosettes between them."""
    angle, y, height, radius = band
    turn = angle / (2.0 * np.pi) * 6
    x = (turn - np.floor(turn) - 0.5) * 2.0 * np.pi / 6 * radius / height
    v = y / height
    body, wing, bars = _horse(x, v)
    skin.raise_(where, body * height, 0.0024, 0.0085)
    skin.paint(where, body * height, SLIP)
    skin.raise_(where, np.where(wing < 0, wing, 1.0) * height, 0.0031, 0.0045)
    skin.paint(where, wing * height, SLIP)
    skin.paint(where, np.maximum(bars, wing + 0.006) * height, RED)
    for line in _horse_lines(x, v, body):
        skin.incise(where, line * height, 0.00055)
    eye = (np.hypot(x - 0.505, v - 0.845) - 0.016) * height
    skin.paint(where, eye, WHITE)
    _rosettes(skin, where, (x, v, height, body))


# A horse as strokes: start, end, half width at both; unit: the height of the frieze.
_HORSE = (
    ((-0.26, 0.50), (0.18, 0.53), (0.125, 0.120)),  # barrel
    ((-0.30, 0.50), (-0.33, 0.42), (0.125, 0.090)),  # haunch
    ((0.19, 0.55), (0.37, 0.82), (0.115, 0.066)),  # neck
    ((0.37, 0.83), (0.50, 0.85), (0.060, 0.050)),  # head
    ((0.50, 0.85), (0.62, 0.75), (0.050, 0.026)),  # muzzle
    ((0.385, 0.88), (0.375, 0.96), (0.022, 0.006)),  # ear
    ((0.20, 0.47), (0.42, 0.42), (0.070, 0.034)),  # raised foreleg
    ((0.42, 0.42), (0.43, 0.25), (0.034, 0.021)),
    ((0.43, 0.25), (0.49, 0.22), (0.024, 0.020)),
    ((0.17, 0.46), (0.22, 0.24), (0.070, 0.032)),  # standing foreleg
    ((0.22, 0.24), (0.20, 0.06), (0.030, 0.020)),
    ((0.20, 0.05), (0.26, 0.03), (0.024, 0.018)),
    ((-0.34, 0.42), (-0.27, 0.25), (0.090, 0.040)),  # near hind leg
    ((-0.27, 0.25), (-0.36, 0.06), (0.034, 0.021)),
    ((-0.36, 0.05), (-0.30, 0.03), (0.024, 0.018)),
    ((-0.38, 0.42), (-0.44, 0.25), (0.085, 0.038)),  # far hind leg
    ((-0.44, 0.25), (-0.54, 0.08), (0.032, 0.020)),
    ((-0.54, 0.07), (-0.48, 0.04), (0.023, 0.017)),
    ((-0.40, 0.55), (-0.52, 0.52), (0.028, 0.026)),  # tail
    ((-0.52, 0.52), (-0.58, 0.36), (0.030, 0.034)),
    ((-0.58, 0.36), (-0.60, 0.18), (0.034, 0.008)),
)  # fmt: skip


def _horse(x: Array, v: Array) -> tuple[Array, Array, Array]:
    """Signed distances of body, wing and the wing's coloured feathers; unit: the band."""
    body = _blend_all(x, v, _HORSE)
    mane = np.full(len(x), np.inf)
    for lock in range(7):
        root = (0.20 + 0.024 * lock, 0.66 + 0.036 * lock)
        mane = np.minimum(
            mane, _capsule(x, v, root, (root[0] - 0.055, root[1] + 0.035), (0.026, 0.010))
        )
    wing, bars = np.full(len(x), np.inf), np.full(len(x), np.inf)
    for feather in range(7):
        lean = 0.30 + 0.155 * feather
        reach = 0.50 - 0.030 * feather
        tip = (0.10 - np.sin(lean) * reach, 0.50 + np.cos(lean) * reach * 0.94)
        plume = _capsule(x, v, (0.09, 0.52), tip, (0.020, 0.031))
        wing = np.minimum(wing, plume)
        bars = np.minimum(bars, plume + 0.008) if feather % 2 else bars
    wing = np.minimum(wing, _capsule(x, v, (0.10, 0.50), (0.05, 0.60), (0.060, 0.070)))
    return np.minimum(body, mane), wing, bars


def _horse_lines(x: Array, v: Array, body: Array) -> list[Array]:
    """Incised inner drawing: haunch, ribs, jaw, harness; only where there is body."""
    off = np.where(body < -_RIM, 0.0, 1.0)
    lines = [np.abs(np.hypot(x + 0.30, v - 0.46) - 0.13)]
    lines += [np.abs(np.hypot(x - 0.02 - 0.045 * rib, v - 0.70) - 0.25) for rib in (0, 1)]
    lines.append(np.abs(np.hypot(x - 0.44, v - 0.90) - 0.085))
    lines.append(_capsule(x, v, (0.47, 0.90), (0.50, 0.78), (0.0, 0.0)))
    chest = [np.abs(np.hypot(x - 0.10, v - 0.48) - 0.155)]
    return [line + off for line in lines + chest]


def _rosettes(skin: Skin, where: Array, band: Band) -> None:
    x, v, height, body = band
    for cx, cy, size in (
        (-0.52, 0.80, 0.075),
        (0.58, 0.38, 0.060),
        (-0.02, 0.16, 0.060),
        (0.64, 0.95, 0.030),
        (-0.30, 0.93, 0.032),
    ):
        dx, dy = x - cx, v - cy
        reach, direction = np.hypot(dx, dy), np.arctan2(dy, dx)
        petal = (direction / (np.pi / 4) + 0.5) % 1.0 - 0.5
        flower = np.hypot(reach - size * 0.68, petal * np.pi / 4 * reach) - size * 0.30
        flower = np.minimum(flower, reach - size * 0.30)
        flower = np.maximum(flower, 0.012 - body) * height
        skin.raise_(where, flower, 0.0010, 0.0016)
        skin.paint(where, flower, SLIP)
        skin.paint(where, (reach - size * 0.22) * height, RED)


def _blend_all(x: Array, v: Array, parts: tuple[Any, ...]) -> Array:
    """Union of capsules whose joints flow into one another."""
    whole = np.full(len(x), np.inf)
    for start, end, radii in parts:
        part = _capsule(x, v, start, end, radii)
        gap = np.clip(1.0 - np.abs(part - np.minimum(whole, 10.0)) / 0.03, 0.0, 1.0)
        whole = np.minimum(whole, part) - gap * gap * 0.03 / 4.0
    return whole


def _capsule(
    x: Array,
    y: Array,
    start: tuple[float, float],
    end: tuple[float, float],
    radii: tuple[float, float],
) -> Array:
    """Distance to a stroke whose width changes from start to end."""
    bx, by = end[0] - start[0], end[1] - start[1]
    px, py = x - start[0], y - start[1]
    along = np.clip((px * bx + py * by) / (bx * bx + by * by), 0.0, 1.0)
    return np.hypot(px - along * bx, py - along * by) - (radii[0] + along * (radii[1] - radii[0]))


def _box_stroke(x: Array, y: Array, start: tuple[float, float], end: tuple[float, float]) -> Array:
    """Distance to an axis-parallel segment, with square corners."""
    cx, cy = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    hx, hy = abs(end[0] - start[0]) / 2, abs(end[1] - start[1]) / 2
    return np.maximum(np.abs(x - cx) - hx, np.abs(y - cy) - hy)


def _lens(x: Array, y: Array, half_height: float, half_width: float) -> Array:
    """Distance (approximate) to a pointed leaf."""
    bow = np.abs(x) - half_width * np.clip(1.0 - (y / half_height) ** 2, -1.0, 1.0)
    return np.maximum(bow * 0.9, np.abs(y) - half_height)


def _repeat(angle: Array, count: int) -> Array:
    """Angle from the middle of the nearest of `count` equal sectors."""
    sector = 2.0 * np.pi / count
    return (angle + sector / 2.0) % sector - sector / 2.0


def _inside(distance: Array, edge: float) -> Array:
    share = np.clip(0.5 - distance / (2.0 * edge), 0.0, 1.0)
    return share * share * (3.0 - 2.0 * share)
