"""A workspace's token may be exchanged while a kernel runs; what is somebody's own stays."""

from pathlib import Path

import httpx
import pytest

from museion_datasets.catalogue._registry import _sign_with
from museion_datasets.environment import find_registry, find_token


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the file of the exchanged token, which is not there before the first exchange."""
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "first")
    monkeypatch.setenv("MUSEION_REGISTRY_URL", "http://hub.test/services/registry")
    monkeypatch.setenv("MUSEION_TOKEN_FILE", str(tmp_path / "token"))
    return tmp_path / "token"


def signed(token: str, request: httpx.Request) -> str:
    return _sign_with(token)(request).headers["Authorization"]


def test_token_of_the_start_holds_until_it_is_exchanged(file: Path) -> None:
    assert find_token() == "first"
    file.write_text("second")
    assert find_token() == "second"
    assert find_registry()[1] == "second"


def test_open_catalogue_follows_the_exchange(file: Path) -> None:
    sign = _sign_with("first")
    file.write_text("second")
    request = sign(httpx.Request("GET", "http://hub.test"))
    assert request.headers["Authorization"] == "token second"


def test_token_that_was_given_by_hand_stays(file: Path) -> None:
    file.write_text("second")
    assert signed("mine", httpx.Request("GET", "http://hub.test")) == "token mine"
