"""Clouds of points as the reference software wrote them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.form import ArrayForm
from museion_datasets.ingest.readers import find_reader
from museion_datasets.ingest.scans.reader import ScanReader
from museion_datasets.ingest.scans.terms import ScanTerms, UpAxis
from tests.support.scan_files import e57_file, las_file, ply_file
from tests.support.scans import MeshArrays

CORNER = np.array([2_600_010.0, 1_200_020.0, 430.0])
POINTS = CORNER + np.random.default_rng(1).uniform(0, 5, (400, 3)).round(4)
SYSTEM = 'PROJCS["CH1903+ / LV95",GEOGCS["g",UNIT["degree",0.0174]],UNIT["metre",1]]'


def opened(path: Path, terms: ScanTerms) -> tuple[tuple[ArrayForm, ...], tuple[str, ...]]:
    found = find_reader(path)
    assert isinstance(found, ScanReader)
    reader = ScanReader(found.name, found.endings, found.magic, terms)
    with reader.open(path) as reading:
        forms = tuple(form for form in reading.forms if isinstance(form, ArrayForm))
        assert len(forms) == len(reading.forms)
        return forms, reading.notes


def values(form: ArrayForm, name: str) -> NDArray[Any]:
    variable = form.variables[name]
    raw = variable.read((slice(0, variable.values.shape[0]),))
    scale, offset = variable.attrs.get("scale_factor", 1.0), variable.attrs.get("add_offset", 0.0)
    return raw * scale + offset


def first_values(path: Path) -> NDArray[Any]:
    forms, _ = opened(path, ScanTerms(unit="m"))
    return values(forms[0], "x")


@pytest.mark.parametrize("ending", ["las", "laz"])
def test_las_keeps_its_integers_and_says_unit_and_system(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"trench.{ending}"
    path.write_bytes(las_file(POINTS, is_packed=ending == "laz", wkt=SYSTEM))
    (form,), notes = opened(path, ScanTerms())
    assert form.variables["x"].values.dtype == np.int32
    found = np.stack([values(form, name) for name in "xyz"], axis=1)
    assert np.abs(found - POINTS).max() < 1e-8
    assert values(form, "intensity").tolist() == list(range(400))
    assert form.frame.attrs["frame"] == "CH1903+ / LV95"
    assert notes[1] == "Unit of length: m, as the file says"
    part = form.variables["red"].read((slice(250, 260),))
    assert part.tolist() == list(range(250, 256)) + list(range(4))


def test_las_in_feet_with_y_up_becomes_metres_with_z_up(tmp_path: Path) -> None:
    path = tmp_path / "trench.las"
    path.write_bytes(las_file(POINTS))
    with pytest.raises(InvalidError, match="says no unit of length"):
        opened(path, ScanTerms())
    (form,), _ = opened(path, ScanTerms(unit="ft", up=UpAxis.Y))
    x, y, z = POINTS.T * 0.3048
    found = [values(form, name) for name in "xyz"]
    assert np.allclose(found, [x, -z, y], rtol=0, atol=1e-8)


def test_e57_places_each_scan_by_its_pose(tmp_path: Path) -> None:
    near = POINTS - CORNER
    moved = np.array([10.0, 20.0, 30.0])
    path = e57_file(tmp_path / "nave.e57", [near, near[:50] * 2.0], moved=moved)
    forms, notes = opened(path, ScanTerms(noise_m=0.002))
    assert [form.suffix for form in forms] == ["scan-1", "scan-2"]
    x, y, z = near.T
    found = np.stack([values(forms[0], name) for name in "xyz"], axis=1)
    assert np.allclose(found, np.stack([-y, x, z], axis=1) + moved, rtol=0, atol=1e-6)
    assert values(forms[1], "intensity").tolist() == list(range(50))
    assert notes[0] == "Cloud of 450 points in 2 scans"
    assert forms[0].frame.attrs["noise_m"] == 0.002


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
    (form,), _ = opened(path, ScanTerms(unit="mm"))
    assert np.allclose(values(form, "z"), near[:, 2] / 1000.0, rtol=0, atol=1e-15)
    assert form.variables["quality"].values.dtype == np.uint16
