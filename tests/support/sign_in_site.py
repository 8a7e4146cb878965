"""A hub whose people sign in at a real provider, and a browser without a screen."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from museion_hub.registry.database import Database
from museion_hub.registry.tables import Person
from museion_hub.workplaces import registry_database_url
from tests.support.hub import REQUEST_TIMEOUT_S, TempHub, free_port, temp_hub
from tests.support.openid_provider import OpenIdProvider, openid_provider, sign_in_settings


@dataclass(frozen=True, slots=True)
class Site:
    """A hub, its provider and its registry."""

    hub: TempHub
    provider: OpenIdProvider
    database: Database

    @contextmanager
    def browser(self) -> Generator[httpx.Client]:
        """Give a browser in which nobody is signed in anywhere."""
        with httpx.Client(
            base_url=self.hub.url, follow_redirects=True, timeout=REQUEST_TIMEOUT_S
        ) as client:
            yield client

    @contextmanager
    def signed_in(self, person: str) -> Generator[httpx.Client]:
        """Give a browser in which somebody has signed in at the provider."""
        with self.browser() as client:
            assert sign_in(client, person).url.path == "/hub/home"
            yield client

    def find(self, person: str) -> Person | None:
        """Find the account of somebody whom the provider knows under this name."""
        with self.database.reading() as session:
            subject = f"{self.provider.issuer}#{person}"
            return session.query(Person).filter(Person.subject == subject).one_or_none()


def sign_in(client: httpx.Client, person: str, next_url: str = "") -> httpx.Response:
    """Press the button, and give a name to the provider if it asks."""
    page = client.get("/hub/oauth_login", params={"next": next_url} if next_url else {})
    if page.url.path.startswith("/interaction/"):
        page = client.post(page.url, data={"login": person})
    return page


def token_of(client: httpx.Client, username: str) -> str:
    """Make an access token for a program, as the person who is signed in."""
    asked = client.post(
        f"/hub/api/users/{username}/tokens",
        headers={"X-XSRFToken": client.cookies["_xsrf"], "Referer": f"{client.base_url}/hub/home"},
        json={"note": "test"},
    )
    asked.raise_for_status()
    return str(asked.json()["token"])


def has_ended(client: httpx.Client) -> bool:
    """Tell whether nobody is signed in in this browser any more."""
    return client.get("/hub/home").url.path == "/hub/login"


def username_of(site: Site, person: str) -> str:
    """Give the account of somebody who has signed in before."""
    found = site.find(person)
    assert found
    return found.username


def code_for(site: Site, person: str) -> tuple[httpx.Client, str]:
    """Sign in at the provider, and stop before the browser gets back to the hub."""
    client = httpx.Client(base_url=site.hub.url, timeout=30)
    page = client.get("/hub/oauth_login")
    while "/oauth_callback" not in page.headers.get("location", ""):
        if page.is_redirect and page.next_request:
            page = client.send(page.next_request)
        else:
            page = client.post(page.url, data={"login": person})
    return client, page.headers["location"]


@contextmanager
def running_site(
    folder: Path, more: Mapping[str, object] | None = None, **changes: object
) -> Generator[Site]:
    """Run hub and provider.

    Parameters
    ----------
    folder : Path
        For secrets.
    more : mapping of str to object, optional
        Settings of the deployment that differ from the defaults.
    **changes
        Settings of the sign-in that differ.
    """
    port = free_port()
    with openid_provider(f"http://127.0.0.1:{port}") as provider:
        settings = sign_in_settings(provider, folder, **changes)
        with temp_hub(port=port, sign_in=settings, **(more or {})) as hub:
            database = Database(registry_database_url(hub.settings))
            yield Site(hub, provider, database)
            database.close()
