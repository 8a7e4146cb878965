"""`museion recovery` and `museion keys`, as officers and partners type them."""

import json
import shutil
from pathlib import Path

import pytest

from museion_datasets.cli import main
from museion_datasets.recipients.recipient import Partner, decode_public_key
from museion_datasets.recipients.recovery import RecoveryFile
from tests.support.datasets import PANEL, begin_panel, dataset_folder, make_library

type Output = pytest.CaptureFixture[str]


def run(output: Output, *arguments: object) -> tuple[int, str, str]:
    code = main([str(argument) for argument in arguments])
    captured = output.readouterr()
    return code, captured.out, captured.err


def write_panel(home: Path, recovery: Path | None = None, partner: bytes | None = None) -> Path:
    """Write a dataset; give a copy of its directory, and nothing else of it."""
    library = make_library(home)
    if recovery is not None:
        shutil.copy(recovery, home / "recovery.json")
    with begin_panel(library) as draft:
        draft.write_bytes("files/note.txt", b"lead white")
    if partner is not None:
        library.share(PANEL, Partner(partner, "Getty"))
    copy = home.with_name("copy")
    shutil.copytree(dataset_folder(home, library), copy)
    shutil.rmtree(home)
    return copy


def test_officers_get_the_files_back_from_a_copy(tmp_path: Path, capsys: Output) -> None:
    file = tmp_path / "recovery.json"
    code, out, _ = run(capsys, "recovery", "create", file, "--label", "Museum", "--json")
    made = json.loads(out)
    assert (code, len(made["shares"])) == (0, 5)
    assert RecoveryFile.decode(file.read_bytes()).fingerprint == made["fingerprint"]
    copy = write_panel(tmp_path / "home", recovery=file)
    paper = tmp_path / "paper"
    paper.write_text(made["shares"][4].lower())
    shares = ["--share", made["shares"][0], "--share", made["shares"][2], "--share-file", paper]
    code, out, _ = run(capsys, "recovery", "open", copy, tmp_path / "plain", *shares)
    assert code == 0
    assert "Decrypted version 1 of murals/panel" in out
    assert (tmp_path / "plain/files/note.txt").read_bytes() == b"lead white"


def test_too_few_shares_or_a_misread_one_are_one_sentence_and_a_hint(
    tmp_path: Path, capsys: Output
) -> None:
    file = tmp_path / "recovery.json"
    _, out, _ = run(capsys, "recovery", "create", file, "--label", "Museum", "--json")
    shares = json.loads(out)["shares"]
    copy = write_panel(tmp_path / "home", recovery=file)
    wrong = shares[0][:8] + ("7" if shares[0][8] != "7" else "8") + shares[0][9:]
    for given, said in (
        ([], "No share was given"),
        (shares[:2], "Too few shares: 2 of 3"),
        ([wrong, *shares[1:3]], "A share has a wrong letter"),
    ):
        options = [option for share in given for option in ("--share", share)]
        code, _, told = run(capsys, "recovery", "open", copy, tmp_path / "plain", *options)
        assert code == 1
        assert said in told
        assert "\nhint: " in told
    assert not (tmp_path / "plain").exists()


def test_partner_makes_a_key_sends_the_public_half_and_opens_a_copy(
    tmp_path: Path, capsys: Output
) -> None:
    key = tmp_path / "mine.key"
    code, out, _ = run(capsys, "keys", "create", key)
    assert code == 0
    assert key.stat().st_mode & 0o777 == 0o600
    assert "PRIVATE" not in out
    copy = write_panel(tmp_path / "home", partner=decode_public_key(out))
    code, _, _ = run(capsys, "keys", "open", copy, tmp_path / "plain", "--key", key)
    assert (code, (tmp_path / "plain/files/note.txt").read_bytes()) == (0, b"lead white")


def test_key_is_never_written_over_and_not_read_when_others_could(
    tmp_path: Path, capsys: Output
) -> None:
    key, recovery = tmp_path / "mine.key", tmp_path / "recovery.json"
    assert run(capsys, "keys", "create", key)[0] == 0
    assert run(capsys, "recovery", "create", recovery, "--label", "Museum")[0] == 0
    for command in (["keys", "create", key], ["recovery", "create", recovery, "--label", "M"]):
        assert "There is a file already" in run(capsys, *command)[2]
    key.chmod(0o644)
    code, _, told = run(capsys, "keys", "open", tmp_path, tmp_path / "plain", "--key", key)
    assert (code, "open to others" in told) == (1, True)
