"""Whatever part of a scan is shown finer than the rest, it stays one measured surface."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from museion.scans.levels import choose_groups, read_cut
from museion_datasets.ingest.scans.error import closest_on_triangles
from museion_datasets.ingest.scans.format import MEASURED, decode_ids
from museion_datasets.ingest.scans.wasm import thread_meshopt
from tests.support.scans import BuiltScan, build, open_edges, open_sheet, rough_ring

SLOW = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def ring() -> BuiltScan:
    return build(rough_ring())


@pytest.fixture(scope="module")
def sheet() -> BuiltScan:
    return build(open_sheet())


def draw_cut(scan: BuiltScan, choices: list[bool]) -> set[int]:
    expanded = {0}
    for group, users in enumerate(scan.users()):
        if group > 0 and users <= expanded and choices[group % len(choices)]:
            expanded.add(group)
    return expanded


cuts = st.lists(st.booleans(), min_size=7, max_size=61)


@SLOW
@given(choices=cuts)
def test_every_cut_of_a_closed_mesh_is_watertight(ring: BuiltScan, choices: list[bool]) -> None:
    triangles = ring.visible_triangles(draw_cut(ring, choices))
    assert len(open_edges(triangles)) == 0


@SLOW
@given(choices=cuts)
def test_cuts_of_an_open_mesh_are_open_only_at_its_rim(
    sheet: BuiltScan, choices: list[bool]
) -> None:
    triangles = sheet.visible_triangles(draw_cut(sheet, choices))
    keys = np.unique(triangles)
    x, y = keys >> 42, (keys >> 21) & (2**21 - 1)
    rim = (x == x.min()) | (x == x.max()) | (y == y.min()) | (y == y.max())
    loose = open_edges(triangles)
    assert len(loose) > 0
    assert rim[loose].all()


@pytest.mark.parametrize("error", ["distance", "appearance"])
def test_errors_never_grow_towards_finer_levels(ring: BuiltScan, error: str) -> None:
    for group, users in enumerate(ring.users()):
        for user in users:
            assert ring.head.groups[user][error] >= ring.head.groups[group][error]


def test_spheres_contain_the_spheres_of_everything_finer(ring: BuiltScan) -> None:
    groups = ring.head.groups
    for group, users in enumerate(ring.users()):
        for user in users - {0}:
            apart = np.linalg.norm(groups[user]["center"] - groups[group]["center"])
            assert apart + groups[group]["radius"] <= groups[user]["radius"] * (1 + 1e-5)


def test_spheres_of_clusters_contain_their_points(ring: BuiltScan) -> None:
    shown = [cluster for page in ring.pages for cluster in page]
    for row, cluster in zip(ring.head.clusters, shown, strict=True):
        away = np.linalg.norm(cluster.points.astype(float) - row["center"], axis=1)
        assert away.max() <= row["radius"] * (1 + 1e-5)


def test_fully_expanded_scan_has_every_measured_triangle(ring: BuiltScan) -> None:
    triangles = ring.visible_triangles(set(range(len(ring.head.groups))))
    assert len(triangles) == ring.head.triangle_count
    assert len(np.unique(triangles)) == ring.head.vertex_count


def test_levels_shrink_down_to_one_page(ring: BuiltScan) -> None:
    assert ring.head.clusters[: len(ring.pages[0])]["triangles"].sum() < 500
    assert (ring.head.clusters["made_from"] == MEASURED).sum() >= 40


def test_each_shown_vertex_is_the_measured_vertex_its_id_names(ring: BuiltScan) -> None:
    mesh, grid = rough_ring(), ring.head.grid
    for group, page in enumerate(ring.pages):
        ids = decode_ids(ring.objects[f"ids/{group}"], thread_meshopt())
        for cluster, own in zip(page, ids, strict=True):
            off = np.abs(grid.positions(cluster.points) - mesh.vertices[own])
            assert off.max() <= grid.step * 0.5001
            assert (mesh.colors[own] == cluster.colors).all()


@settings(SLOW, max_examples=12)
@given(budget=st.integers(500, 12_000))
def test_chosen_level_keeps_to_its_budget_and_states_its_error(
    ring: BuiltScan, budget: int
) -> None:
    cut = read_cut(ring.head, choose_groups(ring.head, budget), ring.read)
    assert len(cut.faces) <= max(budget, ring.head.clusters[0]["triangles"])
    assert (np.unique(cut.faces) == np.arange(len(cut.vertices))).all()
    assert (cut.error_m > 0) == (len(cut.faces) < ring.head.triangle_count)


def test_stated_error_bounds_the_distance_of_measured_vertices(ring: BuiltScan) -> None:
    mesh = rough_ring()
    cut = read_cut(ring.head, choose_groups(ring.head, 3_000), ring.read)
    corners = cut.vertices[cut.faces]
    sample = mesh.vertices[:: max(1, len(mesh.vertices) // 300)]
    nearest = [float(closest_on_triangles(point[None, :], corners)[1].min()) for point in sample]
    assert np.sqrt(max(nearest)) <= cut.error_m * 1.05
