"""A dataset lives on either storage: written, read in every way, and sent to other processes."""

# ruff: noqa: RUF001 - letters of other scripts are the subject

import os
import pickle
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import dask
import numpy as np
import pandas as pd
import pytest

from museion_datasets import connect
from museion_datasets.errors import ConflictError, IntegrityError, InvalidError
from museion_datasets.library import Library
from museion_datasets.model import Head
from museion_datasets.versions.orphans import find_orphans
from tests.support.datasets import CANARY, PANEL, begin_panel, make_cube, read_keys
from tests.support.s3 import S3Server
from tests.support.storages import Directory, Storage

READ = """
import pickle, sys
print(int(pickle.loads(bytes.fromhex(sys.argv[1])).sum()))
"""
FILL = """
import resource, sys
from museion_datasets import connect
library = connect(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
with library.draft(sys.argv[2]) as draft:
    draft.put_file("small.bin", bytes(1 << 16))
    draft.put_file("large.bin", bytes(1 << 22))
"""
NAMES = [
    "plan.txt",
    "Befund Nordwand (Kopie 2).txt",
    " leading and trailing ",
    "Ζωγραφική/εικόνα.txt",
    "икона/Спас Нерукотворный.jpg",
    "敦煌莫高窟/第285窟.tif",
    "日本語\u3000全角.txt",
    "한국어.txt",
    "مخطوطة.txt",
    "نامه\u200cها.txt",
    "כתב יד.txt",
    "\u200fעברית mixed العربية.txt",
    "हिन्दी.txt",
    "ᠮᠣᠩᠭᠣᠯ.txt",
    "𓂀𓃠.txt",
    "🏺👩🏽\u200d🎨.png",
    "%2e%2e%2f.txt",
    "a*b?c<d>|e:f\"g'h\\i.txt",
    "CON.txt",
    "~$temp.docx",
    ".hidden",
    "-rf",
    "zarr.json",
    "ſ ß ẞ İ ı.txt",
    unicodedata.normalize("NFC", "Café é.txt"),
    unicodedata.normalize("NFD", "Café é.txt"),
    "x" * 1000,
    "é" * 500,
    "/".join(["deep"] * 100),
]


@pytest.fixture
def library(tmp_path: Path, storage: Storage) -> Library:
    return connect((tmp_path / "home").as_uri(), storage=storage.url)


@pytest.fixture
def panel(library: Library) -> Library:
    with begin_panel(library) as draft:
        draft.put_array("vnir", make_cube(), chunks={"y": 24, "x": 20})
        draft.put_table("pigments", pd.DataFrame({"name": ["azurite", "minium"]}))
        draft.put_file("notes.txt", CANARY)
    return library


def test_what_was_written_is_read_in_every_way(panel: Library, storage: Storage) -> None:
    dataset = panel.open(PANEL)
    assert dataset["vnir"].to_xarray().equals(make_cube())
    with dask.config.set(scheduler="threads", num_workers=2):
        assert int(dataset["vnir"].to_dask().sum().compute()) == int(make_cube().sum())
    np.testing.assert_array_equal(dataset["vnir"].to_xarray()[3, 5], make_cube()[3, 5])
    assert dataset["pigments"].to_pandas()["name"].to_list() == ["azurite", "minium"]
    with dataset.open_file("files/notes.txt") as file:
        file.seek(7)
        assert file.read(8) == CANARY[7:15]
    assert dataset.verify(level=2).objects
    assert all(path.startswith(f"murals/{dataset.record.id}/") for path in storage.paths())


def test_another_process_opens_it_by_itself_and_gets_no_keys_from_us(
    panel: Library, storage: Storage
) -> None:
    pickled = pickle.dumps(panel.open(PANEL)["vnir"].to_dask().data)
    secrets = [
        *read_keys(panel),
        storage.environment.get("AWS_SECRET_ACCESS_KEY", "-" * 9).encode(),
    ]
    assert not [secret for secret in secrets if secret in pickled]
    command = [sys.executable, "-c", READ, pickled.hex()]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == int(make_cube().sum())


def test_catalogue_remembers_its_storage(panel: Library, tmp_path: Path) -> None:
    again = connect((tmp_path / "home").as_uri())
    assert again.open(PANEL).read_bytes("files/notes.txt") == CANARY
    remembered = (tmp_path / "home" / "storage.url").read_text()
    assert "@" not in remembered
    assert os.environ.get("AWS_SECRET_ACCESS_KEY", "-" * 9) not in remembered
    assert panel.datasets() == again.datasets()


def test_keys_of_a_storage_are_never_shown(
    s3: S3Server, s3_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    library = connect((tmp_path / "home").as_uri(), storage=s3.url(s3_prefix))
    with begin_panel(library) as draft:
        draft.put_file("notes.txt", CANARY)
    objects = library.open(PANEL)._snapshot.sealed.objects
    shown = repr(library) + repr(objects) + repr(vars(objects)) + repr(vars(library))
    assert s3.secret_key not in shown


@pytest.mark.parametrize(
    "storage_url",
    ["s3://", "s3://Bucket/x", "s3://b", "s3://key:secret@bucket/x", "s3://bucket/../x"],
)
def test_storage_that_cannot_be_one_is_refused_without_showing_keys(
    storage_url: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidError, match="hint: ") as caught:
        connect((tmp_path / "home").as_uri(), storage=storage_url)
    assert "secret" not in str(caught.value)


def test_file_names_of_every_script_come_back_as_they_were(library: Library) -> None:
    with begin_panel(library) as draft:
        for number, name in enumerate(NAMES):
            draft.put_file(name, f"content {number}".encode())
    dataset = library.open(PANEL)
    assert dataset.keys("files/") == sorted(f"files/{name}" for name in NAMES)
    for number, name in enumerate(NAMES):
        assert dataset.read_bytes(f"files/{name}") == f"content {number}".encode()
        assert dataset.open_file(f"files/{name}").read() == f"content {number}".encode()
    assert dataset.verify(level=2).objects


@pytest.mark.parametrize(
    "name",
    [
        "caf\udce9.txt",
        "a\nb",
        "a\x00b",
        "safe\u202egnp.exe",
        "line\u2028end",
        "x\ufffe",
        "x" * 1025,
    ],
)
def test_file_names_that_are_no_text_or_deceive_are_refused(name: str, library: Library) -> None:
    with pytest.raises(InvalidError, match="hint: "), begin_panel(library) as draft:
        draft.put_file(name, b"x")


def test_many_tiny_files_are_listed_and_found(library: Library, storage: Storage) -> None:
    count = 1500 if storage.url.startswith("file:") else 300
    with begin_panel(library) as draft:
        for number in range(count):
            draft.put_file(f"{number % 7}/{number:05}.txt", b"%d" % number)
    dataset = library.open(PANEL)
    assert len(dataset.keys("files/")) == count
    assert dataset.read_bytes(f"files/{(count - 1) % 7}/{count - 1:05}.txt") == b"%d" % (count - 1)
    assert "files/7/00007.txt" not in dataset.keys("files/7/")
    assert library.orphans(PANEL, older_than_s=0) == []


def test_writer_whose_objects_were_cleaned_up_commits_nothing(panel: Library) -> None:
    with pytest.raises(IntegrityError, match="gone"), panel.draft(PANEL) as draft:  # noqa: PT012 - a block is the subject
        draft.put_file("more.txt", b"more")
        assert panel.remove_orphans(PANEL, older_than_s=0) == 1
    assert panel.open(PANEL).version == 1
    assert panel.open(PANEL).verify(level=2).objects


def test_version_committed_while_orphans_are_looked_for_keeps_its_objects(panel: Library) -> None:
    draft = panel.draft(PANEL)
    draft.__enter__()
    draft.put_file("more.txt", b"more")
    sealed = panel.open(PANEL)._snapshot.sealed

    def read_heads() -> Iterator[Head]:
        draft.__exit__(None, None, None)
        yield from (panel.open(PANEL, version).head for version in (1, 2))

    assert find_orphans(sealed, read_heads, older_than_s=0) == []
    assert panel.open(PANEL).read_bytes("files/more.txt") == b"more"


def test_disk_that_takes_no_more_is_said_plainly_and_leaves_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with begin_panel(connect(home.as_uri())) as draft:
        draft.put_file("notes.txt", CANARY)
    before = Directory(home / "storage").paths()
    done = subprocess.run(
        [sys.executable, "-c", FILL, home.as_uri(), PANEL],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "StorageFullError: The storage is full" in done.stderr
    assert "hint: " in done.stderr
    assert Directory(home / "storage").paths() == before
    assert connect(home.as_uri()).open(PANEL).verify(level=2).objects


def test_objects_of_an_open_draft_are_no_orphans_yet(panel: Library) -> None:
    with panel.draft(PANEL) as draft:
        draft.put_file("more.txt", b"more")
        assert panel.remove_orphans(PANEL) == 0
    assert panel.open(PANEL).read_bytes("files/more.txt") == b"more"


def test_second_draft_on_the_same_version_is_refused_and_leaves_nothing(
    panel: Library, storage: Storage
) -> None:
    with pytest.raises(ConflictError, match="hint: "), panel.draft(PANEL) as late:  # noqa: PT012 - a block is the subject
        late.put_file("late.txt", b"late")
        with panel.draft(PANEL) as early:
            early.put_file("early.txt", b"early")
        stored = storage.paths()
    assert panel.open(PANEL).keys("files/") == ["files/early.txt", "files/notes.txt"]
    assert len(storage.paths()) == len(stored) - 1
    assert panel.orphans(PANEL, older_than_s=0) == []
