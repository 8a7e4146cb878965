"""Areas and volumes of bodies whose answers are known."""

import numpy as np
import pytest

from museion.errors import InputError
from museion.scans.measure import Measurements, Plane
from tests.support.bodies import box, measured, open_box, sphere
from tests.support.scans import open_sheet

LEVEL = (0.0, 0.0, 1.0)


def test_area_and_volume_of_a_box() -> None:
    block = measured(box(1.0, 2.0, 3.0), noise_m=1e-4)
    assert float(block.area().area) == pytest.approx(22.0)
    assert float(block.volume().volume) == pytest.approx(6.0)


def test_area_and_volume_of_a_sphere_are_those_of_its_triangles() -> None:
    body = sphere(0.3)
    found = measured(body)
    assert float(found.area().area) == pytest.approx(body.area, rel=1e-12)
    assert float(found.volume().volume) == pytest.approx(body.volume, rel=1e-12)
    assert float(found.volume().volume) == pytest.approx(4 / 3 * np.pi * 0.027, rel=4e-3)


def test_area_of_some_triangles() -> None:
    body = box(1.0, 2.0, 3.0)
    top = np.flatnonzero(body.face_normals[:, 2] > 0.5)
    found = measured(body).area(np.concatenate([top, top]))
    assert (found.triangles, float(found.area)) == (2, pytest.approx(2.0))


@pytest.mark.parametrize("faces", [[12], [-1], [0.5], []])
def test_triangles_that_do_not_exist_are_refused(faces: list[float]) -> None:
    with pytest.raises(InputError, match="Not triangles of this scan"):
        measured(box(1.0, 1.0, 1.0)).area(faces)


def test_uncertainties_are_those_of_repeated_measurements() -> None:
    body, random = box(1.0, 2.0, 3.0), np.random.default_rng(0)
    found = measured(body, noise_m=1e-3)
    areas, volumes = [], []
    for _ in range(400):
        noisy = body.vertices + random.normal(0.0, 1e-3, body.vertices.shape)
        again = Measurements.of_arrays(noisy, body.faces, unit="m")
        areas.append(float(again.area().area))
        volumes.append(float(again.volume().volume))
    assert found.area().area.uncertainty == pytest.approx(np.std(areas), rel=0.15)
    assert found.volume().volume.uncertainty == pytest.approx(np.std(volumes), rel=0.15)


@pytest.mark.parametrize("height", [-1.5, -0.7, 0.0, 0.4, 1.5])
def test_plane_parts_a_closed_body(height: float) -> None:
    parts = measured(box(1.0, 2.0, 3.0)).volume(Plane.through((0, 0, height), LEVEL))
    assert float(parts.above) == pytest.approx(2.0 * (1.5 - height))
    assert float(parts.below) == pytest.approx(2.0 * (1.5 + height))


def test_tilted_plane_halves_a_sphere() -> None:
    body = sphere(0.5)
    parts = measured(body).volume(Plane.through((0, 0, 0), (1.0, 2.0, -0.5)))
    assert float(parts.above) == pytest.approx(body.volume / 2, rel=1e-9)
    assert float(parts.below) == pytest.approx(body.volume / 2, rel=1e-9)


def test_volume_between_an_open_sheet_and_a_plane() -> None:
    mesh = open_sheet()
    sheet = Measurements.of_arrays(mesh.vertices, mesh.faces, unit="m", noise_m=1e-5)
    parts = sheet.volume(Plane.through((0, 0, -0.5), LEVEL))
    x, y = mesh.vertices[:, 0].reshape(60, 60)[:, 0], mesh.vertices[:, 1].reshape(60, 60)[0]
    fine = np.linspace(0, 1, 2001)
    means = [np.trapezoid(one(scale * fine), fine) for one, scale in ((np.sin, 9), (np.cos, 7))]
    assert len(x) == len(y) == 60
    assert float(parts.above) == pytest.approx(0.5 + 0.03 * means[0] * means[1], abs=2e-5)
    assert float(parts.below) == 0.0
    assert parts.above.uncertainty == pytest.approx(1e-5 / 59, rel=0.03)


def test_open_surface_has_no_volume_but_one_against_a_plane() -> None:
    with pytest.raises(InputError, match="not closed, it has no volume: 4 open edges"):
        open_box().volume()
    hollow = open_box().volume(Plane.through((0, 0, 0.5), LEVEL))
    assert float(hollow.below) == pytest.approx(1.0)


def test_triangles_that_face_inwards_are_said() -> None:
    body = box(1.0, 1.0, 1.0)
    with pytest.raises(InputError, match="face inwards"):
        Measurements.of_arrays(body.vertices, body.faces[:, ::-1], unit="m").volume()


def test_triangles_without_shared_vertices_still_close() -> None:
    body = box(1.0, 2.0, 3.0)
    soup = body.vertices[body.faces].reshape(-1, 3)
    found = Measurements.of_arrays(soup, np.arange(36).reshape(12, 3), unit="m")
    assert float(found.volume().volume) == pytest.approx(6.0)
