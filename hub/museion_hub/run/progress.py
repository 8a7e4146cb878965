"""Tells a person at a terminal what is being done, how long it took, and what to do next."""

import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import TextIO


class Progress:
    """Writes one line for each step, completed in place on a terminal.

    Parameters
    ----------
    stream
        Where to write; standard output by default.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._is_terminal = self._stream.isatty()

    @contextmanager
    def step(self, title: str) -> Generator[None]:
        """Show `title` while its block runs, then how long it took."""
        self._write(f"  · {title}", end="" if self._is_terminal else "\n")
        started = time.monotonic()
        yield
        elapsed_s = time.monotonic() - started
        start_of_line = "\r" if self._is_terminal else ""
        self._write(f"{start_of_line}  ✓ {title} ({elapsed_s:.1f} s)")

    def detail(self, line: str) -> None:
        """Show one line of what a step is at."""
        start_of_line = "\n" if self._is_terminal else ""
        self._write(f"{start_of_line}    {line}", end="" if self._is_terminal else "\n")

    def say(self, text: str = "") -> None:
        """Write a line as it is."""
        self._write(text)

    def _write(self, text: str, end: str = "\n") -> None:
        self._stream.write(text + end)
        self._stream.flush()
