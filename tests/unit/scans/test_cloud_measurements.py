"""Measuring on clouds: between measured points, in slabs, and between two epochs."""

import re

import numpy as np
import pytest

from museion.errors import InputError
from museion.scans.measure import CloudMeasurements, M3c2Options, Measurements, Plane
from museion.scans.measure.stored import StoredSurface
from tests.support.point_clouds import ring_cloud
from tests.support.scans import build, open_sheet

CLOUD = ring_cloud()
SCAN = build(CLOUD)
LEVEL = Plane.through((0, 0, 0.01), (0, 0, 1))


def ground(*, lifted_m: float = 0.0, seed: int = 0) -> CloudMeasurements:
    """Give a level, noisy field of 2 m, a part of which is lifted."""
    random = np.random.default_rng(seed)
    x, y = random.uniform(0, 2, (2, 40_000))
    z = random.normal(0.0, 0.002, 40_000) + np.where(x > 1.0, lifted_m, 0.0)
    return CloudMeasurements.of_points(np.stack([x, y, z], axis=1), unit="m", noise_m=0.002)


@pytest.fixture(params=["stored", "in memory"])
def cloud(request: pytest.FixtureRequest) -> CloudMeasurements:
    held = CloudMeasurements.of_points(CLOUD.vertices, unit="m", noise_m=1e-3)
    if request.param == "in memory":
        return held
    surface = StoredSurface(SCAN.head, SCAN.read, lambda: CLOUD)
    return CloudMeasurements(surface, held.origin)


def test_a_place_becomes_the_nearest_measured_point(cloud: CloudMeasurements) -> None:
    for row in (0, 11, 3000):
        anchor = cloud.point(CLOUD.vertices[row] + 2e-5)
        away = np.linalg.norm(CLOUD.vertices - (CLOUD.vertices[row] + 2e-5), axis=1)
        assert away[anchor.vertex] <= away.min() + SCAN.head.grid.step
        assert np.abs(anchor.point - CLOUD.vertices[anchor.vertex]).max() <= SCAN.head.grid.step
    with pytest.raises(InputError, match="not on the surface"):
        cloud.point((0.0, 0.0, 0.4))


def test_distance_polyline_and_angle_are_those_of_the_points(cloud: CloudMeasurements) -> None:
    a, b, c = CLOUD.vertices[[5, 900, 4000]]
    step = SCAN.head.grid.step
    found = cloud.distance(a, b)
    assert found.distance.value == pytest.approx(float(np.linalg.norm(a - b)), abs=2 * step)
    assert found.distance.uncertainty is not None
    whole = np.linalg.norm(a - b) + np.linalg.norm(b - c)
    assert cloud.polyline([a, b, c]).length.value == pytest.approx(float(whole), abs=4 * step)
    u, v = a - b, c - b
    cosine = float(u @ v / np.linalg.norm(u) / np.linalg.norm(v))
    assert cloud.angle(a, b, c).angle.value == pytest.approx(np.degrees(np.arccos(cosine)), abs=0.1)


def test_a_ray_picks_the_point_next_to_it(cloud: CloudMeasurements) -> None:
    start = np.array([2.0, 0.1, 0.5])
    anchor = cloud.pick(start, CLOUD.vertices[77] - start)
    to = CLOUD.vertices[77] - start
    off = anchor.point - start
    assert off @ to / np.linalg.norm(off) / np.linalg.norm(to) == pytest.approx(1.0, abs=1e-6)
    with pytest.raises(InputError, match="No point lies ahead"):
        cloud.pick((9, 9, 9), (1, 1, 1))


def test_what_needs_a_surface_is_refused_with_a_reason(cloud: CloudMeasurements) -> None:
    a, b = CLOUD.vertices[:2]
    for refused in (
        lambda: cloud.geodesic(a, b), cloud.area, cloud.volume, lambda: cloud.unroll(1e-3),
        lambda: cloud.section(LEVEL), lambda: cloud.align(cloud),
    ):  # fmt: skip
        with pytest.raises(InputError) as caught:
            refused()
        assert caught.value.hint.endswith(".")
        assert re.search("surface", caught.value.message)


def test_a_slab_holds_exactly_the_points_within_it(cloud: CloudMeasurements) -> None:
    slab = cloud.section(LEVEL, thickness=0.004)
    inside = np.abs(CLOUD.vertices[:, 2] - 0.01) <= 0.002
    sure = np.abs(np.abs(CLOUD.vertices[:, 2] - 0.01) - 0.002) > 2 * SCAN.head.grid.step
    assert set(slab.ids.tolist()) >= set(np.flatnonzero(inside & sure).tolist())
    assert inside[slab.ids][sure[slab.ids]].all()
    off = np.abs(slab.points - CLOUD.vertices[slab.ids])
    assert off.max() <= SCAN.head.grid.step
    assert str(len(slab.points)) in str(slab.values()["points"]).replace(",", "")
    for thickness in (0.0, -1.0, float("nan")):
        with pytest.raises(InputError, match="Not a thickness"):
            cloud.section(LEVEL, thickness=thickness)
    with pytest.raises(InputError, match="No point of the cloud"):
        cloud.section(Plane.through((0, 0, 9), (0, 0, 1)), thickness=0.004)


def test_a_slab_is_drawn_as_dots_at_scale() -> None:
    points = [[0.0, 0.0, 0.0], [0.2, 0.001, 0.1], [0.1, 0.5, 0.05]]
    cloud = CloudMeasurements.of_points(points, unit="m")
    slab = cloud.section(Plane.through((0, 0, 0), (0, -1, 0)), thickness=0.01)
    svg = slab.to_svg("1:2")
    assert svg.count("h0") == 2
    assert 'stroke-linecap="round"' in svg
    assert re.search(r'width="110\.0000mm"', svg)  # 200 mm at 1:2 and the margins
    dxf = slab.to_dxf()
    assert dxf.count("POINT\n") == 2
    assert "POLYLINE" not in dxf
    rows = [line for line in slab.to_csv().splitlines() if not line.startswith("#")]
    assert len(rows) == 3
    assert rows[0].endswith("x_m,y_m,z_m")
    assert {tuple(map(float, row.split(",")[4:])) for row in rows[1:]} == {
        tuple(points[0]),
        tuple(points[1]),
    }
    assert "<svg" in slab._repr_html_()


def test_m3c2_finds_what_came_on_between_two_clouds() -> None:
    scales = M3c2Options(0.15, 0.1, 0.5, core_points=400)
    earlier, later = ground(), ground(lifted_m=0.03, seed=1)
    with pytest.raises(InputError, match="no triangles"):
        later.deviation(earlier)
    found = later.deviation(earlier, m3c2=scales)
    is_lifted = found.points[:, 0] > 1.15
    is_still = found.points[:, 0] < 0.85
    assert np.nanmedian(found.distances[is_lifted]) == pytest.approx(0.03, abs=0.002)
    assert np.nanmedian(found.distances[is_still]) == pytest.approx(0.0, abs=0.002)
    assert found.is_significant is not None
    assert found.is_significant[is_lifted].mean() > 0.99
    assert found.is_significant[is_still].mean() < 0.15
    turned = M3c2Options(0.15, 0.1, 0.5, core_points=400, toward=(0.0, 0.0, -1.0))
    below = later.deviation(earlier, m3c2=turned)
    assert np.nanmedian(below.distances[below.points[:, 0] > 1.15]) < -0.025
    with pytest.raises(InputError, match="Not a direction"):
        later.deviation(earlier, m3c2=M3c2Options(0.15, 0.1, 0.5, toward=(0.0, 0.0, 0.0)))


def test_a_cloud_is_compared_with_a_mesh_by_its_triangles() -> None:
    mesh = open_sheet()
    surface = Measurements.of_arrays(mesh.vertices, mesh.faces, unit="m")
    rows = np.random.default_rng(2).permutation(len(mesh.vertices))[:500]
    raised = mesh.vertices[rows] + [0.0, 0.0, 1e-3]
    found = CloudMeasurements.of_points(raised, unit="m").deviation(surface)
    known = found.distances[np.isfinite(found.distances)]
    assert len(known) > 400
    assert 0.0 < np.median(known) <= 1e-3 + 1e-9
