"""An embedding of pixels and its way back to the image; needs the extra `embedding`."""

import importlib.util

import numpy as np
import pytest
import xarray as xr

from museion.imaging.analysis import embed_pixels, pixels_within
from tests.support.analysis_cubes import NM, cube_of, lazy, spectra_of

needs_umap = pytest.mark.skipif(
    importlib.util.find_spec("umap") is None, reason="the extra embedding is not installed"
)


def patches(seed: int = 4) -> tuple[xr.DataArray, np.ndarray]:
    truth = np.repeat([0, 0, 0, 1, 1, 2], 6)[None].repeat(30, axis=0)
    random = np.random.default_rng(seed)
    values = spectra_of(3).to_numpy()[truth] + random.normal(0, 0.02, (*truth.shape, len(NM)))
    return cube_of(values), truth


@needs_umap
@pytest.mark.filterwarnings("ignore")  # of its compiler
def test_points_of_the_plane_lead_back_to_the_image() -> None:
    cube, truth = patches()
    found = embed_pixels(lazy(cube), 300, neighbours=10)
    own = truth[found["y_index"], found["x_index"]]
    points = found["embedding"].to_numpy()
    np.testing.assert_allclose(
        found["spectra"][0], cube[found["y_index"][0], found["x_index"][0]], rtol=1e-5
    )
    assert 0 <= float(found["kept"].min()) <= float(found["kept"].max()) <= 1
    first = points[own == 2]
    low, high = first.min(axis=0) - 1e-3, first.max(axis=0) + 1e-3
    mask = pixels_within(found, [low, (high[0], low[1]), high, (low[0], high[1])])
    assert mask.shape == truth.shape
    assert set(np.unique(truth[mask.to_numpy()])) == {2}
    assert int(mask.sum()) == int((own == 2).sum())
