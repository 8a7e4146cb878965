"""A rigid motion of a scan, or a similarity: how one epoch's frame maps to another's."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

type Array = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Transform:
    """The map `x → scale · rotation · x + translation`.

    Attributes
    ----------
    rotation : (3, 3) float64
        Without reflection.
    translation : (3,) float64
        In metres.
    scale : float
        1 unless it was asked for.
    """

    rotation: Array
    translation: Array
    scale: float = 1.0

    @classmethod
    def identity(cls) -> Self:
        """Return the map that moves nothing."""
        return cls(np.eye(3), np.zeros(3))

    @property
    def matrix(self) -> Array:
        """The map in homogeneous coordinates, (4, 4) float64."""
        matrix = np.eye(4)
        matrix[:3, :3] = self.scale * self.rotation
        matrix[:3, 3] = self.translation
        return matrix

    @property
    def angle_deg(self) -> float:
        """By how much it turns, 0 to 180 degrees."""
        sine = np.linalg.norm(self.rotation - self.rotation.T) / np.sqrt(8.0)
        return float(np.rad2deg(np.arctan2(sine, (np.trace(self.rotation) - 1.0) / 2.0)))

    def apply(self, points: Array) -> Array:
        """Return moved points, (n, 3) float64.

        Parameters
        ----------
        points : (n, 3) float64
            In metres.
        """
        moved: Array = self.scale * (points @ self.rotation.T) + self.translation
        return moved

    def inverse(self) -> "Transform":
        """Return the map back."""
        back, scale = self.rotation.T, 1.0 / self.scale
        return Transform(back, -scale * (back @ self.translation), scale)

    def __matmul__(self, first: "Transform") -> "Transform":
        """Return the map that does `first`, then this."""
        moved = self.apply(first.translation[None])[0]
        return Transform(self.rotation @ first.rotation, moved, self.scale * first.scale)
