"""An image on another's pixels: computed only when it is used, block by block."""

from typing import Any

import dask.array as da
import numpy as np
import xarray as xr
from dask.delayed import delayed
from numpy.typing import NDArray

from museion.errors import InputError
from museion.imaging.registration.transform import Transform

_BLOCK_BYTES = 32 << 20
_SMALLEST_BLOCK, _LARGEST_BLOCK = 32, 1024
_HALF = 0.5

type Matrix = NDArray[np.float64]


def apply(
    transform: Transform, moving: xr.DataArray, like: xr.DataArray | xr.Dataset, *, order: int = 1
) -> xr.DataArray:
    """Show an image, a stack of maps or a cube on another image's pixels.

    Nothing is computed before it is used: keep the transform, not the result. Where the
    moving image is much finer than the other, average it first (`coarsen`).

    Parameters
    ----------
    transform : Transform
        From `moving` to `like`.
    moving : DataArray
        With dimensions ``y`` and ``x``; others stay.
    like : DataArray or Dataset
        With the wished ``y`` and ``x``.
    order : int
        1 interpolates linearly; 0 takes the nearest pixel, as class maps need.

    Returns
    -------
    DataArray
        Lazy. Outside the moving image NaN; of integers with `order` 0, -1 (unknown), or 0
        where the type has no sign.

    Raises
    ------
    InputError
        If the images are not those that the transform was made for.
    """
    if order not in {0, 1}:
        raise InputError(f"Not an order of interpolation: {order!r:.20}", hint="use 0 or 1.")
    _require_shape(moving, transform.moving_shape, "moving")
    _require_shape(like, transform.fixed_shape, "fixed")
    ordered = moving.transpose("y", "x", ...)
    dtype = _result_type(ordered.dtype, order)
    shape = (like.sizes["y"], like.sizes["x"])
    side = _block_side(ordered, dtype)
    source = ordered.data
    if not ordered.chunks:
        source = da.from_array(ordered.to_numpy(), chunks=-1)  # type: ignore[no-untyped-call,unused-ignore]
    inverse = np.linalg.inv(transform.matrix)
    rows = [
        [
            _block(source, inverse, (y, x), (down, right), order, dtype)
            for x, right in _cut(shape[1], side)
        ]
        for y, down in _cut(shape[0], side)
    ]
    bands = [da.concatenate(row, axis=1) for row in rows]  # type: ignore[no-untyped-call,unused-ignore]
    made = da.concatenate(bands, axis=0)  # type: ignore[no-untyped-call,unused-ignore]
    kept = {name: c for name, c in ordered.coords.items() if not {"y", "x"} & set(c.dims)}
    grid = {dim: like[dim] for dim in ("y", "x") if dim in like.coords}
    result = xr.DataArray(made, dims=ordered.dims, coords={**kept, **grid}, attrs=moving.attrs)
    return result.rename(moving.name).transpose(*moving.dims)


def resample(
    source: NDArray[Any],
    inverse: Matrix,
    corner: tuple[int, int],
    shape: tuple[int, int],
    *,
    order: int,
    fill: float,
) -> NDArray[Any]:
    """Take an image's values at the positions of other pixels.

    Parameters
    ----------
    source : (y, x, …) array
        The image.
    inverse : (3, 3) float64
        Takes (x, y, 1) of the wished pixels to the image's.
    corner : (int, int)
        Row and column of the first wished pixel.
    shape : (int, int)
        Wished rows and columns.
    order : int
        0 or 1.
    fill : float
        For pixels outside the image.

    Returns
    -------
    (rows, columns, …) array
        float32 or the image's type; half a pixel around the image still counts as inside.
    """
    y, x = np.meshgrid(
        np.arange(shape[0]) + corner[0], np.arange(shape[1]) + corner[1], indexing="ij"
    )
    places = np.stack([x, y, np.ones_like(x)], axis=-1) @ inverse.T
    across, down = places[..., 0] / places[..., 2], places[..., 1] / places[..., 2]
    height, width = source.shape[:2]
    inside = (across >= -_HALF) & (across <= width - _HALF)
    inside &= (down >= -_HALF) & (down <= height - _HALF)
    across, down = across.clip(0, width - 1), down.clip(0, height - 1)
    extra = (slice(None),) * 2 + (None,) * (source.ndim - 2)
    if order == 0:
        nearest = source[np.rint(down).astype(int), np.rint(across).astype(int)]
        return np.where(inside[extra], nearest, np.asarray(fill).astype(source.dtype))
    top, left = np.floor(down).astype(int), np.floor(across).astype(int)
    bottom, right = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
    low = (down - top)[extra].astype(np.float32)
    far = (across - left)[extra].astype(np.float32)
    upper = _between(source[top, left], source[top, right], far)
    lower = _between(source[bottom, left], source[bottom, right], far)
    return np.where(inside[extra], _between(upper, lower, low), np.float32(fill))


def _between(first: NDArray[Any], second: NDArray[Any], share: NDArray[Any]) -> NDArray[Any]:
    """Interpolate; a gap beside a pixel that is hit exactly does not spread to it."""
    mixed = first * (1 - share) + second * share
    return np.where(share == 0, first, mixed)


def _cut(length: int, side: int) -> list[tuple[int, int]]:
    """Return where blocks begin and how long each is."""
    return [(start, min(side, length - start)) for start in range(0, length, side)]


def _block(
    source: Any,  # noqa: ANN401 - a Dask array
    inverse: Matrix,
    corner: tuple[int, int],
    size: tuple[int, int],
    order: int,
    dtype: np.dtype[Any],
) -> Any:  # noqa: ANN401
    """Return one lazy block of the result, which reads only what it needs."""
    top, bottom, left, right = _window(inverse, corner, size, source.shape)
    full = (*size, *source.shape[2:])
    fill = _fill(dtype)
    if bottom <= top or right <= left:
        return da.full(full, fill, dtype=dtype, chunks=full)  # type: ignore[no-untyped-call,unused-ignore]
    shifted = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1.0]]) @ inverse
    values = delayed(resample)(
        source[top:bottom, left:right], shifted, corner, size, order=order, fill=fill
    )
    return da.from_delayed(values.astype(dtype), full, dtype)  # type: ignore[no-untyped-call,unused-ignore]


def _window(
    inverse: Matrix, corner: tuple[int, int], size: tuple[int, int], shape: tuple[int, ...]
) -> tuple[int, int, int, int]:
    """Return top, bottom, left and right of what a block needs of the source."""
    y0, x0, y1, x1 = *corner, corner[0] + size[0] - 1, corner[1] + size[1] - 1
    ends = np.array([[x0, y0, 1], [x1, y0, 1], [x0, y1, 1], [x1, y1, 1]]) @ inverse.T
    if np.any(ends[:, 2] * ends[0, 2] <= 0):  # the horizon runs through the block
        return 0, shape[0], 0, shape[1]
    x, y = ends[:, 0] / ends[:, 2], ends[:, 1] / ends[:, 2]
    top, left = max(0, int(np.floor(y.min())) - 1), max(0, int(np.floor(x.min())) - 1)
    bottom, right = int(np.ceil(y.max())) + 2, int(np.ceil(x.max())) + 2
    return top, min(shape[0], bottom), left, min(shape[1], right)


def _block_side(moving: xr.DataArray, dtype: np.dtype[Any]) -> int:
    """Return the side of a block whose values take some 32 MB."""
    deep = max(1, moving.size // max(1, moving.sizes["y"] * moving.sizes["x"]))
    side = int(np.sqrt(_BLOCK_BYTES / (deep * dtype.itemsize)))
    return min(_LARGEST_BLOCK, max(_SMALLEST_BLOCK, side))


def _result_type(dtype: np.dtype[Any], order: int) -> np.dtype[Any]:
    if order == 0 or dtype == np.float64:
        return dtype
    return np.dtype(np.float32)


def _fill(dtype: np.dtype[Any]) -> float:
    if dtype.kind == "f":
        return float("nan")
    return -1 if dtype.kind == "i" else 0


def _require_shape(
    image: xr.DataArray | xr.Dataset, shape: tuple[int, int] | None, which: str
) -> None:
    """Raise unless an image is one that the transform was made for.

    Raises
    ------
    InputError
        If it has no pixels, or another number of them.
    """
    if not {"y", "x"} <= set(image.sizes):
        raise InputError(f"The {which} image has no y and x", hint="rename its dimensions.")
    own = (image.sizes["y"], image.sizes["x"])
    if shape is not None and own != shape:
        raise InputError(
            f"The {which} image has {own[1]} x {own[0]} pixels, the transform was made for "
            f"{shape[1]} x {shape[0]}",
            hint="register this image, or apply the transform to the one it was made for.",
        )
