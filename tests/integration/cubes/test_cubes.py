"""What goes in comes out: cubes, their pyramids and the panel's promises."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from museion_datasets.cube import Cube
from museion_datasets.errors import InvalidError, NotFoundError
from museion_datasets.ingest.cube import REFLECTANCE_SCALE, put_cube
from tests.support.cubes import HOLE, NM, painted_panel, save_cube, steps

pytestmark = pytest.mark.integration


def open_cube(folder: Path, cube: xr.DataArray) -> Cube:
    dataset = save_cube(folder, "cube", cube).open("murals/cube")
    return Cube(dataset.store, "vnir", title="A cube", synthetic=True)


def test_reflectance_comes_back_within_half_a_step(tmp_path: Path) -> None:
    dataset = save_cube(tmp_path, "steps", steps()).open("murals/steps")
    back = dataset["vnir"].to_xarray()
    assert back.dtype == np.float32
    assert back["wavelength"].attrs["units"] == "nm"
    assert np.nanmax(np.abs(back - steps())) <= 0.51e-4
    assert np.isnan(back[HOLE]).all()


def test_level_is_the_mean_of_what_was_measured(tmp_path: Path) -> None:
    coarse = open_cube(tmp_path, steps()).window(1, slice(0, 150), slice(0, 260), [0])
    expected = steps()[..., :1].coarsen(y=2, x=2).mean().to_numpy()
    assert coarse == pytest.approx(expected, abs=2e-4, nan_ok=True)


def test_lazy_cube_gives_the_same_as_one_in_memory_within_a_step(tmp_path: Path) -> None:
    lazy = open_cube(tmp_path / "lazy", steps().chunk(y=100, x=130, wavelength=5))
    eager = open_cube(tmp_path / "eager", steps())
    for level in (0, 1, 2):
        window = (level, slice(None), slice(None), list(range(NM.size)))
        difference = np.abs(lazy.window(*window) - eager.window(*window))
        assert np.nanmax(difference) < REFLECTANCE_SCALE
        assert np.array_equal(np.isnan(lazy.window(*window)), np.isnan(eager.window(*window)))


@pytest.mark.parametrize("offset", [-0.3, 7.0])
def test_values_that_do_not_fit_are_kept_as_they_are(tmp_path: Path, offset: float) -> None:
    cube = steps() + np.float32(offset)
    back = save_cube(tmp_path, "wide", cube).open("murals/wide")["vnir"].to_xarray()
    assert np.array_equal(back, cube, equal_nan=True)


@pytest.mark.parametrize(
    ("cube", "message"),
    [
        (steps().rename(wavelength="band"), "its dimensions are y, x, band"),
        (steps().drop_vars("wavelength"), "has no wavelengths"),
        (steps()[..., ::-1], "do not rise"),
        (steps().assign_coords(wavelength=("wavelength", NM / 1e3, {"units": "um"})), "not in nm"),
    ],
    ids=["dimensions", "no wavelengths", "falling", "micrometres"],
)
def test_what_is_no_cube_is_refused_and_leaves_nothing(
    tmp_path: Path, cube: xr.DataArray, message: str
) -> None:
    with pytest.raises(InvalidError, match=message):
        save_cube(tmp_path, "bad", cube)
    assert not [path for path in (tmp_path / "storage").rglob("*") if path.is_file()]


def test_array_without_wavelengths_is_no_cube(tmp_path: Path) -> None:
    library = save_cube(tmp_path, "steps", steps())
    with library.draft("murals/steps") as draft:
        draft.put_array("map", steps()[..., 0].drop_vars("wavelength"))
    store = library.open("murals/steps").store
    with pytest.raises(InvalidError, match="Not a cube"):
        Cube(store, "map", title="", synthetic=False)
    with pytest.raises(NotFoundError):
        Cube(store, "nothing", title="", synthetic=False)


def test_cube_put_again_replaces_the_pyramid_too(tmp_path: Path) -> None:
    library = save_cube(tmp_path, "steps", steps())
    with library.draft("murals/steps") as draft:
        put_cube(draft, "vnir", steps()[:100, :100])
    assert library.open("murals/steps").levels("vnir") == []
    assert library.open("murals/steps", 1).levels("vnir") == [1, 2]


def contrast(nm: float) -> float:
    """Return how much darker the drawing's lines are than 4 px beside them, in the mantle."""
    panel = painted_panel()
    band = panel.cube.sel(wavelength=nm, method="nearest").to_numpy()
    drawing = panel.truth["underdrawing"].to_numpy()
    blue = panel.truth["abundance"].sel(pigment="natural ultramarine").to_numpy() > 0.5
    lines = blue & (drawing > 0.7)
    beside = blue & (drawing < 0.01) & (np.roll(lines, 6, axis=1) | np.roll(lines, -6, axis=1))
    return float(1.0 - band[lines].mean() / band[beside].mean())


def test_underdrawing_shows_only_in_the_near_infrared() -> None:
    assert abs(contrast(550)) < 0.06
    assert contrast(950) > 0.2


def test_retouching_that_matches_by_eye_parts_in_the_infrared() -> None:
    panel = painted_panel()
    patch = panel.cube[60:80, 404:430].mean(("y", "x"))
    sky = panel.cube[60:80, 455:480].mean(("y", "x"))
    gap = abs(patch - sky)
    assert float(gap.sel(wavelength=slice(430, 560)).mean()) < 0.1
    assert float(gap.sel(wavelength=slice(800, 880)).mean()) > 0.4


def test_truth_is_what_it_says() -> None:
    panel = painted_panel()
    assert float(abs(panel.truth["abundance"].sum("pigment") - 1).max()) < 1e-4
    assert set(panel.truth) >= {"thickness", "underdrawing", "retouching", "noise"}
    assert panel.cube.attrs["synthetic"] == 1
