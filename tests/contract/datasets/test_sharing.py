"""The library against a real registry: sharing, revoking, rules, places and recovery."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from museion_datasets.catalogue import RegistryCatalogue
from museion_datasets.envelope import generate_keypair
from museion_datasets.errors import (
    KeyUnavailableError,
    NotFoundError,
    PolicyError,
)
from museion_datasets.library import Library
from museion_datasets.place import Place
from museion_datasets.policy import DatasetPolicy
from museion_datasets.recipients.outside import open_copy, open_recovery
from museion_datasets.recipients.recipient import Partner
from museion_datasets.recipients.shares import create_recovery
from museion_datasets.sealing.sealed import SealedObjects
from museion_datasets.versions.rekey import epochs_in_use
from museion_hub.registry.places import ComputePlace, Places
from museion_hub.registry.start import adopt_recovery
from tests.support.catalogues import serving
from tests.support.registry import Registry, make_registry, make_state

WALL = "murals/wall"
GERMANY = DatasetPolicy("Museum", "INC", storage_jurisdictions=("DE",))


@dataclass
class Hub:
    """A registry that is served, and the storage that all its servers see."""

    registry: Registry
    address: str
    storage: Path

    def library(self, account: str) -> Library:
        token = self.registry.hub.token_of(account)
        return Library(RegistryCatalogue(self.address, token), self.storage)

    def write(self, text: bytes, **terms: object) -> Library:
        """Write a note into the wall's dataset, which is made if need be."""
        murals = self.library("wg-murals")
        about = {"title": "Wall", "kind": "files", "synthetic": True, **terms}
        known = {record.path for record in murals.datasets()}
        with murals.draft(WALL, **({} if WALL in known else about)) as draft:  # type: ignore[arg-type]
            draft.write_bytes("files/note.txt", text)
        return murals


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "state").mkdir()
    storage = tmp_path / "storage"
    storage.mkdir()
    make_state(tmp_path / "state")
    registry = make_registry(tmp_path / "state")
    local = Place.of_directory("local", Path("/datasets"), "DE")
    places = Places({"local": local}, ComputePlace(jurisdiction="DE"), storage)
    registry.app.state.service = replace(registry.app.state.service, places=places)
    with serving(registry.app) as address:
        yield Hub(registry, f"{address}/services/registry", storage)
    registry.database.close()


def note(library: Library, **how: object) -> bytes:
    return library.open(WALL, **how).read_bytes("files/note.txt")  # type: ignore[arg-type]


def test_shared_dataset_is_read_and_after_the_revocation_only_what_was_before(hub: Hub) -> None:
    murals, lapidary = hub.write(b"before", rights="INC"), hub.library("wg-lapidary")
    assert [each.name for each in murals.share(WALL, "lapidary")] == ["murals", "lapidary"]
    assert note(lapidary) == b"before"
    kept = dict(lapidary._catalogue.open_dataset(WALL).keys)  # what its processes held
    revoked = murals.revoke(WALL, "lapidary")
    assert (revoked.epoch, revoked.is_grant_removed, revoked.is_reencrypted) == (2, True, False)
    hub.write(b"after")
    with pytest.raises(NotFoundError):
        note(lapidary)
    now, before = murals.open(WALL).snapshot, murals.open(WALL, 1).snapshot
    thief = SealedObjects(now.sealed.objects, now.record.id, 1, kept)  # with access to the storage
    assert bytes(thief.read(before.require("files/note.txt"))) == b"before"
    with pytest.raises(KeyUnavailableError):
        thief.read(now.require("files/note.txt"))
    murals.reencrypt(WALL).wait()
    anew = murals.open(WALL).snapshot
    assert epochs_in_use(anew).keys() == {2}
    with pytest.raises(KeyUnavailableError):
        thief.read(anew.require("dataset.json"))


def test_another_workgroups_token_gets_nothing_by_any_way(hub: Hub) -> None:
    hub.write(b"ours", rights="INC")
    archive = hub.library("wg-archive")
    ways: list[Callable[[], object]] = [
        lambda: note(archive),
        lambda: archive.share(WALL, "archive"),
        lambda: archive.revoke(WALL, "murals"),
        lambda: archive.rotate(WALL),
        lambda: archive.recipients(WALL),
        lambda: archive.policy(WALL),
        lambda: archive.set_policy(WALL, GERMANY),
    ]
    for way in ways:
        with pytest.raises(NotFoundError):
            way()


def test_copied_directory_and_three_shares_give_the_bytes_back_without_the_hub(
    hub: Hub, tmp_path: Path
) -> None:
    file, shares = create_recovery("Museum", shares=5, threshold=3)
    (tmp_path / "recovery.json").write_bytes(file.encode())
    murals = hub.write(b"existing", rights="INC")
    folder = next((hub.storage / "murals").iterdir())
    path = str(tmp_path / "recovery.json")
    assert not (folder / "keys").exists()
    adopt_recovery(hub.registry.database, hub.registry.custody, path, hub.storage)
    shutil.copytree(folder, tmp_path / "first")
    murals.rotate(WALL)
    hub.write(b"newest")
    shutil.copytree(folder, tmp_path / "second")
    shutil.rmtree(hub.storage)
    for copy, text in (("first", b"existing"), ("second", b"newest")):
        pair = open_recovery(tmp_path / copy, shares[1:4])
        assert open_copy(tmp_path / copy, pair).read_bytes("files/note.txt") == text


def test_partner_reads_a_copy_and_the_link_of_an_attacker_is_not_followed(
    hub: Hub, tmp_path: Path
) -> None:
    murals, pair = hub.write(b"for the partner", rights="INC"), generate_keypair()
    folder, outside = next((hub.storage / "murals").iterdir()), tmp_path / "secrets"
    outside.mkdir()
    (folder / "keys").symlink_to(outside)  # where only the registry may write
    lead = hub.library("murals-lead")
    lead._catalogue.share(WALL, Partner(pair.public, "Getty"))
    assert list(outside.iterdir()) == []
    (folder / "keys").unlink()
    murals.rotate(WALL)
    assert open_copy(folder, pair).read_bytes("files/note.txt") == b"for the partner"


def test_policy_is_set_at_the_beginning_and_says_why_it_refuses(hub: Hub) -> None:
    italy = DatasetPolicy("Museum", "INC", storage_jurisdictions=("IT",))
    with pytest.raises(PolicyError, match=r"only in IT, not at local, which is in DE\nhint: "):
        hub.write(b"never", policy=italy)
    murals = hub.write(b"here", policy=GERMANY)
    assert murals.policy(WALL) == GERMANY
    with pytest.raises(PolicyError, match="Only a lead"):
        murals.set_policy(WALL, GERMANY)
    lead = hub.library("murals-lead")
    there = DatasetPolicy("Museum", "INC", compute_jurisdictions=("FR",))
    assert lead.set_policy(WALL, there) == there
    with pytest.raises(PolicyError, match="be opened only in FR, not at workspace, which is in DE"):
        note(murals)


def test_purpose_is_named_when_opening_and_goes_with_a_pickled_dataset(hub: Hub) -> None:
    policy = DatasetPolicy("Museum", "INC", purposes=("research",))
    murals = hub.write(b"for research", policy=policy)
    with pytest.raises(
        PolicyError, match=r'hint: name the purpose, as in open\(…, purpose="research"\)'
    ):
        note(murals)
    assert note(murals, purpose="research") == b"for research"
    _, (*_, purpose) = murals.open(WALL, purpose="research").snapshot.__reduce__()  # type: ignore[misc]
    assert purpose == "research"
