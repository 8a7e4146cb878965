"""A version is copied out decrypted, for any program, or sealed, for any verifier."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from museion_datasets.errors import ConflictError, IntegrityError, InvalidError, PolicyError
from museion_datasets.export import export_plain, export_sealed
from museion_datasets.library import Library
from museion_datasets.policy import DatasetPolicy
from museion_datasets.release.verify import verify_directory
from museion_datasets.sealing.entry import ObjectKind
from tests.support.datasets import (
    CANARY,
    PANEL,
    begin_panel,
    dataset_folder,
    flip_bit,
    make_cube,
    object_file,
)


@pytest.fixture
def panel(panel: Library) -> Library:
    with panel.draft(PANEL) as draft:
        draft.put_table("pigments", pd.DataFrame({"share": [0.5]}, index=["azurite"]))
        tree = xr.DataTree.from_dict({"/a": xr.Dataset({"v": ("x", [1.0, np.nan])})})
        draft.put_tree("survey", tree)
        draft.put_file("folder/größer 漢.bin", bytes(5_000_000))
    return panel


def test_plain_copy_opens_without_us(panel: Library, tmp_path: Path) -> None:
    out = tmp_path / "out"
    made = export_plain(panel.open(PANEL), out)
    cube = xr.open_zarr(out / "arrays/vnir", consolidated=False, zarr_format=3)
    np.testing.assert_array_equal(cube["reflectance"], make_cube())
    tree = xr.open_datatree(out / "trees/survey", engine="zarr", consolidated=False, chunks={})
    assert float(tree["a/v"][0]) == 1.0
    assert pd.read_parquet(out / "tables/pigments.parquet").loc["azurite", "share"] == 0.5
    assert (out / "files/notes.txt").read_bytes() == CANARY
    assert (out / "files/folder/größer 漢.bin").stat().st_size == 5_000_000
    assert made.files == len([path for path in out.rglob("*") if path.is_file()])
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("export", [export_plain, export_sealed])
def test_copy_leaves_for_no_country_that_the_policy_leaves_out(
    library: Library, tmp_path: Path, export: Callable[..., object]
) -> None:
    policy = DatasetPolicy("Museum", "CC-BY-4.0", storage_jurisdictions=("DE",))
    terms = {"title": "Panel", "kind": "cube", "synthetic": True, "policy": policy}
    with library.draft(PANEL, **terms) as draft:
        draft.put_file("notes.txt", CANARY)
    panel = library.open(PANEL)
    for elsewhere in ("", "US", "EU"):
        with pytest.raises(PolicyError, match="may be stored only in DE"):
            export(panel, tmp_path / "out", jurisdiction=elsewhere)
    assert not (tmp_path / "out").exists()
    export(panel, tmp_path / "out", jurisdiction="DE")
    assert (tmp_path / "out").is_dir()


def test_readme_says_rights_and_provenance_and_the_sums_hold(
    panel: Library, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    export_plain(panel.open(PANEL), out)
    readme = (out / "README.md").read_text()
    for said in ("# Painted panel", "CC BY 4.0", "creativecommons.org", "version 2", "by local"):
        assert said in readme
    assert json.loads((out / "museion.json").read_text())["head"]["version"] == 2
    lines = (out / "SHA256SUMS").read_text().splitlines()
    assert len(lines) == len([path for path in out.rglob("*") if path.is_file()]) - 1
    for line in lines:
        digest, _, name = line.partition("  ")
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == digest


def test_netcdf_copy_holds_arrays_and_trees(panel: Library, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export_plain(panel.open(PANEL), out, netcdf=True)
    with xr.open_dataset(out / "arrays/vnir.nc", engine="h5netcdf") as cube:
        np.testing.assert_array_equal(cube["reflectance"], make_cube())
        assert json.loads(cube.attrs["museion"])["version"] == 2
    with xr.open_datatree(out / "trees/survey.nc", engine="h5netcdf") as tree:
        assert np.isnan(tree["a/v"][1])
    assert not (out / "arrays/vnir").exists()


def test_sealed_copy_verifies_offline_without_keys_and_holds_no_plaintext(
    panel: Library, tmp_path: Path, home: Path
) -> None:
    panel.release(PANEL, 1, message="First")
    with panel.draft(PANEL) as draft:
        draft.put_file("later.txt", b"later")
    panel.release(PANEL)
    out = tmp_path / "out"
    export_sealed(panel.open(PANEL, 1), out)
    shutil.rmtree(home)
    report = verify_directory(out)
    assert (report.release.outline.release, report.release.outline.version) == (1, 1)
    assert not [p for p in out.rglob("*") if p.is_file() and CANARY in p.read_bytes()]


@pytest.mark.parametrize("copy", [export_plain, export_sealed])
def test_copy_goes_only_where_nothing_is(copy: object, panel: Library, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    copy(panel.open(PANEL), tmp_path / "empty")  # type: ignore[operator]
    for name in ("full", "link", "empty"):
        with pytest.raises(ConflictError, match="something here already"):
            copy(panel.open(PANEL), tmp_path / name)  # type: ignore[operator]
    assert (tmp_path / "full" / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize("copy", [export_plain, export_sealed])
def test_copy_of_a_damaged_version_leaves_nothing_that_looks_whole(
    copy: object, panel: Library, tmp_path: Path, home: Path
) -> None:
    dataset = panel.open(PANEL)
    entry = dataset.snapshot.require("files/notes.txt")
    path = object_file(dataset_folder(home, panel), entry.object_id)
    flip_bit(path, 90) if copy is export_plain else path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(IntegrityError):
        copy(panel.open(PANEL), tmp_path / "out" / "here")  # type: ignore[operator]
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize(
    "key", ["files/../../escape", "files//etc/x", "files/a\\..\\b", "files/.."]
)
def test_member_who_forges_names_does_not_write_outside_the_copy(
    key: str, library: Library, tmp_path: Path
) -> None:
    with begin_panel(library) as draft:
        staging = draft.store.require_staging()
        entry = staging._sealed.write(key, ObjectKind.FILE, b"x")
        staging._entries[key] = entry
        staging._written.add(entry.object_id)
    with pytest.raises(InvalidError):
        export_plain(library.open(PANEL), tmp_path / "deep" / "out")
    assert not list(tmp_path.rglob("escape"))


def test_items_that_would_be_one_file_are_said_plainly(library: Library, tmp_path: Path) -> None:
    with begin_panel(library) as draft:
        draft.put_file("a", b"file")
        draft.put_file("a/b", b"in a folder of its name")
    with pytest.raises(ConflictError, match="the same file"):
        export_plain(library.open(PANEL), tmp_path / "out")
