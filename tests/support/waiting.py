"""Waiting for a condition instead of sleeping, and asking whether a URL answers."""

import time
from collections.abc import Callable

import httpx

DEADLINE_S = 120.0
POLL_S = 0.05
ANSWER_TIMEOUT_S = 15.0


def wait_until[T](claim: Callable[[], T], what: str = "", timeout_s: float = DEADLINE_S) -> T:
    """Return what `claim` returns as soon as it is true.

    Raises
    ------
    TimeoutError
        With `what`, if it is not in time.
    """
    deadline = time.monotonic() + timeout_s
    while not (value := claim()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {timeout_s:.0f} s: {what}")
        time.sleep(POLL_S)
    return value


def answers(url: str) -> bool:
    """Tell whether a URL answers with success."""
    try:
        return httpx.get(url, timeout=ANSWER_TIMEOUT_S, trust_env=False).is_success
    except httpx.TransportError:
        return False
