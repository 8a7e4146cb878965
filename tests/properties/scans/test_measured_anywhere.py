"""What is measured does not depend on where a body lies or how it is cut."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from museion.scans.measure import Measurements, Plane
from museion.scans.measure.transform import Transform
from tests.support.bodies import box, measured, motion, moved, sphere
from tests.support.scans import rough_ring

FEW = settings(max_examples=25, deadline=None)
turns = st.tuples(*[st.floats(-2.0, 2.0)] * 3)
shifts = st.tuples(*[st.floats(-5.0, 5.0)] * 3)
normals = st.tuples(*[st.integers(-3, 3)] * 3).filter(any)

RING = rough_ring(60, 40)
WHOLE = Measurements.of_arrays(RING.vertices, RING.faces, unit="m")
BOX, BALL = measured(box(1.0, 2.0, 3.0)), measured(sphere(subdivisions=2))


@FEW
@given(normals, st.integers(-8, 8))
def test_section_of_a_closed_body_is_closed(normal: tuple[int, ...], step: int) -> None:
    """Planes through vertices and along faces too: the ball and the box have many."""
    for body in (BOX, BALL, WHOLE):
        plane = Plane.through(np.array(normal) * step / 40.0, normal)
        heights = plane.heights(body.patch.vertices)
        if (heights > 1e-9).any() and (heights < -1e-9).any():
            found = body.section(plane)
            assert all(one.is_closed for one in found.chains)
            assert found.area is not None


@FEW
@given(normals, st.floats(-1.2, 1.2))
def test_sections_add_up_to_the_volume(normal: tuple[int, ...], height: float) -> None:
    plane = Plane.through(np.array(normal) * height / np.linalg.norm(normal), normal)
    parts, volume = BOX.volume(plane), BOX.volume()
    assert float(parts.above) + float(parts.below) == pytest.approx(float(volume.volume))
    assert min(float(parts.above), float(parts.below)) >= -1e-12


@FEW
@given(turns, shifts)
def test_values_do_not_depend_on_the_frame(
    turn: tuple[float, ...], shift: tuple[float, ...]
) -> None:
    there = motion(np.array(turn), np.array(shift))
    other = moved(BOX, there)
    start, end = np.array([[-0.5, -1.0, 0.3], [0.5, 0.2, -1.0]])
    ends = there.apply(np.array([start, end]))
    assert float(other.volume().volume) == pytest.approx(6.0)
    assert float(other.area().area) == pytest.approx(22.0)
    assert float(other.geodesic(*ends).length) == pytest.approx(
        float(BOX.geodesic(start, end).length), rel=1e-6
    )
    plane = Plane.through((0.1, 0.2, 0.3), (1, 2, 3))
    turned = Plane.through(
        there.apply(np.array([[0.1, 0.2, 0.3]]))[0], there.rotation @ plane.normal
    )
    assert float(other.section(turned).area or 0) == pytest.approx(
        float(BOX.section(plane).area or 0)
    )


@FEW
@given(turns, shifts)
def test_pairs_of_points_find_any_motion(turn: tuple[float, ...], shift: tuple[float, ...]) -> None:
    there = motion(np.array(turn), np.array(shift))
    rows = RING.vertices[[3, 500, 1100, 2000]]
    found = moved(WHOLE, there).align_pairs(WHOLE, there.apply(rows).tolist(), rows.tolist())
    assert isinstance(found.transform, Transform)
    assert np.allclose((found.transform @ there).matrix, np.eye(4), atol=1e-9)
