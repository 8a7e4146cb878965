"""NetCDF files, both the classic form and the one on HDF5, decoded by the CF conventions.

Values stay stored as they are, with scale, offset and missing value beside them, so that
nothing is rounded; times and other coordinates are decoded.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import xarray as xr
from scipy.io import netcdf_file

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.damage import Guarded, parsing
from museion_datasets.ingest.form import ArrayForm, Reading, Region, Variable
from museion_datasets.ingest.hdf5 import SIGNATURE, SMALL_BYTES
from museion_datasets.ingest.hdf5_safety import open_hdf5
from museion_datasets.ingest.record import plain_json
from museion_datasets.ingest.source import Original, look_at, reading
from museion_datasets.ingest.spectral_frame import Reordered

_CLASSIC = (b"CDF\x01", b"CDF\x02", b"CDF\x05")
_PACKING = ("scale_factor", "add_offset", "_FillValue", "missing_value")
_NM = {"nm": 1.0, "nanometer": 1.0, "nanometers": 1.0, "um": 1e3, "micrometer": 1e3, "m": 1e9}


class NetcdfReader:
    """Reads the variables of a file as one item."""

    name = "NetCDF"

    def recognises(self, path: Path, head: bytes) -> bool:
        """Return whether it is classic NetCDF, or HDF5 that NetCDF has written."""
        if head.startswith(_CLASSIC):
            return True
        return head.startswith(SIGNATURE) and (path.suffix.lower() == ".nc" or _is_netcdf4(path))

    def originals(self, path: Path) -> tuple[Original, ...]:
        """Return the file."""
        return (look_at(path),)

    @contextmanager
    def open(self, path: Path) -> Iterator[Reading]:
        """Open a file."""
        engine = _engine(path)
        with ExitStack() as stack:
            with parsing(path):
                opened = xr.open_dataset(path, engine=engine, decode_cf=False, cache=False)
                raw = stack.enter_context(opened)
                form, notes = _form(raw, path)
            yield Reading((form,), notes, {"attributes": plain_json(dict(raw.attrs))})


class Lazy:
    """A variable of an open file.

    Parameters
    ----------
    variable : xarray.Variable
        Not yet read.
    """

    def __init__(self, variable: xr.Variable) -> None:
        self._variable = variable
        self.shape: tuple[int, ...] = variable.shape
        self.dtype: np.dtype[Any] = variable.dtype

    def __getitem__(self, region: Region) -> Any:  # noqa: ANN401
        return self._variable[region].to_numpy()


def _is_netcdf4(path: Path) -> bool:
    """Whether the root says that NetCDF has written it."""
    try:
        with h5py.File(path, "r", locking=False) as file:
            return "_NCProperties" in file.attrs
    except OSError:
        return False


def _engine(path: Path) -> str:
    """Return xarray's engine; the HDF5 form is looked through first.

    Raises
    ------
    InvalidError
        If a variable lies in another file.
    """
    with reading(path), path.open("rb") as file:
        is_classic = file.read(4).startswith(_CLASSIC)
    if is_classic:
        # The library leaves a damaged file open, so it is tried with a file of ours first.
        with path.open("rb") as file, parsing(path):
            tried = netcdf_file(file, "r", mmap=True)
            tried.variables.clear()
            tried.close()
        return "scipy"
    with open_hdf5(path) as (_, contents):
        if contents.skipped:
            raise InvalidError(
                f"A variable lies in another file: {contents.skipped[0]!r:.80}",
                hint="write the dataset into one file of its own.",
            )
    return "h5netcdf"


def _form(raw: xr.Dataset, path: Path) -> tuple[ArrayForm, tuple[str, ...]]:
    """Return all variables, large ones lazily.

    Raises
    ------
    InvalidError
        If there are none.
    """
    large = {
        str(name): variable
        for name, variable in raw.data_vars.items()
        if variable.nbytes > SMALL_BYTES and variable.dtype.kind in "iuf"
    }
    frame = xr.decode_cf(raw.drop_vars(list(large))).load()
    if not raw.data_vars:
        raise InvalidError("The file has no variables", hint="check that it is the right file.")
    frame, order, notes = _wavelengths(frame)
    variables = {}
    for name, array in large.items():
        values: Any = Guarded(Lazy(array.variable), path)
        dims = tuple(map(str, array.dims))
        if order is not None and dims[-1] == "wavelength":
            values = Reordered(values, order)
        variables[name] = Variable(dims, values, _attrs(array))
    if order is not None:
        frame = frame.isel(wavelength=order)
    return ArrayForm("", frame, variables), notes


def _attrs(array: xr.DataArray) -> dict[str, Any]:
    """Return attributes as they are stored; a missing value of its own type."""
    attrs = plain_json({k: v for k, v in array.attrs.items() if k not in _PACKING})
    packing = {k: np.asarray(array.attrs[k]).item() for k in _PACKING if k in array.attrs}
    packing.setdefault("_FillValue", packing.pop("missing_value", None))
    kept = {k: v for k, v in packing.items() if v is not None}
    return {**attrs, **kept}


def _wavelengths(frame: xr.Dataset) -> tuple[xr.Dataset, Any, tuple[str, ...]]:
    """Return the frame with wavelengths in nm, and the order in which they rise.

    Raises
    ------
    InvalidError
        If one is no number or comes twice.
    """
    if "wavelength" not in frame.coords or frame["wavelength"].ndim != 1:
        return frame, None, ()
    axis = frame["wavelength"]
    factor = _NM.get(str(axis.attrs.get("units", "nm")).lower(), 1.0)
    nm = axis.to_numpy() * factor if factor != 1 else axis.to_numpy()
    if axis.dtype.kind not in "iuf" or not np.all(np.isfinite(nm)) or len(set(nm)) < nm.size:
        raise InvalidError(
            "A wavelength is no number, or comes twice",
            hint="correct the coordinate wavelength and write the file again.",
        )
    good: dict[str, Any] = (
        {} if "good_band" in frame else {"good_band": ("wavelength", np.ones(nm.size, bool))}
    )
    frame = frame.assign_coords(
        wavelength=("wavelength", nm, {**axis.attrs, "units": "nm"}), **good
    )
    if np.all(np.diff(nm) > 0):
        return frame, None, ()
    said = "The wavelengths did not rise: the bands were sorted by wavelength"
    return frame, np.argsort(nm, kind="stable"), (said,)
