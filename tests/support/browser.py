"""A real headless Chromium, and the few moves that every journey makes."""

import shutil
from collections.abc import Generator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support.deployment import Deployment

PATIENCE_MS = 120_000
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
)


@contextmanager
def chromium() -> Generator[Browser]:
    """Give the system's Chromium, with patience for a busy machine.

    Fails, with what to do, where there is none: a skipped browser test would
    look like a passed one.
    """
    program = shutil.which("chromium")
    if program is None:
        pytest.fail("no Chromium for the browser tests\nhint: apt-get install chromium")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(CHROMIUM_FLAGS))
        yield browser
        browser.close()


def sign_in(page: Page, deployment: Deployment, username: str) -> None:
    """Sign in on the hub's own page and arrive at the home page."""
    page.goto(f"{deployment.url}/hub/login")
    fill_sign_in(page, username, deployment.password)
    page.wait_for_url("**/hub/home")


def fill_sign_in(page: Page, username: str, password: str) -> None:
    """Fill in the form of the sign-in page that is shown, and send it."""
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
