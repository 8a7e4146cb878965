"""As `tests/unit/registry/test_releases.py`."""

from tests.unit.registry.test_releases import *  # noqa: F403 - the same tests
