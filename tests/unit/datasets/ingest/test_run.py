"""An ingest happens once, whole, or not at all."""

import errno
import os
from collections.abc import Buffer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from museion_datasets.arrays.layout import Layout
from museion_datasets.cube import Cube
from museion_datasets.errors import ConflictError, InvalidError, StorageFullError, UnavailableError
from museion_datasets.halving import halve
from museion_datasets.ingest import run
from museion_datasets.ingest.form import Region, Variable
from museion_datasets.ingest.journal import Journal
from museion_datasets.ingest.progress import NotebookBar, TextBar, bar_html
from museion_datasets.ingest.run import ingest
from museion_datasets.ingest.write import cut_blocks
from museion_datasets.library import Library
from tests.support.ingest import ABOUT, PATH, bring, make_cube, opened, write_envi


def test_same_source_again_makes_no_version(library: Library, tmp_path: Path) -> None:
    header = write_envi(tmp_path / "in", make_cube())
    assert bring(library, header).is_new_version
    again = bring(library, header)
    assert not again.is_new_version
    assert "holds this already" in str(again)
    assert opened(library).version == 1


def test_copy_elsewhere_with_another_date_is_the_same(library: Library, tmp_path: Path) -> None:
    bring(library, write_envi(tmp_path / "in", make_cube()))
    assert not bring(library, write_envi(tmp_path / "copy", make_cube())).is_new_version


def test_changed_source_makes_a_version_and_replaces_all_of_the_item(
    library: Library, tmp_path: Path
) -> None:
    bring(library, write_envi(tmp_path / "in", make_cube()))
    report = bring(library, write_envi(tmp_path / "in", make_cube(9, 5, 3)))
    assert report.version == 2
    assert opened(library)["panel"].to_xarray()["values"].shape == (9, 5, 3)
    assert library.open(PATH, 1)["panel"].to_xarray()["values"].shape == (7, 5, 4)


def test_second_source_leaves_the_first_as_it_is(library: Library, tmp_path: Path) -> None:
    bring(library, write_envi(tmp_path / "in", make_cube()))
    before = set(opened(library).keys("arrays/"))
    header = write_envi(tmp_path / "in", make_cube(3, 3, 3), name="swir")
    report = bring(library, [tmp_path / "in/panel.hdr", header])
    assert [item.is_unchanged for item in report.items] == [True, False]
    assert before < set(opened(library).keys("arrays/"))


def test_two_sources_of_one_name_need_names(library: Library, tmp_path: Path) -> None:
    first = write_envi(tmp_path / "a", make_cube())
    second = write_envi(tmp_path / "b", make_cube(3, 3, 3))
    with pytest.raises(InvalidError, match="the same item: panel"):
        bring(library, [first, second])
    bring(library, {"vnir": first, "swir": second})
    assert {"vnir", "swir"} <= set(opened(library))


def test_refused_source_leaves_the_last_version_and_no_object(
    library: Library, home: Path, tmp_path: Path
) -> None:
    header = write_envi(tmp_path / "in", make_cube())
    bring(library, header)
    before = sorted(path for path in (home / "storage").rglob("*") if path.is_file())
    header.with_suffix(".dat").write_bytes(b"cut")
    with pytest.raises(InvalidError, match="shorter"):
        bring(library, header)
    assert sorted(path for path in (home / "storage").rglob("*") if path.is_file()) == before
    assert opened(library).version == 1


def test_full_disk_leaves_the_last_version_and_no_object(
    library: Library, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(library, write_envi(tmp_path / "in", make_cube()))
    before = sorted(path for path in (home / "storage").rglob("*") if path.is_file())
    write, calls = os.write, []

    def full(descriptor: int, data: Buffer) -> int:
        calls.append(descriptor)
        if len(calls) > 6:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data)

    header = write_envi(tmp_path / "in", make_cube(9, 9, 3))
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(StorageFullError, match="hint: "):
            bring(library, header)
    assert sorted(path for path in (home / "storage").rglob("*") if path.is_file()) == before
    assert opened(library).version == 1
    assert bring(library, header).version == 2


def test_source_that_changes_meanwhile_is_refused(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = write_envi(tmp_path / "in", make_cube())
    read = Variable.read

    def read_and_touch(self: Variable, region: Region) -> NDArray[Any]:
        os.utime(header.with_suffix(".dat"), ns=(1, 1))
        return read(self, region)

    monkeypatch.setattr(Variable, "read", read_and_touch)
    with pytest.raises(InvalidError, match="changed while it was read"):
        bring(library, header)
    assert library.datasets() == []


@pytest.mark.parametrize("error", [KeyboardInterrupt(), UnavailableError("away", hint="wait")])
def test_interrupted_ingest_goes_on_where_it_stood(
    library: Library,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
) -> None:
    monkeypatch.setattr("museion_datasets.ingest.journal._FLUSH_PARTS", 1)
    header = write_envi(tmp_path / "in", make_cube())

    def fail(*_: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(Variable, "read", fail)
        with pytest.raises(type(error)):
            bring(library, header)
    report = bring(library, header)
    assert report.resumed_parts == 3  # two originals and the array's metadata
    assert np.array_equal(opened(library)["panel"].to_xarray()["values"], make_cube())
    assert {"zarr.json", "arrays/zarr.json"} <= set(opened(library).keys())
    assert opened(library).verify(level=2).objects
    assert library.orphans(PATH, older_than_s=0) == []


def test_damaged_part_of_an_interrupted_run_is_done_again(
    library: Library, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("museion_datasets.ingest.journal._FLUSH_PARTS", 1)
    header = write_envi(tmp_path / "in", make_cube(70, 50, 40))

    with monkeypatch.context() as patch:
        patch.setattr(Variable, "read", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            bring(library, header)
    files = (path for path in (home / "storage").rglob("*") if path.is_file())
    largest = max(files, key=lambda path: path.stat().st_size)
    largest.write_bytes(largest.read_bytes()[:-16] + bytes(16))
    assert bring(library, header).resumed_parts == 2
    kept = opened(library)["originals/panel/panel.dat"].read_bytes()
    assert kept == header.with_suffix(".dat").read_bytes()


@pytest.mark.parametrize("damage", [b"not json\n", b"{}\n", b'{"torn', b"\xff\xfe\n", b"[]\n"])
def test_damaged_journal_means_starting_anew(
    library: Library, tmp_path: Path, cache: Path, damage: bytes
) -> None:
    header = write_envi(tmp_path / "in", make_cube())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Variable, "read", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            bring(library, header)
    (journal,) = (cache / "museion/ingest").iterdir()
    assert b"panel" not in journal.read_bytes()  # no name leaves the dataset
    journal.write_bytes(damage)
    assert bring(library, header).resumed_parts == 0
    assert np.array_equal(opened(library)["panel"].to_xarray()["values"], make_cube())


def test_same_ingest_does_not_run_twice_at_once(library: Library, tmp_path: Path) -> None:
    header = write_envi(tmp_path / "in", make_cube())
    planned = run._plan(header)
    meter = run.Meter(run.silent, 1)
    wanted = [run._check(source, run.Options(), meter) for source in planned]
    with (
        Journal(run._journal_file(PATH, wanted)),
        pytest.raises(ConflictError, match="under way in another process"),
    ):
        bring(library, header)


def test_home_that_cannot_be_written_costs_only_the_journal(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    report = bring(library, write_envi(tmp_path / "in", make_cube()))
    assert report.is_new_version
    assert not report.is_resumable


def test_unknown_format_is_refused_with_a_way_out(library: Library, tmp_path: Path) -> None:
    (tmp_path / "thing.xyzzy").write_bytes(b"who knows")
    with pytest.raises(InvalidError, match="Not a format that is known") as caught:
        bring(library, tmp_path / "thing.xyzzy")
    assert "folder" in caught.value.hint


def test_empty_file_and_link_are_refused(library: Library, tmp_path: Path) -> None:
    (tmp_path / "empty.csv").touch()
    (tmp_path / "link.csv").symlink_to("/etc/passwd")
    with pytest.raises(InvalidError, match="The file is empty"):
        bring(library, tmp_path / "empty.csv")
    with pytest.raises(InvalidError, match="Not an ordinary file"):
        bring(library, tmp_path / "link.csv")


def test_progress_rises_to_exactly_the_total(library: Library, tmp_path: Path) -> None:
    told: list[tuple[int, int, str]] = []
    header = write_envi(tmp_path / "in", make_cube())

    def note(done: int, total: int, what: str, /) -> None:
        told.append((done, total, what))

    ingest(library, PATH, header, progress=note, **ABOUT)
    done = [each[0] for each in told]
    assert done == sorted(done)
    assert told[-1][0] == told[-1][1] == told[0][1]


def test_bars_show_how_far_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    bar = TextBar()
    for done in range(0, 101, 10):
        bar(done, 100, "writing <panel>")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 11
    assert lines[-1].startswith("[##############################] 100 %")
    assert 'value="50"' in bar_html(50, 100, "writing <panel>")
    assert "&lt;panel&gt;" in bar_html(50, 100, "writing <panel>")
    NotebookBar()(1, 2, "writing")
    assert "HTML" in capsys.readouterr().out


def test_pyramid_halves_what_was_measured(library: Library, tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    cube = rng.integers(1, 9000, (259, 515, 3), np.uint16)
    cube[:50, :60] = 0
    more = {"data ignore value": "0", "reflectance scale factor": "10000"}
    bring(library, write_envi(tmp_path / "in", cube, more=more))
    dataset = opened(library)
    view = Cube(dataset.store, "panel", title="", synthetic=True)
    assert [(level.width, level.height) for level in view.info.levels][1:] == [
        (258, 130),
        (129, 65),
    ]
    found = view.window(1, slice(30, 40), slice(100, 120), [2])[..., 0]
    window = cube[60:80, 200:240, 2].astype(float).reshape(10, 2, 20, 2).mean((1, 3)) / 1e4
    assert found == pytest.approx(window, abs=1e-4)
    assert np.isnan(view.window(1, slice(0, 20), slice(0, 20), [0])).all()
    assert "pyramid" in dataset.read_bytes("ingest/panel.json").decode()


def test_mean_of_a_window_counts_only_what_is_there() -> None:
    pixels = np.array([[[1], [3], [9]], [[5], [0], [0]]], np.uint16)
    assert halve(pixels, 0).tolist() == [[[3], [9]]]
    assert halve(pixels, None).tolist() == [[[2], [4]]]
    floats = np.array([[[np.nan], [np.nan]], [[np.nan], [np.nan]]], np.float32)
    assert np.isnan(halve(floats, None)).all()


def test_blocks_are_whole_objects_and_cover_everything_once() -> None:
    seen = np.zeros((100, 90, 5), int)
    for block in cut_blocks(seen.shape, Layout((4, 4, 5), (16, 32, 5)), 1 << 20):
        seen[block] += 1
        assert all(part.start % step == 0 for part, step in zip(block, (16, 32, 5), strict=True))
    assert (seen == 1).all()


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
