"""Marks that members draw in a viewer, in Python: `RegionMarks`.

Regions come and go between browser and kernel as plain dicts. What is in a region, and its
mean spectrum, is read from the dataset at full precision; the browser only ever asked the
server for a drawing of it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import numpy as np
import traitlets
import xarray as xr

from museion.errors import InputError
from museion_datasets.cube import Cube
from museion_datasets.cube_values import Spectrum
from museion_datasets.errors import InvalidError
from museion_datasets.regions import Region, Shape, region_spectrum

MAX_REGIONS = 200
_KEYS = {"id", "shape", "parts", "radius", "label"}
SIGNED = {"author", "edited_by"}


class Author(TypedDict):
    """A member, as the server that signed them in names them."""

    username: str
    name: str


class DrawnRegion(TypedDict):
    """A region, as browser and kernel exchange it.

    ``parts`` holds points (x, y) in pixels from the image's upper left corner: two corners, the
    vertices, or a line's points; a brush has one part for each stroke. ``author`` and
    ``edited_by`` are added by the workspace's server.
    """

    id: str
    shape: str
    parts: list[list[list[float]]]
    radius: float
    label: str
    author: NotRequired[Author]
    edited_by: NotRequired[Author]


class RegionMarks(traitlets.HasTraits):
    """What a viewer of a cube shares with its members: `regions`, and their spectra."""

    regions = traitlets.List(traitlets.Dict()).tag(sync=True)
    _cube: Cube

    def region_spectra(self) -> xr.Dataset:
        """Return the mean spectra of the regions.

        Returns
        -------
        Dataset
            ``mean`` and ``std`` (region, wavelength; of other cubes energy or channel), with
            ``pixels`` (count), ``shape`` and ``author`` (username, empty if nobody is known)
            along ``region``, whose coordinate is their labels.
        """
        regions: Sequence[Mapping[str, Any]] = self.regions
        axis = self._cube.axis
        read = [_read(self._cube, region) for region in regions]
        authors = [region.get("author", {}).get("username", "") for region in regions]
        return xr.Dataset(
            {
                "mean": (("region", axis.name), self._stack([each.mean for each in read])),
                "std": (("region", axis.name), self._stack([each.std for each in read])),
            },
            coords={
                "region": [region["label"] for region in regions],
                "pixels": ("region", np.asarray([each.count for each in read], np.int64)),
                "shape": ("region", [region["shape"] for region in regions]),
                "author": ("region", authors),
                axis.name: (axis.name, list(self._cube.coordinate), {"units": axis.units}),
            },
        )

    def region_mask(self, label: str) -> xr.DataArray:
        """Return which pixels of the cube a region holds.

        Parameters
        ----------
        label : str
            Of the region.

        Returns
        -------
        DataArray
            (y, x) bool, as large as the cube: for `xarray.DataArray.where`.

        Raises
        ------
        InputError
            If no region is called so.
        """
        for drawn in self.regions:
            if drawn["label"] == label:
                rows, columns = slice(0, self._cube.height), slice(0, self._cube.width)
                return xr.DataArray(_region(drawn).mask(rows, columns), dims=("y", "x"))
        known = ", ".join(region["label"] for region in self.regions) or "none was drawn"
        raise InputError(f"No such region: {label!r:.80}", hint=f"regions: {known}.")

    def _stack(self, spectra: Sequence[np.typing.NDArray[np.float32]]) -> Any:  # noqa: ANN401
        return np.stack(spectra) if spectra else np.empty((0, len(self._cube.coordinate)))

    @traitlets.validate("regions")
    def _check_regions(self, proposal: dict[str, Any]) -> list[DrawnRegion]:
        """Accept only regions.

        Raises
        ------
        InputError
            From Python; a browser only sends what was drawn on the image.
        """
        regions: list[DrawnRegion] = proposal["value"]
        if len(regions) > MAX_REGIONS:
            raise InputError(
                f"Too many regions: {len(regions)}", hint=f"at most {MAX_REGIONS} show."
            )
        for region in regions:
            _require_region(region)
        if len({region["id"] for region in regions}) < len(regions):
            raise InputError("Two regions have the same id", hint="give each its own.")
        return regions


def _require_region(region: Mapping[str, Any]) -> None:
    """Raise if a dict is no region.

    Raises
    ------
    InputError
        With what is wrong.
    """
    keys = set(region)
    is_named = all(isinstance(region.get(key), str) for key in ("id", "label"))
    if keys - SIGNED != _KEYS or not is_named or not region["id"]:
        raise InputError(f"Not a region: {region!r:.120}", hint=f"give {', '.join(sorted(_KEYS))}.")
    try:
        _region(region)
    except (InvalidError, TypeError, ValueError) as error:
        raise InputError(
            f"Not a region: {region!r:.120}",
            hint=error.hint if isinstance(error, InvalidError) else "check its shape and points.",
        ) from error


def _region(drawn: Mapping[str, Any]) -> Region:
    parts = tuple(tuple((float(x), float(y)) for x, y in part) for part in drawn["parts"])
    return Region(Shape(drawn["shape"]), parts, float(drawn["radius"]))


def _read(cube: Cube, drawn: Mapping[str, Any]) -> Spectrum:
    """Return a region's spectrum.

    Raises
    ------
    InputError
        If it holds no pixel of the cube, or too many.
    """
    try:
        return region_spectrum(cube, _region(drawn))
    except InvalidError as error:
        raise InputError(f"{drawn['label']}: {error.message}", hint=error.hint) from error
