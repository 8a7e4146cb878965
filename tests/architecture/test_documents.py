"""What the documents say is true: settings, commands and links exist."""

import dataclasses
import re
from pathlib import Path

import pytest

from museion_hub.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(Settings)])
def test_every_setting_is_documented(field: str) -> None:
    assert f"`{field}`" in (ROOT / "docs/settings.md").read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_make_target_in_the_readme_exists() -> None:
    named = set(re.findall(r"\bmake ([a-z]+)", README))
    defined = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert named
    assert named <= defined


def test_layout_in_the_readme_is_the_layout_on_disk() -> None:
    folders = re.findall(r"^([a-z_]+)/\s", README, re.MULTILINE)
    assert {"hub", "extensions", "kernels", "shared_datasets", "notebooks"} <= set(folders)
    assert all((ROOT / folder).is_dir() for folder in folders)
