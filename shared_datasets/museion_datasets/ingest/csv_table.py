"""CSV and TSV files: a table, and an array of spectra beside it if they hold spectra.

Spectra come in two ways: a column of wavelengths with a column for each spectrum, or a row
for each spectrum under a header of wavelengths.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import xarray as xr

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.csv_text import TextTable, decode_text, find_delimiter, parse_table
from museion_datasets.ingest.form import ArrayForm, Form, Reading, TableForm
from museion_datasets.ingest.limits import MAX_TABLE_BYTES
from museion_datasets.ingest.source import Original, look_at, reading

_ENDINGS = (".csv", ".tsv", ".tab")
_AXIS = re.compile(
    r"(wavelengths?|lambda|λ|wl|wellenlänge|longueur d.onde|lunghezza d.onda)?"
    r"[ _]*[\[(/]?[ _]*(nm|[\u00b5\u03bc]m|um|nanomet(?:er|re)s?|micromet(?:er|re)s?)?[ _]*[\])]?",
    re.IGNORECASE,
)
_FEWEST_BANDS = 10
_PLAUSIBLE_NM = (100.0, 30_000.0)
_NM_PER_UM = 1000.0


class CsvReader:
    """Reads text tables."""

    name = "CSV"

    def recognises(self, path: Path, head: bytes) -> bool:
        """Return whether it is named as one, or is a text file of nothing but numbers."""
        ending = path.suffix.lower()
        return ending in _ENDINGS or (ending in {".txt", ".dat", ".asc"} and _is_numbers(head))

    def originals(self, path: Path) -> tuple[Original, ...]:
        """Return the file."""
        return (look_at(path),)

    @contextmanager
    def open(self, path: Path) -> Iterator[Reading]:
        """Read a table."""
        with reading(path), path.open("rb") as file:
            content = file.read(MAX_TABLE_BYTES + 1)
        parsed = parse_table(content)
        spectra = find_spectra(parsed.table)
        forms: tuple[Form, ...] = (TableForm("", parsed.table),)
        if spectra is not None:
            forms = (*forms, ArrayForm("spectra", spectra, {}))
        yield Reading(forms, _said(parsed, spectra), _facts(parsed))


def find_spectra(table: Any) -> xr.Dataset | None:  # noqa: ANN401
    """Return the spectra of a table, if it holds spectra.

    Parameters
    ----------
    table : pyarrow.Table
        Its columns.

    Returns
    -------
    xarray.Dataset or None
        ``values`` (spectrum, wavelength), wavelengths in nm, rising.
    """
    found = _by_column(table) or _by_row(table)
    if found is None:
        return None
    nm, values, coords = found
    order = np.argsort(nm)
    coords = {
        **coords,
        "wavelength": ("wavelength", nm[order], {"units": "nm"}),
        "good_band": ("wavelength", np.ones(nm.size, bool)),
    }
    return xr.Dataset({"values": (("spectrum", "wavelength"), values[:, order])}, coords)


def _by_column(table: Any) -> tuple[Any, Any, dict[str, Any]] | None:  # noqa: ANN401
    """Return spectra that stand in columns beside a column of wavelengths."""
    names = table.column_names
    match = _AXIS.fullmatch(names[0].strip()) if names else None
    if match is None or not any(match.groups()) or table.num_columns == 1:
        return None
    if not all(_is_number(column.type) for column in table.columns):
        return None
    is_nm = (match[2] or "nm").lower().startswith("n")
    nm = _floats(table.column(0)) * (1.0 if is_nm else _NM_PER_UM)
    if not _are_wavelengths(nm):
        return None
    values = np.stack([_floats(column) for column in table.columns[1:]])
    return nm, values, {"name": ("spectrum", names[1:])}


def _by_row(table: Any) -> tuple[Any, Any, dict[str, Any]] | None:  # noqa: ANN401
    """Return spectra that stand in rows under a header of wavelengths."""
    bands = {
        name: float(name)
        for name, column in zip(table.column_names, table.columns, strict=True)
        if re.fullmatch(r"[0-9]+(\.[0-9]+)?", name) and _is_number(column.type)
    }
    nm = np.array(list(bands.values()))
    if len(bands) < _FEWEST_BANDS or not _are_wavelengths(nm):
        return None
    if not _PLAUSIBLE_NM[0] <= nm.min() <= nm.max() <= _PLAUSIBLE_NM[1]:
        return None
    values = np.stack([_floats(table.column(name)) for name in bands], axis=1)
    others = [name for name in table.column_names if name not in bands]
    coords = {
        _coordinate(name): ("spectrum", np.asarray(table.column(name).to_pandas()))
        for name in others
        if not _is_number(table.schema.field(name).type)
    }
    return nm, values, {name: (dim, array.astype(str)) for name, (dim, array) in coords.items()}


def _coordinate(name: str) -> str:
    """Return a coordinate's name that is no dimension's."""
    taken = {"spectrum", "wavelength", "good_band", "values"}
    clean = name.replace("/", "_")
    return f"{clean}_" if clean in taken else clean


def _floats(column: Any) -> Any:  # noqa: ANN401
    return column.cast(pa.float64()).to_numpy(zero_copy_only=False)


def _is_number(kind: Any) -> bool:  # noqa: ANN401
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _are_wavelengths(nm: Any) -> bool:  # noqa: ANN401
    """Whether numbers can name bands: finite, positive, none twice."""
    return nm.size > 1 and bool(
        np.all(np.isfinite(nm)) and nm.min() > 0 and np.unique(nm).size == nm.size
    )


def _is_numbers(head: bytes) -> bool:
    """Whether a file begins with lines of two or more numbers each."""
    try:
        text, _ = decode_text(head.rpartition(b"\n")[0] or head)
    except InvalidError:
        return False
    delimiter = find_delimiter(text)
    rows = [line.split(delimiter) for line in text.splitlines() if line.strip()]
    lengths = {len(row) for row in rows}
    is_even = len(lengths) == 1 and min(lengths) > 1
    number = re.compile(r"\s*[+-]?[0-9.,]+([eE][+-]?[0-9]+)?\s*")
    return is_even and all(number.fullmatch(cell) for row in rows for cell in row)


def _said(parsed: TextTable, spectra: xr.Dataset | None) -> tuple[str, ...]:
    notes = []
    if parsed.encoding != "utf-8":
        notes.append(f"The text is encoded as {parsed.encoding}")
    if parsed.decimal_columns:
        notes.append(f"Decimal commas were read in {', '.join(parsed.decimal_columns)}"[:200])
    if not parsed.has_header:
        notes.append("The first row holds numbers: the columns have no names")
    if spectra is not None:
        notes.append(
            f"It holds {spectra.sizes['spectrum']:,} spectra: see the item that ends in -spectra"
        )
    return tuple(notes)


def _facts(parsed: TextTable) -> dict[str, Any]:
    return {
        "encoding": parsed.encoding,
        "delimiter": parsed.delimiter,
        "has_header": parsed.has_header,
        "rows": parsed.table.num_rows,
    }
