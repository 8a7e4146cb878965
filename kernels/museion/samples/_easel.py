"""The panel while it is painted: which pigments lie where, and how thick."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from museion.samples._brush import HEIGHT, WIDTH, Mask
from museion.samples._pigments import PIGMENTS

type Recipe = Mapping[str, float]

NAMES = tuple(PIGMENTS)


class Easel:
    """One paint layer over the ground.

    Attributes
    ----------
    fractions : (pigment, height, width) float32
        Volume fractions; each pixel sums to one.
    thickness_um : (height, width) float32
        Thickness of the paint.
    """

    def __init__(self, recipe: Recipe, thickness_um: float) -> None:
        self.fractions = np.empty((len(NAMES), HEIGHT, WIDTH), np.float32)
        self.fractions[:] = blend(recipe)[:, None, None]
        self.thickness_um = np.full((HEIGHT, WIDTH), thickness_um, np.float32)

    def lay(self, mask: Mask, recipe: Recipe, thickness_um: float | None = None) -> None:
        """Replace the paint under `mask` by one mixture."""
        window = _bounds(mask)
        if window is None:
            return
        part = mask[window]
        current = self.fractions[:, *window]
        current += part * (blend(recipe)[:, None, None] - current)
        self._thicken(window, part, thickness_um)

    def model(
        self, mask: Mask, tone: Mask, ramp: Sequence[Recipe], thickness_um: float | None = None
    ) -> None:
        """Replace the paint under `mask` by a ramp of mixtures, from shadow to light.

        Parameters
        ----------
        mask : (height, width) float32
            Where to paint.
        tone : (height, width) float32
            0 takes the first mixture of `ramp`, 1 the last, in between they blend.
        ramp : sequence of recipes
            At least two, evenly spaced in tone.
        thickness_um : float, optional
            New thickness; lights get a fifth more, shadows a fifth less.
        """
        window = _bounds(mask)
        if window is None:
            return
        part = mask[window]
        place = tone[window].clip(0.0, 1.0) * (len(ramp) - 1)
        paint = np.zeros((len(NAMES), *part.shape), np.float32)
        for index, recipe in enumerate(ramp):
            share = (1.0 - np.abs(place - index)).clip(0.0, 1.0)
            paint += blend(recipe)[:, None, None] * share
        current = self.fractions[:, *window]
        current += part * (paint - current)
        fuller = 0.8 + 0.4 * tone[window]
        self._thicken(window, part, None if thickness_um is None else thickness_um * fuller)

    def _thicken(
        self,
        window: tuple[slice, slice],
        part: Mask,
        thickness_um: float | NDArray[np.float32] | None,
    ) -> None:
        if thickness_um is not None:
            current = self.thickness_um[window]
            current += part * (thickness_um - current)


def blend(recipe: Recipe) -> NDArray[np.float32]:
    """(pigment,) volume fractions of a recipe, summing to one."""
    amounts = np.array([recipe.get(name, 0.0) for name in NAMES], np.float32)
    return amounts / amounts.sum()


def _bounds(mask: Mask) -> tuple[slice, slice] | None:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size == 0:
        return None
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
