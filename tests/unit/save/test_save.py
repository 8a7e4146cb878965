"""`museion.save` takes whatever an analysis gives, and says where it comes from."""

from collections.abc import Callable, Generator
from pathlib import Path

import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
import xarray as xr

import museion
from museion import _session
from museion.errors import InputError
from museion_datasets.errors import NotFoundError
from tests.support.datasets import make_cube

PANEL, RESULT = "murals/panel", "murals/result"


@pytest.fixture(autouse=True)
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    monkeypatch.setenv("MUSEION_REGISTRY_URL", (tmp_path / "home").as_uri())
    monkeypatch.setenv("JUPYTERHUB_USER", "wg-murals")
    _session.library.cache_clear()
    museion.save(make_cube(), "panel", title="Panel", rights="CC0-1.0", synthetic=False)
    yield
    _session.library.cache_clear()


def lazy_panel() -> xr.DataArray:
    opened: xr.DataArray = museion.open(PANEL)["data"].to_dask()  # type: ignore[assignment]
    return opened


def frame() -> pd.DataFrame:
    return pd.DataFrame({"a": range(10), "b": pd.Categorical(list("xyxyxyxyxz"))})


RESULTS: dict[str, Callable[[], object]] = {
    "numpy": lambda: np.arange(6.0).reshape(2, 3),
    "dask array": lambda: da.ones((4, 5), chunks=2),
    "pandas": frame,
    "series": lambda: frame()["a"],
    "dask dataframe": lambda: dd.from_pandas(frame(), npartitions=3),
    "dataset": lambda: xr.Dataset({"a": ("x", np.arange(4)), "b": ("x", np.arange(4.0))}),
    "tree": lambda: xr.DataTree.from_dict({"/infrared": xr.Dataset({"a": ("x", [1, 2])})}),
    "cube": lambda: make_cube() / 1e6,
}


@pytest.mark.parametrize("make", RESULTS.values(), ids=RESULTS.keys())
def test_every_kind_of_result_can_be_saved_twice(make: Callable[[], object]) -> None:
    assert museion.save(make(), "result").version == 1
    saved = museion.save(make(), "result", message="Again")
    assert (saved.path, saved.version, saved.head.message) == (RESULT, 2, "Again")


def test_values_of_a_lazy_table_come_back_in_order() -> None:
    saved = museion.save(dd.from_pandas(frame(), npartitions=4), "result")
    pd.testing.assert_frame_equal(saved["data"].to_pandas(), frame())


def test_lazy_result_says_by_itself_what_it_reads() -> None:
    lazy = lazy_panel()
    for result in (lazy.mean("wavelength"), lazy.data.mean(axis=2), lazy.to_dataset(name="v")):
        saved = museion.save(result, "result")
        (record,) = saved.provenance.values()
        assert [str(each) for each in record.inputs] == ["murals/panel version 1"]
        assert record.inputs[0].manifest_root == museion.open(PANEL).head.manifest_root
        assert not record.is_stated
        assert {"python", "numpy", "xarray", "museion"} <= set(record.software)


def test_result_of_two_datasets_names_both_with_their_versions() -> None:
    museion.save(make_cube() + 1, "panel")
    old = museion.open(PANEL, 1)["data"].to_dask()
    saved = museion.save(lazy_panel() - old, "result")
    assert saved.derived_from == ("murals/panel version 1", "murals/panel version 2")


def test_array_in_memory_names_its_origin_and_numbers_name_none() -> None:
    opened = museion.open(PANEL)["data"].to_xarray().load()
    assert museion.save(opened, "copy").derived_from == ("murals/panel version 1",)
    assert museion.save(opened.to_numpy(), "numbers").derived_from == ()


def test_author_names_what_it_was_derived_from() -> None:
    panel = museion.open(PANEL)
    for sources in (panel, [panel["data"]], "murals/panel@1", {PANEL}, [lazy_panel()]):
        saved = museion.save(np.ones(3), "result", from_=sources)
        assert saved.derived_from == ("murals/panel version 1",)
        assert saved.provenance["data"].is_stated


def test_author_can_say_that_it_comes_from_nothing() -> None:
    saved = museion.save(lazy_panel().mean("wavelength"), "result", from_=[])
    assert saved.derived_from == ()


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        (7, "Nothing can be derived from a int"),
        ([np.ones(2)], "Nothing can be derived from a ndarray"),
        ([xr.DataArray([1.0])], "Nothing says where this DataArray comes from"),
        ("murals/panel@newest", "Not a version"),
    ],
    ids=["number", "numbers", "array of unknown origin", "no version"],
)
def test_source_that_is_none_is_refused_before_anything_is_written(
    sources: object, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        museion.save(np.ones(3), "result", from_=sources)  # type: ignore[arg-type]
    assert RESULT not in {record.path for record in museion.datasets()}


def test_source_that_is_not_there_is_an_error() -> None:
    with pytest.raises(NotFoundError):
        museion.save(np.ones(3), "result", from_="murals/nowhere")


def test_what_is_no_result_is_refused() -> None:
    with pytest.raises(InputError, match="Cannot save a str"):
        museion.save("text", "result")


def test_variables_that_share_their_computation_are_computed_once(tmp_path: Path) -> None:
    counted = tmp_path / "counted"

    def count(block: np.ndarray) -> np.ndarray:
        with counted.open("a") as file:
            file.write("x")
        return block

    shared = da.ones((4, 4), chunks=4).map_blocks(count, dtype=float, meta=np.ones((0, 0)))
    both = xr.Dataset({"a": (("y", "x"), shared + 1), "b": (("y", "x"), shared * 2)})
    museion.save(both, "result")
    assert counted.read_text() == "x"
