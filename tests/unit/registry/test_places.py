"""Places of storage: how they are declared, and who gets the keys to them."""

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from museion_datasets import envelope
from museion_datasets.errors import KeyUnavailableError
from museion_hub.errors import HubError, SettingsError
from museion_hub.registry.places import Places, places_of
from museion_hub.settings import Settings, load_settings, save_settings, settings_from
from tests.support.registry import Registry, new_key

SECRET = "rose-madder-lake"
FILE = f'endpoint = "https://s3.example.org"\naccess_key = "writer"\nsecret_key = "{SECRET}"\n'
PLACE = {"name": "archive", "url": "s3://heritage/museion", "jurisdiction": "DE"}
WISH = {
    "path": "murals/vault",
    "title": "Vault",
    "kind": "cube",
    "rights": "INC",
    "synthetic": False,
    "description": "",
    "place": "archive",
}


def settings_with(folder: Path, **files: str) -> Settings:
    for name, content in files.items():
        (folder / name).write_text(content)
        (folder / name).chmod(0o600)
    place = PLACE | {name: name for name in files}
    return settings_from({"jurisdiction": "it", "place": [place]}, folder=folder)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return places_of(settings_with(tmp_path, credentials=FILE))


async def open_vault(registry: Registry, who: str) -> tuple[int, dict[str, Any], bytes]:
    pair = new_key()
    body = {"public_key": base64.b64encode(pair.public).decode()}
    async with registry.client(who) as client:
        response = await client.post("/datasets/murals/vault/open", json=body)
    return response.status_code, response.json(), pair.private


async def make_vault(registry: Registry, places: Places) -> None:
    registry.app.state.service = replace(registry.app.state.service, places=places)
    async with registry.client("wg-murals") as client:
        assert (await client.post("/datasets", json=WISH)).status_code == 201


def test_places_survive_the_way_to_the_other_processes(tmp_path: Path) -> None:
    settings = settings_with(tmp_path, credentials=FILE, read_credentials=FILE)
    save_settings(settings, tmp_path / "saved.toml")
    assert load_settings(tmp_path / "saved.toml") == settings
    assert settings.place[0].credentials == str(tmp_path / "credentials")
    assert settings.jurisdiction == "IT"


def test_local_storage_and_servers_stand_where_the_machine_stands(places: Places) -> None:
    assert {name: place.jurisdiction for name, place in places.storage.items()} == {
        "local": "IT",
        "archive": "DE",
    }
    assert places.workspace.jurisdiction == "IT"


@pytest.mark.parametrize(
    "place",
    [
        {"name": "archive"},
        PLACE | {"url": "https://example.org"},
        PLACE | {"name": "local"},
        PLACE | {"name": "The Archive"},
        PLACE | {"jurisdiction": "Atlantis"},
        PLACE | {"colour": "blue"},
        PLACE | {"url": 7},
    ],
    ids=str,
)
def test_place_that_cannot_be_meant_is_refused(tmp_path: Path, place: dict[str, object]) -> None:
    with pytest.raises(SettingsError):
        settings_from({"place": [place]}, folder=tmp_path)
    with pytest.raises(SettingsError):
        settings_from({"place": [PLACE, PLACE]}, folder=tmp_path)


@pytest.mark.parametrize("content", ['access_key = 7\nsecret_key = "x"', "key", 'colour = "b"'])
def test_credentials_of_another_form_are_refused_without_showing_them(
    tmp_path: Path, content: str
) -> None:
    with pytest.raises(SettingsError, match="These are no credentials of the place archive"):
        places_of(settings_with(tmp_path, credentials=content))


def test_credentials_that_others_can_read_are_refused(tmp_path: Path) -> None:
    settings = settings_with(tmp_path, credentials=FILE)
    (tmp_path / "credentials").chmod(0o644)
    with pytest.raises(HubError, match="open to others"):
        places_of(settings)


async def test_writer_gets_the_bucket_sealed_to_the_one_process_that_asked(
    registry: Registry, places: Places
) -> None:
    await make_vault(registry, places)
    status, answer, private = await open_vault(registry, "wg-murals")
    assert status == 200
    assert answer["place"] == PLACE
    sealed = base64.b64decode(answer["sealed_credentials"])
    info = envelope.place_info(answer["dataset"]["id"], "archive")
    assert json.loads(envelope.open_(private, sealed, info))["secret_key"] == SECRET
    assert SECRET not in json.dumps(answer)
    assert SECRET not in repr(places)
    with pytest.raises(KeyUnavailableError):
        envelope.open_(new_key().private, sealed, info)


async def test_without_keys_for_a_use_that_use_is_refused(
    registry: Registry, tmp_path: Path
) -> None:
    await make_vault(registry, places_of(settings_with(tmp_path)))
    status, answer, _ = await open_vault(registry, "wg-murals")
    assert (status, answer["kind"]) == (403, "refused")
    assert "no keys for writing to the place archive" in answer["message"]
    assert registry.last_event()[0] == "key.refused"


async def test_dataset_in_a_place_that_is_declared_no_more_says_so(
    registry: Registry, places: Places
) -> None:
    await make_vault(registry, places)
    bare = replace(places, storage={"local": places.storage["local"]})
    registry.app.state.service = replace(registry.app.state.service, places=bare)
    status, answer, _ = await open_vault(registry, "wg-murals")
    assert status == 422
    assert "There is no such place: 'archive'" in answer["message"]
