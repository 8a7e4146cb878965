"""The picture that stays in a notebook."""

import io

import numpy as np
from PIL import Image

from museion.scans.levels import ScanCut
from museion.scans.still import StillView, draw_still


def quad(color: tuple[int, int, int], x: float) -> ScanCut:
    vertices = np.array([[x, -1, -1], [x, 1, -1], [x, 1, 1], [x, -1, 1.0]])
    return ScanCut(
        vertices,
        np.array([[0, 1, 2], [0, 2, 3]]),
        np.tile(np.array([1.0, 0, 0], np.float32), (4, 1)),
        np.tile(np.array(color, np.uint8), (4, 1)),
        np.arange(4),
        0.0,
    )


def join(a: ScanCut, b: ScanCut) -> ScanCut:
    assert a.colors is not None
    assert b.colors is not None
    return ScanCut(
        np.concatenate([a.vertices, b.vertices]),
        np.concatenate([a.faces, b.faces + len(a.vertices)]),
        np.concatenate([a.normals, b.normals]),
        np.concatenate([a.colors, b.colors]),
        np.arange(8),
        0.0,
    )


def middle(png: bytes) -> tuple[int, int, int]:
    image = np.asarray(Image.open(io.BytesIO(png)))
    red, green, blue = image[image.shape[0] // 2, image.shape[1] // 2].tolist()
    return red, green, blue


FRONT = StillView(160, 120, azimuth=0.0, elevation=0.0)


def test_the_nearer_of_two_surfaces_is_seen() -> None:
    red, blue = quad((220, 20, 20), 0.5), quad((20, 20, 220), -0.5)
    for scene in (join(red, blue), join(blue, red)):
        r, _, b = middle(draw_still(scene, FRONT))
        assert r > b + 80


def test_the_other_side_is_seen_from_behind() -> None:
    red, blue = quad((220, 20, 20), 0.5), quad((20, 20, 220), -0.5)
    r, _, b = middle(draw_still(join(red, blue), StillView(160, 120, azimuth=180.0, elevation=0.0)))
    assert b > r


def test_picture_has_the_size_asked_for_and_a_light_background() -> None:
    image = Image.open(io.BytesIO(draw_still(quad((10, 10, 10), 0.0), FRONT)))
    assert image.size == (160, 120)
    assert min(np.asarray(image)[60, 3].tolist()) > 180
