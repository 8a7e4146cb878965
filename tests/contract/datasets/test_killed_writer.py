"""A writer that dies at any moment leaves the last version, and rubbish that can be found."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from museion_datasets.library import Library
from tests.support.datasets import CANARY, PANEL, begin_panel, stored_files


@pytest.fixture
def panel(library: Library) -> Library:
    with begin_panel(library) as draft:
        draft.put_file("notes.txt", CANARY)
    return library


def test_killed_writer_leaves_the_last_version_and_orphans_that_can_be_removed(
    panel: Library, home: Path
) -> None:
    code = f"""
        import os
        from museion_datasets import connect
        with connect({home.as_uri()!r}).draft({PANEL!r}) as draft:
            draft.put_file("big.bin", bytes(100_000))
            os.kill(os.getpid(), 9)
    """
    died = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=False)
    assert died.returncode == -9
    assert panel.open(PANEL).version == 1
    assert panel.open(PANEL).verify(level=2).objects
    (orphan,) = panel.orphans(PANEL, older_than_s=0)
    assert panel.orphans(PANEL) == []
    assert panel.remove_orphans(PANEL, older_than_s=0) == 1
    assert orphan not in {path.name for path in stored_files(home)}
    assert panel.open(PANEL).verify(level=2).objects
