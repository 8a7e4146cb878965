"""An embedding of pixels and its way back to the image; needs the extra `embedding`."""

import importlib.util

import numpy as np
import pytest

from museion.imaging.analysis import embed_pixels, pixels_within
from tests.support.analysis_cubes import lazy, patches

needs_umap = pytest.mark.skipif(
    importlib.util.find_spec("umap") is None, reason="the extra embedding is not installed"
)


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
