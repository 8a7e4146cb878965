"""Counts to reflectance with a white and a dark reference, for cubes and for capture folders.

``R = (raw - dark) / (white - dark) · panel``, column by column of a line camera. Lazy stays lazy:
a capture larger than memory is calibrated block by block as it is used. To bring a capture folder
into a dataset, `museion.ingest` it: it is stored as reflectance, its files beside it.
"""

from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from museion.errors import InputError
from museion.imaging.cubes import Quantity, mark, quantity_of
from museion.imaging.spectra import at_wavelengths
from museion_datasets.ingest.capture_folder import CaptureFolderReader
from museion_datasets.ingest.form import ArrayForm, Region
from museion_datasets.ingest.white_reference import WhiteReference, make_reference

_DIMS = ("y", "x", "wavelength")
_BLOCK_BYTES = 64 << 20


def calibrate(
    raw: xr.DataArray,
    white: xr.DataArray,
    dark: xr.DataArray,
    *,
    panel: float | xr.DataArray = 1.0,
    exposure_ratio: float = 1.0,
    full_scale: float | None = None,
) -> xr.DataArray:
    """Turn counts into reflectance.

    Parameters
    ----------
    raw : DataArray
        Counts (y, x, wavelength); Dask stays lazy.
    white, dark : DataArray
        Counts of the white panel and of the closed shutter, with the same columns and bands, any
        number of lines.
    panel : float or DataArray
        The panel's own reflectance, as 0.99, or along ``wavelength`` from its certificate.
    exposure_ratio : float
        Exposure of the object over that of the white.
    full_scale : float, optional
        Counts from which the detector is saturated; the type's largest by default.

    Returns
    -------
    DataArray
        float32 reflectance with the same coordinates. NaN where the detector was saturated, or
        white is no brighter than dark.

    Raises
    ------
    InputError
        If `raw` is reflectance already, or the dimensions are others;
        `museion_datasets.errors.InvalidError` if the references can't be used.
    """
    if quantity_of(raw) not in {Quantity.RAW, Quantity.VALUES, Quantity.RADIANCE, Quantity.COUNTS}:
        raise InputError(
            f"The cube is {quantity_of(raw)} already",
            hint='if these are counts, say so: museion.imaging.mark(cube, "raw").',
        )
    frames = [_ordered(each) for each in (raw, white, dark)]
    counts = frames[0]
    if full_scale is None:
        full_scale = float(np.iinfo(raw.dtype).max) if raw.dtype.kind in "iu" else np.inf
    own: Any = panel
    if isinstance(panel, xr.DataArray):
        own = at_wavelengths(panel, counts["wavelength"]).to_numpy()
    reference = make_reference(
        frames[1].to_numpy(),
        frames[2].to_numpy(),
        panel=own,
        exposure_ratio=exposure_ratio,
        full_scale=full_scale,
    )
    if reference.gain.shape != counts.shape[1:]:
        raise InputError(
            f"The references have other columns or bands: {reference.gain.shape}, "
            f"not {counts.shape[1:]}",
            hint="use references taken with the same binning and field of view.",
        )
    made = counts.copy(data=_applied(counts.data, reference)).rename("reflectance")
    return mark(made, Quantity.REFLECTANCE)


def open_capture(folder: str | Path) -> xr.DataArray:
    """Open a capture folder of a line camera as reflectance, lazily.

    Parameters
    ----------
    folder : path
        With ``NAME.hdr``, ``DARKREF_NAME.hdr`` and ``WHITEREF_NAME.hdr``, in itself or in its
        ``capture`` folder; `museion_datasets.errors.InvalidError` if it is none.

    Returns
    -------
    DataArray
        (y, x, wavelength) float32 on Dask; what was done is in the attribute ``notes``.
    """
    path = Path(folder)
    with CaptureFolderReader().open(path) as reading:
        (form,) = (each for each in reading.forms if isinstance(each, ArrayForm))
        (variable,) = form.variables.values()
        frame, shape, notes = form.frame, variable.values.shape, reading.notes
        attrs = dict(variable.attrs)
    lines = max(1, _BLOCK_BYTES // (4 * shape[1] * shape[2]))
    lazy = da.from_array(_Capture(path, shape), chunks=(lines, -1, -1), asarray=False)  # type: ignore[no-untyped-call,unused-ignore]
    made = xr.DataArray(lazy, dims=variable.dims, coords=frame.coords, name="reflectance")
    return mark(made.assign_attrs(attrs | {"notes": list(notes)}), Quantity.REFLECTANCE)


class _Capture:
    """A capture folder that is opened for each region; workers open it themselves.

    Parameters
    ----------
    path : Path
        The folder.
    shape : tuple of int
        Rows, columns, bands.
    """

    def __init__(self, path: Path, shape: tuple[int, ...]) -> None:
        self._path = path
        self.shape, self.dtype, self.ndim = shape, np.dtype(np.float32), len(shape)

    def __getitem__(self, region: Region) -> NDArray[Any]:
        with CaptureFolderReader().open(self._path) as reading:
            (form,) = (each for each in reading.forms if isinstance(each, ArrayForm))
            (variable,) = form.variables.values()
            return np.asarray(variable.values[region])


def _ordered(cube: xr.DataArray) -> xr.DataArray:
    """Return a cube as (y, x, wavelength).

    Raises
    ------
    InputError
        If it has other dimensions.
    """
    if set(cube.dims) != set(_DIMS):
        raise InputError(
            f"Not a cube of counts: its dimensions are {', '.join(map(str, cube.dims))}",
            hint="name them y, x and wavelength; a reference needs lines as y too.",
        )
    return cube.transpose(*_DIMS)


def _applied(data: Any, reference: WhiteReference) -> Any:  # noqa: ANN401 - numpy or Dask
    """Return the reflectance of counts, lazily if they are."""
    if not hasattr(data, "dask"):
        return reference.reflectance(data, slice(None), slice(None))
    whole = data.rechunk({1: -1, 2: -1})
    return whole.map_blocks(
        lambda block: reference.reflectance(block, slice(None), slice(None)), dtype=np.float32
    )
