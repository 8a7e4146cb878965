"""Pixels as points of a plane, similar spectra near each other, each linked to its place.

UMAP needs the extra ``museion[embedding]``. A plane cannot keep all neighbourhoods: each point
says what share of its neighbours it kept.

References
----------
L. McInnes, J. Healy and J. Melville, "UMAP: uniform manifold approximation and projection for
dimension reduction", arXiv:1802.03426 (2018).
J. Venna and S. Kaski, "Neighborhood preservation in nonlinear projection methods", ICANN (2001)
485-491.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.spatial import KDTree

from museion.errors import InputError
from museion.imaging.analysis.components import upright
from museion.imaging.analysis.pixels import require_cube
from museion.imaging.analysis.progress import Progress, find_progress
from museion.imaging.analysis.sampling import draw_pixels

EMBEDDED_PIXELS = 5_000
_WHAT = "embedding"
_COMPONENTS = 20
_CORNERS = 3

type Floats = NDArray[np.float64]


def embed_pixels(
    cube: xr.DataArray,
    pixels: int = EMBEDDED_PIXELS,
    *,
    neighbours: int = 15,
    seed: int = 0,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Place pixels drawn at random on a plane, those with similar spectra near each other.

    Distances between groups, and their size, mean nothing.

    Parameters
    ----------
    cube : DataArray
        Dimensions ``y``, ``x`` and ``wavelength`` in nm.
    pixels : int
        How many are drawn.
    neighbours : int
        How many nearest ones are to stay near.
    seed : int
        Same seed, same picture.
    progress : Progress, optional
        Told how far it is; a bar in a notebook by default.

    Returns
    -------
    Dataset
        ``embedding`` (pixel, axis) float32, with the coordinates ``y_index`` and ``x_index``
        of each pixel in the cube; ``kept`` (pixel), the share of its nearest spectra that are
        among the nearest points; ``spectra`` (pixel, wavelength).

    Raises
    ------
    InputError
        If it is no cube, has too few pixels, or the extra is not installed.
    """
    cube = require_cube(cube)
    if not 1 < neighbours < pixels:
        raise InputError(
            f"Not a number of neighbours: {neighbours}", hint=f"ask for 2 to {pixels - 1}."
        )
    umap = _require_umap()
    told = find_progress(progress)
    drawn = draw_pixels(cube, pixels, seed, _WHAT, told)
    if drawn.sizes["pixel"] <= neighbours:
        raise InputError(f"Too few pixels: {drawn.sizes['pixel']}", hint="draw more.")
    reduced = _reduced(drawn.to_numpy())
    told(1, 3, _WHAT)
    mapper = umap.UMAP(n_neighbors=neighbours, random_state=seed, n_jobs=1)
    points = mapper.fit_transform(reduced.astype(np.float32))
    told(2, 3, _WHAT)
    made = xr.Dataset({"spectra": drawn.astype(np.float32)})
    made["embedding"] = (("pixel", "axis"), points.astype(np.float32), {"units": "1"})
    made["kept"] = ("pixel", find_kept(reduced, points, neighbours), {"units": "1"})
    made.attrs = {f"{dim}_size": cube.sizes[dim] for dim in cube.dims[:-1]}
    told(3, 3, _WHAT)
    return made


def pixels_within(embedded: xr.Dataset, polygon: Sequence[tuple[float, float]]) -> xr.DataArray:
    """Return where in the image the points inside a polygon of the plane are.

    Parameters
    ----------
    embedded : Dataset
        From `embed_pixels`.
    polygon : sequence of (float, float)
        Corners on the plane, in order.

    Returns
    -------
    DataArray
        (y, x) bool, True at the pixels drawn whose point is inside.

    Raises
    ------
    InputError
        If there are fewer than three corners.
    """
    corners = np.asarray(polygon, np.float64)
    if corners.ndim != 2 or corners.shape[1] != 2 or len(corners) < _CORNERS:  # noqa: PLR2004
        raise InputError("Not a polygon of the plane", hint="give three corners (x, y) or more.")
    x, y = embedded["embedding"].to_numpy().astype(np.float64).T
    inside = np.zeros(len(x), np.bool_)
    for (ax, ay), (bx, by) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        with np.errstate(divide="ignore", invalid="ignore"):
            is_left = x < (bx - ax) * (y - ay) / (by - ay) + ax
        inside ^= ((ay > y) != (by > y)) & is_left
    mask = np.zeros((embedded.attrs["y_size"], embedded.attrs["x_size"]), np.bool_)
    chosen = embedded.isel(pixel=inside)
    mask[chosen["y_index"].to_numpy(), chosen["x_index"].to_numpy()] = True
    return xr.DataArray(mask, dims=("y", "x"), name="within")


def find_kept(values: Floats, points: Floats, neighbours: int) -> Floats:
    """Return the share of each row's nearest rows that are among its nearest points.

    Parameters
    ----------
    values : (n, k) float64
        In the space that was embedded.
    points : (n, 2) float
        On the plane.
    neighbours : int
        How many nearest ones are compared.

    Returns
    -------
    (n,) float64
        0 to 1.
    """
    near = [KDTree(each).query(each, neighbours + 1)[1][:, 1:] for each in (values, points)]
    common = (near[0][:, :, None] == near[1][:, None, :]).any(axis=2)
    kept: Floats = common.mean(axis=1)
    return kept


def _reduced(values: Floats) -> Floats:
    """Return the first principal components of spectra, in which noise matters less."""
    apart = values - values.mean(axis=0)
    _, vectors = np.linalg.eigh(apart.T @ apart)
    reduced: Floats = apart @ upright(vectors.T[::-1][:_COMPONENTS]).T
    return reduced


def _require_umap() -> Any:  # noqa: ANN401 - it has no types
    """Return the package that embeds.

    Raises
    ------
    InputError
        If it is not installed.
    """
    try:
        import umap  # noqa: PLC0415 - an extra that takes seconds to load
    except ImportError as error:
        raise InputError(
            "UMAP is not installed here",
            hint='install the extra: pip install "museion[embedding]".',
        ) from error
    return umap
