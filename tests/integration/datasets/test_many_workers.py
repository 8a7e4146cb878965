"""Many Dask workers write one draft; the notebook commits once and sees no values."""

import dataclasses
import os
import pickle
import signal
from collections.abc import Iterator
from pathlib import Path

import dask
import dask.array as da
import numpy as np
import pytest
import xarray as xr
from distributed import Client, LocalCluster

from museion_datasets import Library
from museion_datasets.arrays.regions import RegionWriter
from museion_datasets.draft import Draft
from museion_datasets.errors import ConflictError, InvalidError
from museion_datasets.ingest.cube import put_cube
from museion_datasets.objects import LocalObjects
from tests.support.datasets import PANEL, begin_panel, make_cube, make_library, read_keys

CHUNKS = "arrays/vnir/reflectance/c/"
pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("workers")
    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            local_directory=str(folder),
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return make_library(tmp_path / "home")


def lazy_cube(size: int = 96) -> xr.DataArray:
    values = (da.arange(size * size * 8, chunks=size * 8 * 10) % 60_000).astype("uint16")
    return xr.DataArray(
        values.reshape(size, size, 8),
        dims=("y", "x", "wavelength"),
        coords={"wavelength": ("wavelength", 400.0 + 10 * np.arange(8), {"units": "nm"})},
        name="reflectance",
        attrs={"unit": "1"},
    )


def test_workers_write_and_the_notebook_writes_no_value(
    client: Client, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    own: list[str] = []
    write = LocalObjects.write

    def count(self: LocalObjects, name: str, pieces: object) -> None:
        own.append(name)
        write(self, name, pieces)  # type: ignore[arg-type]

    monkeypatch.setattr(LocalObjects, "write", count)
    cube = lazy_cube()
    with begin_panel(library) as draft:
        draft.put_array("vnir", cube, chunks={"y": 16, "x": 16}, shards={"y": 32, "x": 32})
        chunks = [entry.key for entry in draft.store.require_staging().entries_under(CHUNKS)]
        staging = draft.store.require_staging()
        assert len(chunks) == 9
        assert not {staging.find(key).object_id for key in chunks} & set(own)  # type: ignore[union-attr]
    back = library.open(PANEL)["vnir"].to_xarray()
    back.attrs.pop("museion")
    xr.testing.assert_identical(back.load(), cube.compute())
    assert library.open(PANEL).verify(level=2).objects
    assert library.orphans(PANEL, older_than_s=0) == []
    assert client.status == "running"


@pytest.mark.usefixtures("client")
def test_strings_dates_and_missing_values_arrive_from_workers_as_from_threads(
    library: Library,
) -> None:
    several = xr.Dataset({
        "name": ("y", np.array([f"sample {number}" for number in range(40)])),
        "when": ("y", np.datetime64("2026-11-22", "ns") + np.arange(40) * np.timedelta64(1, "h")),
        "share": ("y", np.where(np.arange(40) % 7, np.linspace(0, 1, 40), np.nan)),
        "mask": (("y", "x"), np.eye(40, 12, dtype=bool)),
    })
    with begin_panel(library) as draft:
        draft.put_array("remote", several.chunk({"y": 9}), chunks={"y": 10})
        with dask.config.set(scheduler="threads"):
            draft.put_array("threads", several.chunk({"y": 9}), chunks={"y": 10})
    for name in ("remote", "threads"):
        back = library.open(PANEL)[name].to_xarray()
        back.attrs.pop("museion")
        xr.testing.assert_identical(back.load(), several)


@pytest.mark.usefixtures("client")
def test_cube_with_its_pyramid_is_made_by_the_workers(library: Library) -> None:
    cube = (lazy_cube(600).astype("float32") / 65535).chunk({"y": 200, "x": 200})
    with begin_panel(library) as draft:
        put_cube(draft, "vnir", cube)
    dataset = library.open(PANEL)
    assert dataset.levels("vnir") == [1, 2]
    np.testing.assert_allclose(dataset["vnir"].to_xarray(), cube, atol=1e-4)


def die_once(block: np.ndarray, marker: str) -> np.ndarray:
    try:
        os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return block
    os.kill(os.getpid(), signal.SIGKILL)
    return block


@pytest.mark.usefixtures("client")
def test_task_of_a_killed_worker_is_done_by_another_one(library: Library, tmp_path: Path) -> None:
    cube = lazy_cube().chunk({"y": 16, "x": 96})
    marker = str(tmp_path / "died")
    dying = cube.copy(data=cube.data.map_blocks(die_once, marker, dtype="uint16", meta=cube.data))
    with begin_panel(library) as draft:
        draft.put_array("vnir", dying, chunks={"y": 16, "x": 16})
    assert Path(marker).exists()
    np.testing.assert_array_equal(library.open(PANEL)["vnir"].to_xarray(), cube)
    assert library.open(PANEL).verify(level=2).objects


@pytest.mark.usefixtures("client")
def test_task_that_runs_twice_leaves_orphans_and_never_wrong_data(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("museion_datasets.arrays.regions.RegionWriter.write", write_twice)
    with begin_panel(library) as draft:
        draft.put_array("vnir", lazy_cube(), chunks={"y": 48, "x": 48})
    np.testing.assert_array_equal(library.open(PANEL)["vnir"].to_xarray(), lazy_cube())
    assert library.open(PANEL).verify(level=2).objects
    assert len(library.orphans(PANEL, older_than_s=0)) == 4
    assert library.remove_orphans(PANEL, older_than_s=0) == 4
    assert library.open(PANEL).verify(level=2).objects


ONCE = RegionWriter.write


def write_twice(writer: RegionWriter, values: np.ndarray, region: object) -> object:
    ONCE(writer, values, region)  # type: ignore[arg-type]
    return ONCE(writer, values, region)  # type: ignore[arg-type]


@pytest.mark.usefixtures("client")
def test_failing_task_discards_the_draft_and_what_is_left_can_be_found(library: Library) -> None:
    with begin_panel(library) as draft:
        draft.put_file("notes.txt", b"first")
    cube = lazy_cube()
    broken = cube.copy(data=cube.data.map_blocks(fail_late, dtype="uint16", meta=cube.data))
    with pytest.raises(ZeroDivisionError), library.draft(PANEL) as draft:
        draft.put_array("vnir", broken, chunks={"y": 16, "x": 16})
    assert library.open(PANEL).version == 1
    assert library.open(PANEL).verify(level=2).objects
    library.remove_orphans(PANEL, older_than_s=0)
    assert library.orphans(PANEL, older_than_s=0) == []


def fail_late(block: np.ndarray) -> np.ndarray:
    if block.size and int(block.flat[0]) > 30_000:
        _ = 1 / 0
    return block


def captured(draft: Draft, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Return everything that a put_array gives to the scheduler."""
    sent: list[object] = []
    compute = dask.base.compute

    def keep(*tasks: object) -> object:
        sent.extend(tasks)
        return compute(*tasks)

    monkeypatch.setattr("museion_datasets.arrays.regions.compute", keep)
    draft.put_array("vnir", lazy_cube(), chunks={"y": 48, "x": 48})
    return sent


def test_nothing_that_goes_to_a_worker_holds_a_key(
    client: Client, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    with begin_panel(library) as draft:
        tasks = captured(draft, monkeypatch)
        graph = b"".join(pickle.dumps(dict(task.__dask_graph__())) for task in tasks)  # type: ignore[attr-defined]
        sent = [graph, pickle.dumps(draft.store)]
        sent += client.run(environment).values()
        keys = read_keys(library, PANEL)
        staging = draft.store.require_staging()
        held = staging._sealed._SealedObjects__keys  # type: ignore[attr-defined]
        keys.append(held.find(staging._sealed.epoch))
    assert tasks
    assert PANEL.encode() in graph
    for key in keys:
        assert len(key) == 32
        assert not any(form in blob for blob in sent for form in (key, key.hex().encode()))


def environment() -> bytes:
    return repr(dict(os.environ)).encode(errors="surrogateescape")


def test_other_process_reads_a_draft_and_cannot_write_into_it(
    client: Client, library: Library
) -> None:
    with begin_panel(library) as draft:
        draft.write_bytes("files/a", b"a")
        store = draft.store
        assert client.submit(read_from, store, pure=False).result() == b"a"
        with pytest.raises(ValueError, match="read-only"):
            client.submit(write_into, store, pure=False).result()
    assert library.open(PANEL).files == ("a",)


def read_from(store: object) -> bytes:
    return store.get_sync("files/a").to_bytes()  # type: ignore[attr-defined,no-any-return]


def write_into(store: object) -> None:
    store.delete_sync("files/a")  # type: ignore[attr-defined]


@pytest.mark.usefixtures("client")
def test_worker_that_gets_another_epochs_key_writes_nothing(library: Library) -> None:
    with begin_panel(library) as draft:
        place = draft.store.require_staging().workplace
        assert place is not None
        assert place.open().epoch == place.epoch
        with pytest.raises(ConflictError, match="rotated while the draft was open"):
            dataclasses.replace(place, epoch=place.epoch + 1).open()


@pytest.mark.usefixtures("client")
def test_worker_that_writes_elsewhere_is_not_believed(library: Library) -> None:
    with begin_panel(library) as draft:
        draft.put_array("vnir", make_cube())
        staging = draft.store.require_staging()
        stray = staging.entries_under("arrays/vnir/")
        with pytest.raises(InvalidError, match="was not asked for"):
            staging.adopt(stray, "arrays/other/")
