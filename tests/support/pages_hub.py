"""A real hub behind the real proxy, with workgroups to look at and servers that start fast.

Sign-in, groups, roles and pages are the deployment's own. Only the single-user server is a small
one, which shows the address it was asked for: what opens inside it is tested elsewhere.
"""

import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
from sqlalchemy.orm import Session

from museion_datasets.policy import DatasetPolicy
from museion_hub.registry import names, people
from museion_hub.registry.database import Database
from museion_hub.registry.tables import (
    Dataset,
    DatasetVersion,
    Membership,
    Presence,
    Role,
    Workgroup,
    WorkgroupState,
)
from tests.support.deployment import free_port
from tests.support.waiting import answers, wait_until

ROOT = Path(__file__).resolve().parents[2]
CONFIG = Path(__file__).with_name("pages_hub_config.py")
PASSWORD = "paper-lantern-quartz-7"
START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 30.0

PEOPLE = {
    "astrid": "Astrid Holm",
    "bao": "Bao Nguyễn",
    "carla": "Carla de la Fuente-Møller",
    "dimitra": "Dimitra Papadopoulou",
    "emeka": "Emeka Obi",
    "newcomer": "Noor Newcomer",
}
LONG_TITLE = "Polychrome Limestone Sarcophagi of the Eastern Mediterranean, 1st to 4th Century"
WORKGROUPS = ("murals", "sarcophagi", "spectra-101", "broken", "late")
CLASS = [f"seat-{number:02}" for number in range(1, 30)]


@dataclass
class PagesHub:
    """A running hub."""

    url: str
    database: Database
    process: subprocess.Popen[bytes]
    folder: Path

    @contextmanager
    def holding_starts(self) -> Generator[None]:
        """Let no server finish its start until the block ends."""
        hold = self.folder / "hold"
        hold.touch()
        try:
            yield
        finally:
            hold.unlink()

    def see(self, username: str, slug: str) -> None:
        """Let a member be seen in the workgroup's workspace now."""
        with self.database.writing() as session:
            session.merge(Presence(workgroup=slug, username=username, last_seen=datetime.now(UTC)))


@contextmanager
def pages_hub(folder: Path) -> Generator[PagesHub]:
    """Run the hub until the block ends."""
    url = f"sqlite:///{folder}/registry.sqlite"
    database = Database(url)
    database.upgrade()
    with database.writing() as session:
        fill(session)
    port, token = free_port(), secrets.token_hex(16)
    address = f"http://127.0.0.1:{port}"
    process = _start(folder, url, port, token)
    try:
        wait_until(lambda: process.poll() is not None or answers(f"{address}/hub/health"), "a hub")
        assert process.poll() is None
        _make_accounts(address, token)
        yield PagesHub(address, database, process, folder)
    finally:
        process.terminate()
        process.wait(STOP_TIMEOUT_S)
        with suppress(ProcessLookupError):  # a hub that failed to start leaves its proxy behind
            os.killpg(process.pid, signal.SIGKILL)
        database.close()


def _start(folder: Path, database_url: str, port: int, token: str) -> subprocess.Popen[bytes]:
    proxy = ROOT / "node_modules/.bin/configurable-http-proxy"
    with (folder / "hub.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "--config", str(CONFIG)],
            cwd=folder,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(folder),
                "PAGES_HUB_DATABASE": database_url,
                "PAGES_HUB_PORT": str(port),
                "PAGES_HUB_OWN_PORT": str(free_port()),
                "PAGES_HUB_PROXY_PORT": str(free_port()),
                "PAGES_HUB_SEED_TOKEN": token,
                "PAGES_HUB_PROXY": f"{shutil.which('node')} {proxy}",
                "CONFIGPROXY_AUTH_TOKEN": secrets.token_hex(16),
                "PYTHONPATH": str(ROOT),
            },
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _make_accounts(address: str, token: str) -> None:
    """Make the workgroups' hub accounts, as the registry service does in a deployment."""
    reply = httpx.post(
        f"{address}/hub/api/users",
        headers={"Authorization": f"token {token}"},
        json={"usernames": [f"wg-{slug}" for slug in WORKGROUPS]},
    )
    assert reply.status_code == httpx.codes.CREATED, reply.text


def fill(session: Session) -> None:
    """Make people, workgroups and datasets as a page may meet them: few, many, long, none."""
    accounts = PEOPLE | {name: f"Participant {name[-2:]}" for name in CLASS}
    for username, name in accounts.items():
        password = PASSWORD if username in PEOPLE else None
        people.create_person(session, username, display_name=name, password=password, actor="test")
    crew = {"astrid": Role.LEAD, "bao": Role.MEMBER, "carla": Role.MEMBER, "dimitra": Role.GUEST}
    _workgroup(
        session, "murals", "Wall Paintings", "Secco layers in the crypt, campaign of 2026", crew
    )
    _workgroup(session, "sarcophagi", LONG_TITLE, "", {"astrid": Role.MEMBER, "emeka": Role.LEAD})
    seats = dict.fromkeys(CLASS, Role.MEMBER) | {"astrid": Role.LEAD, "bao": Role.MEMBER}
    _workgroup(session, "spectra-101", "Spectra for Beginners", "A workshop in March", seats)
    _workgroup(session, "broken", "Workspace That Fails", "", {"bao": Role.LEAD})
    _workgroup(session, "late", "Workspace That Fails Late", "", {"bao": Role.LEAD})
    for name, title, kind, is_synthetic in (
        ("panel", "Painted panel with underdrawing", "cube", True),
        ("vessel", "Relief-decorated vessel", "scan", True),
        ("venus", "Crouching Venus, SMK KAS2104", "scan", False),
        ("pigments", "Pigment reference spectra", "library", False),
        ("samples", "Sampling points and their sections", "table", False),
    ):
        _dataset(session, "murals", name, title, kind, is_synthetic=is_synthetic)


def _workgroup(
    session: Session, slug: str, title: str, description: str, members: dict[str, Role]
) -> None:
    now = datetime.now(UTC)
    session.add(
        Workgroup(
            slug=slug,
            skeleton=names.skeleton(slug),
            title=title,
            description=description,
            state=WorkgroupState.ACTIVE,
            created=now,
        )
    )
    session.flush()
    for person, role in members.items():
        session.add(Membership(person=person, workgroup=slug, role=role))


def _dataset(
    session: Session, slug: str, name: str, title: str, kind: str, *, is_synthetic: bool
) -> None:
    now = datetime.now(UTC)
    identity = secrets.token_hex(16)
    session.add(
        Dataset(
            id=identity,
            workgroup=slug,
            name=name,
            title=title,
            kind=kind,
            rights="CC0-1.0",
            is_synthetic=is_synthetic,
            description="",
            policy=DatasetPolicy(slug, "CC0-1.0").to_json(),
            place="local",
            created=now,
            created_by=f"wg-{slug}",
        )
    )
    session.flush()
    session.add(
        DatasetVersion(
            dataset=identity, version=1, head={}, size_bytes=1, author="astrid", created=now
        )
    )
