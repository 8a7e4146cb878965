"""Both object layers keep one contract: files in a directory, and a real S3 server."""

import pickle
from collections.abc import Callable, Iterator

import pytest

from museion_datasets.errors import (
    ConflictError,
    IntegrityError,
    InvalidError,
    KeyUnavailableError,
    UnavailableError,
)
from museion_datasets.objects import ObjectStore, open_objects, random_name
from museion_datasets.objects import _remote as remote_module
from museion_datasets.objects import _remote_reader as reader_module
from museion_datasets.place import Credentials
from tests.support.s3 import BUCKET, S3Server
from tests.support.storages import Storage

LONG = 12 << 20


@pytest.fixture
def objects(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
    monkeypatch.setattr(remote_module, "PART_BYTES", 5 << 20)  # the least that S3 takes
    return storage.objects()


def pieces(size: int) -> Iterator[memoryview]:
    """Yield bytes through one buffer that is overwritten, as encryption does."""
    scratch = bytearray(1 << 20)
    for start in range(0, size, len(scratch)):
        scratch[:] = bytes([start >> 20]) * len(scratch)
        yield memoryview(scratch)[: min(len(scratch), size - start)]


def read(objects: ObjectStore, name: str, offset: int, size: int) -> bytes:
    out = bytearray(size)
    with objects.reader(name) as reader:
        reader.read_into(offset, memoryview(out))
    return bytes(out)


@pytest.mark.parametrize("size", [0, 1, 1 << 20, LONG + 7])
def test_any_part_of_an_object_is_what_was_written(size: int, objects: ObjectStore) -> None:
    name, content = random_name(), b"".join(bytes(piece) for piece in pieces(size))
    objects.write(name, pieces(size))
    with objects.reader(name) as reader:
        assert reader.size_bytes == size
    for start in {0, size // 3, max(0, size - 5)}:
        assert read(objects, name, start, min(5, size - start)) == content[start : start + 5]
    assert read(objects, name, 0, size) == content


def test_announced_parts_are_read_in_any_order(
    objects: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_module, "WINDOW_BYTES", 2 << 20)
    name, content = random_name(), b"".join(bytes(piece) for piece in pieces(LONG))
    objects.write(name, pieces(LONG))
    spans = [(0, LONG // 2), (LONG - 100, LONG), (7 << 20, (7 << 20) + 10)]
    with objects.reader(name) as reader:
        reader.expect(LONG, spans)
        for start, size in [(0, 74), (74, 3 << 20), (LONG - 100, 100), (7 << 20, 10), (5, 9)]:
            out = bytearray(size)
            reader.read_into(start, memoryview(out))
            assert out == content[start : start + size]


@pytest.mark.parametrize("size", [100, LONG])
def test_object_is_written_once(size: int, objects: ObjectStore) -> None:
    name = random_name()
    objects.write(name, pieces(size))
    with pytest.raises(ConflictError, match="hint: "):
        objects.write(name, iter([memoryview(bytes([7]) * size)]))
    assert read(objects, name, 0, 1) == b"\0"


@pytest.mark.parametrize("size", [100, LONG])
def test_writing_that_fails_half_way_leaves_nothing(
    size: int, objects: ObjectStore, storage: Storage
) -> None:
    def failing() -> Iterator[memoryview]:
        yield from pieces(size)
        raise RuntimeError("the scanner was unplugged")

    with pytest.raises(RuntimeError, match="unplugged"):
        objects.write(random_name(), failing())
    assert storage.paths() == []
    assert objects.remove_leftovers(older_than_s=0) == 0


def test_missing_object_is_damage(objects: ObjectStore) -> None:
    with pytest.raises(IntegrityError, match="missing"):
        read(objects, random_name(), 0, 5)
    with pytest.raises(IntegrityError, match="missing"), objects.reader(random_name()) as reader:
        assert reader.size_bytes


@pytest.mark.parametrize(("offset", "size"), [(0, 11), (8, 3), (10, 1), (500, 1)])
def test_object_that_ends_early_is_damage(offset: int, size: int, objects: ObjectStore) -> None:
    name = random_name()
    objects.write(name, [memoryview(b"0123456789")])
    with pytest.raises(IntegrityError, match="cut short"):
        read(objects, name, offset, size)


@pytest.mark.parametrize("expected", [9, 11])
def test_object_of_another_length_than_expected_is_damage(
    expected: int, objects: ObjectStore
) -> None:
    name = random_name()
    objects.write(name, [memoryview(b"0123456789")])
    with objects.reader(name) as reader, pytest.raises(IntegrityError, match="wrong length"):  # noqa: PT012 - at the latest by the second
        reader.expect(expected, [(0, 5)])
        reader.read_into(0, memoryview(bytearray(5)))


def test_deleting_is_done_once_and_may_be_repeated(objects: ObjectStore) -> None:
    name = random_name()
    objects.write(name, [memoryview(b"x")])
    objects.delete(name)
    objects.delete(name)
    assert list(objects.names(older_than_s=0)) == []


def test_names_are_listed_by_age_and_strangers_left_out(
    objects: ObjectStore, storage: Storage
) -> None:
    names = {random_name() for _ in range(5)}
    for name in names:
        objects.write(name, [memoryview(b"x")])
    first = min(names)
    storage.write(f"set/objects/{first[:2]}/readme.txt", b"not ours")
    assert set(objects.names(older_than_s=0)) == names
    assert list(objects.names(older_than_s=3600)) == []


def test_wrong_clock_here_does_not_make_objects_old(
    objects: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects.write(random_name(), [memoryview(b"x")])
    monkeypatch.setattr("time.time", lambda: 4e9)
    assert list(objects.names(older_than_s=3600)) == []


@pytest.mark.parametrize("count", [3, 70])
def test_object_that_is_gone_before_the_commit_is_told(count: int, objects: ObjectStore) -> None:
    names = [random_name() for _ in range(count)]
    for name in names:
        objects.write(name, [memoryview(b"x")])
    objects.persist(names)
    objects.delete(names[1])
    with pytest.raises(IntegrityError, match=names[1]):
        objects.persist(names)


def test_public_files_lie_beside_the_objects(objects: ObjectStore, storage: Storage) -> None:
    assert objects.get_public("releases/1/objects") is None
    assert objects.list_public("releases/") == []
    objects.put_public("releases/1/objects", b"first")
    objects.put_public("releases/1/objects", b"second")
    objects.put_public("releases/10/log.json", b"{}")
    objects.keep_head(3, b"{}")
    objects.write(random_name(), [memoryview(b"x")])
    assert objects.get_public("releases/1/objects") == b"second"
    assert objects.list_public("releases/") == ["releases/1/objects", "releases/10/log.json"]
    assert objects.list_public("releases/1/") == ["releases/1/objects"]
    assert objects.list_public("heads") == ["heads/3.json"]
    assert len(storage.paths()) == 4


@pytest.mark.parametrize(
    "path",
    [
        "",
        "objects/aa/x",
        "../x",
        "releases/../../x",
        "releases/1/.hidden",
        "/releases/1/x",
        "heads",
    ],
)
def test_public_file_lies_nowhere_else(path: str, objects: ObjectStore) -> None:
    calls: list[Callable[[], object]] = [
        lambda: objects.put_public(path, b""),
        lambda: objects.get_public(path),
    ]
    for call in calls:
        with pytest.raises(InvalidError, match="hint: "):
            call()


def test_wrong_keys_are_told_and_not_shown(s3: S3Server, s3_prefix: str) -> None:
    wrong = Credentials(s3.endpoint, "eu-test-1", s3.access_key, "not-the-secret")
    objects = open_objects(f"s3://{BUCKET}", s3_prefix, wrong)
    with pytest.raises(UnavailableError, match="refuses") as caught:
        objects.write(random_name(), [memoryview(b"x")])
    said = f"{caught.value!r}{caught.value.__cause__!r}{objects!r}{wrong!r}"
    assert s3.access_key not in said
    assert "not-the-secret" not in said


def test_keys_that_were_given_stand_alone_whatever_the_environment_says(
    s3: S3Server, s3_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody-else")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of-somebody-else")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    name, objects = random_name(), s3.objects(s3_prefix)
    objects.write(name, [memoryview(b"x")])
    assert read(objects, name, 0, 1) == b"x"


def test_missing_bucket_is_not_taken_for_damage(s3: S3Server) -> None:
    objects = open_objects("s3://no-such-bucket", "set", s3.credentials)
    with pytest.raises(UnavailableError, match="bucket"):
        read(objects, random_name(), 0, 5)


def test_keys_to_a_bucket_refuse_to_be_pickled(s3: S3Server) -> None:
    for thing in (s3.objects("x"), s3.credentials):
        with pytest.raises(KeyUnavailableError):
            pickle.dumps(thing)
