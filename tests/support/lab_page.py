"""JupyterLab in a browser, for a member who is signed in by name (`NamedVisitors`)."""

from typing import Literal

from playwright.sync_api import Browser, Page

from tests.support.browser import PATIENCE_MS
from tests.support.live_server import LiveServer


def open_as(
    browser: Browser, server: LiveServer, name: str, path: str, scheme: Literal["light", "dark"]
) -> Page:
    """Open a notebook of the workspace as one member, without a kernel."""
    context = browser.new_context(
        color_scheme=scheme, reduced_motion="reduce", viewport={"width": 1500, "height": 1000}
    )
    context.add_cookies([{"name": "visitor", "value": name, "url": server.url}])
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    waiting = page.get_by_role("button", name="Continue waiting")
    page.add_locator_handler(waiting, lambda button: button.click())  # a slow machine
    page.goto(f"{server.url}museion/open?path={path}")
    dialog = page.locator("dialog", has_text="Select Kernel")
    dialog.locator("select").select_option(label="No Kernel")
    dialog.locator("button.jp-mod-accept").click()
    return page
