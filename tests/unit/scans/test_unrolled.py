"""Vessels laid flat: axis, wall, colours and relief of bodies that are known."""

import io

import numpy as np
import pytest
from PIL import Image

from museion.errors import InputError
from museion.scans.measure import Measurements
from tests.support.bodies import measured, motion, moved, revolved, sphere

HEIGHTS = np.linspace(0.0, 0.2, 41)


@pytest.fixture(scope="module")
def tube() -> Measurements:
    bump = 0.002 * np.exp(-(((HEIGHTS - 0.1) / 0.02) ** 2))
    return revolved(0.05 + bump, HEIGHTS, columns=360, colors=True)


def test_cylinder_is_laid_flat_with_its_relief_and_colours(tube: Measurements) -> None:
    found = tube.unroll(1e-3)
    assert found.relief.shape == (200, int(np.ceil(2 * np.pi * found.wall.radius * 1e3)))
    profile = np.nanmedian(found.relief, axis=1) + found.wall.radius
    heights = 0.2 - (np.arange(200) + 0.5) * 1e-3
    expected = 0.05 + 0.002 * np.exp(-(((heights - 0.1) / 0.02) ** 2))
    assert np.abs(profile - expected).max() < 3.2e-5  # chords of 5 mm cut the bump's top by 3.1e-5
    assert found.colors is not None
    assert found.colors[50, 80].tolist() == [240, 240, 240]  # y > 0 comes first
    assert found.colors[50, 240].tolist() == [200, 20, 20]


def test_axis_is_found_wherever_the_vessel_lies(tube: Measurements) -> None:
    there = motion([0.4, -0.8, 0.3], [1.0, -2.0, 0.5])
    found = moved(tube, there).unroll(2e-3)
    assert np.allclose(found.axis.direction, there.rotation[:, 2], atol=1e-6)
    off = np.cross(found.axis.point - there.translation, found.axis.direction)
    assert np.linalg.norm(off) < 1e-6


def test_cone_is_developed_without_stretching() -> None:
    found = revolved(0.05 + 0.3 * HEIGHTS, HEIGHTS, columns=720, colors=True).unroll(
        1e-3, kind="cone"
    )
    assert found.wall.slope == pytest.approx(0.3, rel=1e-3)
    radii = 0.05, 0.11
    seen = np.isfinite(found.relief).sum() * 1e-6
    assert seen == pytest.approx(np.pi * sum(radii) * np.hypot(0.2, 0.06), rel=5e-3)
    assert np.nanmax(np.abs(found.relief)) < 2e-5
    assert found.colors is not None
    red = (found.colors[:, :, 1] < 60) & np.isfinite(found.relief)
    white = (found.colors[:, :, 1] > 200) & np.isfinite(found.relief)
    right = np.arange(red.shape[1])
    assert (white * right).sum() / white.sum() < (red * right).sum() / red.sum()


def test_handle_does_not_pull_the_axis_away(tube: Measurements) -> None:
    mesh = tube.surface.measured
    handle = sphere(0.015, subdivisions=3).apply_translation([0.07, 0.0, 0.1])
    whole = Measurements.of_arrays(
        np.concatenate([mesh.vertices, handle.vertices]),
        np.concatenate([mesh.faces, handle.faces + len(mesh.vertices)]),
        unit="m",
    )
    axis = whole.unroll(2e-3).axis
    assert np.allclose(np.abs(axis.direction), [0, 0, 1], atol=1e-4)
    assert np.hypot(*axis.point[:2]) < 2e-5


def test_picture_prints_at_full_size(tube: Measurements) -> None:
    found = tube.unroll(5e-4)
    for channel, mode in (("relief", "RGB"), ("color", "RGB")):
        image = Image.open(io.BytesIO(found.to_png(channel)))
        assert image.mode == mode
        assert image.info["dpi"][0] == pytest.approx(25.4 / 0.5, rel=1e-3)
        assert image.text["method"].startswith("cylinder development")  # type: ignore[attr-defined]
    assert image.size[1] > found.relief.shape[0]  # the scale bar below


def test_given_axis_is_used(tube: Measurements) -> None:
    found = tube.unroll(2e-3, axis=((0, 0, 0.05), (0, 0, 3)))
    assert found.axis.direction.tolist() == [0, 0, 1]
    assert ("source", "axis as given") in found.paradata.rows()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ({"pixel_m": 0.0}, "Not the side of a pixel"),
        ({"pixel_m": 1e-7}, "would be too large"),
        ({"pixel_m": 1e-3, "kind": "sphere"}, "Unknown kind of wall"),
        ({"pixel_m": 1e-3, "kind": "cone"}, "no cone"),
        ({"pixel_m": 1e-3, "axis": ((0, 0, 0), (0, 0, 0))}, "axis has no direction"),
    ],
    ids=["no size", "too small", "sphere", "cylinder as cone", "no direction"],
)
def test_bad_wishes_are_refused(tube: Measurements, call: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        tube.unroll(**call)  # type: ignore[arg-type]


def test_body_without_one_axis_is_refused() -> None:
    with pytest.raises(InputError, match="does not determine one axis"):
        measured(sphere()).unroll(1e-2)


def test_scan_without_colours_has_no_colour_picture() -> None:
    found = revolved(np.full(5, 0.05), np.linspace(0, 0.1, 5)).unroll(2e-3)
    with pytest.raises(InputError, match="no colours"):
        found.to_png("color")
