"""Colour from reflectance: on the screen, and as measured numbers.

`to_srgb` shows a cube as the eye sees it. `to_xyz`, `to_lab` and `delta_e` are for measuring: the
CIE's tables of observers and illuminants, integrated at 1 nm with the cube interpolated in
straight lines, as one matrix product for each pixel, so that a cube larger than memory stays
lazy.

References
----------
CIE 15:2018, Colorimetry. ISO/CIE 11664-6:2014 (CIEDE2000).
"""

from functools import lru_cache
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from museion.errors import InputError
from museion.imaging.analysis.pixels import WAVELENGTH, map_pixels, require_cube, slabs
from museion.imaging.cubes import require_reflectance
from museion_datasets.colour import encode_srgb, srgb_weights

_OBSERVERS = {
    2: "CIE 1931 2 Degree Standard Observer",
    10: "CIE 1964 10 Degree Standard Observer",
}
_BLUEST_NM, _REDDEST_NM = 420.0, 680.0
_WIDEST_STEP_NM = 20.0

type Floats = NDArray[np.float64]


def to_srgb(cube: xr.DataArray, illuminant: str = "D65") -> xr.DataArray:
    """Colour image of a reflectance cube.

    Parameters
    ----------
    cube : DataArray
        Reflectance along ``wavelength`` in nm, from blue to red at least; else
        `museion_datasets.errors.InvalidError`.
    illuminant : str
        One of `museion_datasets.colour.illuminants`; white stays white.

    Returns
    -------
    DataArray
        float32, 0 to 1, sRGB-encoded, with dimension ``channel`` (r, g, b) last.
    """
    weights = xr.DataArray(
        srgb_weights(cube["wavelength"].to_numpy(), illuminant).astype(np.float32),
        dims=("channel", "wavelength"),
        coords={"channel": ["r", "g", "b"], "wavelength": cube["wavelength"]},
    )
    encoded = encode_srgb(xr.dot(cube, weights, dim="wavelength"))
    image: xr.DataArray = encoded.transpose(..., "channel").astype(np.float32)
    return image.rename("srgb").drop_attrs()


def to_xyz(cube: xr.DataArray, illuminant: str = "D65", observer: int = 2) -> xr.DataArray:
    """CIE tristimulus values.

    Parameters
    ----------
    cube : DataArray
        Reflectance along ``wavelength`` in nm, of pixels or of one region; Dask stays lazy. Bad
        bands are left out. Beyond its ends the reflectance is taken as constant.
    illuminant : str
        Name in colour-science, as in ``"D65"``, ``"D50"``, ``"A"``, ``"LED-B3"``.
    observer : int
        2 or 10 degrees.

    Returns
    -------
    DataArray
        float32 with dimension ``xyz`` last, Y = 100 for a perfect white.

    Raises
    ------
    InputError
        If the values are no reflectance, the bands don't span 420 to 680 nm in steps of at most
        20 nm, or illuminant or observer are not known.
    """
    ready = _ready(cube)
    weights = _weights_of(ready, illuminant, observer)
    made = map_pixels(_colours, ready, {"v": ("xyz", 3, np.float32)}, weights=weights)["v"]
    made = made.assign_coords(xyz=["X", "Y", "Z"]).rename("xyz_values")
    return _finished(made, cube, illuminant, observer)


def to_lab(cube: xr.DataArray, illuminant: str = "D65", observer: int = 2) -> xr.DataArray:
    """CIELAB colours.

    Parameters
    ----------
    cube : DataArray
        As for `to_xyz`.
    illuminant : str
        The light, and the white that the colours are relative to.
    observer : int
        2 or 10 degrees.

    Returns
    -------
    DataArray
        float32 with dimension ``lab`` (L*, a*, b*) last.
    """
    ready = _ready(cube)
    weights = _weights_of(ready, illuminant, observer)
    made = map_pixels(_lab, ready, {"v": ("lab", 3, np.float32)}, weights=weights)["v"]
    made = made.assign_coords(lab=["L*", "a*", "b*"]).rename("cielab")
    return _finished(made, cube, illuminant, observer)


def delta_e(first: xr.DataArray, second: xr.DataArray) -> xr.DataArray:
    """CIEDE2000 colour difference between two dates, or between pixels and a region.

    Parameters
    ----------
    first, second : DataArray
        From `to_lab`: images of the same size, registered, or single colours.

    Returns
    -------
    DataArray
        float32, about 1 where an eye begins to see a difference. NaN where one has a gap.

    Raises
    ------
    InputError
        If they are no Lab colours, differ in size, or in illuminant or observer.
    """
    for each in (first, second):
        if each.dims[-1:] != ("lab",):
            raise InputError("Not CIELAB colours", hint="make them with museion.imaging.to_lab.")
    sizes = [{d: n for d, n in each.sizes.items() if d != "lab"} for each in (first, second)]
    if all(sizes) and sizes[0] != sizes[1]:
        raise InputError(
            f"The two images differ in size: {sizes[0]} and {sizes[1]}",
            hint="register them first: museion.imaging.registration.apply(transform, …).",
        )
    for key in ("illuminant", "observer"):
        if first.attrs.get(key) != second.attrs.get(key):
            raise InputError(
                f"The colours were computed for different {key}s: "
                f"{first.attrs.get(key)} and {second.attrs.get(key)}",
                hint="compute both for the same one.",
            )
    made = xr.apply_ufunc(
        _difference,
        first.drop_vars(["y", "x"], errors="ignore"),
        second.drop_vars(["y", "x"], errors="ignore"),
        input_core_dims=[["lab"], ["lab"]],
        dask="parallelized",
        output_dtypes=[np.float32],
        keep_attrs=False,
    )
    found: xr.DataArray = made.rename("delta_e")
    kept = {key: first.attrs[key] for key in ("illuminant", "observer") if key in first.attrs}
    return found.assign_attrs(units="1", long_name="CIEDE2000 difference", **kept)


def colour_weights(
    wavelength_nm: NDArray[Any], illuminant: str = "D65", observer: int = 2
) -> Floats:
    """How much the reflectance of each band adds to X, Y and Z.

    Parameters
    ----------
    wavelength_nm : (bands,) array
        Rising.
    illuminant : str
        As for `to_xyz`.
    observer : int
        2 or 10 degrees.

    Returns
    -------
    (3, bands) float64
        Their sums are the white point, Y = 100.

    Raises
    ------
    InputError
        If bands, illuminant or observer do not allow it.
    """
    nm = np.asarray(wavelength_nm, np.float64)
    needed = np.concatenate([
        [_BLUEST_NM],
        nm[(nm > _BLUEST_NM) & (nm < _REDDEST_NM)],
        [_REDDEST_NM],
    ])
    if nm.min() > _BLUEST_NM or nm.max() < _REDDEST_NM or np.diff(needed).max() > _WIDEST_STEP_NM:
        raise InputError(
            f"These bands are too few to measure colour: {nm.min():g} to {nm.max():g} nm",
            hint="colour needs 420 to 680 nm in steps of at most 20 nm; to_srgb shows less.",
        )
    fine, products = _products(illuminant, observer)
    straight = np.stack([np.interp(fine, nm, unit) for unit in np.eye(len(nm))], axis=1)
    weights: Floats = products @ straight
    return weights


@lru_cache(maxsize=16)
def _products(illuminant: str, observer: int) -> tuple[Floats, Floats]:
    """Return wavelengths every nm, and observer times light, scaled to Y = 100.

    Raises
    ------
    InputError
        If the tables have no such illuminant or observer.
    """
    from colour import MSDS_CMFS, SDS_ILLUMINANTS, SpectralShape  # noqa: PLC0415 - heavy

    if observer not in _OBSERVERS:
        raise InputError(f"Not a standard observer: {observer!r:.20}", hint="2 or 10 degrees.")
    if illuminant not in SDS_ILLUMINANTS:
        raise InputError(
            f"Not an illuminant that is known: {illuminant!r:.40}",
            hint="as in D65, D50, A, FL11, LED-B3.",
        )
    shape = SpectralShape(380, 780, 1)
    eye = np.asarray(MSDS_CMFS[_OBSERVERS[observer]].copy().align(shape).values, np.float64)
    light = np.asarray(SDS_ILLUMINANTS[illuminant].copy().align(shape).values, np.float64)
    products = (eye * light[:, None]).T
    fine = np.asarray(shape.wavelengths, np.float64)
    return fine, products * (100 / products[1].sum())


def _ready(cube: xr.DataArray) -> xr.DataArray:
    """Return a cube's reflectance; a single spectrum becomes a cube of one pixel."""
    whole = cube.expand_dims("spectrum") if cube.dims == (WAVELENGTH,) else cube
    return require_cube(require_reflectance(whole))


def _weights_of(ready: xr.DataArray, illuminant: str, observer: int) -> Floats:
    return colour_weights(ready[WAVELENGTH].to_numpy(), illuminant, observer)


def _finished(
    made: xr.DataArray, cube: xr.DataArray, illuminant: str, observer: int
) -> xr.DataArray:
    """Say under which light, and return a single colour for a single spectrum."""
    made = made.assign_attrs(illuminant=illuminant, observer=f"{observer}°")
    return made.isel(spectrum=0, drop=True) if cube.dims == (WAVELENGTH,) else made


def _colours(block: NDArray[Any], weights: Floats) -> tuple[NDArray[np.float32]]:
    """Return the tristimulus values of a block."""
    out = np.empty((block[..., 0].size, 3), np.float32)
    for rows, spectra in slabs(block, 3):
        out[rows] = spectra @ weights.T
    return (out.reshape(*block.shape[:-1], 3),)


def _lab(block: NDArray[Any], weights: Floats) -> tuple[NDArray[np.float32]]:
    """Return the Lab colours of a block, relative to its white."""
    (xyz,) = _colours(block, weights)
    ratio = xyz / weights.sum(axis=1)
    edge = 6 / 29
    cube = np.where(ratio > edge**3, np.cbrt(ratio), ratio / (3 * edge**2) + 4 / 29)
    x, y, z = np.moveaxis(cube, -1, 0)
    lab = np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)
    return (lab.astype(np.float32),)


def _difference(first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.float32]:
    """Return CIEDE2000 differences."""
    from colour.difference import delta_E_CIE2000  # noqa: PLC0415 - heavy

    one, other = np.broadcast_arrays(first.astype(np.float64), second.astype(np.float64))
    return np.asarray(delta_E_CIE2000(one, other), np.float32)
