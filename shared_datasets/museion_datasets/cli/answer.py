"""What a command answers: text for people, JSON for programs, and the exit code."""

import json
import sys
from typing import Any

from museion_datasets.errors import HintedError, HistoryError, IntegrityError

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_DAMAGED = 3
EXIT_UNTRUSTED = 4
EXIT_INTERRUPTED = 130


def say(text: str) -> None:
    """Write lines for people to the standard output.

    Parameters
    ----------
    text : str
        Without a final line break.
    """
    sys.stdout.write(text + "\n")


def answer(data: Any, text: str, *, as_json: bool) -> None:  # noqa: ANN401 - any JSON
    """Write a command's result to the standard output.

    Parameters
    ----------
    data : JSON
        For programs.
    text : str
        For people.
    as_json : bool
        Which of the two.
    """
    say(json.dumps(data, indent=2, ensure_ascii=False) if as_json else text)


def report_error(error: HintedError) -> int:
    """Write an error to the standard error.

    Parameters
    ----------
    error : HintedError
        Ours.

    Returns
    -------
    int
        The exit code.
    """
    sys.stderr.write(f"museion: {_printable(str(error))}\n")
    return EXIT_DAMAGED if isinstance(error, IntegrityError | HistoryError) else EXIT_FAILED


def _printable(text: str) -> str:
    """Return a text that cannot steer the terminal."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)


def warn(text: str) -> None:
    """Write a remark to the standard error.

    Parameters
    ----------
    text : str
        One sentence.
    """
    sys.stderr.write(f"museion: {_printable(text)}\n")


def table(rows: list[tuple[str, ...]]) -> str:
    """Return rows as columns of equal width.

    Parameters
    ----------
    rows : list of tuple of str
        Equally long.

    Returns
    -------
    str
        One line for each row.

    Examples
    --------
    >>> print(table([("a", "1"), ("long", "2")]))
    a     1
    long  2
    """
    shown = [tuple(map(_printable, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    lines = ("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in shown)
    return "\n".join(line.rstrip() for line in lines)
