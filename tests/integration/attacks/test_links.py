"""Links in a workspace lead nowhere: for the server, for live documents, and for the hub."""

from collections.abc import Generator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from museion_hub.registry.views import StorageMount
from museion_hub.sandbox.shared import dataset_mounts, find_identity
from tests.integration.attacks.rows import Row
from tests.support.hub import TempHub
from tests.support.kernel import Kernel
from tests.support.limited import limited_sandbox_of

ROWS = [
    Row(
        "read a secret through a symbolic link, by the server's file API or a download",
        "the server runs in the same sandbox and sees no more than its kernels",
    ),
    Row("open a link as a live document", "the same"),
    Row("make a hard link to another's file", "the same; and its disk is mounted elsewhere"),
    Row(
        "put a link where the hub seeds a new workspace",
        "the hub writes only into a workspace that is empty, before its server runs",
    ),
    Row(
        "put a link in the place of a dataset that is shared, so that the partner's sandbox "
        "shows any folder of the machine",
        "the folder is opened without following links, and nothing starts in a sandbox "
        "that shows another one",
    ),
]
LINK = """
import os, contextlib
with contextlib.suppress(FileExistsError):
    os.symlink({target!r}, "/workspace/{name}")
print(os.path.lexists("/workspace/{name}"))
"""
HARD_LINK = """
import os
try:
    os.link({target!r}, "/workspace/hard")
    print("linked")
except OSError:
    print("refused")
"""


@pytest.fixture
def attacker(hub: TempHub) -> Generator[httpx.Client]:
    headers = {"Authorization": f"token {hub.token_of('lapidary-lead')}"}
    base_url = f"{hub.url}/user/wg-lapidary"
    with httpx.Client(base_url=base_url, headers=headers, timeout=60) as client:
        yield client


@pytest.fixture
def linked(hub: TempHub, lapidary_kernel: Kernel) -> list[str]:
    """Make links to what an attacker would like; give their names."""
    targets = {
        "root-key.txt": hub.paths.root_key_file,
        "hub.txt": hub.paths.hub_database,
        "runtime.txt": hub.paths.runtime_file,
        "notebook.ipynb": hub.paths.workplace("wg-murals").workspace / "01-first-look.ipynb",
    }
    for name, target in targets.items():
        assert target.exists()
        assert lapidary_kernel.run(LINK.format(target=str(target), name=name)) == "True"
    return list(targets)


@pytest.mark.parametrize("address", ["/api/contents/{}", "/files/{}", "/files/{}?download=1"])
def test_link_is_not_read_for_the_attacker(
    attacker: httpx.Client, linked: list[str], address: str
) -> None:
    answers = [attacker.get(address.format(name)) for name in linked]
    assert [answer.is_success for answer in answers] == [False] * len(linked)


def test_link_is_no_live_document(attacker: httpx.Client, linked: list[str]) -> None:
    for name in linked:
        kind = "notebook" if name.endswith("ipynb") else "file"
        answer = attacker.put(
            f"/api/collaboration/session/{quote(name)}", json={"format": "text", "type": kind}
        )
        if answer.is_success:
            held = attacker.get(f"/api/contents/{quote(name)}")
            assert not held.is_success


def test_hard_link_to_another_is_refused(hub: TempHub, lapidary_kernel: Kernel) -> None:
    for target in (hub.paths.root_key_file, Path("/usr/bin/env"), Path("/etc/passwd")):
        assert lapidary_kernel.run(HARD_LINK.format(target=str(target))) == "refused"


def test_hub_seeds_nothing_through_a_link(tmp_path: Path) -> None:
    from museion_hub.workspace import seed_workspace  # noqa: PLC0415  beside its only use

    originals, workspace, victim = (tmp_path / name for name in ("from", "workspace", "victim"))
    originals.mkdir()
    workspace.mkdir()
    (originals / "01.ipynb").write_text("seed")
    victim.write_text("mine")
    (workspace / "01.ipynb").symlink_to(victim)
    assert seed_workspace(workspace, originals) == []
    assert victim.read_text() == "mine"


def test_link_in_the_place_of_a_dataset_is_not_mounted(tmp_path: Path) -> None:
    storage, secret = tmp_path / "storage", tmp_path / "secret"
    (storage / "murals").mkdir(parents=True)
    secret.mkdir()
    (storage / "murals" / "shared").symlink_to(secret)
    assert find_identity(storage, "murals/shared") is None
    parts = [StorageMount("murals/shared", is_writable=False)]
    assert dataset_mounts(storage, "/datasets", parts, may_write=False) == ([], [])


def test_link_that_comes_after_the_look_starts_nothing(tmp_path: Path) -> None:
    storage, secret = tmp_path / "storage", tmp_path / "secret"
    (storage / "murals" / "shared").mkdir(parents=True)
    secret.mkdir()
    parts = [StorageMount("murals/shared", is_writable=False)]
    mounts, expected = dataset_mounts(storage, "/datasets", parts, may_write=False)
    (storage / "murals" / "shared").rename(tmp_path / "away")
    (storage / "murals" / "shared").symlink_to(secret)
    with limited_sandbox_of(mounts, expected) as sandbox:
        assert sandbox.process.wait(60) != 0
        assert "somebody put another folder in the place of /datasets/murals" in sandbox.log
