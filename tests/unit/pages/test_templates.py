"""Templates keep the pages' own rules: nothing inline, nothing from elsewhere, all there."""

import re
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader
from tornado.web import StaticFileHandler

from museion_hub.pages.assets import assets_version, static_path, templates_path
from museion_hub.pages.outage import FILE_NAME, outage_page, write_outage_page
from museion_hub.pages.setup import handlers
from museion_hub.registry.directory import Directory
from museion_hub.registry.pages import rendering

PAGES = sorted(templates_path().glob("*.html"))
# A published notebook can't load a stylesheet; its policy names the one inside by its digest.
OURS = [page for page in PAGES if page.name not in {"admin.html", "outage.html", "snapshot.html"}]
REGISTRY_PAGES = {
    *("account.html", "activity.html", "administration.html", "join.html", "refusal.html"),
    *("sheets.html", "sign_in_failed.html", "snapshot.html", "snapshots.html", "workgroup.html"),
    *("workgroup_dialogs.html", "workgroup_new.html", "workgroup_parts.html", "workgroups.html"),
}
UPSTREAM_PAGES = {
    *("404.html", "accept-share.html", "admin.html", "error.html", "home.html", "login.html"),
    *("logout.html", "not_running.html", "oauth.html", "page.html", "spawn.html"),
    *("spawn_pending.html", "stop_pending.html", "token.html"),
}


def test_every_page_of_jupyterhub_is_ours() -> None:
    assert {page.name for page in PAGES} >= UPSTREAM_PAGES


@pytest.mark.parametrize("page", OURS, ids=lambda page: page.name)
def test_pages_have_no_script_or_style_of_their_own(page: Path) -> None:
    text = page.read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"<style|\bstyle=|\son[a-z]+=", text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_fetch_nothing_from_elsewhere(page: Path) -> None:
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page.read_text())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_asset_a_page_names_is_there(page: Path) -> None:
    text = page.read_text()
    named = re.findall(r"asset\('([^']+)'\)", text) + re.findall(r"}assets/([\w.]+)", text)
    assert all((static_path() / name).is_file() for name in named)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_form_that_posts_carries_the_xsrf_token(page: Path) -> None:
    for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", page.read_text(), re.DOTALL):
        assert "xsrf_field()" in form or "spawner_options_form" in form


@pytest.mark.parametrize("asset", sorted(static_path().iterdir()), ids=lambda path: path.name)
def test_every_asset_is_used(asset: Path) -> None:
    rest = [*PAGES, *(other for other in static_path().iterdir() if other != asset)]
    assert any(asset.name in other.read_text() for other in rest)


def test_the_outage_page_needs_nothing_but_itself(tmp_path: Path) -> None:
    folder = write_outage_page(tmp_path / "outage", "Museum <of> Tests")
    text = (folder / FILE_NAME).read_text()
    assert text == outage_page("Museum <of> Tests")
    assert "Museum &lt;of&gt; Tests" in text
    assert "--museion-ground: light-dark(" in text
    assert not re.search(r"(?:src|href)=\"(?!data:,|/hub/home)", text)


def test_assets_have_a_version_that_changes_with_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = assets_version()
    (tmp_path / "tokens.css").write_text("changed")
    monkeypatch.setattr("museion_hub.pages.assets.static_path", lambda: tmp_path)
    assert assets_version() != before


def test_templates_are_valid_in_both_of_jupyterhubs_environments() -> None:
    for is_async in (True, False):
        environment = Environment(
            loader=FileSystemLoader(templates_path()), autoescape=True, enable_async=is_async
        )
        hubs = [page.name for page in PAGES if page.name not in REGISTRY_PAGES]
        assert [environment.get_template(name) for name in hubs]


@pytest.mark.parametrize("name", sorted(REGISTRY_PAGES))
def test_templates_of_the_registry_are_valid_in_its_environment(name: str) -> None:
    assert rendering._ENVIRONMENT.get_template(name)


def test_only_assets_are_open_to_everybody(tmp_path: Path) -> None:
    directory = Directory(f"sqlite:///{tmp_path}/registry.sqlite")
    public = [route[0] for route in handlers(directory) if issubclass(route[1], StaticFileHandler)]
    directory.close()
    assert public == [r"/assets/(.*)"]
