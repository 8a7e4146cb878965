"""A disk that is really full: a file system of a few megabytes, in a namespace of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

DISK_BYTES = 6_000_000
WORK = """
import os, sys
from pathlib import Path
from museion_datasets import connect
from museion_datasets.errors import StorageFullError
from tests.support.datasets import CANARY, PANEL, begin_panel

disk = Path(sys.argv[1])
library = connect((disk / "home").as_uri())
with begin_panel(library) as draft:
    draft.put_file("notes.txt", CANARY)
try:
    with library.draft(PANEL) as draft:
        for number in range(20):
            draft.put_file(f"{number}.bin", os.urandom(500_000))
except StorageFullError as error:
    print(error)
dataset = library.open(PANEL)
assert (dataset.version, dataset.read_bytes("files/notes.txt")) == (1, CANARY)
assert dataset.verify(level=2).objects
library.remove_orphans(PANEL, older_than_s=0)
with library.draft(PANEL) as draft:
    draft.put_file("small.bin", os.urandom(500_000))
assert library.open(PANEL).verify(level=2).objects
print("version", library.open(PANEL).version)
"""


def test_full_disk_keeps_the_last_version_and_takes_the_next_once_there_is_room(
    tmp_path: Path,
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    small = ("--dev-bind", "/", "/", "--size", str(DISK_BYTES), "--tmpfs", str(disk))
    done = subprocess.run(
        ["bwrap", *small, "--die-with-parent", sys.executable, "-c", WORK, str(disk)],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    error, hint, version = done.stdout.splitlines()
    assert "full" in error
    assert hint.startswith("hint: ")
    assert version == "version 2"
