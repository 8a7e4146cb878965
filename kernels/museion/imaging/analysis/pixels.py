"""What the analyses share: a cube's pixels as rows, and functions of them on each block.

A lazy cube stays lazy. One in memory is taken in parts by as many threads as the process may
use: numpy lets them run beside each other.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import DTypeLike, NDArray

from museion.errors import InputError
from museion.imaging.cubes import good_bands

WAVELENGTH = "wavelength"
SLAB_BYTES = 2 << 20
"""What an analysis holds of a block at a time: what a processor's cache holds."""
PART_BYTES = 16 << 20
"""What a thread takes at a time of a cube in memory."""

_NM = frozenset({"nm", "nanometer", "nanometers", "nanometre", "nanometres"})


def require_cube(cube: xr.DataArray) -> xr.DataArray:
    """Return a cube's good bands, wavelengths last and, if it is lazy, in whole spectra.

    Parameters
    ----------
    cube : DataArray
        With dimension ``wavelength`` and its coordinate in nm, and at least one other. Bands
        that its coordinate ``good_band`` excludes are left out.

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
    cube = good_bands(cube).transpose(..., WAVELENGTH)
    return cube.chunk({WAVELENGTH: -1}) if cube.chunks else cube


def precision_of(dtype: DTypeLike) -> type[np.float32] | type[np.float64]:
    """Return the float type that holds values of a type exactly and is fastest.

    Parameters
    ----------
    dtype : dtype
        Of a cube.

    Returns
    -------
    type
        Single precision where it is enough.
    """
    return np.float32 if np.can_cast(dtype, np.float32, "safe") else np.float64


def slabs(
    block: NDArray[Any], columns: int, dtype: type[np.floating[Any]] = np.float64
) -> Iterator[tuple[slice, NDArray[Any]]]:
    """Yield the spectra of a block, a few at a time.

    Parameters
    ----------
    block : (…, bands) array
        Any numbers.
    columns : int
        Values that the caller computes for each pixel; they share the memory.
    dtype : type
        Of the spectra.

    Yields
    ------
    slice
        Which pixels, in C order.
    (n, bands) array
        Their spectra; not to be written to, as it may be the block itself, nor kept, as the
        next slab may come in the same memory.
    """
    spectra = block.reshape(-1, block.shape[-1])
    step = max(1, SLAB_BYTES // (np.dtype(dtype).itemsize * (spectra.shape[1] + columns)))
    ready = spectra.dtype == dtype and spectra.flags.c_contiguous
    room = spectra[:0] if ready else np.empty((min(step, len(spectra)), spectra.shape[1]), dtype)
    for start in range(0, len(spectra), step):
        rows = slice(start, min(start + step, len(spectra)))
        slab = spectra[rows] if ready else room[: rows.stop - start]
        if not ready:
            np.copyto(slab, spectra[rows])
        yield rows, slab


def find_complete(spectra: NDArray[Any]) -> NDArray[np.bool_]:
    """Say which spectra have no gap and no infinite value.

    Parameters
    ----------
    spectra : (n, bands) array of floats
        Any.

    Returns
    -------
    (n,) bool
        From one product: a sum is finite only if all its parts are.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        complete: NDArray[np.bool_] = np.isfinite(
            spectra @ np.ones(spectra.shape[1], spectra.dtype)
        )
    return complete


def in_parts[Result](
    function: Callable[[NDArray[Any]], Result], values: NDArray[Any]
) -> list[Result]:
    """Apply a function to parts of an array along its first axis, in threads.

    Parameters
    ----------
    function : callable
        Of a part.
    values : array
        In memory.

    Returns
    -------
    list
        The results, in order.
    """
    threads = os.process_cpu_count() or 1
    count = max(1, min(len(values), -(-values.nbytes // PART_BYTES)))
    parts = np.array_split(values, count)
    if count == 1 or threads == 1:
        return [function(part) for part in parts]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(function, parts))


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
        From `require_cube`, or any with its spectral dimension last.
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
    whole = partial(function, **options) if cube.chunks else partial(_joined, function, options)
    made = xr.apply_ufunc(
        whole if len(outputs) > 1 else partial(_only, whole),
        cube,
        input_core_dims=[[cube.dims[-1]]],
        output_core_dims=dims,
        output_dtypes=[kind for _, _, kind in outputs.values()],
        dask="parallelized",
        dask_gufunc_kwargs={"output_sizes": sizes},
        keep_attrs=False,
    )
    arrays = made if isinstance(made, tuple) else (made,)
    return xr.Dataset(dict(zip(outputs, arrays, strict=True)))


def _joined(
    function: Callable[..., tuple[NDArray[Any], ...]],
    options: Mapping[str, Any],
    values: NDArray[Any],
) -> tuple[NDArray[Any], ...]:
    """Return the outputs of a function for an array in memory, computed in parts."""
    parts = in_parts(partial(function, **options), values)
    return tuple(np.concatenate(pieces) for pieces in zip(*parts, strict=True))


def _only(whole: Callable[..., tuple[NDArray[Any], ...]], block: NDArray[Any]) -> NDArray[Any]:
    """Return the one output of a function, as xarray wants it."""
    (output,) = whole(block)
    return output
