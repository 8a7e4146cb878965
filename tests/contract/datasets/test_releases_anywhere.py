"""A release is made and verified the same way on files and on a bucket."""

from collections.abc import Callable
from pathlib import Path

import pytest

from museion_datasets import connect
from museion_datasets.errors import IntegrityError
from museion_datasets.library import Library
from museion_datasets.release.report import ReleaseReport
from museion_datasets.release.verify import Expected, Trust, verify_release
from tests.support.datasets import CANARY, PANEL, begin_panel, make_cube
from tests.support.storages import Storage


@pytest.fixture
def released(tmp_path: Path, storage: Storage) -> Library:
    library = connect((tmp_path / "home").as_uri(), storage=storage.url)
    with begin_panel(library) as draft:
        draft.put_array("vnir", make_cube(), chunks={"y": 24, "x": 20})
        draft.put_file("notes.txt", CANARY)
    library.release(PANEL, message="As photographed")
    return library


def verify(library: Library, level: int = 2) -> ReleaseReport:
    objects = library.open(PANEL).snapshot.sealed.objects
    return verify_release(objects, Trust(tuple(library.trusted_keys())), Expected(), level)


def objects_of(library: Library, storage: Storage) -> list[str]:
    folder = f"murals/{library.open(PANEL).record.id}/objects/"
    return [path for path in storage.paths() if path.startswith(folder)]


@pytest.mark.parametrize("level", [1, 2])
def test_release_verifies_where_it_was_made(released: Library, level: int) -> None:
    report = verify(released, level)
    assert report.is_trusted
    assert report.level == level
    assert released.open(PANEL).signature.startswith("release 1, signed by local")


def test_nothing_of_what_it_holds_is_readable_beside_it(
    released: Library, storage: Storage
) -> None:
    released.open(PANEL)
    public = [path for path in storage.paths() if "/releases/" in path]
    assert len(public) == 3
    assert not [path for path in public if CANARY in storage.read(path)]
    assert not [path for path in public if b"vnir" in storage.read(path)]


def cut(storage: Storage, path: str) -> None:
    storage.write(path, storage.read(path)[:-1])


def grow(storage: Storage, path: str) -> None:
    storage.write(path, storage.read(path) + b"\0")


def flip(storage: Storage, path: str) -> None:
    data = bytearray(storage.read(path))
    data[-1] ^= 1
    storage.write(path, bytes(data))


def remove(storage: Storage, path: str) -> None:
    storage.remove(path)


@pytest.mark.parametrize("spoil", [cut, grow, flip, remove])
def test_provider_that_touches_an_object_is_found(
    released: Library, storage: Storage, spoil: Callable[[Storage, str], None]
) -> None:
    objects = released.open(PANEL).snapshot.sealed.objects
    trust = Trust(tuple(released.trusted_keys()))
    spoil(storage, objects_of(released, storage)[0])
    with pytest.raises(IntegrityError):
        verify_release(objects, trust, Expected())
