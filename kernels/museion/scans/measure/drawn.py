"""Measurements in a plane, which are also drawings for a report."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from museion.scans.measure import drawing
from museion.scans.measure.paradata import Measurement
from museion.scans.measure.plane import Plane

type Array = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Drawn(Measurement, ABC):
    """Lines or points in a plane.

    Attributes
    ----------
    plane : Plane
    """

    plane: Plane
    _IS_DOTTED: ClassVar[bool] = False

    @property
    @abstractmethod
    def _lines(self) -> tuple[tuple[Array, bool], ...]:
        """Points of each line, (n, 3) float64 in metres, and whether it is closed."""

    @property
    def bounds(self) -> Array:
        """Smallest and largest coordinates along `right` and `up`, (2, 2) float64 in metres."""
        points = np.concatenate([self.plane.flatten(points) for points, _ in self._lines])
        return np.stack([points.min(axis=0), points.max(axis=0)])

    def to_svg(self, scale: str = "1:1") -> str:
        """Return a drawing at scale, with a scale bar.

        Parameters
        ----------
        scale : str
            Length on paper to length of the object, as "1:2".

        Raises
        ------
        InputError
            If the scale is not of that form.
        """
        return drawing.to_svg(self._drawing(), scale)

    def to_dxf(self) -> str:
        """Return a DXF (R12) file's text, in millimetres at full size."""
        return drawing.to_dxf(self._drawing())

    def to_csv(self) -> str:
        """Return all points as comma-separated values, paradata in comments before them."""
        return drawing.to_csv(self._drawing(), [points for points, _ in self._lines])

    def _repr_html_(self) -> str:
        """Return the drawing, fitted to the page, and the table."""
        table = Measurement._repr_html_(self)
        return f"<div>{drawing.to_svg(self._drawing(), None)}{table}</div>"

    def _drawing(self) -> drawing.Drawing:
        return drawing.Drawing(
            tuple(self.plane.flatten(points) for points, _ in self._lines),
            tuple(is_closed for _, is_closed in self._lines),
            str(self.paradata.origins[0]),
            tuple(self.paradata.rows()),
            is_dotted=self._IS_DOTTED,
        )
