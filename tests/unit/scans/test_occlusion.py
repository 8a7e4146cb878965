"""Ambient occlusion against hollows whose view of the sky is known exactly."""

import numpy as np
import pytest

from museion.errors import InputError
from museion.scans.layers.occlusion import measure_occlusion, sky_shares
from museion.scans.measure.paradata import Origin
from museion_datasets.ingest.scans.mesh import MeshArrays
from tests.support.reliefs import ball, bent_sheet, sheet, solid

ORIGIN = Origin("demo/object", 1, "ab" * 32, "scan", 1e-6, None)


def test_ball_sees_the_whole_sky_and_its_inside_none() -> None:
    made = ball(1.0, 4)
    assert (sky_shares(solid(made), 64) == 1.0).all()
    inside = MeshArrays(made.vertices, made.faces[:, ::-1])
    assert (sky_shares(solid(inside), 64) == 0.0).all()


def test_what_is_beyond_the_distance_hides_nothing() -> None:
    made = ball(1.0, 4)
    inside = solid(MeshArrays(made.vertices, made.faces[:, ::-1]))
    assert (sky_shares(inside, 64, distance_m=0.01) > 0.9).all()


@pytest.mark.parametrize("opening", [60.0, 90.0, 120.0])
def test_wall_of_a_groove_sees_the_share_of_its_angle(opening: float) -> None:
    """A point deep on one wall of a long V sees (1 - cos(opening)) / 2 of the sky."""
    bent, middle = bent_sheet(opening, side=121)
    near = middle + 2 * 121
    found = solid(bent)
    share = found.spread(sky_shares(found, 1024))[near]
    assert share == pytest.approx((1.0 - np.cos(np.radians(opening))) / 2.0, abs=0.03)


def test_same_scan_gives_the_same_values() -> None:
    found = [
        measure_occlusion(solid(bent_sheet(90.0, side=31)[0]), ORIGIN, rays=32) for _ in range(2)
    ]
    assert (found[0].values == found[1].values).all()
    assert dict(found[0].paradata.parameters)["rays"] == "32"


@pytest.mark.parametrize("wishes", [{"rays": 0}, {"rays": 10**6}, {"distance_m": -1.0}])
def test_what_makes_no_sense_is_refused(wishes: dict[str, float]) -> None:
    with pytest.raises(InputError) as caught:
        measure_occlusion(solid(sheet(np.zeros((5, 5)), 1e-3)), ORIGIN, **wishes)  # type: ignore[arg-type]
    assert caught.value.hint
