"""Both catalogues keep one contract: the directory on a laptop, and the real registry over HTTP."""

from collections.abc import Generator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from museion_datasets.catalogue import (
    Catalogue,
    DatasetAccess,
    LocalCatalogue,
    NewDataset,
    RegistryCatalogue,
)
from museion_datasets.errors import (
    ConflictError,
    InvalidError,
    KeyUnavailableError,
    NotFoundError,
    UnavailableError,
)
from museion_datasets.library import Library
from museion_datasets.model import Head
from tests.support.catalogues import running_registry
from tests.support.datasets import make_cube

WISH = NewDataset("murals/wall", "Wall", "cube", "CC-BY-4.0", True, "North wall")  # noqa: FBT003
SHARED, FOREIGN = "murals/panel", "murals/sketch"


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[str, dict[str, str]]]:
    with running_registry(tmp_path_factory.mktemp("registry") / "state") as running:
        yield running


@pytest.fixture(params=["local", "registry"])
def catalogue(
    request: pytest.FixtureRequest, tmp_path: Path, registry: tuple[str, dict[str, str]]
) -> Generator[Catalogue]:
    address, tokens = registry
    if request.param == "local":
        yield LocalCatalogue(tmp_path / "home")
        return
    remote = RegistryCatalogue(address, tokens["wg-murals"])
    yield remote
    with suppress(NotFoundError):
        remote.abandon(WISH.path)


def connect_as(account: str, registry: tuple[str, dict[str, str]]) -> RegistryCatalogue:
    address, tokens = registry
    return RegistryCatalogue(address, tokens[account])


def head_after(access: DatasetAccess) -> Head:
    parent = access.head
    return Head(
        format=1,
        dataset=access.record.id,
        version=1 if parent is None else parent.version + 1,
        parent=None if parent is None else parent.version,
        parent_root=None if parent is None else parent.manifest_root,
        manifest_object="b" * 32,
        manifest_root="c" * 64,
        entries=2,
        epoch=access.epoch,
        author="wg-murals",
        created="2026-11-22T10:00:00Z",
        message="",
    )


def test_new_dataset_is_as_wished_and_has_no_version(catalogue: Catalogue) -> None:
    record = catalogue.create(WISH)
    wished = WISH.to_json()
    assert (wished.pop("policy"), wished.pop("place")) == (None, "local")
    assert {name: getattr(record, name) for name in wished} == wished
    assert record.version is None
    assert record.path not in {listed.path for listed in catalogue.records()}


def test_key_is_the_same_at_every_opening_and_never_shown(catalogue: Catalogue) -> None:
    catalogue.create(WISH)
    first, second = catalogue.open_dataset(WISH.path), catalogue.open_dataset(WISH.path)
    assert first == second
    assert len(first.keys[1]) == 32
    assert first.location == f"murals/{first.record.id}"
    assert "keys" not in repr(first)


def test_taken_path_is_refused(catalogue: Catalogue) -> None:
    catalogue.create(WISH)
    with pytest.raises(ConflictError, match="hint: "):
        catalogue.create(WISH)


@pytest.mark.parametrize("change", [{"kind": "painting"}, {"path": "murals/Wall"}, {"title": " "}])
def test_impossible_wish_is_refused(change: dict[str, str], catalogue: Catalogue) -> None:
    with pytest.raises(InvalidError):
        catalogue.create(replace(WISH, **change))


def test_unknown_dataset_and_version_are_not_found(catalogue: Catalogue) -> None:
    catalogue.create(WISH)
    with pytest.raises(NotFoundError, match="hint: "):
        catalogue.open_dataset("murals/nothing")
    with pytest.raises(NotFoundError):
        catalogue.head(WISH.path, 1)
    with pytest.raises(NotFoundError):
        catalogue.abandon("murals/nothing")


def test_abandoned_dataset_is_gone(catalogue: Catalogue) -> None:
    catalogue.create(WISH)
    catalogue.abandon(WISH.path)
    with pytest.raises(NotFoundError):
        catalogue.open_dataset(WISH.path)


def test_version_is_committed_once_and_only_on_top_of_the_newest(catalogue: Catalogue) -> None:
    wish = replace(WISH, path="murals/versions")
    catalogue.create(wish)
    first = head_after(catalogue.open_dataset(wish.path))
    catalogue.commit(wish.path, first, 100)
    with pytest.raises(ConflictError):
        catalogue.commit(wish.path, first, 100)
    access = catalogue.open_dataset(wish.path)
    assert access.head == first == catalogue.head(wish.path, 1)
    assert (access.record.version, access.record.size_bytes) == (1, 100)
    assert access.record in catalogue.records()
    catalogue.commit(wish.path, head_after(access), 200)
    newest = catalogue.open_dataset(wish.path).record
    assert (newest.version, newest.size_bytes) == (2, 200)
    with pytest.raises(ConflictError):
        catalogue.abandon(wish.path)


def test_catalogue_does_not_show_its_token(registry: tuple[str, dict[str, str]]) -> None:
    remote = connect_as("wg-murals", registry)
    assert remote.author() == "wg-murals"
    assert registry[1]["wg-murals"] not in repr(remote) + repr(vars(remote)["address"])


def test_dataset_is_written_and_read_through_the_registry(
    registry: tuple[str, dict[str, str]], tmp_path: Path
) -> None:
    library = Library(connect_as("wg-murals", registry), tmp_path)
    with library.draft(
        "murals/cube", title="Cube", kind="cube", rights="INC", synthetic=True
    ) as draft:
        draft.put_array("vnir", make_cube())
    member = Library(connect_as("murals-member", registry), tmp_path)
    dataset = member.open("murals/cube")
    assert dataset["vnir"].to_xarray().equals(make_cube())
    assert dataset.verify(level=2).objects
    assert dataset.head.author == "wg-murals"


def test_foreign_and_missing_look_the_same(registry: tuple[str, dict[str, str]]) -> None:
    lapidary = connect_as("wg-lapidary", registry)
    assert lapidary.open_dataset(SHARED).record.path == SHARED
    said = []
    for path in (FOREIGN, "murals/nothing"):
        with pytest.raises(NotFoundError) as caught:
            lapidary.open_dataset(path)
        said.append(str(caught.value).replace(path, "…"))
    assert said[0] == said[1]
    assert FOREIGN not in {record.path for record in lapidary.records()}


def test_wrong_token_is_said_to_be_a_matter_of_signing_in(
    registry: tuple[str, dict[str, str]],
) -> None:
    with pytest.raises(KeyUnavailableError, match="hint: "):
        RegistryCatalogue(registry[0], "wrong").records()


def test_registry_that_is_not_there_is_said_to_be_unavailable() -> None:
    with pytest.raises(UnavailableError, match="hint: "):
        RegistryCatalogue("http://127.0.0.1:9/services/registry", "token").records()
