"""People and memberships of a real hub, changed over the registry's HTTP API."""

import asyncio
import threading
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from sqlalchemy import select

from museion_hub.audit.tables import AuditEvent
from museion_hub.registry.database import Database
from museion_hub.registry.epochs import newest_workgroup_epoch
from museion_hub.registry.hub import HubClient
from museion_hub.registry.memberships import remove_member
from museion_hub.registry.revocation import Revocation
from museion_hub.registry.tables import Role
from museion_hub.workplaces import registry_database_url
from tests.support.hub import TempHub

OWNER = "murals-lead"
ADMINISTRATOR = "hub-admin"
TIMEOUT_S = 60.0


@dataclass
class Registrar:
    """The lead of *murals* and the administrator, each at the registry's API."""

    hub: TempHub
    tokens: dict[str, str] = field(default_factory=dict)

    def ask(self, who: str, method: str, path: str, json: object = None) -> Any:  # noqa: ANN401  JSON
        """Ask the registry as a person, and give the answer.

        Raises
        ------
        httpx.HTTPStatusError
            The registry refused.
        """
        token = self.tokens.get(who) or self.hub.token_of(who)
        self.tokens[who] = token
        answer = httpx.request(
            method,
            f"{self.hub.url}/services/registry/api/v1/{path}",
            headers={"Authorization": f"token {token}"},
            json=json,
            timeout=TIMEOUT_S,
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def new_person(self) -> str:
        """Make an account with the demonstration's password."""
        username = f"p{uuid.uuid4().hex[:10]}"
        wish = {"username": username, "display_name": "Nora New", "password": self.hub.password}
        self.ask(ADMINISTRATOR, "POST", "people", wish)
        return username

    def end_account(self, username: str) -> None:
        self.ask(ADMINISTRATOR, "DELETE", f"people/{username}")

    def set_role(self, slug: str, username: str, role: Role) -> None:
        self.ask(ADMINISTRATOR, "PUT", f"workgroups/{slug}/members/{username}", {"role": role})

    def remove(self, slug: str, username: str) -> dict[str, object]:
        found: dict[str, object] = self.ask(
            OWNER, "DELETE", f"workgroups/{slug}/members/{username}"
        )
        return found

    def invite(self, slug: str, role: Role) -> str:
        """Make an invitation, and give its token."""
        made = self.ask(OWNER, "POST", f"workgroups/{slug}/invitations", {"role": role})
        return str(made["token"])

    def accept(self, token: str, username: str) -> None:
        self.ask(username, "POST", f"invitations/{token}/accept")

    def events(self, slug: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask(OWNER, "GET", f"workgroups/{slug}/events?limit=200")
        return found

    def log_of(self, username: str) -> list[str]:
        """Give the names of what a person did."""
        with self._database() as database, database.reading() as session:
            rows = select(AuditEvent.event).where(AuditEvent.actor == username)
            return list(session.scalars(rows))

    def epoch(self, slug: str) -> int:
        with self._database() as database, database.reading() as session:
            return newest_workgroup_epoch(session, slug)

    def remove_while_the_hub_is_away(self, slug: str, username: str) -> None:
        """End a membership as a registry does that ends before it has told the hub."""
        with self._database() as database, database.writing() as session:
            remove_member(session, slug, username, actor=OWNER)

    @contextmanager
    def refreshing(self) -> Generator[None]:
        """Run what a registry does in the background after it was started again."""
        loop = asyncio.new_event_loop()
        task = loop.create_task(self._keep_refreshing())
        thread = threading.Thread(target=_run, args=(loop, task))
        thread.start()
        try:
            yield
        finally:
            loop.call_soon_threadsafe(task.cancel)
            thread.join()
            loop.close()

    async def _keep_refreshing(self) -> None:
        address = f"http://127.0.0.1:{self.hub.runtime.ports.hub}/hub/api"
        client = HubClient(address, self.hub.runtime.tokens.registry)
        try:
            with self._database() as database:
                await Revocation(database, client).keep_refreshing()
        finally:
            await client.close()

    @contextmanager
    def _database(self) -> Generator[Database]:
        database = Database(registry_database_url(self.hub.settings))
        try:
            yield database
        finally:
            database.close()


def _run(loop: asyncio.AbstractEventLoop, task: asyncio.Task[None]) -> None:
    asyncio.set_event_loop(loop)
    loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
