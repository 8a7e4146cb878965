"""Smaller images of a cube: each level holds means over windows of 2 x 2 pixels.

Levels are stored in planes (one band of a tile), so that an image of any size costs a few
reads; the cube itself is stored in pillars for spectra. Each level is made from the one
before, tile by tile and strip by strip. Missing values don't count in a mean.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import dask.array as da
import numpy as np
import xarray as xr

from museion_datasets.halving import halve
from museion_datasets.ingest.form import ArrayForm, Region, Variable

TILE_PX = 256
_STRIP_PX = 64
_SPATIAL = ("y", "x")
_MAX_SHARD_BYTES = 64 << 20
_PICTURE_CHANNELS = 4


@dataclass(frozen=True, slots=True)
class LevelPlan:
    """One level to be made.

    Attributes
    ----------
    level : int
        Counts from 1.
    variable : str
        The cube's large variable.
    dim : str
        Its spectral dimension.
    shape : (int, int, int)
        Bands, rows, columns.
    dtype : numpy.dtype
        As stored.
    missing : int or None
        Stored value of what was not measured.
    """

    level: int
    variable: str
    dim: str
    shape: tuple[int, int, int]
    dtype: np.dtype[Any]
    missing: int | None

    @property
    def chunks(self) -> dict[str, int]:
        """A plane of a tile."""
        return {self.dim: 1, "y": TILE_PX, "x": TILE_PX}

    @property
    def shards(self) -> dict[str, int]:
        """All planes of a tile, or as many as an object should hold."""
        plane = TILE_PX * TILE_PX * self.dtype.itemsize
        bands = min(self.shape[0], max(1, _MAX_SHARD_BYTES // plane))
        return {self.dim: bands, "y": TILE_PX, "x": TILE_PX}

    def template(self) -> xr.DataArray:
        """Return an array of the level's shape that nobody computes."""
        return xr.DataArray(
            da.zeros(self.shape, dtype=self.dtype, chunks=-1), dims=(self.dim, *_SPATIAL)
        )

    def source_path(self, item: str) -> str:
        """Return where the level before lies."""
        if self.level == 1:
            return f"arrays/{item}/{self.variable}"
        return f"pyramids/{item}/{self.level - 1}"

    def tiles(self) -> Iterator[tuple[tuple[int, ...], Region]]:
        """Yield index and region of each object."""
        bands, rows, columns = self.shape
        step = self.shards[self.dim]
        for number in range(-(-bands // step)):
            for row in range(-(-rows // TILE_PX)):
                for column in range(-(-columns // TILE_PX)):
                    yield (
                        (number, row, column),
                        (
                            slice(number * step, min(bands, (number + 1) * step)),
                            slice(row * TILE_PX, min(rows, (row + 1) * TILE_PX)),
                            slice(column * TILE_PX, min(columns, (column + 1) * TILE_PX)),
                        ),
                    )


def plan_levels(form: ArrayForm) -> list[LevelPlan]:
    """Plan the levels of a form's cube, until one tile holds a band.

    Parameters
    ----------
    form : ArrayForm
        An array item.

    Returns
    -------
    list of LevelPlan
        Empty for what is no cube with wavelengths, RTI model or picture, or small, or complex.
    """
    cubes = [
        (name, variable)
        for name, variable in form.variables.items()
        if variable.dims[:2] == _SPATIAL
        and (set(variable.dims[2:]) in ({"wavelength"}, {"plane"}) or _is_picture(variable))
        and variable.values.dtype.kind in "iuf"
    ]
    if len(cubes) != 1:
        return []
    name, variable = cubes[0]
    rows, columns, bands = variable.values.shape
    plans: list[LevelPlan] = []
    while max(rows, columns) > TILE_PX:
        rows, columns = -(-rows // 2), -(-columns // 2)
        plans.append(
            LevelPlan(
                len(plans) + 1,
                name,
                variable.dims[2],
                (bands, rows, columns),
                variable.values.dtype,
                variable.attrs.get("_FillValue"),
            )
        )
    return plans


def _is_picture(variable: Variable) -> bool:
    """Whether a variable has the channels of a picture."""
    return variable.dims[2:] == ("channel",) and variable.values.shape[2] <= _PICTURE_CHANNELS


def fill_level(source: Any, target: Any, region: Region, plan: LevelPlan) -> None:  # noqa: ANN401
    """Make one object of a level.

    Parameters
    ----------
    source : zarr.Array
        The level before: the cube as (y, x, band), or planes as (band, y, x).
    target : zarr.Array
        The level, as (band, y, x).
    region : tuple of slice
        What to make.
    plan : LevelPlan
        How.
    """
    bands, rows, columns = region
    out = np.empty([part.stop - part.start for part in region], plan.dtype)
    wide = slice(2 * columns.start, 2 * columns.stop)
    for start in range(rows.start, rows.stop, _STRIP_PX):
        stop = min(start + _STRIP_PX, rows.stop)
        tall = slice(2 * start, 2 * stop)
        if plan.level == 1:
            small = np.moveaxis(halve(np.asarray(source[tall, wide, bands]), plan.missing), -1, 0)
        else:
            strip = np.moveaxis(np.asarray(source[bands, tall, wide]), 0, -1)
            small = np.moveaxis(halve(strip, plan.missing), -1, 0)
        out[:, start - rows.start : stop - rows.start] = small
    target[region] = out
