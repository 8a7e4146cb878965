"""Registration of two epochs, and how far the later lies from the earlier."""

import numpy as np
import pytest

from museion.errors import InputError
from museion.scans.measure import IcpOptions, M3c2Options, Measurements
from tests.support.bodies import box, measured, motion, moved, open_box, revolved, sphere
from tests.support.scans import open_sheet, rough_ring

MOTION = motion([0.02, -0.03, 0.05], [0.004, 0.003, -0.002])


@pytest.fixture(scope="module")
def ring() -> Measurements:
    mesh = rough_ring()
    return Measurements.of_arrays(mesh.vertices, mesh.faces, unit="m", noise_m=5e-5)


def corners(measurements: Measurements) -> list[list[float]]:
    return measurements.surface.measured.vertices[[5, 700, 2000, 4100]].tolist()


def test_pairs_of_points_give_the_motion(ring: Measurements) -> None:
    elsewhere = moved(ring, motion([0.3, 2.0, -1.0], [1.0, 2.0, 3.0]))
    found = elsewhere.align_pairs(ring, corners(elsewhere), corners(ring))
    expected = motion([0.3, 2.0, -1.0], [1.0, 2.0, 3.0]).inverse()
    assert np.allclose(found.transform.matrix, expected.matrix, atol=1e-12)
    assert found.transform.scale == 1.0
    assert float(found.rms) < 1e-12


def test_scale_is_estimated_only_when_asked_for(ring: Measurements) -> None:
    mesh = ring.surface.measured
    larger = Measurements.of_arrays(mesh.vertices * 1.01, mesh.faces, unit="m")
    rigid = larger.align_pairs(ring, corners(larger), corners(ring))
    scaled = larger.align_pairs(ring, corners(larger), corners(ring), with_scale=True)
    assert rigid.transform.scale == 1.0
    assert float(rigid.rms) > 1e-3
    assert scaled.transform.scale == pytest.approx(1 / 1.01, rel=1e-12)
    assert float(scaled.rms) < 1e-12


def test_mirrored_points_never_give_a_reflection() -> None:
    body = measured(box(1.0, 1.0, 1.0))
    own = np.array([(0.5, 0.5, 0.5), (-0.5, 0.5, 0.5), (0.5, -0.5, 0.5), (0.5, 0.5, -0.5)])
    found = body.align_pairs(body, own.tolist(), (own * [1, 1, -1]).tolist())
    assert np.linalg.det(found.transform.rotation) == pytest.approx(1.0)
    assert float(found.rms) > 0.1


def test_motions_combine_and_return() -> None:
    other = motion([1.0, 0.2, 0.1], [0.0, 5.0, 0.0])
    points = np.random.default_rng(0).normal(size=(5, 3))
    assert np.allclose((other @ MOTION).apply(points), other.apply(MOTION.apply(points)))
    assert np.allclose(MOTION.inverse().apply(MOTION.apply(points)), points)
    assert motion([0.0, 0.0, 3.0], [0, 0, 0]).angle_deg == pytest.approx(np.rad2deg(3.0))


@pytest.mark.parametrize("count", [1, 2])
def test_too_few_pairs_are_refused(ring: Measurements, count: int) -> None:
    with pytest.raises(InputError, match="three or more pairs"):
        ring.align_pairs(ring, corners(ring)[:count], corners(ring)[:count])


def test_pairs_on_a_line_are_refused() -> None:
    body = measured(box(1.0, 1.0, 1.0))
    line = [(0.5, 0.0, x) for x in (-0.4, 0.0, 0.4)]
    with pytest.raises(InputError, match="on a line"):
        body.align_pairs(body, line, line)


def test_surfaces_find_each_other_although_a_part_is_missing(ring: Measurements) -> None:
    mesh = ring.surface.measured
    kept = mesh.vertices[mesh.faces].mean(axis=1)[:, 0] < 0.25
    broken = Measurements.of_arrays(
        MOTION.inverse().apply(mesh.vertices), mesh.faces[kept], unit="m"
    )
    found = broken.align(ring, options=IcpOptions(overlap=0.9, samples=3000))
    assert np.allclose(found.transform.matrix, MOTION.matrix, atol=1e-9)
    assert found.is_used.sum() == 2700
    assert found.stability is not None
    assert found.stability > 1e-3


def test_surfaces_that_slide_are_refused() -> None:
    side = np.linspace(0.0, 1.0, 12)
    tube = revolved(np.full(12, 0.2), side)
    shifted = moved(tube, motion([0, 0, 0], [0.001, 0, 0.01]))
    with pytest.raises(InputError, match="slide on each other"):
        shifted.align(tube)


@pytest.mark.parametrize("overlap", [0.0, 1.5, -1.0])
def test_impossible_options_are_refused(ring: Measurements, overlap: float) -> None:
    with pytest.raises(InputError, match="no registration can work with"):
        ring.align(ring, options=IcpOptions(overlap=overlap))


def test_deviation_of_a_grown_sphere_is_what_it_grew() -> None:
    small, large = measured(sphere(), noise_m=1e-4), measured(sphere(1.01), noise_m=2e-4)
    grown, shrunk = large.deviation(small), small.deviation(large)
    assert np.allclose(grown.distances, 0.01, rtol=1e-9)
    assert (shrunk.distances < 0).all()
    assert grown.detection is not None
    assert grown.detection[0] == pytest.approx(1.96 * np.hypot(1e-4, 2e-4), rel=1e-4)
    assert grown.is_significant is not None
    assert grown.is_significant.all()
    with_error = large.deviation(small, registration_m=0.01)
    assert with_error.is_significant is not None
    assert not with_error.is_significant.any()


def test_what_only_one_epoch_shows_has_no_deviation() -> None:
    found = measured(box(1.0, 1.0, 1.0)).deviation(open_box())
    mesh = open_sheet()
    lower = Measurements.of_arrays(mesh.vertices[:, [0, 1, 2]], mesh.faces, unit="m")
    beside = moved(lower, motion([0, 0, 0], [0.5, 0.0, 0.002]))
    shifted = beside.deviation(lower)
    beyond = shifted.points[:, 0] > 1.0 + 1e-9
    assert found.detection is None
    assert np.isnan(shifted.distances[beyond]).all()
    inner = (shifted.points[:, 0] < 0.9) & (shifted.points[:, 1] > 0.1)
    assert np.isfinite(shifted.distances[inner & (shifted.points[:, 1] < 0.9)]).all()


def test_registration_goes_before_deviation(ring: Measurements) -> None:
    later = moved(ring, MOTION.inverse())
    alignment = later.align(ring, options=IcpOptions(samples=2000))
    found = later.deviation(ring, alignment)
    assert np.nanmax(np.abs(found.distances)) < 1e-9
    assert ("registration uncertainty", "not declared") not in found.paradata.rows()


def test_m3c2_finds_the_shift_and_its_level_of_detection() -> None:
    mesh, random = open_sheet(80), np.random.default_rng(0)
    flat = mesh.vertices * [1.0, 1.0, 0.0]
    noise_m = 5e-4
    before, after = (
        Measurements.of_arrays(
            flat + random.normal(0, noise_m, flat.shape) * [0, 0, 1] + [0, 0, up],
            mesh.faces,
            unit="m",
        )
        for up in (0.0, 0.002)
    )
    options = M3c2Options(0.1, 0.05, 0.02, core_points=500)
    found = after.deviation(before, m3c2=options)
    assert np.nanmean(found.distances) == pytest.approx(0.002, abs=1e-4)
    inside = ((found.points[:, :2] > 0.1) & (found.points[:, :2] < 0.9)).all(axis=1)
    count = 79**2 * np.pi * 0.05**2  # points in a cylinder
    expected = 1.96 * noise_m * np.sqrt(2.0 / count)
    assert found.detection is not None
    assert np.nanmedian(found.detection[inside]) == pytest.approx(expected, rel=0.1)
    assert found.is_significant is not None
    assert found.is_significant[inside].all()
    with pytest.raises(InputError, match="Not a length for cylinder_radius_m"):
        after.deviation(before, m3c2=M3c2Options(0.1, 0.0, 0.02))
