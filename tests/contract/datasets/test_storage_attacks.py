"""What a storage provider may try, on each kind of storage: damage never turns into data."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from museion_datasets import connect
from museion_datasets.dataset import Dataset
from museion_datasets.errors import IntegrityError
from museion_datasets.library import Library
from museion_datasets.objects import _remote as remote_module
from museion_datasets.versions.orphans import find_orphans
from tests.support.datasets import CANARY, PANEL, begin_panel, make_cube
from tests.support.proxies import Answer, Lie, provider_that_lies
from tests.support.s3 import S3Server
from tests.support.storages import Bucket, Storage

FIRST, SECOND = "arrays/vnir/reflectance/c/0/0/0", "arrays/vnir/reflectance/c/1/1/0"
CHUNKS = {"y": 24, "x": 20}


@pytest.fixture
def panel(tmp_path: Path, storage: Storage) -> Library:
    library = connect((tmp_path / "home").as_uri(), storage=storage.url)
    write_panel(library)
    return library


def write_panel(library: Library, path: str = PANEL, add: int = 0) -> None:
    with begin_panel(library, path) as draft:
        draft.put_array("vnir", make_cube() + add, chunks=CHUNKS)
        draft.put_file("notes.txt", CANARY)


def stored(dataset: Dataset, key: str) -> str:
    """Return where the provider has what we call `key`."""
    entry = dataset._snapshot.require(key)
    workgroup = dataset.record.path.partition("/")[0]
    return f"{workgroup}/{dataset.record.id}/objects/{entry.object_id[:2]}/{entry.object_id}"


def read_values(library: Library) -> object:
    return library.open(PANEL)["vnir"].to_xarray().to_numpy()


def delete(storage: Storage, one: str, _other: str) -> None:
    storage.remove(one)


def swap(storage: Storage, one: str, other: str) -> None:
    first, second = storage.read(one), storage.read(other)
    storage.write(one, second)
    storage.write(other, first)


def truncate(storage: Storage, one: str, _other: str) -> None:
    storage.write(one, storage.read(one)[:-32])


def extend(storage: Storage, one: str, _other: str) -> None:
    storage.write(one, storage.read(one) + bytes(32))


def empty(storage: Storage, one: str, _other: str) -> None:
    storage.write(one, b"")


def flip(storage: Storage, one: str, _other: str) -> None:
    content = bytearray(storage.read(one))
    content[200] ^= 1
    storage.write(one, bytes(content))


@pytest.mark.parametrize("attack", [delete, swap, truncate, extend, empty, flip])
def test_manipulated_chunk_raises_and_never_reads_as_data(
    attack: Callable[[Storage, str, str], None], panel: Library, storage: Storage
) -> None:
    assert read_values(panel) is not None
    dataset = panel.open(PANEL)
    attack(storage, stored(dataset, FIRST), stored(dataset, SECOND))
    with pytest.raises(IntegrityError, match=r"reflectance/c/\d/\d/0[\s\S]*hint: "):
        read_values(panel)


def test_replayed_chunk_of_an_older_version_does_not_pass(panel: Library, storage: Storage) -> None:
    old = storage.read(stored(panel.open(PANEL), FIRST))
    write_panel(panel, add=1)
    storage.write(stored(panel.open(PANEL), FIRST), old)
    with pytest.raises(IntegrityError):
        read_values(panel)


def test_chunk_moved_from_another_dataset_does_not_pass(panel: Library, storage: Storage) -> None:
    write_panel(panel, "murals/other")
    stranger = storage.read(stored(panel.open("murals/other"), FIRST))
    storage.write(stored(panel.open(PANEL), FIRST), stranger)
    with pytest.raises(IntegrityError):
        read_values(panel)


def test_manifest_rolled_back_to_an_older_version_does_not_open(
    panel: Library, storage: Storage
) -> None:
    old = panel.open(PANEL)
    write_panel(panel, add=1)
    new = panel.open(PANEL)
    folder = f"murals/{new.record.id}/objects"
    for before, after in zip(
        old._snapshot.manifest.objects, new._snapshot.manifest.objects, strict=True
    ):
        content = storage.read(f"{folder}/{before.object_id[:2]}/{before.object_id}")
        storage.write(f"{folder}/{after.object_id[:2]}/{after.object_id}", content)
    with pytest.raises(IntegrityError):
        panel.open(PANEL)


def test_head_forged_in_the_storage_is_not_believed(panel: Library, storage: Storage) -> None:
    before = panel.open(PANEL).head
    path = f"murals/{before.dataset}/heads/1.json"
    storage.write(path, storage.read(path).replace(b'"version": 1', b'"version": 9'))
    assert panel.open(PANEL).head == before


def test_provider_sees_no_names_and_no_content(panel: Library, storage: Storage) -> None:
    assert panel.open(PANEL).read_bytes("files/notes.txt") == CANARY
    paths = storage.paths()
    assert len(paths) > 8
    for path in paths:
        content = storage.read(path)
        for secret in (CANARY, b"reflectance", b"notes.txt", b"zarr", b"arrays/"):
            assert secret not in content
            assert secret not in path.encode()


def test_object_that_a_list_leaves_out_is_read_all_the_same_and_never_an_orphan(
    panel: Library, storage: Storage
) -> None:
    dataset = panel.open(PANEL)
    sealed = dataset._snapshot.sealed
    known = {path.rpartition("/")[2] for path in storage.paths()}
    foreign = "ab" * 16
    storage.write(f"murals/{dataset.record.id}/objects/{FIRST[:2]}-x", b"")
    sealed.objects.write(foreign, [memoryview(b"x")])
    assert find_orphans(sealed, lambda: [dataset.head], older_than_s=0) == [foreign]
    assert foreign not in known


def hide_everything(answer: Answer) -> None:
    """List nothing."""
    answer.body = re.sub(rb"<Contents>.*?</Contents>", b"", answer.body, flags=re.DOTALL)


def list_what_is_not_ours(answer: Answer) -> None:
    """List other names than there are."""
    answer.body = answer.body.replace(b"</Key>", b"-x</Key>")


def list_what_lies_elsewhere(answer: Answer) -> None:
    """List names that would delete something outside."""
    answer.body = answer.body.replace(b"</Key>", b"/../../x</Key>")


def make_all_old(answer: Answer) -> None:
    """Say that everything was written long ago."""
    answer.body = re.sub(rb"<LastModified>\d{4}", b"<LastModified>1999", answer.body)


@pytest.fixture
def behind(
    s3: S3Server, s3_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[int], Library]:
    """Return what connects the one catalogue through another port."""
    for name, value in Bucket(s3, s3_prefix).environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setitem(remote_module.RETRIES, "max_retries", 1)

    def connect_through(port: int) -> Library:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        return connect((tmp_path / "home").as_uri(), storage=s3.url(s3_prefix))

    return connect_through


@pytest.mark.parametrize("lie", [hide_everything, list_what_is_not_ours, make_all_old])
def test_lists_that_lie_neither_stop_reading_nor_delete_a_version(
    lie: Lie, behind: Callable[[int], Library], s3: S3Server
) -> None:
    write_panel(behind(s3.ports["s3"]))
    with provider_that_lies(s3.ports["s3"], lie) as port:
        library = behind(port)
        assert library.remove_orphans(PANEL, older_than_s=0) == 0
        assert library.open(PANEL).read_bytes("files/notes.txt") == CANARY
    assert behind(s3.ports["s3"]).open(PANEL).verify(level=2).objects


def test_list_that_leads_elsewhere_is_refused(
    behind: Callable[[int], Library], s3: S3Server
) -> None:
    write_panel(behind(s3.ports["s3"]))
    with provider_that_lies(s3.ports["s3"], list_what_lies_elsewhere) as port:
        with pytest.raises(IntegrityError, match="hint: "):
            behind(port).remove_orphans(PANEL, older_than_s=0)
        assert behind(port).open(PANEL).read_bytes("files/notes.txt") == CANARY


def shorten(answer: Answer) -> None:
    """Leave out the end of a part, and say so nowhere."""
    if answer.status == 206:
        answer.body = answer.body[:-1]


def lengthen(answer: Answer) -> None:
    """Add to a part."""
    if answer.status == 206:
        answer.body += b"x"


def claim_another_length(answer: Answer) -> None:
    """Say that the whole object is longer than it is."""
    range_said = answer.headers.get("Content-Range", "")
    answer.headers |= {"Content-Range": f"{range_said}0"} if range_said else {}
    if answer.method == "HEAD":
        answer.headers["Content-Length"] = f"{answer.headers['Content-Length']}0"


def answer_with_another_part(answer: Answer) -> None:
    """Give other bytes of the same length."""
    if answer.status == 206:
        answer.body = answer.body[::-1]


@pytest.mark.parametrize("lie", [shorten, lengthen, claim_another_length, answer_with_another_part])
def test_lengths_that_lie_are_damage(
    lie: Lie, behind: Callable[[int], Library], s3: S3Server
) -> None:
    write_panel(behind(s3.ports["s3"]))
    with provider_that_lies(s3.ports["s3"], lie) as port, pytest.raises(IntegrityError):
        behind(port).open(PANEL).read_bytes("files/notes.txt")
