"""The launcher lays down credentials in private, and leaves none behind."""

import stat
from pathlib import Path

import pytest

from museion_hub.gateway.slurm.launcher import Order, carry_out

SECRET = {"dask.pem": "key", "token": "word"}


def order(folder: Path, command: list[str], action: str = "start") -> Order:
    return {
        "action": action,
        "command": command,
        "env": {"PATH": "/usr/bin:/bin"},
        "script": "#!/bin/sh\n",
        "folder": str(folder),
        "files": SECRET,
        "report": "scheduler.log",
    }


def test_files_are_private_before_the_command_runs(tmp_path: Path) -> None:
    folder = tmp_path / "wg-murals" / "0a1b"
    answer = carry_out(order(folder, ["stat", "--format=%a", str(folder), str(folder / "token")]))
    assert answer["output"] == "700\n600\n"
    assert (folder / "token").read_text() == "word"
    assert stat.S_IMODE(folder.parent.stat().st_mode) == stat.S_IRWXU


def test_the_script_goes_to_standard_input(tmp_path: Path) -> None:
    assert carry_out(order(tmp_path / "0a1b", ["cat"]))["output"] == "#!/bin/sh\n"


def test_a_refused_job_leaves_no_credentials(tmp_path: Path) -> None:
    folder = tmp_path / "0a1b"
    answer = carry_out(order(folder, ["sh", "-c", "echo full >&2; exit 1"]))
    assert (answer["status"], answer["error"]) == (1, "full\n")
    assert not folder.exists()


def test_a_folder_that_is_there_already_is_never_taken_over(tmp_path: Path) -> None:
    with pytest.raises(FileExistsError):
        carry_out(order(tmp_path, ["true"]))


def test_stopping_gives_the_last_words_and_removes_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "0a1b"
    carry_out(order(folder, ["true"]))
    (folder / "scheduler.log").write_text("x" * 5000 + "the end")
    answer = carry_out(order(folder, ["true"], "stop"))
    assert str(answer["report"]).endswith("the end")
    assert not folder.exists()
    assert carry_out(order(folder, ["true"], "stop"))["status"] == 0


def test_an_unknown_action_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="erase"):
        carry_out(order(tmp_path, ["true"], "erase"))
