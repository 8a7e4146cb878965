"""Captures, PTM and HSH as they arrive: what they become, and which lies are seen."""

from pathlib import Path

import numpy as np
import pytest

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.light_positions import parse_light_positions
from museion_datasets.library import Library
from museion_datasets.rti import RtiModel
from museion_datasets.rti_basis import Basis, BasisKind, estimate_normals
from tests.support.ingest import bring, opened
from tests.support.rti import dome, matt, ripples, write_capture, write_hsh, write_ptm

SCALE = np.array([0.5, 0.5, 1.0, 2.0, 2.0, 1.0])
BIAS = np.array([100.0, 110, 128, 120, 130, 3])


def planes(count: int, shape: tuple[int, int] = (6, 5)) -> np.ndarray:
    return np.random.default_rng(count).integers(0, 256, (*shape, count), np.uint8)


def test_capture_becomes_one_array_with_its_lights(library: Library, tmp_path: Path) -> None:
    lights = dome(8)
    images = np.round(255 * matt(ripples(), lights)).astype(np.uint8)
    write_capture(tmp_path / "relief", images, lights)
    (tmp_path / "relief" / "notes.txt").write_text("Sphere radius 120 px")
    report = bring(library, tmp_path / "relief")
    stored = opened(library)["relief"].to_xarray()["image"]
    assert stored.dims == ("light", "y", "x", "channel")
    assert np.array_equal(stored, images)
    assert np.allclose(stored["light_y"], lights[:, 1], atol=1e-5)
    assert "The lights are from lights.lp" in str(report)
    assert "files/originals/relief/relief/notes.txt" in opened(library).keys("files/")


@pytest.mark.parametrize("kind", [BasisKind.PTM_LRGB, BasisKind.PTM_RGB])
def test_ptm_keeps_every_step_of_its_bytes(
    library: Library, tmp_path: Path, kind: BasisKind
) -> None:
    bytes_ = planes(9 if kind is BasisKind.PTM_LRGB else 18)
    bring(library, write_ptm(tmp_path / "coin.ptm", bytes_, SCALE, BIAS))
    model = opened(library)["coin"].to_xarray()["rti"]
    assert model.attrs["rti_basis"] == kind.value
    low, high = (np.array(model.attrs[name])[:-3] for name in ("plane_low", "plane_high"))
    back = np.round(255 * (model.to_numpy()[..., :-3].astype(float) - low) / (high - low))
    assert np.array_equal(back, bytes_)
    first = (bytes_[0, 0, 0] - BIAS[0]) * SCALE[0] / 255
    assert float(model[0, 0, 0]) == pytest.approx(first, rel=1e-3)


def test_hsh_keeps_every_step_of_its_bytes(library: Library, tmp_path: Path) -> None:
    bytes_, scale = planes(27), np.linspace(0.5, 2, 9)
    bring(library, write_hsh(tmp_path / "coin.rti", bytes_, scale, -scale / 3))
    model = opened(library)["coin"].to_xarray()["rti"]
    expected = bytes_ / 255 * np.repeat(scale, 3) - np.repeat(scale / 3, 3)
    assert np.allclose(model[..., :-3], expected, atol=1e-3)
    assert model.attrs["rti_normals"] == "estimated from the model"


def test_large_ptm_has_smaller_images_too(library: Library, tmp_path: Path) -> None:
    bytes_ = np.repeat(planes(9, (1, 300)), 280, axis=0)
    bring(library, write_ptm(tmp_path / "coin.ptm", bytes_, SCALE, BIAS))
    model = RtiModel(opened(library).store, "coin", title="Coin", synthetic=True)
    assert [(level.width, level.height) for level in model.info.levels] == [(300, 280), (150, 140)]
    fine = model.window(0, slice(0, 280), slice(0, 300))
    coarse = model.window(1, slice(0, 140), slice(0, 150))
    pairs = fine[::2].reshape(140, 150, 2, 12).mean(axis=2)
    assert np.allclose(coarse[..., :-3], pairs[..., :-3], atol=2e-3)


def test_normals_estimated_from_a_model_are_those_of_the_surface() -> None:
    truth, lights = ripples(), dome(60)
    basis = Basis(BasisKind.HSH, 9)
    images = matt(truth, lights) ** (1 / 2.2)
    terms = np.einsum("tl,lyxc->yxtc", np.linalg.pinv(basis.weights(lights)), images)
    values = np.concatenate([terms.reshape(*truth.shape[:2], 27), truth], axis=-1)
    found = estimate_normals(basis, values)
    apart = np.degrees(np.arccos(np.einsum("yxc,yxc->yx", found, truth).clip(-1, 1)))
    assert apart.mean() < 3


LINES = [
    ("", "does not begin with the number of images"),
    ("a.jpg 0 0 1", "does not begin with the number of images"),
    ("2\na.jpg 0 0 1", "announces 2 images and lists 1"),
    ("1\na.jpg 0 0", "Line 2 of the light position file is not a name and three numbers"),
    ("1\na.jpg 0 0 nan", "Line 2 of the light position file is not a name and three numbers"),
    ("1\na.jpg 0 1 -0.2", "Line 2 of the light position file lights the object from behind"),
    ("1\na.jpg 0 0 0", "lights the object from behind"),
    ("2\na.jpg 0 0 1\n/b/a.jpg 0 1 1", "names an image twice: 'a.jpg'"),
]


@pytest.mark.parametrize(("text", "message"), LINES, ids=range(len(LINES)))
def test_light_position_file_that_lies_is_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidError, match=message):
        parse_light_positions(text)


def test_capture_without_one_of_its_images_is_refused(library: Library, tmp_path: Path) -> None:
    positions = write_capture(tmp_path / "relief", np.zeros((3, 4, 5), np.uint8), dome(3))
    (tmp_path / "relief" / "light 01.png").unlink()
    with pytest.raises(InvalidError, match=r"has no image 'light 01\.png'"):
        bring(library, positions)


def test_image_of_another_size_is_refused_by_name(library: Library, tmp_path: Path) -> None:
    write_capture(tmp_path / "relief", np.zeros((3, 4, 5), np.uint8), dome(3))
    write_capture(tmp_path / "other", np.zeros((3, 4, 6), np.uint8), dome(3))
    (tmp_path / "other" / "light 02.png").rename(tmp_path / "relief" / "light 02.png")
    with pytest.raises(InvalidError, match=r"'light 02\.png' differs in size or type"):
        bring(library, tmp_path / "relief")


HEADERS = [
    (b"PTM_1.2\nPTM_FORMAT_JPEG_LRGB\n5\n6\n" + b"1 " * 6 + b"\n" + b"0 " * 6 + b"\n", "JPEG"),
    (b"PTM_1.1\nPTM_FORMAT_LRGB\n5\n6\n" + b"1 " * 6 + b"\n" + b"0 " * 6 + b"\n", "PTM_1.1"),
    (b"PTM_1.2\nPTM_FORMAT_LRGB\n0\n6\n" + b"1 " * 6 + b"\n" + b"0 " * 6 + b"\n", "absurd"),
    (b"PTM_1.2\nPTM_FORMAT_LRGB\n5\n6\n" + b"nan " * 6 + b"\n" + b"0 " * 6 + b"\n", "absurd"),
    (b"PTM_1.2\nPTM_FORMAT_LRGB\n5\n6\n1 1", "cut short"),
    (b"#HSH1.2\n3\n5 6 3\n8 2 1\n" + bytes(64), "8 terms"),
    (b"#HSH1.2\n1\n5 6 3\n9 2 1\n" + bytes(72), "cut short or damaged"),
    (b"#HSH1.2\n3\n5 6 3\n9 2 1\n" + b"\xff" * 72, "absurd"),
]


@pytest.mark.parametrize(("content", "message"), HEADERS, ids=range(len(HEADERS)))
def test_header_that_lies_is_refused(
    library: Library, tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "coin.ptm"
    path.write_bytes(content)
    with pytest.raises(InvalidError, match=message):
        bring(library, path)


@pytest.mark.parametrize("change", [-1, 1])
def test_data_of_another_length_than_announced_is_refused(
    library: Library, tmp_path: Path, change: int
) -> None:
    path = write_ptm(tmp_path / "coin.ptm", planes(9), SCALE, BIAS)
    content = path.read_bytes()
    path.write_bytes(content[:change] if change < 0 else content + b"\0")
    with pytest.raises(InvalidError, match="bytes of data, its header says 270"):
        bring(library, path)
