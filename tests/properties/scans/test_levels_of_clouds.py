"""Whatever part of a cloud is shown finer than the rest, each point is a measured one, once."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.spatial import cKDTree

from museion.scans.levels import choose_groups, read_cut
from museion_datasets.errors import InvalidError
from museion_datasets.ingest.scans.format import MEASURED, decode_ids
from museion_datasets.ingest.scans.mesh import MeshArrays
from museion_datasets.ingest.scans.wasm import thread_meshopt
from tests.support.point_clouds import NO_FACES, ring_cloud, shown_points, with_normals
from tests.support.scans import Array, BuiltScan, build

SLOW = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
CLOUD = ring_cloud()
cuts = st.lists(st.booleans(), min_size=7, max_size=61)


@pytest.fixture(scope="module")
def scan() -> BuiltScan:
    return build(CLOUD)


@pytest.fixture(scope="module")
def ids(scan: BuiltScan) -> list[list[Array]]:
    return ids_of(scan)


def ids_of(scan: BuiltScan) -> list[list[Array]]:
    pages = range(len(scan.head.groups))
    return [decode_ids(scan.read(f"ids/{page}"), thread_meshopt()) for page in pages]


def draw_cut(scan: BuiltScan, choices: list[bool]) -> set[int]:
    expanded = {0}
    for group, users in enumerate(scan.users()):
        if group > 0 and users <= expanded and choices[group % len(choices)]:
            expanded.add(group)
    return expanded


@SLOW
@given(choices=cuts)
def test_every_cut_shows_each_point_at_most_once_and_where_it_was_measured(
    scan: BuiltScan, ids: list[list[Array]], choices: list[bool]
) -> None:
    shown = shown_points(scan, ids, draw_cut(scan, choices))
    assert len(np.unique(shown.ids)) == len(shown.ids)
    off = np.abs(scan.head.grid.positions(shown.points) - CLOUD.vertices[shown.ids])
    assert off.max() <= scan.head.grid.step * 0.5001


@SLOW
@given(choices=cuts)
def test_no_measured_point_is_farther_from_a_shown_one_than_the_cut_states(
    scan: BuiltScan, ids: list[list[Array]], choices: list[bool]
) -> None:
    expanded = draw_cut(scan, choices)
    shown = shown_points(scan, ids, expanded)
    hidden = [group for group in range(len(scan.head.groups)) if group not in expanded]
    stated = float(scan.head.groups["distance"][hidden].max(initial=0.0))
    grid = scan.head.grid
    measured = np.rint((CLOUD.vertices - grid.origin) / grid.step)
    away, _ = cKDTree(shown.points.astype(float)).query(measured)
    assert away.max() <= stated * (1 + 1e-6)


def test_the_finest_level_is_all_measured_points(scan: BuiltScan, ids: list[list[Array]]) -> None:
    shown = shown_points(scan, ids, set(range(len(scan.head.groups))))
    assert (np.sort(shown.ids) == np.arange(len(CLOUD.vertices))).all()
    assert (scan.head.vertex_count, scan.head.triangle_count) == (len(CLOUD.vertices), 0)
    assert (scan.head.is_cloud, scan.head.has_normals, scan.head.has_colors) == (True, False, True)


def test_a_stated_error_is_no_larger_than_a_dropped_point_is_away(scan: BuiltScan) -> None:
    """Of the finest groups, all of whose points are known: the error is measured, no bound."""
    for group, row in enumerate(scan.head.groups[1:], 1):
        clusters = range(int(row["first_cluster"]), int(row["first_cluster"] + row["clusters"]))
        if any(scan.head.clusters[one]["made_from"] != MEASURED for one in clusters):
            continue
        own = np.concatenate([cluster.points for cluster in scan.pages[group]]).astype(float)
        made = np.flatnonzero(scan.head.clusters["made_from"] == group)
        page_of = np.repeat(np.arange(len(scan.head.groups)), scan.head.groups["clusters"])
        kept = np.concatenate([
            scan.pages[page_of[one]][one - scan.head.groups[page_of[one]]["first_cluster"]].points
            for one in made
        ])
        away, _ = cKDTree(kept.astype(float)).query(own)
        assert row["distance"] == pytest.approx(away.max(), rel=1e-5)


@pytest.mark.parametrize("error", ["distance", "appearance"])
def test_errors_never_grow_towards_finer_levels(scan: BuiltScan, error: str) -> None:
    for group, users in enumerate(scan.users()):
        for user in users:
            assert scan.head.groups[user][error] >= scan.head.groups[group][error]


def test_spheres_contain_what_is_finer_and_their_points(scan: BuiltScan) -> None:
    groups = scan.head.groups
    for group, users in enumerate(scan.users()):
        for user in users - {0}:
            apart = np.linalg.norm(groups[user]["center"] - groups[group]["center"])
            assert apart + groups[group]["radius"] <= groups[user]["radius"] * (1 + 1e-5)
    shown = [cluster for page in scan.pages for cluster in page]
    for row, cluster in zip(scan.head.clusters, shown, strict=True):
        away = np.linalg.norm(cluster.points.astype(float) - row["center"], axis=1)
        assert away.max() <= row["radius"] * (1 + 1e-5)


def test_levels_halve_down_to_one_page(scan: BuiltScan) -> None:
    assert scan.head.clusters[: len(scan.pages[0])]["vertices"].sum() < 500
    assert (scan.head.clusters["made_from"] == MEASURED).sum() >= 20


@settings(SLOW, max_examples=12)
@given(budget=st.integers(300, 6_000))
def test_chosen_level_keeps_to_its_budget_and_states_its_error(
    scan: BuiltScan, budget: int
) -> None:
    cut = read_cut(scan.head, choose_groups(scan.head, budget), scan.read)
    assert cut.size <= max(budget, scan.head.clusters[0]["vertices"])
    assert (cut.error_m > 0) == (cut.size < len(CLOUD.vertices))
    assert CLOUD.colors is not None
    assert cut.colors is not None
    assert (cut.colors == CLOUD.colors[cut.ids]).all()
    assert (cut.normals is None, len(cut.faces)) == (True, 0)


def test_measured_normals_are_kept_and_others_point_up() -> None:
    cloud = with_normals(CLOUD)
    scan = build(cloud)
    ids = ids_of(scan)
    assert scan.head.has_normals
    assert cloud.normals is not None
    for page, own in zip(scan.pages, ids, strict=True):
        for cluster, rows in zip(page, own, strict=True):
            assert cluster.normals is not None
            wanted = cloud.normals[rows] + np.where(rows == 7, 1.0, 0.0)[:, None] * [0, 0, 1]
            wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
            assert (cluster.normals * wanted).sum(axis=1).min() > 0.99


@settings(max_examples=30, deadline=None)
@given(
    points=arrays.arrays(
        np.float64,
        st.tuples(st.integers(1, 60), st.just(3)),
        elements=st.sampled_from([0.0, 1.0, 0.5, -3.0, 1e-9, 2.6e6]),
    )
)
def test_any_points_make_a_whole_cloud_or_are_refused(points: Array) -> None:
    """Points in one place, on a line, doubled: none is lost, or the cloud is refused."""
    mesh = MeshArrays(points, NO_FACES)
    if np.ptp(points, axis=0).max() == 0.0:
        with pytest.raises(InvalidError, match="one place"):
            build(mesh, cluster_triangles=7)
        return
    scan = build(mesh, cluster_triangles=7)
    shown = shown_points(scan, ids_of(scan), set(range(len(scan.head.groups))))
    assert (np.sort(shown.ids) == np.arange(len(points))).all()
