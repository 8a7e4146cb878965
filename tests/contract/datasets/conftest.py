"""A library and sealed objects on a temporary directory."""

from pathlib import Path

import pytest

from museion_datasets.library import Library
from tests.support.datasets import make_library


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def library(home: Path) -> Library:
    return make_library(home)
