"""One hub and one real provider for all tests here."""

from collections.abc import Generator

import pytest

from tests.support.sign_in_site import Site, running_site

OUTAGE_S = 4
WORKSPACE = "wg-murals"


@pytest.fixture(scope="session")
def shared_site(tmp_path_factory: pytest.TempPathFactory) -> Generator[Site]:
    folder = tmp_path_factory.mktemp("sign-in")
    with running_site(folder, local_too=True, outage_s=OUTAGE_S) as site:
        yield site


@pytest.fixture
def site(shared_site: Site) -> Generator[Site]:
    """Give the site with a provider that behaves, before and after the test."""
    _behave(shared_site)
    yield shared_site
    _behave(shared_site)


@pytest.fixture(scope="session")
def workspace(shared_site: Site) -> str:
    """Give the account of a workspace that runs."""
    shared_site.hub.start_servers(WORKSPACE)
    return WORKSPACE


def _behave(site: Site) -> None:
    site.provider.set(down="", forge=None, accessSeconds=600, refresh=True, seen=[])
