"""What two and a half thousand years did to the vessel, and what a restorer did about it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from museion.samples._solid_noise import solid_noise
from museion.samples._vessel_form import Form
from museion.samples._vessel_ornament import CLAY, Skin

type Array = NDArray[Any]

_FRESH_BREAK = (206, 132, 86)
_PLASTER = (196, 152, 118)
_LIME = (214, 204, 186)
_DIRT = (70, 48, 36)
_CHIPS = 70
_FOOT_M, _LIP_M, _FOOT_RADIUS_M = 0.010, 0.353, 0.055


@dataclass(slots=True)
class Wear:
    """Changes on each vertex.

    Attributes
    ----------
    height : (n,) float64
        Displacement along the normal in metres, added to the relief.
    color : (n, 3) float64
    loss : (n,) float64
        Share of the slip that is gone, 0 to 1.
    fill : (n,) float64
        1 where plaster replaces lost clay.
    """

    height: Array
    color: Array
    loss: Array
    fill: Array

    def tint(self, share: Array, color: tuple[int, int, int]) -> None:
        """Mix a colour in."""
        self.color += share[:, None] * (np.array(color, float) - self.color)


def age(form: Form, skin: Skin, rng: np.random.Generator) -> Wear:
    """Wear, break and mend the vessel."""
    count = len(form.points)
    wear = Wear(np.zeros(count), skin.color.copy(), np.zeros(count), np.zeros(count))
    _abrade(form, skin, wear)
    _crack(form, wear, rng)
    _fill(form, wear)
    _chip(form, wear, rng)
    _deposit(form, wear)
    return wear


def _abrade(form: Form, skin: Skin, wear: Wear) -> None:
    """Slip rubs off where relief, foot, lip and handles stand out, in patches."""
    exposed = np.clip(skin.relief / 0.003, 0.0, 1.0) * 0.28
    exposed += 0.34 * ((form.height < _FOOT_M) & form.is_outside) + 0.30 * (form.height > _LIP_M)
    exposed += 0.14 * form.is_handle
    patches = solid_noise(form.points, 0.035, 301, octaves=4)
    loss = np.clip((patches + exposed - 0.42) / 0.10, 0.0, 1.0) * 0.85
    wear.loss = loss
    wear.height -= 3e-5 * loss
    wear.tint(loss, CLAY)


def _crack(form: Form, wear: Wear, rng: np.random.Generator) -> None:
    """Open a crack from the lip over neck and shoulder, and a branch around the belly."""
    wander = np.interp(
        form.height, np.linspace(0.10, 0.37, 60), np.cumsum(rng.normal(0, 0.045, 60))
    )
    radius = np.hypot(form.points[:, 0], form.points[:, 1])
    off = np.abs((form.angle - 1.25 - wander + np.pi) % (2 * np.pi) - np.pi) * radius
    ends = np.clip((form.height - 0.128) / 0.05, 0.0, 1.0) * form.is_outside
    level = np.interp(
        form.angle, np.linspace(0, 2 * np.pi, 90), np.cumsum(rng.normal(0, 0.0016, 90))
    )
    across = np.abs(form.height - 0.172 - level)
    reach = np.clip((0.75 - np.abs(form.angle - 0.85)) / 0.3, 0.0, 1.0) * form.is_outside
    line = np.exp(-((off / 0.00045) ** 2)) * ends + np.exp(-((across / 0.00040) ** 2)) * reach
    line = np.clip(line, 0.0, 1.0)
    wear.height -= 0.00045 * line
    wear.tint(0.8 * line, _DIRT)


def _fill(form: Form, wear: Wear) -> None:
    """Close a lost piece of the wall with toned plaster a little below the surface."""
    center = np.array([np.cos(4.05) * 0.112, np.sin(4.05) * 0.112, 0.148])
    reach = np.linalg.norm(form.points - center, axis=1) / 0.034
    outline = reach + 0.28 * solid_noise(form.points, 0.022, 402, octaves=3)
    wear.fill = np.clip((1.0 - outline) / 0.035, 0.0, 1.0) * form.is_outside
    wear.height -= 0.00035 * wear.fill
    brush = 0.5 + 0.5 * solid_noise(form.points * np.array([1, 1, 4]), 0.008, 403, octaves=2)
    wear.tint(wear.fill * (0.94 + 0.06 * brush), _PLASTER)
    joint = np.exp(-(((outline - 1.0) / 0.022) ** 2)) * form.is_outside
    wear.height -= 0.00022 * joint
    wear.tint(0.55 * joint, _DIRT)


def _chip(form: Form, wear: Wear, rng: np.random.Generator) -> None:
    """Flakes knocked off lip, foot and belly."""
    is_edge = ((form.height > _LIP_M) | (form.height < _FOOT_M)) & form.is_outside
    is_edge &= np.hypot(form.points[:, 0], form.points[:, 1]) > _FOOT_RADIUS_M
    edge, wall = np.flatnonzero(is_edge), np.flatnonzero(form.is_outside)
    spots = np.concatenate([rng.choice(edge, _CHIPS // 2), rng.choice(wall, _CHIPS // 2)])
    sizes = rng.lognormal(np.log(0.0021), 0.5, len(spots)).clip(0.0008, 0.0075)
    tree = cKDTree(form.points)
    rough = solid_noise(form.points, 0.0028, 505, octaves=2)
    for spot, size in zip(spots, sizes, strict=True):
        near = np.array(tree.query_ball_point(form.points[spot], size * 1.4))
        reach = np.linalg.norm(form.points[near] - form.points[spot], axis=1) / size
        depth = np.clip(1.0 - (reach + 0.35 * rough[near]) ** 2, 0.0, 1.0)
        wear.height[near] -= 0.28 * size * depth
        share = np.clip(depth * 5.0, 0.0, 1.0)
        wear.color[near] += share[:, None] * (np.array(_FRESH_BREAK) - wear.color[near])
        wear.loss[near] = np.maximum(wear.loss[near], share)


def _deposit(form: Form, wear: Wear) -> None:
    """Lime from the soil, thickest low on one side."""
    lean = 0.5 + 0.5 * np.cos(form.angle - 5.4)
    low = np.clip(1.0 - form.height / 0.26, 0.0, 1.0)
    spots = solid_noise(form.points, 0.016, 606, octaves=5)
    crust = np.clip((spots + 0.42 * lean * low - 0.52) / 0.12, 0.0, 1.0)
    wear.height += 0.00012 * crust
    wear.tint(0.62 * crust, _LIME)
    inside = ~form.is_outside & ~form.is_handle
    wear.tint(0.35 * inside * np.clip(0.5 + solid_noise(form.points, 0.05, 607), 0, 1), _DIRT)
