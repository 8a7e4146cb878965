"""Attacks on releases, each a story with its end.

The attacker holds the copy, or the storage, and a signing key of their own. Whoever verifies has
nothing but the catalogue's public key, and sometimes what they remember of an earlier release.
"""

import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from blake3 import blake3

from museion_datasets.errors import DatasetsError, IntegrityError, SignatureError
from museion_datasets.evidence.signing import TrustedKey
from museion_datasets.library import Library
from museion_datasets.objects._public import MAX_PUBLIC_BYTES
from museion_datasets.release.object_list import ObjectList, decode_object_list, describe
from museion_datasets.release.report import Outcome
from museion_datasets.release.verify import Expected, verify_directory
from tests.support.datasets import PANEL, begin_panel, dataset_folder, flip_bit
from tests.support.releases import (
    change_envelope,
    change_statement,
    copy_of,
    forge,
    read_release,
    with_listed,
)


def first_of(copy: Path) -> Path:
    return copy / "releases" / "1"


def objects_of(copy: Path) -> list[Path]:
    return sorted(path for path in (copy / "objects").rglob("*") if path.is_file())


def listed_of(copy: Path) -> ObjectList:
    return decode_object_list((first_of(copy) / "objects").read_bytes())


def refuse(copy: Path, trusted: list[TrustedKey], match: str, **expected: int | str) -> None:
    with pytest.raises(IntegrityError, match=match) as refused:
        verify_directory(copy, trusted, expected=Expected(**expected))  # type: ignore[arg-type]
    assert refused.value.hint


def test_one_bit_in_any_object_is_found(copy: Path, trusted: list[TrustedKey]) -> None:
    for path in objects_of(copy):
        flip_bit(path, path.stat().st_size // 2)
        refuse(copy, trusted, f"not the one that was released: {path.name}")
        flip_bit(path, path.stat().st_size // 2)
    assert verify_directory(copy, trusted).is_trusted


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def extend(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("level", [1, 2])
@pytest.mark.parametrize("spoil", [truncate, extend, empty, Path.unlink])
def test_object_of_another_length_or_none_is_found_at_both_levels(
    copy: Path, trusted: list[TrustedKey], spoil: Callable[[Path], None], level: int
) -> None:
    spoil(objects_of(copy)[0])
    with pytest.raises(IntegrityError, match=r"wrong length|is missing|cut short"):
        verify_directory(copy, trusted, level)


@pytest.mark.parametrize("name", ["objects", "statement.dsse.json"])
def test_pipe_in_place_of_a_public_file_does_not_keep_the_verifier_waiting(
    copy: Path, trusted: list[TrustedKey], name: str
) -> None:
    (first_of(copy) / name).unlink()
    os.mkfifo(first_of(copy) / name)
    with pytest.raises(DatasetsError):
        verify_directory(copy, trusted)


def test_pipe_in_place_of_an_object_is_no_object(copy: Path, trusted: list[TrustedKey]) -> None:
    victim = objects_of(copy)[0]
    victim.unlink()
    os.mkfifo(victim)
    refuse(copy, trusted, f"Not a file: {victim.name}")


def test_endless_public_file_is_not_read(copy: Path, trusted: list[TrustedKey]) -> None:
    os.truncate(first_of(copy) / "objects", MAX_PUBLIC_BYTES + 1)  # a hole: it takes no room
    refuse(copy, trusted, "too long")


def test_all_that_is_missing_is_counted(copy: Path, trusted: list[TrustedKey]) -> None:
    for path in objects_of(copy)[:3]:
        path.unlink()
    refuse(copy, trusted, "and 2 more")


def test_two_objects_swapped_are_found(copy: Path, trusted: list[TrustedKey]) -> None:
    first, second = objects_of(copy)[:2]
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)
    refuse(copy, trusted, r"wrong length|not the one")


def test_object_removed_from_the_list_and_the_disk_is_found(
    copy: Path, trusted: list[TrustedKey]
) -> None:
    listed = listed_of(copy)
    shorter = ObjectList(listed.dataset, listed.manifest_objects, listed._records[:-1])
    (first_of(copy) / "objects").write_bytes(shorter.encode())
    refuse(copy, trusted, "list of objects is not the one that was signed")


def test_object_added_to_the_list_is_found(copy: Path, trusted: list[TrustedKey]) -> None:
    path = first_of(copy) / "objects"
    path.write_bytes(path.read_bytes() + bytes(60))
    refuse(copy, trusted, "list of objects is not the one that was signed")


def test_list_that_is_gone_is_found(copy: Path, trusted: list[TrustedKey]) -> None:
    (first_of(copy) / "objects").unlink()
    refuse(copy, trusted, "list of objects of release 1 is missing")


def test_statement_without_its_keys_is_no_release(copy: Path, trusted: list[TrustedKey]) -> None:
    (first_of(copy) / "signers.json").unlink()
    refuse(copy, trusted, "not signed, missing: signers.json")


@pytest.mark.parametrize("number", [0, 1])
def test_stripped_signature_is_refused(copy: Path, trusted: list[TrustedKey], number: int) -> None:
    change_envelope(first_of(copy), lambda envelope: envelope["signatures"].pop(number))
    refuse(copy, trusted, "exactly one Ed25519 and one ML-DSA-65")


def test_downgrade_to_two_classical_signatures_is_refused(
    copy: Path, trusted: list[TrustedKey]
) -> None:
    change_envelope(first_of(copy), lambda e: e["signatures"].__setitem__(1, e["signatures"][0]))
    refuse(copy, trusted, "Not the two kinds of signature")


@pytest.mark.parametrize(
    "field", [("title", "Mine"), ("author", "me"), ("created", "2000-01-01T00:00:00Z")]
)
def test_altered_statement_is_refused(
    copy: Path, trusted: list[TrustedKey], field: tuple[str, str]
) -> None:
    change_statement(first_of(copy), lambda s: s["predicate"].update([field]))
    refuse(copy, trusted, "signature does not hold")


def test_manifest_root_rolled_back_in_the_statement_is_refused(
    copy: Path, trusted: list[TrustedKey]
) -> None:
    older = {"museionManifestRoot": "0" * 64}
    change_statement(first_of(copy), lambda s: s["subject"][0].update(digest=older))
    refuse(copy, trusted, "signature does not hold")


def test_rights_changed_by_a_thief_with_a_key_of_their_own_are_nobodys_word(
    copy: Path, trusted: list[TrustedKey]
) -> None:
    """The thief signs everything anew; it all fits, but nobody trusts the thief."""
    folder = first_of(copy)
    release = read_release(folder)
    policy = replace(release.outline.policy, rights="CC0-1.0", owner="The Thief")
    forge(folder, replace(release, outline=replace(release.outline, policy=policy)))
    report = verify_directory(copy, trusted)
    assert not report.is_trusted
    assert "NOT TRUSTED" in report.to_text()


def test_list_that_is_signed_but_lies_about_the_manifest_is_refused(
    copy: Path, trusted: list[TrustedKey]
) -> None:
    """A forger with a trusted key still cannot list other objects under the same manifest root."""
    folder = first_of(copy)
    listed = listed_of(copy)
    records = listed._records.copy()
    records["root"][0] = records["root"][1]
    lying = ObjectList(listed.dataset, listed.manifest_objects, records).encode()
    (folder / "objects").write_bytes(lying)
    forge(folder, replace(read_release(folder), listed=describe(lying)))
    refuse(copy, trusted, "contradicts the statement")


@pytest.mark.parametrize("change", [{"objects": 99}, {"size_bytes": 1}])
def test_statement_that_counts_wrongly_is_refused(
    copy: Path, trusted: list[TrustedKey], change: dict[str, int]
) -> None:
    forge(first_of(copy), with_listed(read_release(first_of(copy)), **change))
    refuse(copy, trusted, "contradicts the statement")


def test_list_of_another_digest_kind_only_is_not_enough(
    copy: Path, trusted: list[TrustedKey]
) -> None:
    """Both digests must fit: breaking one hash function helps nobody."""
    encoded = (first_of(copy) / "objects").read_bytes()
    sha256, other = hashlib.sha256(encoded).hexdigest(), blake3(b"else").hexdigest()
    forge(first_of(copy), with_listed(read_release(first_of(copy)), sha256=sha256, blake3=other))
    refuse(copy, trusted, "not the one that was signed")


def test_release_of_another_dataset_copied_in_is_refused(
    home: Path, library: Library, copy: Path, trusted: list[TrustedKey]
) -> None:
    """A harmless dataset's release is put into the directory of another one, objects and all."""
    with begin_panel(library, "murals/other") as draft:
        draft.put_file("notes.txt", b"other")
    library.release("murals/other")
    other = dataset_folder(home, library, "murals/other")
    shutil.rmtree(copy)
    shutil.copytree(other, copy)
    refuse(copy, trusted, "release of another dataset: murals/other")


def test_release_under_another_number_is_refused(copy: Path, trusted: list[TrustedKey]) -> None:
    shutil.copytree(first_of(copy), copy / "releases" / "2")
    refuse(copy, trusted, "Release 1 was put in the place of release 2")


def later(home: Path, library: Library, target: Path, count: int = 2) -> Path:
    """Release more versions and copy the directory."""
    for number in range(2, count + 1):
        with library.draft(PANEL) as draft:
            draft.put_file(f"{number}.txt", b"more")
        library.release(PANEL)
    return copy_of(home, library, target)


def test_older_state_presented_as_the_newest_is_seen_by_whoever_remembers(
    home: Path, library: Library, copy: Path, trusted: list[TrustedKey], tmp_path: Path
) -> None:
    """The storage is rolled back as a whole: every signature in it holds."""
    newer = verify_directory(later(home, library, tmp_path / "newer"), trusted).digest
    assert verify_directory(copy, trusted).is_trusted
    refuse(copy, trusted, "older state is here than there was", at_least=2)
    refuse(copy, trusted, "must be here is not", known=newer)


def test_newest_statement_deleted_leaves_a_trace(
    home: Path, library: Library, trusted: list[TrustedKey], tmp_path: Path
) -> None:
    copy = later(home, library, tmp_path / "newer")
    (copy / "releases" / "2" / "statement.dsse.json").unlink()
    report = verify_directory(copy, trusted)
    assert "release 2 was begun and has no statement" in report.to_text()
    (chain,) = [check for check in report.checks if check.name == "earlier releases"]
    assert chain.outcome is Outcome.WARNING


def test_earlier_release_exchanged_for_a_forged_one_is_refused(
    home: Path, library: Library, trusted: list[TrustedKey], tmp_path: Path
) -> None:
    """History is rewritten below a release that is left as it is."""
    copy = later(home, library, tmp_path / "newer")
    folder = first_of(copy)
    forge(folder, replace(read_release(folder), message="As it never was"))
    refuse(copy, trusted, "made after another release 1")


def test_earlier_release_damaged_is_refused(
    home: Path, library: Library, trusted: list[TrustedKey], tmp_path: Path
) -> None:
    copy = later(home, library, tmp_path / "newer")
    change_statement(first_of(copy), lambda s: s["predicate"].update(title="Mine"))
    refuse(copy, trusted, "signature does not hold")


def test_forged_release_on_top_is_nobodys_word_and_the_true_one_still_stands(
    home: Path, library: Library, trusted: list[TrustedKey], tmp_path: Path
) -> None:
    copy = later(home, library, tmp_path / "newer")
    shutil.copytree(copy / "releases" / "2", copy / "releases" / "3")
    folder = copy / "releases" / "3"
    release = read_release(folder)
    outline = replace(
        release.outline,
        release=3,
        previous=replace(release.outline.previous, release=2),  # type: ignore[type-var]
    )
    forge(folder, replace(release, outline=outline))
    refuse(copy, trusted, "made after another release 2")
    assert verify_directory(copy, trusted, expected=Expected(release=2)).is_trusted


def test_proof_of_something_else_is_refused(copy: Path, trusted: list[TrustedKey]) -> None:
    (first_of(copy) / "timestamp.tsr").write_bytes(b"\x30\x03\x02\x01\x00")
    with pytest.raises(SignatureError, match="time stamp"):
        verify_directory(copy, trusted)


def test_what_no_release_lists_is_counted_and_not_claimed(
    copy: Path, trusted: list[TrustedKey]
) -> None:
    planted = copy / "objects" / "ff" / ("f" * 32)
    planted.parent.mkdir(exist_ok=True)
    planted.write_bytes(b"planted")
    report = verify_directory(copy, trusted)
    assert "1 other objects are no part of this release" in report.to_text()
