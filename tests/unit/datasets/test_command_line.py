"""`museion dataset …` on a folder without hub, as a person or a script types it."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from museion_datasets.cli import main
from museion_datasets.evidence.signing import encode_key_file
from museion_datasets.library import Library
from tests.support.datasets import (
    PANEL,
    begin_panel,
    dataset_folder,
    flip_bit,
    make_library,
    object_file,
)

pytestmark = pytest.mark.usefixtures("environment")


@pytest.fixture
def environment(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MUSEION_REGISTRY_URL", home.as_uri())
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("JUPYTERHUB_API_TOKEN", "MUSEION_STORAGE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "pigments.csv").write_text("name,share\nazurite,0.5\n")
    np.save(folder / "other.npy", np.zeros(3))
    return folder


ITALY = ("--jurisdiction", "IT")
CREATE = ("dataset", "create", PANEL, "--title", "Panel", "--kind", "files", "--rights", "InC")


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    """Return exit code and what was written."""
    capsys.readouterr()
    try:
        code = main([str(each) for each in arguments])
    except SystemExit as stop:
        code = int(stop.code or 0)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_dataset_lives_from_its_creation_to_its_export(
    capsys: pytest.CaptureFixture[str], source: Path, tmp_path: Path
) -> None:
    steps = [
        (*CREATE, "--measured", "--owner", "The museum", "--store-in", "EU"),
        ("dataset", "ingest", PANEL, source / "pigments.csv"),
        ("dataset", "ls"),
        ("dataset", "ls", PANEL),
        ("dataset", "show", PANEL),
        ("dataset", "verify", PANEL),
        ("dataset", "share", PANEL),
        ("dataset", "rotate", PANEL, "--reencrypt"),
        ("dataset", "release", PANEL, "-m", "First release"),
        ("dataset", "gc", PANEL, "--delete", "--older-than", "0"),
        ("dataset", "export", PANEL, tmp_path / "plain", *ITALY),
        ("dataset", "export", PANEL, tmp_path / "sealed", "--sealed", "--release", "1", *ITALY),
    ]
    for place, step in enumerate(steps):
        code, out, err = run(capsys, *step, *(["--json"] if place % 2 else []))
        assert (code, err) == (0, ""), step
        assert json.loads(out) if place % 2 else out
    assert (tmp_path / "plain/README.md").exists()
    code, out, _ = run(capsys, "dataset", "show", PANEL)
    assert "release 1, signed by" in out
    assert "The museum" in out
    assert "stored in EU" in out


def test_exit_code_of_verify_tells_trusted_from_unknown_and_damaged(
    capsys: pytest.CaptureFixture[str], library: Library, tmp_path: Path, home: Path
) -> None:
    with begin_panel(library) as draft:
        draft.put_file("a.txt", b"a")
    library.release(PANEL)
    keys = tmp_path / "keys.txt"
    keys.write_text("".join(map(encode_key_file, library.trusted_keys())))
    folder = dataset_folder(home, library)
    code, out, _ = run(capsys, "dataset", "verify", folder, "--trust", keys)
    assert (code, out.splitlines()[0]) == (0, f"Release 1 of {PANEL} is intact")
    code, out, _ = run(capsys, "dataset", "verify", folder, "--json")
    assert (code, json.loads(out)["outcome"]) == (4, "signer-unknown")
    entry = library.open(PANEL).snapshot.require("files/a.txt")
    flip_bit(object_file(folder, entry.object_id), 80)
    code, out, err = run(capsys, "dataset", "verify", folder, "--trust", keys)
    assert (code, out) == (3, "")
    assert "hint: " in err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("dataset", "show", "no/such"), 1),
        (("dataset", "show", "No Path"), 1),
        (("dataset", "export", PANEL, "/proc/nowhere/x"), 1),
        (("dataset", "export", PANEL, "out", "--release", "7"), 1),
        (("dataset", "verify", "/nowhere/at/all"), 1),
        (("dataset", "revoke", PANEL, "nobody"), 1),
        (("dataset", "share", PANEL, "--key", "/nowhere"), 1),
        (("dataset", "share", PANEL, "--key", "/nowhere", "--label", "X"), 1),
        (("dataset", "ingest", PANEL, "/nowhere/at/all"), 1),
        (("dataset", "ls", "--catalogue", "http://127.0.0.1:9"), 1),
        (("dataset", "ls", "--catalogue", "ftp://elsewhere"), 1),
        ((*CREATE[:-1], "mine", "--measured"), 1),
        ((*CREATE, "--measured"), 1),
        (("dataset", "gc"), 2),
        (("dataset", "nonsense"), 2),
        ((*CREATE,), 2),
        ((), 2),
    ],
    ids=lambda each: " ".join(each) or "nothing" if isinstance(each, tuple) else str(each),
)
def test_what_goes_wrong_is_a_sentence_and_a_hint_and_never_a_traceback(
    arguments: tuple[str, ...], code: int, capsys: pytest.CaptureFixture[str], library: Library
) -> None:
    with begin_panel(library) as draft:
        draft.put_file("a.txt", b"a")
    found, out, err = run(capsys, *arguments)
    assert (found, out) == (code, "")
    assert "Traceback" not in err
    assert err.startswith("museion: " if code == 1 else "usage: ")
    assert code != 1 or (err.count("\n") >= 2 and "\nhint: " in err)


def test_error_text_cannot_steer_the_terminal(
    capsys: pytest.CaptureFixture[str], library: Library
) -> None:
    with library.draft(
        PANEL, title="\x1b]0;owned\x07\u202e", kind="files", rights="INC", synthetic=True
    ) as draft:
        draft.message = "\x1b[2J"
    for arguments in (("ls",), ("show", PANEL), ("show", "\x1b[31m/x"), ("verify", "/\x1b[31m")):
        _, out, err = run(capsys, "dataset", *arguments)
        assert "\x1b" not in out + err
        assert "\u202e" not in out + err


def test_token_of_the_workspace_goes_to_no_other_address(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MUSEION_REGISTRY_URL", "http://127.0.0.1:9/services/registry")
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "secret")
    monkeypatch.setenv("MUSEION_STORAGE", str(tmp_path))
    code, _, err = run(capsys, "dataset", "ls", "--catalogue", "http://127.0.0.1:8/elsewhere")
    assert code == 1
    assert "no token for this catalogue" in err
    code, _, err = run(capsys, "dataset", "ls")
    assert "does not answer" in err


def test_unforeseen_error_is_said_without_traceback_unless_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_self: Library) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(Library, "datasets", fail)
    code, out, err = run(capsys, "dataset", "ls")
    assert (code, out) == (1, "")
    assert "RuntimeError" in err
    assert "Traceback" not in err


def test_interruption_ends_with_its_own_code(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_self: Library) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Library, "datasets", interrupt)
    assert run(capsys, "dataset", "ls")[0] == 130


def test_killed_writers_rubbish_is_counted_then_deleted(
    capsys: pytest.CaptureFixture[str], library: Library
) -> None:
    with begin_panel(library) as draft:
        draft.put_file("a.txt", b"a")
    killed = library.draft(PANEL).__enter__()
    killed.put_file("b.txt", b"b")
    count = ("dataset", "gc", PANEL, "--older-than", "0", "--json")
    assert json.loads(run(capsys, *count)[1]) == {"orphans": 1}
    assert json.loads(run(capsys, *count, "--delete")[1]) == {"deleted": 1}
    assert json.loads(run(capsys, *count)[1]) == {"orphans": 0}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell_is_told_every_command(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "completion", shell)
    assert code == 0
    for word in ("dataset", "ingest", "older-than", "completion"):
        assert word in out


WITHOUT_HUB = """
    import sys

    class Blocked:
        def find_spec(self, name, path=None, target=None):
            if name.partition(".")[0] in {"museion_hub", "jupyterhub", "sqlalchemy", "fastapi"}:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    sys.meta_path.insert(0, Blocked())
    from museion_datasets.cli import main
    sys.exit(main(sys.argv[1:]))
"""


def without_hub(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", textwrap.dedent(WITHOUT_HUB), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)


def test_person_without_the_hub_has_the_dataset_commands(home: Path) -> None:
    with begin_panel(make_library(home)) as draft:
        draft.put_file("a.txt", b"a")
    listed = without_hub("dataset", "ls", PANEL)
    assert (listed.returncode, listed.stderr) == (0, "")
    assert "a.txt" in listed.stdout
    helped = without_hub("--help")
    assert "dataset" in helped.stdout
    refused = without_hub("run", "--demo")
    assert refused.returncode == 1
    assert "not installed here: museion_hub" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_help_stays_quick_by_loading_nothing_heavy() -> None:
    code = (
        "import sys; from museion_datasets.cli import make_parser; make_parser(['dataset']); "
        "print(*sorted({'numpy', 'zarr', 'pandas', 'xarray'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
