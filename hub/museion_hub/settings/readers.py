"""Checks of single settings: each takes key, value and the file's folder, and gives the value."""

import difflib
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from museion_datasets.errors import DatasetsError
from museion_datasets.jurisdiction import require_jurisdiction
from museion_hub.errors import SettingsError

type Reader = Callable[[str, object, Path], object]


def require(key: str, value: object, expected: str, *, holds: bool) -> None:
    """Refuse a value unless it is what was expected.

    Raises
    ------
    SettingsError
        Names the setting and what it may be.
    """
    if not holds:
        raise SettingsError(f"Setting `{key}` can't be: {value!r}", hint=f"give {expected}")


def text(key: str, value: object, _folder: Path) -> str:
    """Read a text that says something."""
    given = value if isinstance(value, str) else ""
    require(key, value, "a text in quotes", holds=bool(given.strip()))
    return given


def texts(key: str, value: object, folder: Path) -> tuple[str, ...]:
    """Read a list of texts."""
    items = value if isinstance(value, list) else []
    require(key, value, "a list of texts", holds=items is value)
    return tuple(text(key, item, folder) for item in items)


def file(key: str, value: object, folder: Path) -> str:
    """Read a path; a relative one starts at the file's folder."""
    return str(folder / Path(text(key, value, folder)).expanduser())


def address(key: str, value: object, folder: Path) -> str:
    """Read a web address."""
    parts = urlsplit(text(key, value, folder))
    is_plain = bool(parts.netloc) and not parts.query and not parts.fragment
    expected = "an address such as https://museion.example.org"
    require(key, value, expected, holds=is_plain and parts.scheme in {"http", "https"})
    return str(value)


def yes_or_no(key: str, value: object, _folder: Path) -> bool:
    """Read a truth."""
    require(key, value, "true or false", holds=isinstance(value, bool))
    return bool(value)


def whole_number(lowest: int, highest: int) -> Reader:
    """Make the reader of a whole number within bounds."""

    def read(key: str, value: object, _folder: Path) -> int:
        number = value if isinstance(value, int) and not isinstance(value, bool) else lowest - 1
        expected = f"a whole number from {lowest} to {highest}"
        require(key, value, expected, holds=lowest <= number <= highest)
        return number

    return read


def amount(highest: float) -> Reader:
    """Make the reader of a number that is not negative."""

    def read(key: str, value: object, _folder: Path) -> float:
        number = value if isinstance(value, int | float) and not isinstance(value, bool) else -1
        require(key, value, f"a number from 0 to {highest:g}", holds=0 <= number <= highest)
        return float(number)

    return read


def choice[E: StrEnum](kind: type[E]) -> Reader:
    """Make the reader of one of several words."""

    def read(key: str, value: object, _folder: Path) -> E:
        known = [member.value for member in kind]
        require(key, value, " or ".join(f'"{word}"' for word in known), holds=value in known)
        return kind(str(value))

    return read


def jurisdiction(key: str, value: object, folder: Path) -> str:
    """Read the code of a country."""
    try:
        code = require_jurisdiction(text(key, value, folder))
    except DatasetsError:
        code = ""
    require(key, value, 'a country\'s two-letter code, or "EU"', holds=bool(code))
    return code


def table[T](kind: type[T], readers: Mapping[str, Reader]) -> Reader:
    """Make the reader of a table, or of one entry of a list of tables."""

    def read(key: str, value: object, folder: Path) -> T:
        entries = value if isinstance(value, dict) else {}
        require(key, value, f"a table [{key}]", holds=entries is value)
        values = read_all(entries, readers, folder, prefix=f"{key}.")
        try:
            return kind(**values)
        except TypeError as error:
            raise SettingsError(
                f"Setting `{key}` is incomplete: {value!r}", hint=str(error)
            ) from error
        except DatasetsError as error:
            raise SettingsError(f"Setting `{key}`: {error.message}", hint=error.hint) from error

    return read


def tables(entry: Reader) -> Reader:
    """Make the reader of a list of tables ``[[key]]``."""

    def read(key: str, value: object, folder: Path) -> tuple[object, ...]:
        items = value if isinstance(value, list) else []
        require(key, value, f"tables [[{key}]]", holds=items is value)
        return tuple(entry(key, item, folder) for item in items)

    return read


def read_all(
    values: Mapping[str, object], readers: Mapping[str, Reader], folder: Path, *, prefix: str = ""
) -> dict[str, object]:
    """Read every value that stands in a table.

    Raises
    ------
    SettingsError
        A key is unknown, or its value can't be meant.
    """
    for key in values:
        if key not in readers:
            close = difflib.get_close_matches(key, readers, n=1)
            remedy = f"did you mean `{close[0]}`?" if close else f"known: {', '.join(readers)}"
            raise SettingsError(f"Unknown setting: {prefix}{key}", hint=remedy)
    return {key: readers[key](f"{prefix}{key}", value, folder) for key, value in values.items()}
