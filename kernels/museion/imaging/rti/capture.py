"""Captures: images under known lights, checked, as blocks that hold all lights of some pixels."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from museion.errors import InputError
from museion_datasets.colour import decode_srgb
from museion_datasets.errors import DatasetsError
from museion_datasets.ingest.light_positions import read_light_positions
from museion_datasets.ingest.rti_capture import DIMS, LitImages, capture_frame, find_images

LIGHT, CHANNEL = "light", "channel"
_BLOCK_BYTES = 64 << 20
_AXES = ("light_x", "light_y", "light_z")

type Encoding = str | float
type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Capture:
    """A capture that can be fitted.

    Attributes
    ----------
    images : DataArray
        Dimensions y, x, light, channel; each block has all lights and channels.
    directions : (lights, 3) float64
        Unit vectors to the lights: x to the right, y up, z to the camera.
    white : float
        The largest value that the images can hold.
    """

    images: xr.DataArray
    directions: Floats
    white: float

    @property
    def about(self) -> dict[str, Any]:
        """What a result inherits: the size of a pixel."""
        size = self.images.attrs.get("pixel_size_mm")
        return {} if size is None else {"pixel_size_mm": size}


def read_capture(path: str | Path) -> xr.DataArray:
    """Open a capture from its light position file; an image is read when it is needed.

    Parameters
    ----------
    path : str or Path
        The ``.lp`` file; its images lie beside it or in folders there.

    Returns
    -------
    DataArray
        Dimensions ``light``, ``y``, ``x`` and, in colour, ``channel``; the lights' directions
        as coordinates ``light_x``, ``light_y``, ``light_z``. Dask inside.

    Raises
    ------
    InputError
        If a line of the file is wrong, or an image is missing or differs from the others.
    """
    positions = Path(path)
    try:
        lit = read_light_positions(positions)
        images = LitImages(find_images(positions, lit))
    except DatasetsError as error:
        raise InputError(error.message, hint=error.hint) from error
    dims = DIMS[: len(images.shape)]
    chunks = (1, *images.shape[1:])
    empty = np.empty((0,) * len(chunks), images.dtype)
    lazy = da.from_array(images, chunks=chunks, asarray=False, meta=empty)  # type: ignore[no-untyped-call,unused-ignore]
    frame = capture_frame(lit, len(dims) == len(DIMS))
    return xr.DataArray(
        lazy, dims=dims, coords=frame.coords, name="image", attrs={"quantity": "image"}
    )


def require_capture(images: xr.DataArray | xr.Dataset) -> Capture:
    """Return a capture as it can be fitted.

    Parameters
    ----------
    images : DataArray or Dataset
        From `read_capture`, or an item that was ingested.

    Returns
    -------
    Capture
        The same values, lazy if they were.

    Raises
    ------
    InputError
        If it is none, or a light's direction is missing or comes from behind.
    """
    if isinstance(images, xr.Dataset):
        found = [each for each in images.data_vars.values() if LIGHT in each.dims]
        images = found[0] if len(found) == 1 else images
    if not isinstance(images, xr.DataArray) or not _has_lights(images):
        raise InputError(
            "Not a capture for RTI: it needs dimensions light, y and x, and the lights' directions",
            hint="open it with museion.imaging.rti.read_capture, or ingest its folder.",
        )
    directions = np.stack([images[name].to_numpy().astype(np.float64) for name in _AXES], axis=1)
    lengths = np.linalg.norm(directions, axis=1, keepdims=True)
    bad = ~(np.isfinite(directions).all(axis=1) & (directions[:, 2] > 0))
    if bad.any():
        raise InputError(
            f"A light of the capture is not before the object: number {int(np.argmax(bad))}",
            hint="z is towards the camera and above 0.",
        )
    if CHANNEL not in images.dims:
        images = images.expand_dims(CHANNEL, axis=-1)
    images = _in_blocks(images.transpose("y", "x", LIGHT, CHANNEL))
    white = float(np.iinfo(images.dtype).max) if images.dtype.kind in "iu" else 1.0
    return Capture(images, directions / lengths, white)


def decoder(encoding: Encoding) -> Callable[[Floats], Floats]:
    """Return what turns stored values from 0 to 1 into light.

    Parameters
    ----------
    encoding : str or float
        ``"srgb"`` (most cameras' JPEG), ``"linear"``, or the exponent of a gamma curve.

    Returns
    -------
    callable
        Of arrays.

    Raises
    ------
    InputError
        If it is none of these.
    """
    if encoding == "srgb":
        return decode_srgb
    if encoding == "linear":
        return lambda values: values
    if isinstance(encoding, int | float) and 0.5 <= encoding <= 4:  # noqa: PLR2004
        return lambda values: values ** float(encoding)
    raise InputError(
        f"Not an encoding of images: {encoding!r:.40}",
        hint='give "srgb", "linear", or the exponent of a gamma curve such as 2.2.',
    )


def _has_lights(images: xr.DataArray) -> bool:
    """Whether an array has the dimensions of a capture, and the lights' directions."""
    return set(images.dims) in (set(DIMS), set(DIMS[:3])) and set(_AXES) <= set(images.coords)


def _in_blocks(images: xr.DataArray) -> xr.DataArray:
    """Give each block all lights of few enough pixels."""
    if not images.chunks:
        return images
    whole = images.chunk({LIGHT: -1, CHANNEL: -1})
    per_pixel = images.sizes[LIGHT] * images.sizes[CHANNEL] * images.dtype.itemsize
    rows = max(1, _BLOCK_BYTES // (per_pixel * max(whole.chunksizes["x"])))
    return whole if max(whole.chunksizes["y"]) <= rows else whole.chunk({"y": rows})
