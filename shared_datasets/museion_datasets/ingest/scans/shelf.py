"""Where clusters and pages lie while a scan is built: on the disk, a few numbers in memory."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from museion_datasets.ingest.scans.group import Piece
from museion_datasets.ingest.scans.scratch import Scratch

_ROW_BYTES = 4


@dataclass(frozen=True, slots=True)
class Place:
    """Where a piece lies.

    Attributes
    ----------
    start : int
        First byte.
    rows, faces : int
        How many it has.
    face_dtype : dtype
        Of its faces.
    """

    start: int
    rows: int
    faces: int
    face_dtype: np.dtype[np.generic]

    @property
    def elements(self) -> int:
        """Triangles, or points of a cloud."""
        return self.faces or self.rows


class Shelf:
    """Pieces and pages, kept in the order in which they come.

    Parameters
    ----------
    scratch : Scratch
        Where it lies.
    """

    def __init__(self, scratch: Scratch) -> None:
        self._spill = scratch.spill()

    def put(self, piece: Piece) -> Place:
        """Keep a piece."""
        start = self._spill.append(piece.rows.astype(np.uint32))
        self._spill.append(piece.faces)
        return Place(start, len(piece.rows), len(piece.faces), piece.faces.dtype)

    def rows(self, place: Place) -> NDArray[np.uint32]:
        """Return a piece's rows."""
        return self._spill.read_array(place.start, place.rows, np.uint32)

    def piece(self, place: Place) -> Piece:
        """Return a piece."""
        start = place.start + _ROW_BYTES * place.rows
        faces = self._spill.read_array(start, 3 * place.faces, place.face_dtype)
        return Piece(self.rows(place), faces.reshape(-1, 3))

    def put_bytes(self, content: bytes) -> slice:
        """Keep bytes."""
        start = self._spill.append(content)
        return slice(start, start + len(content))

    def read_bytes(self, place: slice) -> bytes:
        """Return bytes."""
        return self._spill.read(place.start, place.stop - place.start)
