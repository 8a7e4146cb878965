"""What time and restorers did: cracks, losses with retouching, and yellowed varnish."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from museion.samples._brush import HEIGHT, WIDTH, Mask, fill, noise
from museion.samples._easel import Easel

# Losses: outline, the retoucher's match for the paint around it.
_LOSSES = (
    (
        ((392, 56), (418, 44), (440, 58), (446, 84), (424, 98), (398, 88)),
        {"titanium_white": 0.30, "phthalo_blue": 0.42, "cobalt_blue": 0.28},
    ),
    (
        ((8, 60), (30, 52), (40, 74), (26, 96), (6, 88)),
        {"titanium_white": 0.35, "phthalo_blue": 0.29, "cobalt_blue": 0.36},
    ),
    (
        ((120, 440), (150, 428), (166, 446), (156, 470), (128, 468)),
        {"titanium_white": 0.055, "phthalo_blue": 0.935, "cobalt_blue": 0.01},
    ),
    (
        ((262, 288), (276, 280), (284, 296), (276, 316), (264, 308)),
        {"vermilion": 0.43, "red_lake": 0.45, "red_earth": 0.11, "titanium_white": 0.01},
    ),
)


@dataclass(frozen=True, slots=True)
class Damage:
    """Masks (height, width) float32 from 0 to 1.

    Attributes
    ----------
    cracks : Mask
        Area that shows grime instead of paint.
    retouching : Mask
        Area where paint and drawing are lost, filled with chalk and painted anew.
    """

    cracks: Mask
    retouching: Mask


def age(easel: Easel, rng: np.random.Generator) -> Damage:
    """Retouch the losses on the easel and crack the surface."""
    retouching = np.zeros((HEIGHT, WIDTH), np.float32)
    ragged = noise(rng, (1.6, 1.6), (4, 4))
    for outline, recipe in _LOSSES:
        loss = (3.0 * (fill(outline, soften=5) + 0.13 * ragged - 0.5) + 0.5).clip(0, 1)
        loss = (loss * (fill(outline, soften=5) > 0.1)).astype(np.float32)  # noqa: PLR2004
        easel.lay(loss, recipe, 22.0)
        retouching = np.maximum(retouching, loss)
    return Damage(cracks=_cracks(rng) * (1.0 - retouching), retouching=retouching)


def varnish(nm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Transmittance of a slightly yellowed natural-resin varnish, down and up again."""
    transmittance: NDArray[np.float64] = np.exp(-0.52 * np.exp(-(nm - 400.0) / 68.0))
    return transmittance


def _cracks(rng: np.random.Generator) -> Mask:
    """Edges between the cells of random seeds, longer along the grain of the wood."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    bend = 2.6 * np.stack([noise(rng, (11, 11)), noise(rng, (11, 11))], axis=-1)
    places = np.stack([rows * 1.0, columns * 0.72], axis=-1) + bend
    depth = np.zeros((HEIGHT, WIDTH))
    for cells, width, strength in ((420, 1.15, 0.62), (1500, 0.9, 0.34)):
        seeds = rng.uniform((-10, -10), (HEIGHT + 10, 0.72 * WIDTH + 10), (cells, 2))
        nearest, _ = cKDTree(seeds).query(places, k=2)
        gap = nearest[..., 1] - nearest[..., 0]
        steepness = np.hypot(*np.gradient(gap)).clip(0.12, None)  # keeps bent cracks thin
        depth = np.maximum(depth, strength * (1.0 - gap / steepness / width).clip(0.0, 1.0))
    worn = (0.62 + 0.42 * noise(rng, (16, 22))).clip(0.08, 1.0)
    cracks: Mask = (depth * worn).astype(np.float32)
    return cracks
