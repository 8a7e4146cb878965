"""Profiles of bodies whose sections are known, and the drawings made of them."""

import csv
import io
import re

import numpy as np
import pytest
import trimesh

from museion.errors import InputError
from museion.scans.measure import Measurements, Plane
from museion.scans.measure.cutting import cut
from tests.support.bodies import box, measured, open_box, sphere
from tests.support.scans import rough_ring


@pytest.fixture(scope="module")
def block() -> Measurements:
    return measured(box(1.0, 2.0, 3.0))


def test_section_of_a_box_runs_round_it(block: Measurements) -> None:
    found = block.section(Plane.through((0, 0, 0.2), (0, 0, 2)))
    (only,) = found.chains
    assert only.is_closed
    assert float(found.length) == pytest.approx(6.0)
    assert float(found.area or 0) == pytest.approx(2.0)
    assert found.bounds.tolist() == [[-0.5, -1.0], [0.5, 1.0]]


def test_section_of_an_upright_plane_is_drawn_upright(block: Measurements) -> None:
    plane = Plane.through((0, 0, 0), (0, -1, 0))  # seen from the front
    assert (plane.right.tolist(), plane.up.tolist()) == ([1, 0, 0], [0, 0, 1])
    found = block.section(plane)
    assert found.bounds.tolist() == pytest.approx(np.array([[-0.5, -1.5], [0.5, 1.5]]))


def test_plane_through_vertices_still_gives_one_closed_line() -> None:
    found = measured(sphere()).section(Plane.through((0, 0, 0), (0, 0, 1)))
    assert [one.is_closed for one in found.chains] == [True]
    assert float(found.area or 0) == pytest.approx(np.pi, rel=5e-3)


def test_section_of_a_sphere_is_a_circle() -> None:
    plane = Plane.through((0.1, 0.2, 0.3), (1, 2, 3))
    found = measured(sphere(subdivisions=5)).section(plane)
    radius = np.sqrt(1.0 - plane.offset**2)
    assert float(found.length) == pytest.approx(2 * np.pi * radius, rel=2e-3)
    assert float(found.area or 0) == pytest.approx(np.pi * radius**2, rel=2e-3)
    assert np.abs(plane.heights(found.chains[0].points)).max() < 1e-15


def test_hole_is_taken_off_the_area() -> None:
    mesh = rough_ring()
    found = Measurements.of_arrays(mesh.vertices, mesh.faces, unit="m").section(
        Plane.through((0, 0, 0), (0, 0, 1))
    )
    assert [one.is_closed for one in found.chains] == [True, True]
    assert float(found.area or 0) == pytest.approx(np.pi * (0.4**2 - 0.2**2), rel=0.02)


def test_section_of_an_open_body_is_open_and_has_no_area() -> None:
    found = open_box().section(Plane.through((0, 0, 0), (0, 1, 0)))
    assert [one.is_closed for one in found.chains] == [False]
    assert found.area is None
    assert float(found.length) == pytest.approx(3.0)


def test_segments_are_those_of_trimesh() -> None:
    mesh = rough_ring()
    plane = Plane.through((0.011, -0.007, 0.003), (0.3, 0.9, 0.35))
    found = cut(Measurements.of_arrays(mesh.vertices, mesh.faces, unit="m").surface, plane)
    theirs = trimesh.intersections.mesh_plane(
        trimesh.Trimesh(mesh.vertices, mesh.faces, process=False),
        plane.normal,
        plane.normal * plane.offset,
    )
    ours = np.sort(found.points[found.ends].reshape(-1, 6)[:, [0, 3]], axis=1)
    assert len(ours) == len(theirs)
    expected = np.sort(theirs[:, :, 0], axis=1)
    assert np.allclose(ours[np.lexsort(ours.T)], expected[np.lexsort(expected.T)], atol=1e-12)


def test_drawing_is_at_scale(block: Measurements) -> None:
    found = block.section(Plane.through((0, 0, 0), (0, 0, 1)))
    svg = found.to_svg("1:20")
    assert svg.startswith("<svg")
    corners = re.search(r'<path d="M([-\d., ]+)Z"', svg)
    assert corners
    xy = np.array([pair.split(",") for pair in corners[1].split()], float)
    assert np.ptp(xy, axis=0).tolist() == pytest.approx([50.0, 100.0])
    assert re.search(r'width="60\.0000mm"', svg)
    bar = re.search(r'class="scale-bar" d="M[^h]+h([\d.]+)', svg)
    assert bar
    assert "500 mm · 1:20" in svg
    assert float(bar[1]) == pytest.approx(25.0)
    with pytest.raises(InputError, match="Not a scale"):
        found.to_svg("half")


def test_dxf_holds_the_line_in_millimetres(block: Measurements) -> None:
    text = block.section(Plane.through((0, 0, 0), (0, 0, 1))).to_dxf()
    lines = text.splitlines()
    pairs = list(zip(map(int, lines[::2]), lines[1::2], strict=True))
    assert [value for code, value in pairs if code == 0][-2:] == ["ENDSEC", "EOF"]
    assert (70, "1") in pairs
    start = pairs.index((0, "VERTEX"))
    x = [float(value) for code, value in pairs[start:] if code == 10]
    y = [float(value) for code, value in pairs[start:] if code == 20]
    assert (min(x), max(x), min(y), max(y)) == (-500.0, 500.0, -1000.0, 1000.0)


def test_csv_holds_plane_and_space(block: Measurements) -> None:
    found = block.section(Plane.through((0, 0.5, 0), (0, -1, 0)))
    rows = [line for line in found.to_csv().splitlines() if not line.startswith("#")]
    table = list(csv.DictReader(io.StringIO("\n".join(rows))))
    assert len(table) == len(found.chains[0].points)
    for row in table:
        assert float(row["right_mm"]) == pytest.approx(1e3 * float(row["x_m"]))
        assert float(row["up_mm"]) == pytest.approx(1e3 * float(row["z_m"]))
        assert float(row["y_m"]) == 0.5


@pytest.mark.parametrize("normal", [(0, 0, 0), (np.nan, 0, 1), (0, 1)])
def test_plane_without_direction_is_refused(normal: tuple[float, ...]) -> None:
    with pytest.raises(InputError, match="normal of the plane"):
        Plane.through((0, 0, 0), normal)


def test_points_on_a_line_span_no_plane() -> None:
    with pytest.raises(InputError, match="on a line"):
        Plane.through_points((0, 0, 0), (1, 1, 1), (2, 2, 2))
    assert Plane.through_points((0, 0, 1), (1, 0, 1), (0, 1, 1)).normal.tolist() == [0, 0, 1]


def test_plane_that_misses_and_what_is_no_plane_are_said(block: Measurements) -> None:
    with pytest.raises(InputError, match="does not cross"):
        block.section(Plane.through((0, 0, 2), (0, 0, 1)))
    with pytest.raises(InputError, match="Not a plane: tuple"):
        block.section((0, 0, 1))  # type: ignore[arg-type]
