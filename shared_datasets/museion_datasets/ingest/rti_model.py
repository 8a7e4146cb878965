"""RTI models as array items (y, x, plane): from files of 8-bit terms, and from memory.

A file's terms become float16, in which each of the 256 steps of a plane stays apart, and the
range of each plane is kept beside them, so that a viewer gets the file's own bytes. Files of
RTI hold no normals; they are estimated from the model, and the item says so.
"""

from pathlib import Path
from typing import Any, Protocol

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from museion_datasets.draft import Draft
from museion_datasets.errors import InvalidError
from museion_datasets.ingest.cube import put_pyramid
from museion_datasets.ingest.form import ArrayForm, Reading, Region, Variable
from museion_datasets.ingest.source import reading
from museion_datasets.rti_basis import NORMAL_PLANES, PLANE, RTI, Basis, basis_of, estimate_normals

DIMS = ("y", "x", PLANE)
DTYPE = np.dtype(np.float16)
_STRIP_PX = 1 << 16


class Terms(Protocol):
    """The terms of a file, without normals, as real values."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Rows, columns, planes."""

    def read(self, rows: slice) -> NDArray[np.float32]:
        """Return whole rows."""


class ModelValues:
    """Terms of a file with normals estimated from them.

    Parameters
    ----------
    basis : Basis
        What the terms are.
    terms : Terms
        Of the file.
    """

    def __init__(self, basis: Basis, terms: Terms) -> None:
        self._basis, self._terms = basis, terms
        rows, columns, _ = terms.shape
        self.shape = (rows, columns, len(basis.planes))
        self.dtype: np.dtype[Any] = DTYPE

    def __getitem__(self, region: Region) -> Any:  # noqa: ANN401
        rows, columns, planes = region
        values = self._terms.read(slice(*rows.indices(self.shape[0])))[:, columns]
        normals = np.empty((*values.shape[:2], len(NORMAL_PLANES)), np.float32)
        step = max(1, _STRIP_PX // max(1, values.shape[1]))
        for start in range(0, len(values), step):
            part = slice(start, start + step)
            normals[part] = estimate_normals(self._basis, values[part])
        return np.concatenate([values, normals], axis=-1)[..., planes].astype(DTYPE)


def read_model(
    basis: Basis, terms: Terms, low: list[float], high: list[float], facts: dict[str, Any]
) -> Reading:
    """Return what a file of an RTI model holds.

    Parameters
    ----------
    basis : Basis
        What the terms are.
    terms : Terms
        The terms.
    low, high : list of float
        What the bytes 0 and 255 mean, for each plane but the normal's.
    facts : dict
        Of the header.

    Returns
    -------
    Reading
        One array item.
    """
    ones = [1.0] * len(NORMAL_PLANES)
    attrs = {
        "quantity": RTI,
        "rti_basis": basis.kind.value,
        "rti_normals": "estimated from the model",
        "plane_low": [*low, *(-each for each in ones)],
        "plane_high": [*high, *ones],
    }
    frame = xr.Dataset(coords={PLANE: (PLANE, list(basis.planes))})
    variable = Variable(DIMS, ModelValues(basis, terms), attrs)
    note = "The normals are estimated from the model, as the file has none"
    return Reading((ArrayForm("", frame, {RTI: variable}),), (note,), facts)


def put_model(draft: Draft, name: str, model: xr.DataArray) -> None:
    """Write an RTI model and its pyramid.

    Parameters
    ----------
    draft : Draft
        Open.
    name : str
        Name of the item.
    model : DataArray
        Dimensions ``y``, ``x`` and ``plane`` in any order, numpy or Dask inside, with the
        attribute ``rti_basis``.

    Raises
    ------
    InvalidError
        If it is none.
    """
    if set(model.dims) != set(DIMS) or 0 in model.shape:
        raise InvalidError(
            f"Not an RTI model: its dimensions are {', '.join(map(str, model.dims)) or 'none'}",
            hint="fit one: museion.imaging.rti.fit_ptm(capture).",
        )
    basis = basis_of(str(model.attrs.get("rti_basis", "")), model.sizes[PLANE])
    stored = model.transpose(*DIMS).astype(DTYPE).rename(RTI)
    stored = stored.assign_coords({PLANE: list(basis.planes)}).assign_attrs(model.attrs)
    draft.put_array(name, stored.assign_attrs(quantity=RTI))
    put_pyramid(draft, name, stored)


def require_size(path: Path, start: int, length: int) -> None:
    """Raise unless a file has exactly so many bytes behind its header.

    Parameters
    ----------
    path : Path
        The file.
    start, length : int
        Where the data begins, and how long it must be.

    Raises
    ------
    InvalidError
        If it is shorter or longer.
    """
    with reading(path):
        found = path.stat().st_size - start
    if found != length:
        raise InvalidError(
            f"The file {path.name!r:.80} has {found:,} bytes of data, its header says {length:,}",
            hint="copy it again from where it was made.",
        )
