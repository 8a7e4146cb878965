"""Distances, angles, polylines and geodesics on bodies whose answers are known."""

import numpy as np
import pytest

from museion.errors import InputError
from museion.scans.measure import Measurements
from tests.support.bodies import box, measured, open_box, sphere

CORNER, OPPOSITE = (-0.5, -1.0, -1.5), (0.5, 1.0, 1.5)


@pytest.fixture(scope="module")
def block() -> Measurements:
    return measured(box(1.0, 2.0, 3.0), noise_m=1e-4)


def test_distance_has_its_parts_and_its_uncertainty(block: Measurements) -> None:
    found = block.distance(CORNER, OPPOSITE)
    assert float(found.distance) == pytest.approx(np.sqrt(14.0), rel=1e-14)
    assert [float(one) for one in (found.dx, found.dy, found.dz)] == [1.0, 2.0, 3.0]
    assert found.distance.uncertainty == pytest.approx(1e-4 * np.sqrt(2.0))


def test_uncertainties_are_those_of_repeated_measurements(block: Measurements) -> None:
    points = np.array([(-0.5, 0.3, 0.2), CORNER, (0.4, -1.0, 0.9)])
    angle, line = block.angle(*points), block.polyline(points)
    noisy = points + np.random.default_rng(0).normal(0.0, 1e-4, (20_000, 3, 3))
    one, other = noisy[:, 0] - noisy[:, 1], noisy[:, 2] - noisy[:, 1]
    lengths = np.linalg.norm(one, axis=1), np.linalg.norm(other, axis=1)
    angles = np.rad2deg(np.arccos((one * other).sum(axis=1) / (lengths[0] * lengths[1])))
    assert angle.angle.uncertainty == pytest.approx(float(angles.std()), rel=0.03)
    assert float(angle.angle) == pytest.approx(float(angles.mean()), abs=1e-3)
    assert line.length.uncertainty == pytest.approx(float(sum(lengths).std()), rel=0.03)


def test_polyline_of_edges_is_their_sum(block: Measurements) -> None:
    line = block.polyline([CORNER, (0.5, -1.0, -1.5), (0.5, 1.0, -1.5), OPPOSITE])
    assert float(line.length) == pytest.approx(6.0)
    with pytest.raises(InputError, match="at least two points"):
        block.polyline([CORNER])


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (OPPOSITE, np.sqrt(18.0)),
        ((-0.5, -1.0, 0.25), 1.75),
        ((0.5, 0.5, 0.0), np.sqrt(6.25 + 2.25)),
    ],
    ids=["opposite corner", "along an edge", "inside the next face"],
)
def test_exact_geodesic_unfolds_a_box(
    block: Measurements, end: tuple[float, ...], expected: float
) -> None:
    way = block.geodesic(CORNER, end)
    assert float(way.length) == pytest.approx(expected, rel=1e-6)
    assert float(way.length) >= float(way.straight) - 1e-12


def test_geodesics_of_a_sphere_are_great_circles() -> None:
    ball = measured(sphere())
    start, end = np.array([0.0, 0.0, 1.0]), np.array([np.sin(1.2), 0.0, np.cos(1.2)])
    found = ball.point(start).point, ball.point(end).point
    assert float(ball.geodesic(*found).length) == pytest.approx(1.2, rel=3e-3)
    assert float(ball.geodesic(*found, method="heat").length) == pytest.approx(1.2, rel=2e-2)


def test_way_round_a_hole_is_longer_than_the_straight_one() -> None:
    way = open_box().geodesic((-0.5, 0.0, 0.5), (0.5, 0.0, 0.5))
    assert float(way.straight) == pytest.approx(1.0)
    assert float(way.length) == pytest.approx(2.0, rel=1e-6)  # round the rim


def test_ray_hits_the_nearest_side(block: Measurements) -> None:
    hit = block.pick((0.1, 0.2, 9.0), (0.0, 0.0, -3.0))
    assert hit.point.tolist() == pytest.approx([0.1, 0.2, 1.5])
    assert hit.normal.tolist() == pytest.approx([0.0, 0.0, 1.0])
    assert hit.away_m == pytest.approx(7.5)
    with pytest.raises(InputError, match="does not hit"):
        block.pick((9.0, 0.0, 0.0), (0.0, 0.0, 1.0))


def test_point_comes_onto_the_surface_and_keeps_its_measured_vertex(block: Measurements) -> None:
    near = block.point((0.5001, 0.9, 1.4))
    assert near.point.tolist() == pytest.approx([0.5, 0.9, 1.4])
    assert near.away_m == pytest.approx(1e-4)
    assert block.surface.measured.vertices[near.vertex].tolist() == list(OPPOSITE)


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (((0.6, 0.0, 0.0), OPPOSITE), "not on the surface: 100 mm away"),
        (((np.nan, 0.0, 0.0), OPPOSITE), "not a number"),
        (((0.5, 0.0), OPPOSITE), "wrong shape"),
    ],
    ids=["off the surface", "no number", "two coordinates"],
)
def test_bad_points_are_refused(
    block: Measurements, points: tuple[object, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        block.distance(*points)


def test_angle_without_a_side_is_refused(block: Measurements) -> None:
    with pytest.raises(InputError, match="side of the angle has no length"):
        block.angle(CORNER, CORNER, OPPOSITE)


def test_parts_that_do_not_hang_together_have_no_way() -> None:
    pair = box(1.0, 1.0, 1.0) + box(1.0, 1.0, 1.0).apply_translation([3.0, 0.0, 0.0])
    with pytest.raises(InputError, match="separate parts"):
        measured(pair).geodesic((0.5, 0.0, 0.0), (2.5, 0.0, 0.0))


@pytest.mark.parametrize("unit", ["", "cubit", None])
def test_unknown_unit_is_refused(unit: str) -> None:
    body = box(1.0, 1.0, 1.0)
    with pytest.raises(InputError, match="unit of length is not known"):
        Measurements.of_arrays(body.vertices, body.faces, unit=unit)


def test_millimetres_become_metres() -> None:
    body = box(10.0, 20.0, 30.0)
    found = Measurements.of_arrays(body.vertices, body.faces, unit="mm")
    assert float(found.distance((-0.005, -0.01, -0.015), (0.005, 0.01, 0.015)).dz) == 0.03
    assert float(found.volume().volume) == pytest.approx(6e-6)


def test_mesh_with_a_position_that_is_no_number_is_refused() -> None:
    body = box(1.0, 1.0, 1.0)
    vertices = np.where(np.arange(24).reshape(8, 3) == 5, np.nan, body.vertices)
    with pytest.raises(InputError, match="not a number"):
        Measurements.of_arrays(vertices, body.faces, unit="m")


def test_result_says_how_it_was_measured(block: Measurements) -> None:
    found = block.distance(CORNER, OPPOSITE)
    html, plain = found._repr_html_(), found.to_dict()
    assert "3741.66 ± 0.14 mm" in html
    assert {"method", "digest", "grid step", "software"} <= {row[0] for row in plain["paradata"]}
    assert plain["values"]["distance"]["standard_uncertainty"] == pytest.approx(1.414e-4, rel=1e-3)
    with pytest.raises(AttributeError):
        found.distance = found.dx  # type: ignore[misc]
