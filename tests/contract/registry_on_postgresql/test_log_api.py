"""As `tests/unit/registry/test_log_api.py`."""

from tests.unit.registry.test_log_api import *  # noqa: F403 - the same tests
