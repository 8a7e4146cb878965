"""A writer that dies at any moment leaves the last version, and rubbish that can be found."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from museion_datasets import connect
from museion_datasets.library import Library
from tests.support.datasets import CANARY, PANEL, begin_panel
from tests.support.s3 import S3Server
from tests.support.storages import Bucket, Storage

KILLED = -9


@pytest.fixture
def panel(tmp_path: Path, storage: Storage) -> Library:
    library = connect((tmp_path / "home").as_uri(), storage=storage.url)
    with begin_panel(library) as draft:
        draft.put_file("notes.txt", CANARY)
    return library


def die(home: Path, code: str) -> None:
    """Run code in a process of its own that kills itself."""
    whole = f"""
import os
from museion_datasets import connect
library = connect({home.as_uri()!r})
{textwrap.dedent(code)}
"""
    died = subprocess.run([sys.executable, "-c", whole], check=False)
    assert died.returncode == KILLED


def test_killed_writer_leaves_the_last_version_and_orphans_that_can_be_removed(
    panel: Library, tmp_path: Path, storage: Storage
) -> None:
    before = storage.paths()
    code = f"""
    with library.draft({PANEL!r}) as draft:
        draft.put_file("big.bin", bytes(100_000))
        os.kill(os.getpid(), 9)
    """
    die(tmp_path / "home", code)
    assert panel.open(PANEL).version == 1
    assert panel.open(PANEL).verify(level=2).objects
    (orphan,) = panel.orphans(PANEL, older_than_s=0)
    assert panel.orphans(PANEL) == []
    assert panel.remove_orphans(PANEL) == 0
    assert panel.remove_orphans(PANEL, older_than_s=0) == 1
    assert storage.paths() == before
    assert orphan not in "".join(before)
    assert panel.open(PANEL).verify(level=2).objects


def test_writer_killed_between_manifest_and_commit_leaves_the_last_version(
    panel: Library, tmp_path: Path, storage: Storage
) -> None:
    before = storage.paths()
    code = f"""
    library._catalogue.commit = lambda *_: os.kill(os.getpid(), 9)
    with library.draft({PANEL!r}) as draft:
        draft.put_file("more.txt", b"more")
    """
    die(tmp_path / "home", code)
    assert panel.open(PANEL).version == 1
    assert panel.remove_orphans(PANEL, older_than_s=0) == 4  # file, description, page, index
    assert storage.paths() == before


def test_writer_killed_within_a_long_upload_leaves_no_hidden_parts(
    s3: S3Server, s3_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = Bucket(s3, s3_prefix)
    for name, value in bucket.environment.items():
        monkeypatch.setenv(name, value)
    library = connect((tmp_path / "home").as_uri(), storage=bucket.url)
    with begin_panel(library) as draft:
        draft.put_file("notes.txt", CANARY)
    before = bucket.paths()
    code = f"""
    import time
    sealed = library.open({PANEL!r})._snapshot.sealed
    objects = sealed.objects
    from museion_datasets.objects._uploads import Uploads

    def pieces():
        for _ in range(64):
            yield memoryview(bytes(1 << 20))
        uploads, deadline = Uploads(objects._bucket, objects._credentials), time.monotonic() + 30
        while not list(uploads.find(objects._prefix + "/", older_than_s=0)):
            assert time.monotonic() < deadline
        os.kill(os.getpid(), 9)

    objects.write("ab" * 16, pieces())
    """
    die(tmp_path / "home", code)
    assert bucket.paths() == before
    assert library.remove_orphans(PANEL) == 0
    assert library.remove_orphans(PANEL, older_than_s=0) == 1
    assert library.remove_orphans(PANEL, older_than_s=0) == 0
    assert library.open(PANEL).verify(level=2).objects
