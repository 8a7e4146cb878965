"""Time stamps of a real authority: `openssl ts` over HTTP, with a CA of its own."""

import shutil
from collections.abc import Generator
from pathlib import Path

import pytest

from museion_datasets.errors import InvalidError, SignatureError, UnavailableError
from museion_datasets.evidence.signing import TrustedKey
from museion_datasets.evidence.timestamp import (
    MAX_STAMP_BYTES,
    read_stamp,
    request_stamp,
    verify_stamp,
)
from museion_datasets.library import Library
from museion_datasets.release.report import Outcome
from museion_datasets.release.verify import verify_directory
from tests.support.datasets import PANEL, begin_panel, dataset_folder, make_library
from tests.support.releases import trusted_keys
from tests.support.timestamps import Authority, make_authority, serving

pytestmark = pytest.mark.integration
ENVELOPE = b'{"payload": "..."}'


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("tsa") / "own", "Clock Tower")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("tsa") / "other", "Somebody Else")


@pytest.fixture(scope="module")
def url(authority: Authority) -> Generator[str]:
    with serving(authority) as address:
        yield address


@pytest.fixture(scope="module")
def stamp(url: str) -> bytes:
    return request_stamp(url, ENVELOPE)


def test_stamp_says_when_and_by_whom(stamp: bytes, authority: Authority) -> None:
    said = verify_stamp(stamp, ENVELOPE, [authority.root])
    assert said.authority == "Clock Tower"
    assert said == read_stamp(stamp, ENVELOPE)
    assert said.time.endswith("Z")


def test_nothing_but_a_digest_leaves_the_process(url: str, authority: Authority) -> None:
    request_stamp(url, b"a secret title " * 100)
    assert b"secret" not in authority.requests[-1]


def test_stamp_of_another_envelope_is_refused(stamp: bytes, authority: Authority) -> None:
    with pytest.raises(SignatureError, match="for something else"):
        verify_stamp(stamp, ENVELOPE + b" ", [authority.root])
    with pytest.raises(SignatureError, match="for something else"):
        read_stamp(stamp, b"")


def test_stamp_by_another_authority_is_refused(stamp: bytes, stranger: Authority) -> None:
    with pytest.raises(SignatureError, match="not by an authority that you trust"):
        verify_stamp(stamp, ENVELOPE, [stranger.root])


def test_one_trusted_authority_of_several_is_enough(
    stamp: bytes, authority: Authority, stranger: Authority
) -> None:
    assert verify_stamp(stamp, ENVELOPE, [stranger.root + authority.root, authority.root])


@pytest.mark.parametrize("at", [40, 200, -10])
def test_altered_stamp_is_refused(stamp: bytes, authority: Authority, at: int) -> None:
    altered = bytearray(stamp)
    altered[at] ^= 1
    with pytest.raises(SignatureError):
        verify_stamp(bytes(altered), ENVELOPE, [authority.root])


@pytest.mark.parametrize("garbage", [b"", b"\x30\x80", b"hello", bytes(5000)], ids=len)
def test_garbage_is_no_stamp(garbage: bytes, authority: Authority) -> None:
    for check in (
        lambda: read_stamp(garbage, b"x"),
        lambda: verify_stamp(garbage, b"x", [authority.root]),
    ):
        with pytest.raises(SignatureError, match="time stamp"):
            check()


def test_file_without_certificates_is_no_authority(stamp: bytes) -> None:
    with pytest.raises(InvalidError, match="certificates"):
        verify_stamp(stamp, ENVELOPE, [b"not PEM"])


ANSWERS = {
    "garbage": (b"hello", SignatureError),
    "nothing": (b"", SignatureError),
    "too much": (bytes(MAX_STAMP_BYTES + 1), UnavailableError),
}


@pytest.mark.parametrize(("answer", "error"), ANSWERS.values(), ids=ANSWERS)
def test_authority_that_answers_something_else_is_told(
    stranger: Authority, answer: bytes, error: type[Exception]
) -> None:
    stranger.answer = answer
    with serving(stranger) as address, pytest.raises(error):
        request_stamp(address, ENVELOPE)


def test_stamp_that_answers_an_older_request_is_refused(stamp: bytes, stranger: Authority) -> None:
    """A replayed stamp would say that the release is older than it is, or hide a refusal."""
    stranger.answer = stamp
    with serving(stranger) as address, pytest.raises(SignatureError, match="another request"):
        request_stamp(address, ENVELOPE)


def test_refused_request_is_told(stranger: Authority) -> None:
    stranger.answer = bytes.fromhex("30053003020102")
    with serving(stranger) as address, pytest.raises(SignatureError, match="refused"):
        request_stamp(address, ENVELOPE)


@pytest.mark.parametrize("address", ["ftp://x", "x", "http://127.0.0.1:9/", "http://[/"])
def test_authority_that_is_not_there_is_told(address: str) -> None:
    with pytest.raises((InvalidError, UnavailableError)) as refused:
        request_stamp(address, ENVELOPE)
    assert refused.value.hint


@pytest.fixture
def released(tmp_path: Path, url: str) -> tuple[Library, Path, list[TrustedKey]]:
    home = tmp_path / "home"
    library = make_library(home)
    with begin_panel(library) as draft:
        draft.put_file("notes.txt", b"notes")
    library.release(PANEL, stamp_url=url)
    return library, dataset_folder(home, library), trusted_keys(home)


def outcome(folder: Path, trusted: list[TrustedKey], *roots: bytes) -> tuple[Outcome, str]:
    report = verify_directory(folder, trusted, authorities=roots)
    (check,) = [check for check in report.checks if check.name == "time stamp"]
    return check.outcome, check.detail


def test_release_is_stamped_and_shown_so(
    released: tuple[Library, Path, list[TrustedKey]], authority: Authority
) -> None:
    library, folder, trusted = released
    verified, detail = outcome(folder, trusted, authority.root)
    assert verified is Outcome.PASSED
    assert "Clock Tower" in detail
    assert "time-stamped" in str(library.release_state(PANEL))


def test_stamp_without_a_trusted_authority_is_only_a_claim(
    released: tuple[Library, Path, list[TrustedKey]], stranger: Authority
) -> None:
    _, folder, trusted = released
    assert outcome(folder, trusted)[0] is Outcome.WARNING
    with pytest.raises(SignatureError, match="authority that you trust"):
        outcome(folder, trusted, stranger.root)


def test_stamp_of_another_release_copied_in_is_refused(
    released: tuple[Library, Path, list[TrustedKey]],
) -> None:
    library, folder, trusted = released
    library.release(PANEL, message="Again")
    shutil.copy(folder / "releases/1/timestamp.tsr", folder / "releases/2/timestamp.tsr")
    with pytest.raises(SignatureError, match="for something else"):
        outcome(folder, trusted)


def test_release_without_a_stamp_can_be_stamped_later(
    released: tuple[Library, Path, list[TrustedKey]], url: str, authority: Authority
) -> None:
    library, folder, trusted = released
    library.release(PANEL, message="Again")
    assert outcome(folder, trusted)[0] is Outcome.SKIPPED
    library.stamp(PANEL, 2, url)
    assert outcome(folder, trusted, authority.root)[0] is Outcome.PASSED


def test_release_stands_when_the_authority_does_not_answer(
    released: tuple[Library, Path, list[TrustedKey]],
) -> None:
    library, folder, trusted = released
    with pytest.raises(UnavailableError):
        library.release(PANEL, message="Again", stamp_url="http://127.0.0.1:9/")
    report = verify_directory(folder, trusted)
    assert report.release.message == "Again"
