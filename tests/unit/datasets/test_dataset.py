"""What a person does with a dataset in a notebook."""

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from museion_datasets.dataset import Dataset
from museion_datasets.errors import InvalidError, NotFoundError
from museion_datasets.item import ItemKind
from museion_datasets.library import Library, connect
from tests.support.datasets import CANARY, PANEL, begin_panel, make_cube


@pytest.fixture
def dataset(panel: Library) -> Dataset:
    with panel.draft(PANEL) as draft:
        draft.put_table("pigments", pd.DataFrame({"name": ["azurite"], "share": [0.5]}))
        draft.put_level("vnir", 1, make_cube(24, 20))
        draft.put_level("vnir", 2, make_cube(12, 10).chunk({"y": 5}))
    return panel.open(PANEL)


def test_items_are_listed_by_kind(dataset: Dataset) -> None:
    kinds = {name: dataset[name].kind for name in dataset}
    assert kinds == {
        "vnir": ItemKind.ARRAY,
        "pigments": ItemKind.TABLE,
        "vessel": ItemKind.SCAN,
        "notes.txt": ItemKind.FILE,
    }
    assert "vnir" in dataset
    assert len(dataset) == 4
    assert dataset.files == ("notes.txt",)


def test_unknown_item_is_not_found_and_the_hint_names_those_there_are(dataset: Dataset) -> None:
    with pytest.raises(NotFoundError, match=r"hint: it holds vnir, pigments, vessel"):
        _ = dataset["uv"]
    with pytest.raises(NotFoundError):
        dataset.read_bytes("files/other.txt")
    with pytest.raises(NotFoundError):
        dataset.open_file("files/other.txt")


def test_array_comes_back_as_it_was_put(dataset: Dataset) -> None:
    array = dataset["vnir"].to_xarray()
    assert array.attrs.pop("museion") == {"dataset": PANEL, "version": 2, "item": "vnir"}
    assert array.identical(make_cube())


def test_lazy_array_computes_the_same(dataset: Dataset) -> None:
    array = dataset["vnir"].to_dask()
    assert array.chunks
    assert array.attrs["museion"]["item"] == "vnir"
    np.testing.assert_array_equal(array.mean("x").compute(), make_cube().mean("x"))


def test_dataset_of_several_variables_comes_back_with_its_coordinates(library: Library) -> None:
    several = xr.Dataset(
        {"r": make_cube().drop_attrs(), "mask": (("y", "x"), np.ones((48, 40), bool))},
        coords={
            "name": ("wavelength", [f"band {i}" for i in range(12)]),
            "when": np.datetime64("2026-11-22T10:00:00", "ns"),
        },
        attrs={"instrument": "line scanner", "gain": 1.5},
    )
    with begin_panel(library) as draft:
        draft.put_array("several", several)
        draft.put_array("lazy", several.chunk({"y": 7}))
    for name in ("several", "lazy"):
        back = library.open(PANEL)[name].to_xarray()
        assert back.attrs.pop("museion")["item"] == name
        xr.testing.assert_identical(back.load(), several)


def test_table_comes_back_as_it_was_put(dataset: Dataset) -> None:
    table = dataset["pigments"].to_pandas()
    assert table.to_dict("list") == {"name": ["azurite"], "share": [0.5]}
    assert dataset["pigments"].read_bytes()[:4] == b"PAR1"


def test_array_becomes_a_table_of_its_values(dataset: Dataset) -> None:
    assert len(dataset["vnir"].to_pandas()) == make_cube().size


def test_file_opens_as_a_seekable_file(dataset: Dataset) -> None:
    with dataset["notes.txt"].open() as file:
        assert file.seekable()
        assert file.seek(-3, io.SEEK_END) == len(CANARY) - 3
        assert file.read() == CANARY[-3:]
        assert file.seek(4) == 4
        assert file.read(5) == CANARY[4:9]
        assert file.seek(2, io.SEEK_CUR) == 11
        with pytest.raises((ValueError, OSError)):
            file.seek(-1)


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("vnir", "open"),
        ("vnir", "read_bytes"),
        ("notes.txt", "to_xarray"),
        ("notes.txt", "to_pandas"),
        ("pigments", "to_dask"),
        ("vessel", "open"),
    ],
)
def test_method_of_another_kind_of_item_is_refused(
    name: str, method: str, dataset: Dataset
) -> None:
    with pytest.raises(InvalidError, match=r"hint: (use|show)"):
        getattr(dataset[name], method)()


def test_pyramid_has_the_levels_that_were_put(dataset: Dataset) -> None:
    assert dataset.levels("vnir") == [1, 2]
    assert dataset.levels("uv") == []
    np.testing.assert_array_equal(dataset.open_level("vnir", 1)[:], make_cube(24, 20))
    np.testing.assert_array_equal(dataset.open_level("vnir", 2)[:], make_cube(12, 10))
    with pytest.raises(NotFoundError):
        dataset.open_level("vnir", 3)


def test_putting_an_array_anew_drops_its_pyramid(panel: Library, dataset: Dataset) -> None:
    assert dataset.levels("vnir")
    with panel.draft(PANEL) as draft:
        draft.put_array("vnir", make_cube(8, 8))
    assert panel.open(PANEL).levels("vnir") == []
    assert panel.open(PANEL)["vnir"].to_xarray().shape == (8, 8, 12)


def test_level_zero_is_refused(library: Library) -> None:
    with pytest.raises(InvalidError), begin_panel(library) as draft:
        draft.put_level("vnir", 0, make_cube())


def test_older_version_stays_readable(panel: Library, dataset: Dataset) -> None:
    assert (panel.open(PANEL, 1).version, dataset.version) == (1, 2)
    assert "pigments" not in panel.open(PANEL, 1)
    with pytest.raises(NotFoundError):
        panel.open(PANEL, 3)


def test_many_threads_read_at_once(dataset: Dataset) -> None:
    fresh = make_cube().to_numpy()

    def read(number: int) -> bool:
        row = number % 48
        assert dataset.read_bytes("files/notes.txt") == CANARY
        return bool((dataset["vnir"].to_xarray()[row].to_numpy() == fresh[row]).all())

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(read, range(48)))


def test_dataset_describes_itself_in_text_and_html(dataset: Dataset) -> None:
    for text in (repr(dataset), dataset.tree(), dataset._repr_html_()):
        assert "vnir" in text
        assert "uint16" in text
        assert "pigments" in text
    html = dataset._repr_html_()
    assert "Painted panel" in html
    assert ">synthetic<" in html
    assert "CC BY 4.0" in html
    assert "version 2" in html


def test_html_loads_nothing_and_escapes_what_people_wrote(library: Library) -> None:
    with library.draft(
        PANEL,
        title="<script>alert(1)</script>",
        kind="files",
        rights="INC",
        synthetic=False,
        description='<img src="http://elsewhere/x">',
    ) as draft:
        draft.put_file("<b>.txt", b"")
    html = library.open(PANEL)._repr_html_()
    for forbidden in ("<script", "<img", "<b>", "<link", "<style", "url(", "@import"):
        assert forbidden not in html
    assert ">synthetic<" not in html


@pytest.mark.parametrize(
    ("url", "token", "storage"),
    [
        ("http://127.0.0.1:9", None, "x"),
        ("http://127.0.0.1:9", "token", None),
        ("ftp://elsewhere", "token", "x"),
        ("", None, None),
    ],
)
def test_connecting_with_too_little_is_refused(
    url: str, token: str | None, storage: str | None
) -> None:
    with pytest.raises(InvalidError, match="hint: "):
        connect(url, token, storage)


def test_files_of_a_local_catalogue_are_for_their_owner_only(panel: Library, home: Path) -> None:
    assert panel.datasets()
    for path in (home, *home.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path
