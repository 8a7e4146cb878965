"""A cloud of points as an array item: one dimension `point`, one variable for each field.

`x`, `y` and `z` are metres with z up; further fields keep the type in which the instrument
wrote them. Values are read block by block, so a cloud may be larger than memory.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from museion_datasets.ingest.form import ArrayForm, Region, Values, Variable
from museion_datasets.ingest.scans.mesh import MeshArrays
from museion_datasets.ingest.scans.terms import ScanTerms

type Array = NDArray[Any]

POINT = "point"
_NAMES = {"colors": ("red", "green", "blue"), "normals": ("nx", "ny", "nz"), "uvs": ("u", "v")}


class Column:
    """A field of a cloud that is read when it is asked for.

    Parameters
    ----------
    count : int
        Points.
    dtype : dtype
        Of the field.
    read : callable
        Returns the values from one point up to another.
    """

    def __init__(self, count: int, dtype: Any, read: Callable[[int, int], Array]) -> None:  # noqa: ANN401
        self.shape: tuple[int, ...] = (count,)
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        self._read = read

    def __getitem__(self, region: Region) -> Array:
        start, stop, _ = region[0].indices(self.shape[0])
        return np.asarray(self._read(start, stop), self.dtype)


def cloud_of_mesh(mesh: MeshArrays) -> dict[str, Array]:
    """Return the columns of points that are in memory, in metres."""
    found = {name: mesh.vertices[:, axis] for axis, name in enumerate("xyz")}
    for attribute, names in _NAMES.items():
        values = getattr(mesh, attribute)
        if values is not None:
            found |= {name: values[:, axis] for axis, name in enumerate(names)}
    return found | {name: each for name, each in mesh.layers.items() if name not in found}


def cloud_form(
    fields: Mapping[str, tuple[Values, Mapping[str, Any]]],
    terms: ScanTerms,
    *,
    unit: str,
    frame: str,
    suffix: str = "",
) -> ArrayForm:
    """Return an array item of points.

    Parameters
    ----------
    fields : mapping of str to (Values, mapping)
        Values and attributes; `x`, `y` and `z` among them.
    terms : ScanTerms
        For the noise.
    unit : str
        Unit of length of the file.
    frame : str
        The frame that the person or the file names.
    suffix : str
        As of `ArrayForm`.
    """
    attrs = {"geometry": "point cloud", "unit": "m", "up": "z", "file_unit": unit}
    if frame:
        attrs["frame"] = frame
    told: dict[str, Any] = attrs | ({} if terms.noise_m is None else {"noise_m": terms.noise_m})
    variables: dict[str, Variable] = {}
    for name, (values, about) in fields.items():
        units = {"units": "m"} if name in {"x", "y", "z"} else {}
        variables[_usable(name, variables)] = Variable((POINT,), values, {**units, **about})
    return ArrayForm(suffix, xr.Dataset(attrs=told), variables)


def _usable(name: str, taken: Mapping[str, Variable]) -> str:
    """Return a name that an array can have: no folder, no dimension, not there yet."""
    plain = name.replace("/", "_").strip(". ") or "field"
    while plain in taken or plain in {POINT, "zarr.json"}:
        plain += "_"
    return plain
