"""Byte requests as zarr makes them, and how neighbouring ones are read at once."""

from collections.abc import Sequence

from zarr.abc.store import ByteRequest, OffsetByteRequest, RangeByteRequest, SuffixByteRequest


def bounds(request: ByteRequest | None, size: int) -> tuple[int, int]:
    """Return first and end of a byte request, clipped to the value.

    Raises
    ------
    ValueError
        As zarr expects, if it is no byte request.
    """
    match request:
        case None:
            start, stop = 0, size
        case RangeByteRequest(start, stop):
            pass
        case OffsetByteRequest(start):
            stop = size
        case SuffixByteRequest(suffix):
            start, stop = size - suffix, size
        case _:
            raise ValueError(f"Unexpected byte_range, got {request}")
    start = min(max(start, 0), size)
    return start, min(max(stop, start), size)


def coalesce(
    ranges: Sequence[tuple[int, int]], max_gap: int, max_run: int
) -> dict[tuple[int, int], list[int]]:
    """Group neighbouring ranges into runs to read at once; values are indices into `ranges`."""
    runs: dict[tuple[int, int], list[int]] = {}
    current: list[int] = []
    low = high = 0
    for index in sorted(range(len(ranges)), key=ranges.__getitem__):
        start, stop = ranges[index]
        if current and start - high <= max_gap and max(high, stop) - low <= max_run:
            current.append(index)
            high = max(high, stop)
            continue
        if current:
            runs.setdefault((low, high), []).extend(current)
        current, low, high = [index], start, stop
    if current:
        runs.setdefault((low, high), []).extend(current)
    return runs
