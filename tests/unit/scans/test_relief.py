"""Relief against surfaces whose integral invariant is known exactly."""

import numpy as np
import pytest

from museion.errors import InputError
from museion.scans.layers.integral import ball_shares, solid_angles
from museion.scans.layers.relief import measure_relief
from museion.scans.measure.paradata import Origin
from museion_datasets.ingest.scans.mesh import MeshArrays
from tests.support.reliefs import ball, bent_sheet, inscription, sheet, solid

ORIGIN = Origin("demo/object", 1, "ab" * 32, "scan", 1e-6, None)


@pytest.mark.parametrize("edges", [3, 10, 25])
def test_half_of_a_ball_lies_under_a_plane_its_border_included(edges: int) -> None:
    generator = np.random.default_rng(0)
    flat = sheet(np.zeros((61, 61)), 1e-4)
    moved = flat.vertices + generator.uniform(-2e-5, 2e-5, flat.vertices.shape) * [1, 1, 0]
    shares = ball_shares(solid(MeshArrays(moved, flat.faces)), edges * 1e-4)
    assert np.abs(shares - 0.5).max() < 1e-9


@pytest.mark.parametrize("radius", [0.2, 0.35, 0.5])
def test_sphere_has_its_exact_share(radius: float) -> None:
    expected = 0.5 - 3.0 * radius / 16.0
    shares = ball_shares(solid(ball(1.0)), radius)
    assert shares.mean() == pytest.approx(expected, abs=0.02 * (0.5 - expected))
    assert np.abs(shares - expected).max() < 0.06 * (0.5 - expected)


@pytest.mark.parametrize("opening", [60.0, 120.0, 180.0, 240.0, 300.0])
@pytest.mark.parametrize("edges", [6.0, 20.0])
def test_edge_and_groove_have_the_share_of_their_angle(opening: float, edges: float) -> None:
    bent, middle = bent_sheet(opening)
    found = solid(bent)
    shares = found.spread(ball_shares(found, edges * found.edge_m))
    assert shares[middle] == pytest.approx(1.0 - opening / 360.0, abs=0.01)


def test_thin_wall_counts_its_other_side() -> None:
    front = sheet(np.zeros((41, 41)), 1e-4)
    back = MeshArrays(front.vertices - [0, 0, 5e-4], front.faces[:, ::-1])
    both = MeshArrays(
        np.concatenate([front.vertices, back.vertices]),
        np.concatenate([front.faces, back.faces + len(front.vertices)]),
    )
    radius, thick = 1e-3, 5e-4
    cap = np.pi * (radius - thick) ** 2 * (2 * radius + thick) / 3.0
    expected = 0.5 - cap / (4.0 / 3.0 * np.pi * radius**3)
    middle = 20 * 41 + 20
    assert ball_shares(solid(both), radius)[middle] == pytest.approx(expected, abs=0.005)


def test_solid_angles_of_a_cube_are_eighths_and_quarters() -> None:
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
    faces = np.array([
        [0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
        [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3],
    ])  # fmt: skip
    assert solid_angles(solid(MeshArrays(corners, faces))) == pytest.approx(np.pi / 2.0)


def test_mean_curvature_of_a_sphere_is_one_over_its_radius() -> None:
    layer = measure_relief(solid(ball(0.5)), ORIGIN, 0.12, kind="curvature")
    assert layer.unit == "1/m"
    assert np.median(layer.values) == pytest.approx(2.0, rel=0.03)


def test_relief_is_the_mean_over_halved_radii_and_says_so() -> None:
    layer = measure_relief(solid(ball(1.0)), ORIGIN, 0.4, scales=3)
    expected = 0.5 + 3.0 / 16.0 * np.mean([0.4, 0.2, 0.1])
    assert np.median(layer.values) == pytest.approx(expected, abs=0.005)
    assert dict(layer.paradata.parameters)["radii"] == "400 mm, 200 mm, 100 mm"
    assert "Mara" in layer.paradata.source


def test_relief_tells_worn_letters_from_rough_stone() -> None:
    mesh, letters = inscription(size=(260, 90), spacing=5e-4)
    layer = measure_relief(solid(mesh), ORIGIN, 4e-3, scales=1)
    carved, stone = layer.values[letters > 0.8], layer.values[letters < 0.02]
    heights = mesh.vertices[:, 1]
    plain = abs(heights[letters > 0.8].mean() - heights[letters < 0.02].mean()) / heights.std()
    assert (stone.mean() - carved.mean()) / layer.values.std() > max(1.0, 4.0 * plain)


def test_progress_is_told_up_to_the_end() -> None:
    told: list[float] = []
    measure_relief(solid(ball(1.0, 3)), ORIGIN, 0.4, scales=2, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0


@pytest.mark.parametrize(
    ("radius", "wishes", "word"),
    [(1e-6, {}, "radius"), (np.nan, {}, "radius"), (0.2, {"kind": "sharp"}, "kind"),
     (0.2, {"scales": 0}, "scales")],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(
    radius: float, wishes: dict[str, object], word: str
) -> None:
    with pytest.raises(InputError, match=word) as caught:
        measure_relief(solid(ball(1.0, 3)), ORIGIN, radius, **wishes)  # type: ignore[arg-type]
    assert caught.value.hint


def test_vertices_without_triangles_and_without_numbers_have_no_value() -> None:
    made = ball(1.0, 3)
    vertices = np.concatenate([made.vertices, [[5.0, 5.0, 5.0], [np.nan, 0.0, 0.0]]])
    layer = measure_relief(solid(MeshArrays(vertices, made.faces)), ORIGIN, 0.4)
    assert np.isnan(layer.values[-2:]).all()
    assert np.isfinite(layer.values[:-2]).all()
