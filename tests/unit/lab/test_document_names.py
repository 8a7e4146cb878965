"""Which rooms and paths a workspace shows."""

from pathlib import Path

import pytest

from museion_lab.live.names import DocumentName, find_document_name, is_shown

NUMBER = "0e7b1b6c-92a5-4d39-8e1e-6d0b5a1f2c3d"


def test_a_room_is_named_after_format_type_and_number() -> None:
    name = find_document_name(f"json:notebook:{NUMBER}")
    assert name == DocumentName("json", "notebook", NUMBER)
    assert str(name) == f"json:notebook:{NUMBER}"


@pytest.mark.parametrize(
    "room",
    [
        "",
        NUMBER,
        f"notebook:{NUMBER}",
        f"json:notebook:{NUMBER}x",
        f"json:notebook:{NUMBER}\n",
        f"json:note/book:{NUMBER}",
        f"xml:notebook:{NUMBER}",
        f"json::{NUMBER}",
        "json:notebook:../../etc/passwd",
        "JupyterLab:other",
    ],
)
def test_other_names_are_none(room: str) -> None:
    assert find_document_name(room) is None


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "work"
    (root / "folder" / ".cache").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("outside")
    for file in ("a.txt", ".hidden", "folder/b.txt", "folder/.cache/c.txt"):
        (root / file).write_text("x")
    (root / "out.txt").symlink_to(tmp_path / "secret.txt")
    (root / "up").symlink_to(tmp_path)
    (root / "in.txt").symlink_to("folder/b.txt")
    (root / "sly.txt").symlink_to(".hidden")
    return root


@pytest.mark.parametrize("path", ["a.txt", "folder/b.txt", "in.txt"])
def test_files_of_the_workspace_are_shown(root: Path, path: str) -> None:
    assert is_shown(path, root)


@pytest.mark.parametrize(
    "path",
    [
        None,
        "",
        ".",
        "..",
        "no-such.txt",
        "folder",
        ".hidden",
        "folder/.cache/c.txt",
        "../secret.txt",
        "folder/../../secret.txt",
        "/etc/passwd",
        "out.txt",
        "up/secret.txt",
        "sly.txt",
        "a.txt\x00",
    ],
)
def test_everything_else_is_not(root: Path, path: str | None) -> None:
    assert not is_shown(path, root)
