"""One hub for all tests of the pages' addresses."""

from collections.abc import Generator

import pytest

from tests.support.pages_hub import PagesHub, pages_hub


@pytest.fixture(scope="package")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Generator[PagesHub]:
    with pages_hub(tmp_path_factory.mktemp("pages")) as running:
        yield running
