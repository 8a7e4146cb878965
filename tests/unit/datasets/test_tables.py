"""Tables come back with their types, and a narrow question reads little."""

import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from museion_datasets.dataset import Dataset
from museion_datasets.errors import IntegrityError, InvalidError
from museion_datasets.library import Library
from tests.support.datasets import PANEL, begin_panel
from tests.support.reading import count_reads

ROWS = 200_000


def make_samples() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "pigment": pd.Categorical(["azurite", "verdigris", None], ordered=True),
            "share": np.array([0.5, np.nan, 1.0], np.float32),
            "count": pd.array([1, None, 3], dtype="Int16"),
            "taken": pd.to_datetime(["2026-01-01T08:30", None, "2026-03-01T10:00"]).tz_localize(
                "UTC"
            ),
            "is_original": [True, False, True],
            "note": ["", "größer", "漢字"],
        },
        index=pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)], names=["area", "layer"]),
    )


def make_long() -> pd.DataFrame:
    noise = np.random.default_rng(3)
    return pd.DataFrame({
        "x": np.arange(ROWS),
        **{f"band_{number}": noise.random(ROWS) for number in range(8)},
    })


@pytest.fixture
def dataset(library: Library) -> Dataset:
    with begin_panel(library) as draft:
        draft.put_table("samples", make_samples())
        draft.put_table("long", make_long(), row_group_rows=20_000)
        draft.put_table("arrow", pa.table({"a": [[1, 2], [3]], "b": [{"c": 1}, None]}))
    return library.open(PANEL)


def test_types_index_and_categories_come_back(dataset: Dataset) -> None:
    pd.testing.assert_frame_equal(dataset["samples"].to_pandas(), make_samples())
    nested = dataset["arrow"].to_arrow()
    assert nested.to_pylist() == [{"a": [1, 2], "b": {"c": 1}}, {"a": [3], "b": None}]


def test_columns_that_are_asked_for_bring_the_index_along(dataset: Dataset) -> None:
    found = dataset["samples"].to_pandas(columns=["share"])
    pd.testing.assert_frame_equal(found, make_samples()[["share"]])


def test_rows_that_are_asked_for_come_alone(dataset: Dataset) -> None:
    found = dataset["long"].to_pandas(columns=["band_3"], filters=[("x", ">=", 150_000)])
    expected = make_long().query("x >= 150_000")["band_3"].to_numpy()
    np.testing.assert_array_equal(found["band_3"], expected)


def test_narrow_question_reads_a_small_part_of_the_table(dataset: Dataset) -> None:
    whole = dataset["long"].size_bytes
    assert whole > 12_000_000
    with count_reads(dataset) as all_of_it:
        dataset["long"].to_pandas()
    with count_reads(dataset) as one_column:
        dataset["long"].to_pandas(columns=["band_3"])
    with count_reads(dataset) as some_rows:
        dataset["long"].to_pandas(columns=["band_3"], filters=[("x", "<", 1_000)])
    assert all_of_it.total > 0.99 * whole
    assert one_column.total < 0.3 * whole
    assert some_rows.total < 0.08 * whole


def test_parquet_bytes_open_as_a_file_that_reads_by_ranges(dataset: Dataset) -> None:
    with dataset["long"].open() as file, count_reads(dataset) as footer:
        assert pq.ParquetFile(file).metadata.num_row_groups == 10
        assert file.seek(-4, io.SEEK_END)
        four = bytearray(4)
        assert file.readinto(four) == 4
        assert four == b"PAR1"
    assert footer.total < 3_000_000


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({"columns": ["area_"]}, "No such column: area_"),
        ({"filters": [("nothing", ">", 1)]}, "No such column: nothing"),
        ({"filters": [("share", "like", 1)]}, "filter does not fit"),
        ({"filters": [("note", ">", 1)]}, "filter does not fit"),
    ],
)
def test_question_that_does_not_fit_the_table_is_refused(
    question: dict[str, list[object]], said: str, dataset: Dataset
) -> None:
    with pytest.raises(InvalidError, match=said):
        dataset["samples"].to_pandas(**question)


@pytest.mark.parametrize(
    "table",
    [[1, 2], pd.DataFrame({"a": [1, "b"]}), pd.DataFrame([[1, 2]], columns=["a", "a"])],
    ids=["a list", "mixed types", "one name twice"],
)
def test_table_that_parquet_cannot_hold_is_refused(table: object, library: Library) -> None:
    with pytest.raises(InvalidError, match="hint: "), begin_panel(library) as draft:
        draft.put_table("bad", table)


def test_table_that_is_no_parquet_is_said_to_be_damaged(library: Library) -> None:
    with begin_panel(library) as draft:
        draft.write_bytes("tables/forged.parquet", b"PAR1 not at all PAR1")
    dataset = library.open(PANEL)
    with pytest.raises(IntegrityError, match="Not a readable Parquet file"):
        dataset["forged"].to_pandas()
    assert "damaged" in str(dataset.tree())
