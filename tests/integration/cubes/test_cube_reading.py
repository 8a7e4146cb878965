"""What is read of a stored cube: no more than is shown, and the same whatever its chunks are."""

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import pytest
import xarray as xr
from zarr.core.buffer import Buffer

from museion_datasets.arrays.store import SealedStore
from museion_datasets.cube import Cube
from museion_datasets.ingest.cube import put_cube, put_pyramid
from museion_datasets.library import Library, connect
from museion_lab.cube_queries import TileQuery
from museion_lab.cube_tiles import TileRenderer

pytestmark = pytest.mark.integration

BANDS, SIDE = 72, 300
EVERYTHING = slice(None)
TRIPLET = ((60,), (5,), (33,))


@cache
def stored() -> xr.DataArray:
    """Return a cube in steps, with a gap; its bands fall into several chunks."""
    random = np.random.default_rng(3)
    steps = random.integers(0, 9000, (SIDE, SIDE, BANDS)).astype(np.uint16)
    steps[40:60, 70:90] = 65535
    nm = ("wavelength", np.linspace(400, 1000, BANDS), {"units": "nm"})
    attrs = {"quantity": "reflectance", "scale_factor": 1e-4, "_FillValue": 65535}
    dims = ("y", "x", "wavelength")
    return xr.DataArray(steps, dims=dims, coords={"wavelength": nm}, name="r", attrs=attrs)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Return a library with the cube as it is stored now, and as it once was."""
    made = connect(tmp_path_factory.mktemp("library").as_uri())
    with made.draft(
        "murals/cubes", title="Cubes", kind="cube", rights="CC0-1.0", synthetic=True
    ) as draft:
        put_cube(draft, "now", stored())
        draft.put_array("once", stored(), chunks=(16, 32, BANDS), shards=(128, 256, BANDS))
        put_pyramid(draft, "once", stored())
    return made


@pytest.fixture
def opened(library: Library) -> Callable[[str], Cube]:
    store = library.open("murals/cubes").store
    return lambda item: Cube(store, item, title="", synthetic=False)


class Reading:
    """Counts how many bytes are read of shards.

    Parameters
    ----------
    monkeypatch : MonkeyPatch
        Puts the counters in.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.parts: list[int] = []
        ranges = SealedStore.get_ranges_sync

        def count(
            store: SealedStore, *args: object, **options: object
        ) -> Sequence[tuple[int, Buffer | None]]:
            found = ranges(store, *args, **options)  # type: ignore[arg-type]
            self.parts.append(sum(len(buffer) for _, buffer in found if buffer is not None))
            return found

        monkeypatch.setattr(SealedStore, "get_ranges_sync", count)


def test_cubes_of_both_layouts_show_the_same(opened: Callable[[str], Cube]) -> None:
    now, once = opened("now"), opened("once")
    assert now.info == once.info
    for level in (0, 1):
        rows, columns = slice(3, 131), slice(20, 147)
        bands = [60, 5, 33, 5]
        window = now.window(level, rows, columns, bands)
        assert np.array_equal(window, once.window(level, rows, columns, bands), equal_nan=True)
        light = now.daylight(level, rows, columns, "D65")
        other = once.daylight(level, rows, columns, "D65")
        assert np.allclose(light, other, atol=1e-5, equal_nan=True)
    expected = stored()[3:131, 20:147, bands].to_numpy()
    found = now.window(0, rows, columns, bands)
    assert np.array_equal(np.isnan(found), expected == 65535)
    assert np.nanmax(np.abs(found - np.where(expected < 65535, expected * 1e-4, np.nan))) < 1e-6
    for radius in (0, 9):
        one, two = now.spectrum(65, 128, radius), once.spectrum(65, 128, radius)
        assert np.array_equal(one.mean, two.mean, equal_nan=True)
        assert one.count == two.count


def test_daylight_is_the_weighted_sum_of_all_bands(opened: Callable[[str], Cube]) -> None:
    cube = opened("now")
    weights = cube.true_colour_weights("D65")
    for level in (0, 1):
        every = cube.window(level, EVERYTHING, EVERYTHING, range(BANDS))
        light = cube.daylight(level, EVERYTHING, EVERYTHING, "D65")
        assert np.allclose(light, every @ weights.T, atol=1e-4, equal_nan=True)


def test_tile_reads_only_chunks_of_its_bands_and_a_spectrum_one_run(
    opened: Callable[[str], Cube], monkeypatch: pytest.MonkeyPatch
) -> None:
    cube = opened("now")
    reading = Reading(monkeypatch)
    cube.window(0, slice(0, 256), slice(0, 256), [17])
    tile = sum(reading.parts)
    reading.parts.clear()
    cube.window(0, slice(0, 256), slice(0, 256), range(64))
    assert 0 < tile < 0.4 * sum(reading.parts)
    reading.parts.clear()
    cube.spectrum(30, 30, 0)
    assert len(reading.parts) == 1


def test_contrast_of_a_tile_changes_without_reading(
    opened: Callable[[str], Cube], monkeypatch: pytest.MonkeyPatch
) -> None:
    cube, renderer = opened("now"), TileRenderer()
    query = TileQuery(cube.info.levels[0], 0, 0, TRIPLET, 0.0, 1.0, "D65")
    first = renderer.tile(cube, query)
    reading = Reading(monkeypatch)
    second = renderer.tile(cube, TileQuery(query.level, 0, 0, TRIPLET, 0.2, 0.5, "D65"))
    assert not reading.parts
    assert first != second
    renderer.tile(cube, TileQuery(query.level, 0, 0, ((9,),), 0.0, 1.0, "D65"))
    assert reading.parts
