"""Text tables as people and instruments write them: encoding, delimiter, header, numbers.

Nothing is guessed silently: what was decided is returned and goes into the record. A row
with more or fewer cells than the header is refused, since nobody can say which column it
belongs to. Pure functions over bytes.
"""

import codecs
import csv as plain
import io
import re
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.limits import MAX_COLUMNS, MAX_TABLE_BYTES

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DELIMITERS = ("\t", ";", ",", "|")
_SAMPLE_LINES = 200
_SAMPLE_CHARACTERS = 1 << 20
_NUMBER = r"^\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*$"
_COMMA_NUMBER = r"^\s*[+-]?[0-9]*,[0-9]+([eE][+-]?[0-9]+)?\s*$"
_WHOLE = r"^\s*[+-]?[0-9]{1,18}\s*$"
_INVENTORY = r"^\s*[+-]?0[0-9]+\s*$"  # 00123 is a name, not a number
_MISSING = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "-")
_HINT = "correct the row, or export the table again."


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table and how it was read.

    Attributes
    ----------
    table : pyarrow.Table
        Whole numbers, numbers or text by column.
    encoding : str
        As Python calls it.
    delimiter : str
        Between cells.
    has_header : bool
        Whether the first row names the columns.
    decimal_columns : tuple of str
        Columns with a decimal comma.
    """

    table: Any
    encoding: str
    delimiter: str
    has_header: bool
    decimal_columns: tuple[str, ...]


def parse_table(content: bytes) -> TextTable:
    """Read a text table.

    Parameters
    ----------
    content : bytes
        The whole file.

    Returns
    -------
    TextTable
        Every cell of it.
    """
    text, encoding = decode_text(content)
    delimiter = find_delimiter(text)
    _require_closed(text, delimiter)
    first = _first_row(text, delimiter)
    has_header = not all(re.match(_NUMBER, cell) or re.match(_COMMA_NUMBER, cell) for cell in first)
    names = unique_names(first if has_header else [""] * len(first))
    raw = _read(text, delimiter, names, skip=has_header)
    columns, commas = {}, []
    for name in names:
        columns[name], is_comma = _convert(raw[name])
        if is_comma:
            commas.append(name)
    return TextTable(pa.table(columns), encoding, delimiter, has_header, tuple(commas))


def decode_text(content: bytes) -> tuple[str, str]:
    """Decode text by its byte order mark, as UTF-8, or as Windows-1252.

    Parameters
    ----------
    content : bytes
        The whole file.

    Returns
    -------
    text : str
        Without mark.
    encoding : str
        As Python calls it.

    Raises
    ------
    InvalidError
        If it is too long, or no text in any of them.
    """
    if len(content) > MAX_TABLE_BYTES:
        raise InvalidError(
            f"The table is too long: {len(content):,} bytes, at most {MAX_TABLE_BYTES:,}",
            hint="split it, or store it as Parquet.",
        )
    marked = [(mark, name) for mark, name in _MARKS if content.startswith(mark)]
    tried = [marked[0][1]] if marked else [*_unmarked(content), "utf-8", "cp1252"]
    body = content[len(marked[0][0]) :] if marked else content
    for encoding in tried:
        try:
            text = body.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text, encoding
    raise InvalidError(
        "The table is no text in UTF-8, UTF-16 or Windows-1252",
        hint="save it as CSV in UTF-8.",
    )


def find_delimiter(text: str) -> str:
    """Return what stands between cells: what cuts the first lines into as many cells each.

    Parameters
    ----------
    text : str
        The table.

    Returns
    -------
    str
        Tab, semicolon, comma or bar; a comma if there is but one column.
    """
    sample = re.sub(r'"(?:[^"]|"")*"', "", text[:_SAMPLE_CHARACTERS])
    lines = [line for line in sample.splitlines()[:_SAMPLE_LINES] if line.strip()]
    if len(text) > _SAMPLE_CHARACTERS and len(lines) > 1:
        lines = lines[:-1]
    counts = {each: [line.count(each) for line in lines] for each in _DELIMITERS}
    even = [
        each for each in _DELIMITERS if lines and counts[each][0] and len(set(counts[each])) == 1
    ]
    if even:
        return even[0]
    return max((",", *_DELIMITERS), key=lambda each: counts[each][0] if lines else 0)


def unique_names(cells: list[str]) -> list[str]:
    """Return names for columns: none empty, none twice.

    Parameters
    ----------
    cells : list of str
        The header's cells.

    Returns
    -------
    list of str
        As many.

    Examples
    --------
    >>> unique_names(["a", "", "a"])
    ['a', 'column_2', 'a_2']
    """
    names: list[str] = []
    taken: set[str] = set()
    for at, cell in enumerate(cells, 1):
        stem = " ".join(cell.split()) or f"column_{at}"
        name, count = stem, 1
        while name in taken:
            count += 1
            name = f"{stem}_{count}"
        names.append(name)
        taken.add(name)
    return names


def _unmarked(content: bytes) -> list[str]:
    """Return UTF-16 if every second byte of the beginning is zero, as in Latin text."""
    even, odd = content[0:512:2], content[1:512:2]
    if even and even.count(0) > 0.7 * len(even):
        return ["utf-16-be"]
    return ["utf-16-le"] if odd and odd.count(0) > 0.7 * len(odd) else []


def _require_closed(text: str, delimiter: str) -> None:
    """Raise if a quote stays open, which swallows all rows after it.

    Raises
    ------
    InvalidError
        If one does.
    """
    if text.count('"') % 2 == 0:
        return
    try:
        for _ in plain.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            pass
    except plain.Error as error:
        raise InvalidError(
            f"The table is ragged: a quote stays open: {error}", hint=_HINT
        ) from error


def _first_row(text: str, delimiter: str) -> list[str]:
    """Return the cells of the first row.

    Raises
    ------
    InvalidError
        If there are too many, or none.
    """
    lines = (line for line in text.splitlines(keepends=True) if line.strip())
    try:
        first = next(plain.reader(lines, delimiter=delimiter), [])
    except plain.Error as error:
        raise InvalidError(f"The table cannot be read: {error}", hint=_HINT) from error
    if not 0 < len(first) <= MAX_COLUMNS:
        raise InvalidError(
            f"A table has 1 to {MAX_COLUMNS:,} columns, not {len(first):,}", hint=_HINT
        )
    return first


def _read(text: str, delimiter: str, names: list[str], *, skip: bool) -> Any:  # noqa: ANN401
    """Return all cells as text.

    Raises
    ------
    InvalidError
        If a row has more or fewer cells, or a quote stays open.
    """
    content = text.lstrip("\r\n").encode("utf-8", "surrogatepass")
    try:
        return csv.read_csv(
            pa.BufferReader(content),
            read_options=csv.ReadOptions(
                use_threads=False,
                column_names=names,
                skip_rows_after_names=int(skip),
                block_size=max(1 << 20, min(len(content) + 1, (1 << 31) - 1)),
            ),
            parse_options=csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid as error:
        raise InvalidError(f"The table is ragged: {error!s:.200}", hint=_HINT) from error


def _convert(cells: Any) -> tuple[Any, bool]:  # noqa: ANN401
    """Return a column as numbers if every cell is one, and whether they had a comma."""
    missing = pc.is_in(pc.utf8_trim_whitespace(cells), pa.array(_MISSING))
    said = cells.filter(pc.invert(missing))
    if len(said) == 0 or _any(said, _INVENTORY):
        return cells, False
    nulled = pc.if_else(missing, pa.scalar(None, pa.string()), pc.utf8_trim_whitespace(cells))
    if _all(said, _WHOLE):
        return pc.cast(_unsigned(nulled), pa.int64()), False
    if _all(said, _NUMBER):
        return pc.cast(_unsigned(nulled), pa.float64()), False
    if _all(said, rf"{_NUMBER}|{_COMMA_NUMBER}"):
        dotted = pc.replace_substring(_unsigned(nulled), ",", ".")
        return pc.cast(dotted, pa.float64()), True
    return cells, False


def _unsigned(cells: Any) -> Any:  # noqa: ANN401
    """Leave out plus signs, which a cast does not take."""
    return pc.replace_substring_regex(cells, r"^\+", "")


def _all(cells: Any, pattern: str) -> bool:  # noqa: ANN401
    return bool(pc.all(pc.match_substring_regex(cells, pattern)).as_py())


def _any(cells: Any, pattern: str) -> bool:  # noqa: ANN401
    return bool(pc.any(pc.match_substring_regex(cells, pattern)).as_py())
