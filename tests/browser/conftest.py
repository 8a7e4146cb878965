"""What the tests of several pages share."""

from collections.abc import Generator

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.support.browser import chromium


@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    """Give a browser that the tests of a page share."""
    with chromium() as running:
        yield running


@pytest.fixture
def contexts() -> Generator[list[BrowserContext]]:
    """Give a list; the contexts of a browser that a test puts there are closed after it."""
    opened: list[BrowserContext] = []
    yield opened
    for context in opened:
        context.close()
