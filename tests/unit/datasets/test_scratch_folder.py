"""Where intermediate files lie that are too large for memory."""

import tempfile
from pathlib import Path

import pytest

from museion_datasets import environment


@pytest.fixture(autouse=True)
def nowhere_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_the_environment_says_where(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert environment.find_scratch_folder() == tmp_path


def test_a_folder_that_lasts_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(environment, "_LASTING", tmp_path)
    assert environment.find_scratch_folder() == tmp_path


def test_a_link_to_memory_is_not(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path)
    monkeypatch.setattr(environment, "_LASTING", link)
    found = environment.find_scratch_folder()
    assert found == tmp_path / "caches/museion"
    assert found.stat().st_mode & 0o777 == 0o700


def test_without_any_other_the_usual_one_is_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "caches").touch()  # no folder can be made there
    monkeypatch.setattr(environment, "_LASTING", tmp_path / "missing")
    assert environment.find_scratch_folder() == tmp_path
