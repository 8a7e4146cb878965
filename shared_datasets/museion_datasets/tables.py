"""Tables as Parquet: written in row groups, read by columns and by rows.

Parquet's own schema keeps dtypes, index and categories. A row group is what one filtered
read skips or takes, so groups are small enough to skip and large enough to read at speed.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import RawIOBase
from itertools import chain
from typing import Any, BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from museion_datasets.errors import IntegrityError, InvalidError

ROW_GROUP_BYTES = 8 << 20
MIN_ROW_GROUP_ROWS = 1024

_BAD_FILTER = (pa.ArrowNotImplementedError, pa.ArrowTypeError, TypeError, ValueError)

type Source = BinaryIO | RawIOBase
"""A Parquet file, open for reading."""
type Filters = Sequence[Any] | None
"""As pyarrow takes them: ``[("share", ">", 0.5), …]``, or lists of such lists."""


@dataclass(frozen=True, slots=True)
class TableFacts:
    """What a table's footer says.

    Attributes
    ----------
    rows, row_groups : int
        How many.
    columns : tuple of (str, str)
        Name and type of each.
    """

    rows: int
    row_groups: int
    columns: tuple[tuple[str, str], ...]


def encode(table: Any, *, row_group_rows: int | None = None) -> memoryview:  # noqa: ANN401 - no types
    """Return a table's Parquet bytes.

    Parameters
    ----------
    table : pandas.DataFrame, pyarrow.Table, or iterator of these
        Its rows; those of an iterator are written as they come, with the columns of the
        first.
    row_group_rows : int, optional
        Rows in a group; by default as many as make some 8 MB.

    Returns
    -------
    memoryview
        A Parquet file.

    Raises
    ------
    InvalidError
        If it is no table, or a column holds what Parquet cannot.
    """
    if row_group_rows is not None and row_group_rows < 1:
        raise InvalidError(f"Not a number of rows: {row_group_rows}", hint="give at least 1.")
    parts = map(_arrow, table) if isinstance(table, Iterator) else iter([_arrow(table)])
    first = next(parts, None)
    if first is None:
        raise InvalidError("The table has no parts", hint="give at least one, with its columns.")
    sink = pa.BufferOutputStream()
    try:
        with pq.ParquetWriter(
            sink, first.schema, compression="zstd", write_page_index=True
        ) as writer:
            for part in chain([first], parts):
                fitted = part.cast(first.schema) if part.schema != first.schema else part
                rows = row_group_rows or _row_group_rows(fitted)
                writer.write_table(fitted, row_group_size=rows)
    except (pa.ArrowException, ValueError) as error:
        raise InvalidError(
            f"The table cannot be stored as Parquet: {error!s:.200}",
            hint="convert the column to numbers, text, dates or categories.",
        ) from error
    return memoryview(sink.getvalue())


def read(file: Source, columns: Iterable[str] | None, filters: Filters) -> Any:  # noqa: ANN401
    """Read a table, or the columns and rows that are asked for.

    Parameters
    ----------
    file : binary file
        A Parquet file; only the ranges that hold what is asked for are read.
    columns : iterable of str or None
        Names; the index comes along.
    filters : sequence or None
        Conditions; groups of rows that cannot fulfil them are not read.

    Returns
    -------
    pyarrow.Table
        Its rows.

    Raises
    ------
    InvalidError
        If there is no such column.
    """
    wanted = None if columns is None else list(columns)
    with _damage():
        schema = pq.read_schema(file)
        if unknown := sorted({*(wanted or ()), *_filtered(filters)} - set(schema.names)):
            raise InvalidError(
                f"No such column: {', '.join(unknown):.200}",
                hint=f"the table has {', '.join(schema.names):.500}.",
            )
        file.seek(0)
        return _read(file, wanted, filters)


def describe(file: Source) -> TableFacts:
    """Return what a table's footer says.

    Parameters
    ----------
    file : binary file
        A Parquet file; only its end is read.

    Returns
    -------
    TableFacts
        Rows, groups and columns.
    """
    with _damage():
        parquet = pq.ParquetFile(file)
        schema, metadata = parquet.schema_arrow, parquet.metadata
    columns = tuple((field.name, _type_name(field.type)) for field in schema)
    return TableFacts(metadata.num_rows, metadata.num_row_groups, columns)


class _damage:  # noqa: N801 - reads as a context
    """Turn pyarrow's complaints about bytes into ours."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, pa.ArrowException):
            raise IntegrityError(
                f"Not a readable Parquet file: {error!s:.200}",
                hint="open it with .open() to get its bytes, and write the table anew.",
            ) from error


def _arrow(table: Any) -> Any:  # noqa: ANN401
    """Return a table as pyarrow's.

    Raises
    ------
    InvalidError
        If it is none, or a column mixes types.
    """
    if isinstance(table, pa.Table):
        return table
    if not isinstance(table, pd.DataFrame):
        raise InvalidError(
            f"Not a table: {type(table).__name__}",
            hint="give a pandas.DataFrame or a pyarrow.Table.",
        )
    try:
        return pa.Table.from_pandas(table)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise InvalidError(
            f"The table cannot be stored as Parquet: {error!s:.200}",
            hint="let each column hold one type, and give it a name of its own.",
        ) from error


def _type_name(kind: Any) -> str:  # noqa: ANN401
    """Return a column's type in the words of numpy and pandas."""
    if pa.types.is_dictionary(kind):
        return f"category of {_type_name(kind.value_type)}"
    if pa.types.is_timestamp(kind):
        return f"datetime, {kind.tz}" if kind.tz else "datetime"
    name = str(kind)
    return {"double": "float64", "float": "float32", "large_string": "string"}.get(name, name)


def _row_group_rows(arrow: Any) -> int:  # noqa: ANN401
    """Return how many rows make a group of the usual size."""
    row_bytes = max(1, arrow.nbytes // max(1, arrow.num_rows))
    return int(max(MIN_ROW_GROUP_ROWS, ROW_GROUP_BYTES // row_bytes))


def _read(file: Source, columns: list[str] | None, filters: Filters) -> Any:  # noqa: ANN401
    """Read what was asked for.

    Raises
    ------
    InvalidError
        If a condition is none, or compares what cannot be compared.
    """
    try:
        return pq.read_table(file, columns=columns, filters=filters, use_pandas_metadata=True)
    except _BAD_FILTER as error:
        if filters is None or isinstance(error, pa.ArrowInvalid):
            raise  # it is the file
        raise InvalidError(
            f"The filter does not fit the table: {error!s:.200}",
            hint='write it as in [("share", ">", 0.5)].',
        ) from error


def _filtered(filters: Filters) -> set[str]:
    """Return the columns that conditions name."""
    if not isinstance(filters, list | tuple):
        return set()
    flat = (part if isinstance(part, list) else [part] for part in filters)
    return {term[0] for part in flat for term in part if isinstance(term, tuple)}
