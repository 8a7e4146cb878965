"""Pages that are built to exhaust whoever reads them."""

import time

import pytest

from museion_hub.registry.errors import InvalidError
from museion_hub.registry.sanitising import TIMEOUT_S, sanitise

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("bomb", ["<div>", "<ul><li>"])
def test_a_page_of_nothing_but_depth_costs_its_publisher_an_error(bomb: str) -> None:
    began = time.monotonic()
    with pytest.raises(InvalidError, match="nested too deeply"):
        sanitise(bomb * (6_000_000 // len(bomb)))
    assert time.monotonic() - began < 2 * TIMEOUT_S


def test_the_largest_page_of_pictures_is_read() -> None:
    page = f'<img src="data:image/png;base64,{"A" * 9_900_000}">'
    assert sanitise(page) == page
