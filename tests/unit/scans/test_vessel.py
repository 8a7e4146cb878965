"""The synthetic vessel and what it says about itself."""

import numpy as np
import pytest

from museion.samples._vessel_form import throw_vessel
from museion.samples.vessel import Vessel, make_vessel
from tests.support.scans import open_edges

DETAIL = 0.25


@pytest.fixture(scope="module")
def vessel() -> Vessel:
    return make_vessel(detail=DETAIL)


def test_vessel_has_more_than_a_million_triangles_at_full_detail() -> None:
    assert len(throw_vessel().faces) > 1_000_000


def test_vessel_stands_on_the_ground_in_metres_with_colour(vessel: Vessel) -> None:
    assert vessel.mesh.colors is not None
    low, high = vessel.mesh.vertices.min(axis=0), vessel.mesh.vertices.max(axis=0)
    assert low[2] == pytest.approx(0.0, abs=1e-3)
    assert high[2] == pytest.approx(0.364, abs=2e-3)


def test_vessel_is_labelled_synthetic(vessel: Vessel) -> None:
    assert vessel.truth.attrs["synthetic"] == 1


def test_vessel_is_closed(vessel: Vessel) -> None:
    assert len(open_edges(vessel.mesh.faces)) == 0


def test_volume_of_the_body_follows_from_its_profile(vessel: Vessel) -> None:
    radius, height = vessel.truth["radius"].values, vessel.truth["height"].values
    thrown = np.pi * np.abs(np.trapezoid(radius**2, height))
    assert vessel.truth.attrs["body_volume_m3"] == pytest.approx(thrown, rel=0.08)


def test_vertices_without_relief_wear_and_noise_lie_on_the_profile(vessel: Vessel) -> None:
    truth = vessel.truth
    shift = truth["relief"].values * (1 - truth["fill"].values) + truth["wear"].values
    is_body = truth["is_handle"].values == 0
    columns = round(1152 * DETAIL)
    row = 1 + (np.arange(len(shift)) - 1) // columns
    checked = np.flatnonzero(is_body)[columns : columns * 120 : 7]
    measured = np.hypot(*vessel.mesh.vertices[checked, :2].T)
    off = np.abs(measured - truth["radius"].values[row[checked]])
    allowed = np.abs(shift[checked]) + 6 * truth.attrs["scanner_noise_m"] + 1e-6
    assert (off <= allowed).all()


def test_the_same_seed_gives_the_same_vessel(vessel: Vessel) -> None:
    again = make_vessel(detail=DETAIL)
    assert (again.mesh.vertices == vessel.mesh.vertices).all()
    assert (again.mesh.colors == vessel.mesh.colors).all()


@pytest.mark.parametrize("is_handle", [False, True])
def test_triangles_face_outwards(*, is_handle: bool) -> None:
    form = throw_vessel(DETAIL)
    corners = form.points[form.faces[form.is_handle[form.faces[:, 0]] == is_handle]]
    a, b, c = (corners[:, corner] for corner in range(3))
    assert np.einsum("ij,ij->i", a, np.cross(b, c)).sum() > 0
