"""Progress on the standard error, if that is a terminal."""

import sys
from collections.abc import Callable


def byte_bar() -> Callable[[int, int, str], None] | None:
    """Return what draws a bar.

    Returns
    -------
    callable or None
        Told bytes done, bytes in all and what is being done; None where nobody looks.
    """
    if not sys.stderr.isatty():
        return None
    from museion_datasets.ingest.progress import TextBar  # noqa: PLC0415

    return TextBar(sys.stderr)


def count_bar(total_bytes: int) -> Callable[[int, int], None] | None:
    """Return what draws a bar from what was done since the last call.

    Parameters
    ----------
    total_bytes : int
        What there is to do; 0 if nobody knows.

    Returns
    -------
    callable or None
        Told objects and bytes; None where nobody looks.
    """
    bar = byte_bar()
    if bar is None:
        return None
    done = [0, 0]

    def tell(objects: int, size_bytes: int) -> None:
        done[0] += objects
        done[1] += size_bytes
        bar(done[1], max(total_bytes, done[1]), f"{done[0]:,} objects checked")

    return tell
