"""What is kept of what was costly to make, and what goes first."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from museion_lab.kept import Kept


def test_thing_is_made_once_and_the_least_used_goes_first() -> None:
    made: list[str] = []
    kept: Kept[str, str] = Kept(2)

    def get(key: str) -> str:
        return kept.get(key, lambda: made.append(key) or key.upper())  # type: ignore[func-returns-value]

    assert [get(key) for key in "abacab"] == list("ABACAB")
    assert made == ["a", "b", "c", "b"]  # b was least used when c came


def test_sizes_count_and_one_thing_stays_however_large() -> None:
    kept: Kept[str, bytes] = Kept(10, len)
    first = kept.get("small", lambda: b"123456")
    assert kept.get("small", lambda: b"") is first
    large = kept.get("large", lambda: bytes(99))
    assert kept.get("large", lambda: b"") is large
    assert kept.get("small", lambda: b"again") == b"again"


def test_threads_that_make_the_same_at_once_get_the_same() -> None:
    kept: Kept[str, object] = Kept(4)
    both = Barrier(2, timeout=10)

    def make() -> object:
        both.wait()
        return object()

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: kept.get("key", make), range(2))
    assert first is second


def test_failure_is_not_kept() -> None:
    kept: Kept[str, float] = Kept(4)
    with pytest.raises(ZeroDivisionError):
        kept.get("key", lambda: 1 / 0)
    assert kept.get("key", lambda: 2.0) == 2.0
