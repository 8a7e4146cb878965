"""From a workspace's draft to a copy on a stranger's disk: the whole way of a release.

The real registry over HTTP, a library that asks it, objects in a directory.
"""

import shutil
from collections.abc import Generator
from pathlib import Path

import pytest

from museion_datasets.catalogue import RegistryCatalogue
from museion_datasets.cli import main
from museion_datasets.errors import ConflictError, NotFoundError, PolicyError
from museion_datasets.evidence.signing import TrustedKey, encode_key_file
from museion_datasets.library import Library
from museion_datasets.objects import LocalObjects
from museion_datasets.release.report import Outcome
from museion_datasets.release.verify import Expected, verify_directory
from tests.support.catalogues import running_registry
from tests.support.releases import forge, read_release

pytestmark = pytest.mark.integration
WALL = "murals/wall"
type Running = tuple[str, dict[str, str]]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Generator[Running]:
    with running_registry(tmp_path_factory.mktemp("registry") / "state") as running:
        yield running


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("storage")


def library_of(account: str, registry: Running, storage: Path) -> Library:
    address, tokens = registry
    return Library(RegistryCatalogue(address, tokens[account]), storage)


@pytest.fixture(scope="module")
def murals(registry: Running, storage: Path) -> Library:
    """Give the library of the workspace that has written and released murals/wall."""
    library = library_of("wg-murals", registry, storage)
    with library.draft(
        WALL, title="North wall", kind="files", rights="CC-BY-4.0", synthetic=True
    ) as draft:
        draft.put_file("notes.txt", b"plaster, lime, azurite")
    library.release(WALL, message="Before the cleaning")
    return library


@pytest.fixture(scope="module")
def institution(murals: Library) -> list[TrustedKey]:
    return list(murals.trusted_keys())


@pytest.fixture
def copy(murals: Library, storage: Path, tmp_path: Path) -> Path:
    dataset = murals.open(WALL).record.id
    return Path(shutil.copytree(storage / "murals" / dataset, tmp_path / dataset))


def test_copy_verifies_by_the_institutions_key_alone(
    copy: Path, institution: list[TrustedKey]
) -> None:
    report = verify_directory(copy, institution)
    outcomes = {check.name: check.outcome for check in report.checks}
    assert report.is_trusted
    assert outcomes["log"] is outcomes["objects"] is Outcome.PASSED
    assert report.release.outline.author == "wg-murals"
    assert "the key of wg-murals" in report.to_text()


def test_command_says_it_in_words_and_by_its_exit_code(
    copy: Path, institution: list[TrustedKey], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trust = tmp_path / "museum.pub"
    trust.write_text(encode_key_file(institution[0]))
    command = ["dataset", "verify", str(copy)]
    assert main([*command, "--trust", str(trust)]) == 0
    assert "Release 1 of murals/wall is intact" in capsys.readouterr().out
    assert main(command) == 4
    assert "NOT TRUSTED" in capsys.readouterr().out
    assert main([*command, "--at-least", "9"]) == 3
    next(path for path in (copy / "objects").rglob("*") if path.is_file()).unlink()
    assert main([*command, "--trust", str(trust)]) == 3
    assert "hint:" in capsys.readouterr().err


def test_opened_version_says_that_it_was_released(murals: Library) -> None:
    assert murals.open(WALL).signature.startswith("release 1, signed by wg-murals (Museion) on ")
    assert murals.open(WALL).signature.endswith("in the log")


def test_person_releases_in_their_own_name(
    murals: Library, registry: Running, storage: Path
) -> None:
    opened = library_of("murals-member", registry, storage).release(WALL, message="I have seen it")
    assert opened.release.outline.author == "murals-member"
    assert opened.release.outline.release > 1
    assert murals.release_state(WALL).author == "murals-member"


def test_reader_and_stranger_release_nothing(
    murals: Library, registry: Running, storage: Path
) -> None:
    murals.share(WALL, "lapidary")
    with pytest.raises(PolicyError, match="owning workgroup"):
        library_of("wg-lapidary", registry, storage).release(WALL)
    with pytest.raises(NotFoundError):
        library_of("wg-archive", registry, storage).release(WALL)


def test_log_that_proves_another_release_is_refused(
    murals: Library, storage: Path, institution: list[TrustedKey], tmp_path: Path
) -> None:
    """The proof of one release is put beside another one."""
    newer = murals.release(WALL, message="Once more").release.outline
    source = storage / "murals" / newer.dataset
    copy = Path(shutil.copytree(source, tmp_path / newer.dataset))
    first, second = (copy / "releases" / name for name in ("1", str(newer.release)))
    (second / "log.json").write_bytes((first / "log.json").read_bytes())
    assert main(["dataset", "verify", str(copy)]) == 3
    (second / "log.json").unlink()
    report = verify_directory(copy, institution)
    (log,) = [check for check in report.checks if check.name == "log"]
    assert log.outcome is Outcome.SKIPPED


def test_member_who_writes_a_release_into_the_storage_convinces_nobody(
    copy: Path, institution: list[TrustedKey]
) -> None:
    folder = copy / "releases" / "1"
    forge(folder, read_release(folder))
    report = verify_directory(copy, institution, expected=Expected(release=1))
    assert not report.is_trusted
    assert report.judgement.certificate is None


def test_release_that_never_reached_the_storage_is_finished_by_the_next(
    murals: Library, storage: Path
) -> None:
    notary = murals._catalogue.notary()
    before = murals.release(WALL, message="Whole")
    directory = storage / "murals" / before.release.outline.dataset
    folder = directory / "releases" / str(before.release.outline.release)
    kept = {path.name: path.read_bytes() for path in folder.iterdir()}
    shutil.rmtree(folder)
    assert murals.release(WALL, message="Whole").digest == before.digest
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == kept
    stale = before.release
    with pytest.raises(ConflictError):
        notary.sign(WALL, stale)
    assert LocalObjects(directory).list_public("releases/")
