"""Making releases: what is checked before, and what a killed process leaves."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from museion_datasets.errors import (
    ConflictError,
    IntegrityError,
    KeyUnavailableError,
    NotFoundError,
    StorageFullError,
)
from museion_datasets.evidence.signing import TrustedKey
from museion_datasets.library import Library
from museion_datasets.objects import LocalObjects
from museion_datasets.release.files import release_numbers
from museion_datasets.release.making import ReleaseWish, make_release
from museion_datasets.release.verify import verify_directory
from tests.support.datasets import PANEL, dataset_folder, flip_bit, make_library
from tests.support.releases import forge, read_release, release_folder

HEADER = "museion signing key 1"


def add_version(library: Library, name: str = "more.txt") -> None:
    with library.draft(PANEL) as draft:
        draft.put_file(name, name.encode())


def test_release_says_what_the_catalogue_knows(library: Library) -> None:
    add_version(library)
    opened = library.release(PANEL, message="Second", provenance={"inputs": ["x"]})
    outline, head = opened.release.outline, library.open(PANEL).head
    assert (outline.release, outline.version, outline.parent) == (2, 2, 1)
    assert (outline.dataset, outline.manifest_root) == (head.dataset, head.manifest_root)
    assert outline.previous is not None
    assert outline.recipients.workgroups == ("local",)
    assert opened.release.provenance == {"inputs": ["x"]}


def test_older_version_can_be_released_too(library: Library) -> None:
    add_version(library)
    assert library.release(PANEL, 1).release.outline.version == 1


def test_version_that_is_not_there_is_not_released(library: Library) -> None:
    with pytest.raises(NotFoundError):
        library.release(PANEL, 9)


def test_identity_is_private_and_its_public_half_is_for_everybody(home: Path) -> None:
    assert (home / "identity.key").stat().st_mode & 0o777 == 0o600
    assert "museion signer key 1" in (home / "identity.pub").read_text()


def test_identity_open_to_others_signs_nothing(home: Path, library: Library) -> None:
    add_version(library)
    (home / "identity.key").chmod(0o644)
    with pytest.raises(KeyUnavailableError, match="Others than its owner"):
        library.release(PANEL)


@pytest.mark.parametrize(
    "content", ["", "museion signing key 1\n", "museion signing key 1\nAAAA\n"]
)
def test_damaged_identity_signs_nothing(home: Path, library: Library, content: str) -> None:
    add_version(library)
    (home / "identity.key").write_text(content)
    with pytest.raises((KeyUnavailableError, IntegrityError)) as refused:
        library.release(PANEL)
    assert refused.value.hint


def test_damaged_version_is_not_signed(home: Path, library: Library) -> None:
    add_version(library)
    objects = dataset_folder(home, library) / "objects"
    chunk = max(
        (path for path in objects.rglob("*") if path.is_file()), key=lambda p: p.stat().st_size
    )
    flip_bit(chunk, 500)
    with pytest.raises(IntegrityError):
        library.release(PANEL)
    assert not release_folder(home, library, 2).exists()


class Killed(BaseException):
    """The process is gone."""


def dying_put(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the process die just before it writes a file."""
    put = LocalObjects.put_public

    def die(self: LocalObjects, name: str, data: bytes) -> None:
        if name == path:
            raise Killed
        put(self, name, data)

    monkeypatch.setattr(LocalObjects, "put_public", die)


@pytest.mark.parametrize("file", ["objects", "signers.json", "statement.dsse.json"])
def test_killed_writer_leaves_nothing_that_passes_for_a_release(
    home: Path, library: Library, trusted: list[TrustedKey], file: str
) -> None:
    add_version(library)
    with pytest.MonkeyPatch.context() as patch:
        dying_put(f"releases/2/{file}", patch)
        with pytest.raises(Killed):
            library.release(PANEL, message="Second")
    folder = dataset_folder(home, library)
    assert release_numbers(LocalObjects(folder)) == [1]
    assert verify_directory(folder, trusted).release.outline.release == 1
    again = make_library(home)
    opened = again.release(PANEL, message="Second")
    assert opened.release.outline.release == 2
    report = verify_directory(folder, trusted)
    assert (report.release.outline.release, report.digest) == (2, opened.digest)


def test_release_after_an_unfinished_one_of_another_message_finishes_it_first(
    home: Path, library: Library, trusted: list[TrustedKey]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        dying_put("releases/2/statement.dsse.json", patch)
        with pytest.raises(Killed):
            library.release(PANEL, message="Never seen")
    assert library.release(PANEL, message="Another").release.outline.release == 3
    report = verify_directory(dataset_folder(home, library), trusted)
    assert "2 of 2 earlier releases" in report.to_text()


def test_full_disk_is_said_and_the_release_can_be_finished_later(
    home: Path, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_self: LocalObjects, _name: str, _data: bytes) -> None:
        raise StorageFullError("The storage is full", hint="free space.")

    add_version(library)
    with monkeypatch.context() as patch:
        patch.setattr(LocalObjects, "put_public", full)
        with pytest.raises(StorageFullError):
            library.release(PANEL)
    assert library.release(PANEL).release.outline.release == 2
    assert release_folder(home, library, 2).is_dir()


def test_release_whose_outline_has_changed_meanwhile_is_refused(
    home: Path, library: Library
) -> None:
    """Two authors look at the same outline; the second one is told, not overruled."""
    notary = library._catalogue.notary()
    stale = notary.outline(PANEL, 1)
    library.release(PANEL, message="Somebody was quicker")
    first = read_release(release_folder(home, library))
    with pytest.raises(ConflictError, match="in release, previous"):
        notary.sign(PANEL, replace(first, outline=stale))


def test_forged_statement_in_the_storage_does_not_get_signed_over(
    home: Path, library: Library, trusted: list[TrustedKey]
) -> None:
    """What the storage shows as release 1 is not what the catalogue signed: it is put back."""
    folder = release_folder(home, library)
    forge(folder, read_release(folder))
    library.release(PANEL, message="Next")
    report = verify_directory(dataset_folder(home, library), trusted)
    assert report.is_trusted
    assert "1 of 1 earlier releases are here and fit" in report.to_text()


def test_clock_of_the_author_is_what_the_statement_says(library: Library) -> None:
    snapshot = library.open(PANEL).snapshot
    moment = datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)
    opened = make_release(
        library._catalogue.notary(),
        snapshot,
        ReleaseWish("Later"),
        lambda version: library.open(PANEL, version).snapshot,
        now=lambda: moment,
    )
    assert opened.release.created == "2027-01-02T03:04:05Z"
