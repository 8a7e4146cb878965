"""Tables as Parquet bytes."""

from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq


def encode(table: Any) -> memoryview:  # noqa: ANN401 - pandas and pyarrow have no types
    """Return a table's Parquet bytes.

    Parameters
    ----------
    table : pandas.DataFrame or pyarrow.Table
        Its rows.

    Returns
    -------
    memoryview
        A Parquet file.
    """
    arrow = pa.Table.from_pandas(table) if isinstance(table, pd.DataFrame) else table
    sink = pa.BufferOutputStream()
    pq.write_table(arrow, sink, compression="zstd")
    return memoryview(sink.getvalue())


def decode(data: memoryview) -> Any:  # noqa: ANN401 - pandas has no types
    """Return the table of Parquet bytes.

    Parameters
    ----------
    data : memoryview
        A Parquet file.

    Returns
    -------
    pandas.DataFrame
        Its rows, with the index they were written with.
    """
    return pq.read_table(pa.BufferReader(data)).to_pandas()
