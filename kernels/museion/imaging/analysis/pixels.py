"""What the analyses share: a cube's pixels as rows, and functions of them on each block."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from museion.errors import InputError

WAVELENGTH = "wavelength"
SLAB_BYTES = 16 << 20
"""What an analysis holds in float64 at a time, whatever the size of a block."""

_NM = frozenset({"nm", "nanometer", "nanometers", "nanometre", "nanometres"})


def require_cube(cube: xr.DataArray) -> xr.DataArray:
    """Return a cube with its wavelengths last and, if it is lazy, in whole spectra.

    Parameters
    ----------
    cube : DataArray
        With dimension ``wavelength`` and its coordinate in nm, and at least one other.

    Returns
    -------
    DataArray
        The same values.

    Raises
    ------
    InputError
        If it is none, or its wavelengths have another unit.
    """
    if not isinstance(cube, xr.DataArray) or WAVELENGTH not in cube.dims or cube.ndim == 1:
        raise InputError(
            "Not a cube: it needs pixels, and the dimension wavelength",
            hint='rename its dimensions: cube.rename(band="wavelength").',
        )
    if WAVELENGTH not in cube.coords:
        raise InputError(
            "The cube has no wavelengths",
            hint="give them in nm: cube.assign_coords(wavelength=…).",
        )
    units = cube[WAVELENGTH].attrs.get("units", "nm")
    if units not in _NM:
        raise InputError(
            f"The wavelengths are not in nm: {units!r:.40}",
            hint='convert them and set cube.wavelength.attrs["units"] = "nm".',
        )
    cube = cube.transpose(..., WAVELENGTH)
    return cube.chunk({WAVELENGTH: -1}) if cube.chunks else cube


def slabs(block: NDArray[Any], columns: int) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    """Yield the spectra of a block, a few at a time.

    Parameters
    ----------
    block : (…, bands) array
        Any numbers.
    columns : int
        Values that the caller computes for each pixel; they share the memory.

    Yields
    ------
    slice
        Which pixels, in C order.
    (n, bands) float64
        Their spectra.
    """
    spectra = block.reshape(-1, block.shape[-1])
    step = max(1, SLAB_BYTES // (8 * (spectra.shape[1] + columns)))
    for start in range(0, len(spectra), step):
        rows = slice(start, min(start + step, len(spectra)))
        yield rows, spectra[rows].astype(np.float64)


def map_pixels(
    function: Callable[..., tuple[NDArray[Any], ...]],
    cube: xr.DataArray,
    outputs: Mapping[str, tuple[str | None, int, Any]],
    **options: Any,  # noqa: ANN401 - the function's own
) -> xr.Dataset:
    """Apply a function to each block of a cube; lazy stays lazy, and is computed once.

    Parameters
    ----------
    function : callable
        Takes a (…, bands) block and options; returns one array for each output, with the
        block's pixels first.
    cube : DataArray
        From `require_cube`.
    outputs : mapping of str to (str or None, int, dtype)
        Name, dimension after the pixels if any, its length, and type.
    **options
        Given to the function.

    Returns
    -------
    Dataset
        The outputs.
    """
    dims = [[] if dim is None else [dim] for dim, _, _ in outputs.values()]
    sizes = {dim: length for dim, length, _ in outputs.values() if dim is not None}
    made = xr.apply_ufunc(
        function if len(outputs) > 1 else partial(_only, function),
        cube,
        kwargs=options,
        input_core_dims=[[WAVELENGTH]],
        output_core_dims=dims,
        output_dtypes=[kind for _, _, kind in outputs.values()],
        dask="parallelized",
        dask_gufunc_kwargs={"output_sizes": sizes},
        keep_attrs=False,
    )
    arrays = made if isinstance(made, tuple) else (made,)
    return xr.Dataset(dict(zip(outputs, arrays, strict=True)))


def _only(
    function: Callable[..., tuple[NDArray[Any], ...]],
    block: NDArray[Any],
    **options: Any,  # noqa: ANN401 - the function's own
) -> NDArray[Any]:
    """Return the one output of a function, as xarray wants it."""
    (output,) = function(block, **options)
    return output
