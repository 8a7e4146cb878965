"""What a person sees who verifies an honest copy without keys."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from museion_datasets.errors import IntegrityError, InvalidError, NotFoundError
from museion_datasets.evidence.signing import TrustedKey
from museion_datasets.library import Library
from museion_datasets.release.report import Outcome, ReleaseReport, printable
from museion_datasets.release.verify import Expected, verify_directory
from tests.support.datasets import PANEL
from tests.support.releases import COLLEAGUE as KEY
from tests.support.releases import copy_of, forge, keep, read_release


def outcome(report: ReleaseReport, name: str) -> Outcome:
    (found,) = [check.outcome for check in report.checks if check.name == name]
    return found


def test_copy_without_any_key_of_the_catalogue_verifies(
    copy: Path, trusted: list[TrustedKey]
) -> None:
    report = verify_directory(copy, trusted)
    assert report.is_trusted
    assert report.level == 2
    assert report.release.message == "As photographed"
    assert outcome(report, "signatures") is outcome(report, "objects") is Outcome.PASSED
    assert outcome(report, "log") is outcome(report, "time stamp") is Outcome.SKIPPED


def test_report_says_what_who_whose_and_for_whom(copy: Path, trusted: list[TrustedKey]) -> None:
    text = verify_directory(copy, trusted).to_text()
    for part in ("Release 1 of murals/panel is intact", "Painted panel", "CC BY 4.0", "by local"):
        assert part in text
    assert "NOT TRUSTED" not in text


def test_signer_whom_nobody_vouches_for_is_said_plainly(copy: Path) -> None:
    report = verify_directory(copy)
    assert not report.is_trusted
    assert "NOT TRUSTED" in report.to_text()
    assert report.judgement.fingerprint in report.to_text()
    assert report.to_json()["outcome"] == "signer-unknown"


def test_report_for_programs_is_json(copy: Path, trusted: list[TrustedKey]) -> None:
    data = json.loads(json.dumps(verify_directory(copy, trusted).to_json()))
    assert data["release"]["path"] == PANEL
    assert data["outcome"] == "trusted"
    assert {check["name"] for check in data["checks"]} >= {"signatures", "objects", "log"}


def test_level_one_says_that_no_byte_was_read(copy: Path, trusted: list[TrustedKey]) -> None:
    report = verify_directory(copy, trusted, 1)
    assert outcome(report, "objects") is Outcome.WARNING
    assert "no byte was read" in report.to_text()
    with pytest.raises(InvalidError, match="No such level"):
        verify_directory(copy, trusted, 3)


def test_directory_without_a_release_is_told_from_a_damaged_one(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(NotFoundError):
            verify_directory(path)


def test_progress_counts_every_object_and_byte(copy: Path) -> None:
    seen: list[tuple[int, int]] = []
    report = verify_directory(copy, progress=lambda *counts: seen.append(counts))
    listed = report.release.listed
    assert tuple(map(sum, zip(*seen, strict=True))) == (listed.objects, listed.size_bytes)


def test_chain_of_releases_is_walked_back_to_the_first(
    home: Path, library: Library, trusted: list[TrustedKey], tmp_path: Path
) -> None:
    first = verify_directory(copy_of(home, library, tmp_path / "first"), trusted).digest
    for name in ("second.txt", "third.txt"):
        with library.draft(PANEL) as draft:
            draft.put_file(name, b"more")
        library.release(PANEL)
    copy = copy_of(home, library, tmp_path / "third")
    report = verify_directory(copy, trusted, expected=Expected(at_least=3, known=first))
    assert report.release.outline.release == 3
    assert "2 of 2 earlier releases" in report.to_text()
    assert verify_directory(copy, trusted, expected=Expected(release=1)).digest == first
    with pytest.raises(IntegrityError, match="must be here"):
        verify_directory(copy, trusted, expected=Expected(release=1, known=report.digest))


def test_release_whose_predecessor_was_not_copied_says_so(
    home: Path, library: Library, trusted: list[TrustedKey], tmp_path: Path
) -> None:
    with library.draft(PANEL) as draft:
        draft.put_file("more.txt", b"more")
    library.release(PANEL)
    copy = copy_of(home, library, tmp_path / "second")
    for file in (copy / "releases" / "1").iterdir():
        file.unlink()
    report = verify_directory(copy, trusted)
    assert outcome(report, "earlier releases") is Outcome.WARNING
    assert "0 of 1" in report.to_text()


def test_release_created_in_the_future_is_reported(copy: Path) -> None:
    folder = copy / "releases" / "1"
    forge(folder, replace(read_release(folder), created="2999-01-01T00:00:00Z"), KEY)
    report = verify_directory(copy, [keep(KEY)])
    assert outcome(report, "clock") is Outcome.WARNING
    assert "created in the future" in report.to_text()


def test_title_cannot_pretend_to_be_a_line_of_the_report(copy: Path) -> None:
    folder = copy / "releases" / "1"
    release = read_release(folder)
    title = "Panel\n  signer    trusted\x1b[2K\u202e" + "x" * 5000
    forge(folder, replace(release, outline=replace(release.outline, title=title)), KEY)
    lines = verify_directory(copy).to_text().split("\n")
    assert not [line for line in lines if line.startswith("  signer    trusted")]
    assert all(line.isprintable() and len(line) < 400 for line in lines)
    assert printable("a\tb") == "a\N{REPLACEMENT CHARACTER}b"
