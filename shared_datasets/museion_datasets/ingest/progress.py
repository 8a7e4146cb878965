"""How far an ingest is: a callable that is told, a bar for terminals, one for notebooks.

Progress is counted in bytes of the sources, three times: once each is checked, once it is
kept, and once its analysis form is made. So the total is known before anything is read, and
the end is exactly the total. What was finished before an interruption counts at once.
"""

import sys
from html import escape
from typing import Any, Protocol, TextIO

from museion_datasets.display.text import size_text

STAGES = 3
_BAR_CHARACTERS = 30
_FINEST = 1000


class Progress(Protocol):
    """Told how far an ingest is; what it raises stops the ingest."""

    def __call__(self, done_bytes: int, total_bytes: int, what: str, /) -> None:
        """Take note."""


def silent(_done_bytes: int, _total_bytes: int, _what: str, /) -> None:
    """Tell nobody."""


class Meter:
    """Adds up what is done, and tells.

    Parameters
    ----------
    progress : Progress
        Whom to tell.
    total_bytes : int
        What there is to do.
    """

    def __init__(self, progress: Progress, total_bytes: int) -> None:
        self._progress, self._total, self._done = progress, total_bytes, 0

    def advance(self, count: int, what: str) -> None:
        """Tell of `count` more bytes."""
        self._done = min(self._done + count, self._total)
        self._progress(self._done, self._total, what)

    def reach(self, done: int, what: str) -> None:
        """Tell that `done` bytes are done in all, if that is more than before."""
        if done > self._done:
            self.advance(done - self._done, what)

    @property
    def done(self) -> int:
        """Bytes done so far."""
        return self._done


class TextBar:
    """A bar on one line of a terminal.

    Parameters
    ----------
    stream : text file, optional
        Standard error by default; on anything but a terminal a line is written when a tenth
        more is done.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._steps = _FINEST if self._stream.isatty() else 10
        self._last = -1

    def __call__(self, done_bytes: int, total_bytes: int, what: str, /) -> None:
        """Draw the bar if it has moved."""
        step = self._steps * done_bytes // max(1, total_bytes)
        if step == self._last:
            return
        self._last = step
        line = bar_text(done_bytes, total_bytes, what)
        is_terminal = self._stream.isatty()
        end = "" if is_terminal and done_bytes < total_bytes else "\n"
        start = "\r\x1b[K" if is_terminal else ""
        self._stream.write(f"{start}{line}{end}")
        self._stream.flush()


class NotebookBar:
    """A bar in a notebook's output, with nothing but HTML."""

    def __init__(self) -> None:
        self._handle: Any = None
        self._last = -1

    def __call__(self, done_bytes: int, total_bytes: int, what: str, /) -> None:
        """Draw the bar if it has moved."""
        step = 100 * done_bytes // max(1, total_bytes)
        if step != self._last:
            self._last = step
            self._update(bar_html(done_bytes, total_bytes, what))

    def _update(self, html: str) -> None:
        from IPython import display  # noqa: PLC0415 - only in notebooks

        if self._handle is None:
            self._handle = display.display(display.HTML(html), display_id=True)  # type: ignore[no-untyped-call]
        else:
            self._handle.update(display.HTML(html))  # type: ignore[no-untyped-call]


def bar_text(done_bytes: int, total_bytes: int, what: str) -> str:
    """Return a bar of characters.

    Parameters
    ----------
    done_bytes, total_bytes : int
        How far it is.
    what : str
        What is being done.

    Returns
    -------
    str
        One line.

    Examples
    --------
    >>> bar_text(1, 2, "checking panel.dat")
    '[###############...............]  50 %  checking panel.dat'
    """
    share = done_bytes / total_bytes if total_bytes else 1.0
    full = int(share * _BAR_CHARACTERS)
    bar = "#" * full + "." * (_BAR_CHARACTERS - full)
    return f"[{bar}] {int(100 * share):3d} %  {what}"


def bar_html(done_bytes: int, total_bytes: int, what: str) -> str:
    """Return a bar that screen readers announce.

    Parameters
    ----------
    done_bytes, total_bytes : int
        How far it is.
    what : str
        What is being done.

    Returns
    -------
    str
        Self-contained HTML.
    """
    label = escape(what)
    return (
        f'<label style="display:block">{label} '
        f'<progress max="{max(1, total_bytes)}" value="{done_bytes}" style="width:20em">'
        f"</progress> {size_text(done_bytes // STAGES)} of {size_text(total_bytes // STAGES)}"
        "</label>"
    )
