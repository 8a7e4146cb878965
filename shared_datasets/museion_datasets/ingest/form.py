"""What a reader hands over: arrays whose values are read region by region, and tables.

A reader knows one format. It says what it recognises, which files belong to a source, and
opens them as forms. It never reads more than a header before somebody asks for a region,
and it raises rather than give values that the file does not hold.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from museion_datasets.ingest.source import Original

if TYPE_CHECKING:
    from museion_datasets.ingest.scans.mesh import MeshArrays
    from museion_datasets.ingest.scans.scan import ScanInfo

type Region = tuple[slice, ...]


class Values(Protocol):
    """An array that gives any region of itself; numpy, h5py and zarr arrays are such."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of one value."""

    def __getitem__(self, region: Region, /) -> Any:  # noqa: ANN401
        """Return a region as what numpy takes for an array."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One large array of a form.

    Attributes
    ----------
    dims : tuple of str
        Names of its dimensions, in the order of `values`.
    values : Values
        Read region by region.
    attrs : mapping
        Unit, scale, and what else belongs to it.
    """

    dims: tuple[str, ...]
    values: Values
    attrs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def nbytes(self) -> int:
        """Bytes of all values."""
        return int(np.prod(self.values.shape, dtype=object)) * self.values.dtype.itemsize

    def read(self, region: Region) -> NDArray[Any]:
        """Return a region in memory."""
        return np.asarray(self.values[region])


@dataclass(frozen=True, slots=True)
class ArrayForm:
    """An array item.

    Attributes
    ----------
    suffix : str
        Added to the source's item name; empty for the main item.
    frame : xarray.Dataset
        Coordinates, attributes and small variables, in memory.
    variables : mapping of str to Variable
        The large ones.
    """

    suffix: str
    frame: xr.Dataset
    variables: Mapping[str, Variable]


@dataclass(frozen=True, slots=True)
class TableForm:
    """A table item.

    Attributes
    ----------
    suffix : str
        As for `ArrayForm`.
    table : pyarrow.Table
        Its rows.
    """

    suffix: str
    table: Any


@dataclass(frozen=True, slots=True)
class ScanForm:
    """A scan: a measured mesh, and what a browser streams of it.

    Attributes
    ----------
    suffix : str
        As for `ArrayForm`.
    mesh : MeshArrays
        In metres, z up, as it was measured.
    info : ScanInfo
        What a person reads about it.
    """

    suffix: str
    mesh: "MeshArrays"
    info: "ScanInfo"

    @property
    def nbytes(self) -> int:
        """Bytes of the mesh's positions and triangles."""
        return self.mesh.vertices.nbytes + self.mesh.faces.nbytes


@dataclass(frozen=True, slots=True)
class CloudForm:
    """A cloud of points that becomes a scan, read when it is written.

    Attributes
    ----------
    suffix : str
        As for `ArrayForm`.
    nbytes : int
        Bytes of its positions.
    read : callable
        Gives the scan; raises InvalidError if the file does not hold it.
    """

    suffix: str
    nbytes: int
    read: Callable[[], ScanForm]


type Form = ArrayForm | TableForm | ScanForm | CloudForm


@dataclass(frozen=True, slots=True)
class Reading:
    """A source, open.

    Attributes
    ----------
    forms : tuple of Form
        What to store beside the originals; empty if they are all there is.
    notes : tuple of str
        What a person should know: what was sorted, left out or guessed.
    facts : mapping
        Metadata of the file in JSON types.
    """

    forms: tuple[Form, ...]
    notes: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


class Reader(Protocol):
    """One format."""

    @property
    def name(self) -> str:
        """Name of the format for people, as in ``"ENVI"``."""

    def recognises(self, path: Path, head: bytes, /) -> bool:
        """Return whether `path`, which begins with `head`, is of this format."""

    def originals(self, path: Path) -> tuple[Original, ...]:
        """Return the files that belong to the source; raise InvalidError if one is missing."""

    def open(self, path: Path) -> AbstractContextManager[Reading]:
        """Open the source; raise InvalidError if it does not hold what it says."""
