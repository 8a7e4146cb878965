"""Registration: known transforms are found again, kept, and applied without computing."""

import dask
import dask.array as da
import numpy as np
import pytest
import xarray as xr
from scipy.ndimage import gaussian_filter

from museion.errors import InputError
from museion.imaging import registration
from museion.imaging.registration import Freedom, Transform
from museion_datasets.library import connect

TURN = np.array([[1.02, -0.04, 6.0], [0.05, 0.98, -4.0], [0, 0, 1]])
CORNERS = np.array([[5.0, 8], [110, 12], [104, 90], [9, 85], [60, 50], [30, 70]])


def transform_of(matrix: np.ndarray, **terms: object) -> Transform:
    return Transform(tuple(map(tuple, matrix.tolist())), **terms)  # type: ignore[arg-type]


def scene(seed: int = 1, shape: tuple[int, int] = (150, 170)) -> np.ndarray:
    noise = np.random.default_rng(seed).random(shape)
    smooth = gaussian_filter(noise, 5) + 0.3 * gaussian_filter(noise, 2)
    return (smooth - smooth.min()) / np.ptp(smooth)


def image(values: np.ndarray) -> xr.DataArray:
    return xr.DataArray(values.astype(np.float32), dims=("y", "x"))


def cut(whole: np.ndarray) -> tuple[xr.DataArray, xr.DataArray]:
    """Return an image and what the turned camera sees of it, without borders."""
    fixed = image(whole)
    seen = registration.apply(transform_of(TURN).inverse, fixed, like=image(np.zeros((110, 125))))
    return seen.compute(), fixed


def farthest(found: Transform, points: np.ndarray = CORNERS) -> float:
    wrong = found.map_points(points) - transform_of(TURN).map_points(points)
    return float(np.linalg.norm(wrong, axis=1).max())


FREEDOMS = {
    "translation": [[1, 0, 3], [0, 1, -2], [0, 0, 1]],
    "rigid": [[0.8, -0.6, 3], [0.6, 0.8, -2], [0, 0, 1]],
    "similarity": [[1.6, -1.2, 3], [1.2, 1.6, -2], [0, 0, 1]],
    "affine": [[1.1, 0.2, 3], [-0.1, 0.9, -2], [0, 0, 1]],
    "projective": [[1.1, 0.2, 3], [-0.1, 0.9, -2], [1e-3, -5e-4, 1]],
}


@pytest.mark.parametrize("model", FREEDOMS)
def test_exact_points_give_their_transform_back(model: str) -> None:
    truth = transform_of(np.array(FREEDOMS[model]))
    fixed = truth.map_points(CORNERS)
    found = registration.register_points(CORNERS, fixed, model)
    np.testing.assert_allclose(found.matrix, truth.matrix, atol=1e-8)
    assert found.rms_px < 1e-8
    assert found.error_px < 1e-6
    np.testing.assert_allclose(found.inverse.map_points(fixed), CORNERS, atol=1e-8)


def test_a_misplaced_point_is_named_and_shows_in_the_error() -> None:
    fixed = transform_of(TURN).map_points(CORNERS)
    fixed[4] += [9, -6]
    found = registration.register_points(CORNERS, fixed)
    assert "Point 5" in found.note
    assert found.error_px > found.rms_px > 2


def test_two_transforms_are_applied_one_after_the_other() -> None:
    first, second = transform_of(TURN), transform_of(np.array(FREEDOMS["projective"]))
    both = first.then(second)
    expected = second.map_points(first.map_points(CORNERS))
    np.testing.assert_allclose(both.map_points(CORNERS), expected)
    assert both.model is Freedom.AFFINE or both.model is Freedom.PROJECTIVE


def test_features_find_a_turned_image() -> None:
    moving, fixed = cut(scene(2))
    found = registration.register_features(moving, fixed)
    assert farthest(found) < 0.5
    assert found.method == "features"
    assert len(found.residuals) >= 8


@pytest.mark.parametrize("model", ["affine", "similarity"])
def test_mutual_information_finds_an_image_of_other_contrast(model: str) -> None:
    moving, fixed = cut(scene(3))
    other = np.cos(7 * moving) + 0.1 * moving  # neither rises nor falls with the other
    start = registration.register_points(
        CORNERS[:3], transform_of(TURN).map_points(CORNERS[:3]) + 3
    )
    found = registration.register_mutual_information(other, fixed, model, start)
    assert farthest(found) < (0.7 if model == "affine" else 6)
    assert found.residuals
    assert np.isfinite(found.error_px)


def test_an_image_four_times_as_fine_is_averaged_and_the_answer_is_in_its_pixels() -> None:
    fine = scene(3, (240, 280))
    coarse = fine.reshape(60, 4, 70, 4).mean(axis=(1, 3))
    found = registration.register_mutual_information(image(1 - coarse), image(fine), "similarity")
    expected = np.diag([4.0, 4.0, 1.0])
    expected[:2, 2] = 1.5
    corners = np.array([(0, 0, 1), (69, 0, 1), (0, 59, 1), (69, 59, 1)])
    missed = found.map_points(corners[:, :2]) - (corners @ expected.T)[:, :2]
    assert np.abs(missed).max() < 0.8
    assert found.fixed_shape == (240, 280)
    for each in found.residuals:
        placed = found.map_points([each.moving])[0]
        np.testing.assert_allclose(np.subtract(placed, each.fixed), (each.dx, each.dy), atol=1e-6)


def test_images_of_different_things_are_refused() -> None:
    with pytest.raises(InputError, match="tell nothing of each other"):
        registration.register_mutual_information(image(scene(4)), image(scene(5)))
    with pytest.raises(InputError, match="too little in common"):
        registration.register_features(image(scene(4)), image(scene(5)))


def test_applying_computes_nothing_and_reads_only_what_a_window_needs() -> None:
    read = []

    def source(block_info: dict[int, dict[str, list[tuple[int, int]]]]) -> np.ndarray:
        place = block_info[None]["array-location"]
        read.append(place[0][0])
        shape = [stop - start for start, stop in place]
        return np.full(shape, place[0][0], np.float32)

    lazy = da.map_blocks(source, chunks=((100,) * 40, (4000,)), dtype=np.float32)
    moving = xr.DataArray(lazy, dims=("y", "x"))
    half = transform_of(np.diag([0.5, 0.5, 1]))
    placed = registration.apply(half, moving, like=image(np.zeros((2000, 2000))))
    assert read == []
    assert placed.chunks
    with dask.config.set(scheduler="synchronous"):
        window = placed[10:20, 10:20].compute()
    assert set(read) <= set(range(0, 2300, 100))
    assert float(window.max()) == 0


def test_a_stack_is_placed_like_its_planes_with_nothing_outside() -> None:
    maps = xr.DataArray(
        np.random.default_rng(6).random((3, 40, 50)),
        dims=("element", "y", "x"),
        coords={"element": ["Pb L", "Hg L", "Cu K"]},
    )
    like = image(np.zeros((90, 110))).assign_coords(y=np.arange(90) * 0.1)
    placed = registration.apply(transform_of(np.diag([2, 2, 1.0])), maps, like=like)
    assert placed.dims == maps.dims
    np.testing.assert_allclose(placed[:, :79:2, :99:2], maps, rtol=1e-6)
    np.testing.assert_allclose(placed[1, 1, 0], maps[1, :2, 0].mean(), rtol=1e-6)
    assert placed[:, 85:, :].isnull().all()
    np.testing.assert_allclose(placed["y"], like["y"])


def test_classes_keep_their_numbers_and_are_unknown_outside() -> None:
    classes = xr.DataArray(np.arange(12, dtype=np.int32).reshape(3, 4), dims=("y", "x"))
    shift = transform_of(np.array(FREEDOMS["translation"]))
    placed = registration.apply(shift, classes, like=image(np.zeros((4, 9))), order=0)
    assert placed.dtype == np.int32
    np.testing.assert_array_equal(placed[0], [-1, -1, -1, 8, 9, 10, 11, -1, -1])
    assert (placed[1:] == -1).all()


def test_transform_is_stored_with_the_dataset_and_comes_back(tmp_path: object) -> None:
    library = connect(tmp_path.as_uri())  # type: ignore[attr-defined]
    found = registration.register_points(CORNERS, transform_of(TURN).map_points(CORNERS))
    terms = {"title": "A panel", "kind": "files", "rights": "CC0-1.0", "synthetic": True}
    with library.draft("murals/panel", **terms) as draft:
        registration.put_transform(draft, "xrf-to-vnir", found)
    dataset = library.open("murals/panel")
    assert registration.find_transform(dataset, "xrf-to-vnir") == found
    assert registration.find_transform(dataset, "xray-to-vnir") is None


DAMAGED = {
    "no matrix": {"matrix": None},
    "a later version": {"version": 2},
    "another file": {"format": "recipe"},
    "a singular matrix": {"matrix": [[1, 0, 0], [1, 0, 0], [0, 0, 1]]},
    "half a residual": {"residuals": [[1, 2]]},
    "an unknown kind": {"model": "rubber"},
}


@pytest.mark.parametrize("change", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_transform_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(InputError):
        Transform.from_json(transform_of(TURN).to_json() | change)


LINE = np.array([[0.0, 0], [1, 1], [2, 2], [3, 3]])
REFUSED = {
    "too few points": lambda: registration.register_points(CORNERS[:2], CORNERS[:2]),
    "points on a line": lambda: registration.register_points(LINE, LINE),
    "points without a partner": lambda: registration.register_points(CORNERS, CORNERS[:4]),
    "a point nowhere": lambda: registration.register_points(CORNERS, CORNERS * np.nan),
    "an unknown kind": lambda: registration.register_points(CORNERS, CORNERS, "rubber"),
    "a flat image": lambda: registration.register_features(
        image(np.ones((40, 40))), image(scene())
    ),
    "a cube": lambda: registration.register_mutual_information(np.ones((4, 40, 40)), scene()),
    "projective": lambda: registration.register_mutual_information(scene(), scene(), "projective"),
    "another image": lambda: registration.apply(
        transform_of(TURN, moving_shape=(9, 9)), image(scene()), like=image(scene())
    ),
    "an order": lambda: registration.apply(
        transform_of(TURN), image(scene()), like=image(scene()), order=3
    ),
}


@pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED.keys())
def test_what_makes_no_sense_is_refused_with_a_hint(call: object) -> None:
    with pytest.raises(InputError) as caught:
        call()  # type: ignore[operator]
    assert caught.value.hint
