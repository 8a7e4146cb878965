"""Measurements on a stored scan: full resolution, only the pages they need, and who says so."""

import numpy as np
import pytest

from museion.errors import InputError
from museion.scans import Scan
from museion.scans.measure import Measurements, Plane
from museion_datasets.library import Library

pytestmark = pytest.mark.integration

TILTED = Plane.through((0.31, 0.02, 0.01), (0.2, 1.0, 0.1))


@pytest.fixture
def scan(library: Library) -> Scan:
    return Scan.of(library.open("murals/ring")["scan"])


@pytest.fixture
def whole(scan: Scan) -> Measurements:
    return Measurements.of_arrays(scan.vertices, scan.faces, unit="m")


def test_values_are_those_of_the_measured_arrays(scan: Scan, whole: Measurements) -> None:
    step = scan.head.grid.step
    assert float(scan.measure.area().area) == pytest.approx(float(whole.area().area), rel=1e-4)
    volume = float(scan.measure.volume().volume)
    assert volume == pytest.approx(float(whole.volume().volume), rel=1e-6)
    ends = scan.vertices[[10, 9000]]
    expected = float(np.linalg.norm(ends[1] - ends[0]))
    assert float(scan.measure.distance(*ends).distance) == pytest.approx(expected, abs=2 * step)
    chosen = np.arange(500)
    assert float(scan.measure.area(chosen).area) == float(whole.area(chosen).area)


def test_section_is_that_of_the_measured_arrays(scan: Scan, whole: Measurements) -> None:
    ours, expected = scan.section(TILTED), whole.section(TILTED)
    assert [one.is_closed for one in ours.chains] == [one.is_closed for one in expected.chains]
    assert float(ours.length) == pytest.approx(float(expected.length), rel=1e-4)
    assert float(ours.area or 0) == pytest.approx(float(expected.area or 0), rel=1e-4)


def test_section_reads_only_pages_that_it_crosses(
    scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    head, read, asked = scan.head, scan._read, []
    monkeypatch.setattr(scan, "_read", lambda part: (asked.append(part), read(part))[1])
    near_the_rim = Plane.through((0.4, 0, 0), (1, 0, 0))
    assert scan.section(near_the_rim).chains
    assert 0 < len(asked) < len(head.groups) / 2
    assert len(set(asked)) == len(asked)
    scan.section(near_the_rim)
    assert len(set(asked)) == len(asked)  # nothing is read twice


def test_picked_point_names_its_measured_vertex(scan: Scan) -> None:
    vertex = 4321
    out = scan.vertices[vertex] * [1, 1, 0]
    found = scan.measure.point(scan.vertices[vertex])
    assert found.vertex == vertex
    assert found.away_m <= scan.head.grid.step
    ray = scan.measure.pick(3.0 * out, -out)
    assert np.linalg.norm(scan.vertices[ray.vertex] - ray.point) < 0.01


def test_paradata_name_the_version_and_its_digest(scan: Scan, library: Library) -> None:
    declared = scan.declare(noise_m=5e-5)
    found = declared.measure.distance(*scan.vertices[[0, 5000]])
    rows = dict(found.paradata.rows())
    assert rows["measured on"] == "murals/ring@1, scan (synthetic)"
    assert rows["digest"] == library.open("murals/ring")["scan"].snapshot.head.manifest_root
    assert rows["level"] == "full resolution"
    grid_m = scan.head.grid.step / np.sqrt(12)
    assert found.distance.uncertainty == pytest.approx(np.sqrt(2) * np.hypot(5e-5, grid_m))
    assert scan.measure.distance(*scan.vertices[[0, 5000]]).distance.uncertainty is None


def test_unknown_unit_is_refused_until_it_is_declared(scan: Scan) -> None:
    del scan.head.metadata["unit"]
    with pytest.raises(InputError, match="unit of length is not known"):
        _ = scan.measure
    declared = scan.declare(unit="mm")
    del declared.head.metadata["unit"]
    length = float(declared.measure.polyline(scan.vertices[[0, 5000]] * 1e-3).length)
    expected = np.linalg.norm(scan.vertices[0] - scan.vertices[5000]) * 1e-3
    assert length == pytest.approx(float(expected), rel=1e-3)


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"unit": "mm"}, "known already: m"),
        ({"unit": "ell"}, "unit of length is not known"),
        ({"noise_m": -1.0}, "Not a standard deviation"),
    ],
)
def test_bad_declarations_are_refused(
    scan: Scan, declared: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        scan.declare(**declared)  # type: ignore[arg-type]
