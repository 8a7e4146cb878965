"""Clouds of points as the reference software wrote them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.form import ArrayForm, CloudForm, ScanForm
from museion_datasets.ingest.readers import find_reader
from museion_datasets.ingest.scans import cloud as clouds
from museion_datasets.ingest.scans.reader import ScanReader
from museion_datasets.ingest.scans.scan import ScanInfo, put_scan
from museion_datasets.ingest.scans.terms import ColorUse, ScanTerms, UpAxis
from tests.support.point_clouds import NO_FACES
from tests.support.scan_files import e57_file, las_file, ply_file
from tests.support.scans import MeshArrays

CORNER = np.array([2_600_010.0, 1_200_020.0, 430.0])
POINTS = CORNER + np.random.default_rng(1).uniform(0, 5, (400, 3)).round(4)
SYSTEM = 'PROJCS["CH1903+ / LV95",GEOGCS["g",UNIT["degree",0.0174]],UNIT["metre",1]]'


def opened(path: Path, terms: ScanTerms) -> tuple[tuple[ScanForm, ...], tuple[str, ...]]:
    found = find_reader(path)
    assert isinstance(found, ScanReader)
    reader = ScanReader(found.name, found.endings, found.magic, terms)
    with reader.open(path) as reading:
        forms = [form.read() if isinstance(form, CloudForm) else form for form in reading.forms]
        scans = tuple(form for form in forms if isinstance(form, ScanForm))
        assert len(scans) == len(forms)
        return scans, reading.notes


def first_values(path: Path) -> NDArray[Any]:
    forms, _ = opened(path, ScanTerms(unit="m"))
    return forms[0].mesh.vertices


@pytest.mark.parametrize("ending", ["las", "laz"])
def test_las_says_unit_and_system_and_keeps_each_field(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"trench.{ending}"
    path.write_bytes(las_file(POINTS, is_packed=ending == "laz", wkt=SYSTEM))
    (form,), notes = opened(path, ScanTerms())
    assert np.abs(form.mesh.vertices - POINTS).max() < 1e-8
    assert form.mesh.layers["intensity"].dtype == np.uint16
    assert form.mesh.layers["intensity"].tolist() == list(range(400))
    assert (form.info.title, form.info.source) == ("trench", path.name)
    assert form.info.about["frame"] == "CH1903+ / LV95"
    assert notes[1] == "Unit of length: m, as the file says"
    assert form.mesh.colors is not None
    assert form.mesh.colors[250:260, 0].tolist() == list(range(250, 256)) + list(range(4))
    assert "red" not in form.mesh.layers  # nothing but the 8 bits of the colour


def test_colours_of_16_bits_are_shown_with_8_and_kept_whole() -> None:
    wide = np.array([0, 256, 65_535], np.uint16)
    columns = {name: np.arange(3.0) for name in "xyz"} | dict.fromkeys(
        ("red", "green", "blue"), wide
    )
    mesh = clouds.cloud_mesh(columns, {}, ScanTerms())
    assert mesh.colors is not None
    assert mesh.colors[:, 0].tolist() == [0, 1, 255]
    assert (mesh.layers["red"] == wide).all()
    hidden = clouds.cloud_mesh(columns, {}, ScanTerms(colors=ColorUse.HIDE))
    assert hidden.colors is None
    assert (hidden.layers["green"] == wide).all()


def test_las_in_feet_with_y_up_becomes_metres_with_z_up(tmp_path: Path) -> None:
    path = tmp_path / "trench.las"
    path.write_bytes(las_file(POINTS))
    with pytest.raises(InvalidError, match="says no unit of length"):
        opened(path, ScanTerms())
    (form,), _ = opened(path, ScanTerms(unit="ft", up=UpAxis.Y))
    x, y, z = POINTS.T * 0.3048
    assert np.allclose(form.mesh.vertices.T, [x, -z, y], rtol=0, atol=1e-8)


def test_e57_places_each_scan_by_its_pose(tmp_path: Path) -> None:
    near = POINTS - CORNER
    moved = np.array([10.0, 20.0, 30.0])
    path = e57_file(tmp_path / "nave.e57", [near, near[:50] * 2.0], moved=moved)
    forms, notes = opened(path, ScanTerms(noise_m=0.002))
    assert [form.suffix for form in forms] == ["scan-1", "scan-2"]
    assert len({form.info.title for form in forms}) == 2
    x, y, z = near.T
    placed = np.stack([-y, x, z], axis=1) + moved
    assert np.allclose(forms[0].mesh.vertices, placed, rtol=0, atol=1e-6)
    assert forms[1].mesh.layers["intensity"].tolist() == list(range(50))
    assert notes[0] == "Cloud of 450 points in 2 scans"
    assert (forms[0].info.noise_m, forms[0].info.step_m) == (0.002, pytest.approx(0.0002))


def test_a_cloud_too_large_to_be_shown_is_an_array_of_its_integers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clouds, "MAX_POINTS", 399)
    path = tmp_path / "trench.laz"
    path.write_bytes(las_file(POINTS, is_packed=True, wkt=SYSTEM))
    found = find_reader(path)
    with found.open(path) as reading:
        (form,) = reading.forms
        assert isinstance(form, ArrayForm)
        x = form.variables["x"]
        raw = x.read((slice(250, 260),))
    assert raw.dtype == np.int32
    assert np.allclose(raw * x.attrs["scale_factor"] + x.attrs["add_offset"], POINTS[250:260, 0])
    assert form.frame.attrs["frame"] == "CH1903+ / LV95"


@pytest.mark.parametrize("ending", ["las", "laz", "e57"])
def test_clouds_cut_short_are_refused_and_stay_where_they_are(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"cloud.{ending}"
    if ending == "e57":
        e57_file(path, [POINTS - CORNER])
    else:
        path.write_bytes(las_file(POINTS, is_packed=ending == "laz"))
    data = path.read_bytes()
    for length in (len(data) // 2, 300, 20):
        path.write_bytes(data[:length])
        with pytest.raises(InvalidError) as caught:
            first_values(path)
        assert caught.value.hint.endswith(".")
        assert path.read_bytes() == data[:length]


def test_a_promise_of_a_thousand_million_points_is_refused(tmp_path: Path) -> None:
    data = bytearray(las_file(POINTS))
    data[247:255] = (10**9).to_bytes(8, "little")
    path = tmp_path / "cloud.las"
    path.write_bytes(data)
    with pytest.raises(InvalidError, match="1,000,000,000 points"):
        opened(path, ScanTerms(unit="m"))


def test_ply_without_faces_is_a_cloud(tmp_path: Path) -> None:
    path = tmp_path / "points.ply"
    near, layer = POINTS - CORNER, np.arange(400, dtype=np.uint16)
    cloud = MeshArrays(near, np.empty((0, 3), np.int64))
    path.write_bytes(ply_file(cloud, order=">", layer=layer))
    (form,), notes = opened(path, ScanTerms(unit="mm"))
    assert np.allclose(form.mesh.vertices, near / 1000.0, rtol=0, atol=1e-15)
    assert form.mesh.layers["quality"].dtype == np.uint16
    assert form.info.about["geometry"] == {"points": 400, "not_finite": 0}
    assert notes[0] == "Cloud of 400 points"


@pytest.mark.parametrize(
    ("points", "message"),
    [([[1.0, 2.0, 3.0]] * 4, "lie in one place"), ([[np.nan] * 3], "position that is a number")],
    ids=["one place", "no number"],
)
def test_a_cloud_that_no_picture_can_be_made_of_is_refused(
    points: list[list[float]], message: str
) -> None:
    draft: dict[str, bytes] = {}

    class Draft:
        write_bytes = put_file = draft.__setitem__

    with pytest.raises(InvalidError, match=message) as caught:
        put_scan(Draft(), "cloud", MeshArrays(np.array(points), NO_FACES), ScanInfo("Cloud"))
    assert caught.value.hint.endswith(".")
    assert draft == {}
