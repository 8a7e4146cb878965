"""The real registry on a temporary database, with a hub that is a small ASGI application.

People: lead, member and guest of *murals*, the lead of *lapidary*, and a stranger. Workgroups:
*murals* owns ``murals/panel`` (one version, shared with *lapidary*) and the draft
``murals/sketch``; *archive* has nothing to do with either.
"""

import asyncio
import base64
import hashlib
import shutil
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from museion_datasets import envelope
from museion_datasets.model import DatasetKind, DatasetPath, Head
from museion_datasets.policy import DatasetPolicy
from museion_hub.audit.tables import AuditEvent
from museion_hub.custody import Custody, RootCustody, open_root_key
from museion_hub.registry import drafts, sharing, versions
from museion_hub.registry.access import Principal
from museion_hub.registry.app import create_app
from museion_hub.registry.catalogue import require_visible
from museion_hub.registry.database import Database
from museion_hub.registry.demo import create_demo
from museion_hub.registry.hub import HubClient
from museion_hub.registry.memberships import set_member
from museion_hub.registry.people import create_person
from museion_hub.registry.places import local_places
from museion_hub.registry.principals import principal_of
from museion_hub.registry.revocation import Revocation
from museion_hub.registry.service import Service
from museion_hub.registry.tables import Role
from museion_hub.registry.workgroups import create_workgroup

PASSWORD = "lapis-lazuli-and-azurite"
PANEL = DatasetPath("murals", "panel")
SKETCH = DatasetPath("murals", "sketch")
API = "/services/registry/api/v1"
ACCESS = "access:services!service=registry"


@dataclass
class SimulatedHub:
    """The two hub endpoints that the registry calls, answering as JupyterHub 6.1 does."""

    users: set[str] = field(default_factory=set)
    running: set[str] = field(default_factory=set)
    refreshed: list[str] = field(default_factory=list)
    endings: list[dict[str, str]] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    tokens: dict[str, dict[str, object]] = field(default_factory=dict)
    codes: dict[str, tuple[str, str]] = field(default_factory=dict)
    service_token: str = "registry-service-token"
    is_down: bool = False
    requests: int = 0
    was_refused: asyncio.Event = field(default_factory=asyncio.Event)
    has_users: asyncio.Event = field(default_factory=asyncio.Event)

    def token_of(
        self, account: str, *, kind: str = "user", scopes: tuple[str, ...] = (ACCESS,)
    ) -> str:
        token = f"token-of-{kind}-{account}-{len(scopes)}"
        self.tokens[token] = {"name": account, "kind": kind, "scopes": list(scopes)}
        return token

    def app(self) -> Starlette:
        routes = [
            Route("/hub/api/user", self._who),
            Route("/hub/api/users", self._create, methods=["POST"]),
            Route("/hub/api/users", self._list, methods=["GET"]),
            Route("/hub/api/users/{name}", self._read),
            Route("/hub/api/users/{name}/server", self._stop, methods=["DELETE"]),
            Route("/hub/api/oauth2/token", self._redeem, methods=["POST"]),
            Route("/hub/api/museion/people/{name}/refresh", self._refresh, methods=["POST"]),
        ]
        return Starlette(routes=routes)

    async def _who(self, request: Request) -> Response:
        self.requests += 1
        if self.is_down:
            return JSONResponse({"status": 503}, 503)
        model = self.tokens.get(request.headers["Authorization"].removeprefix("token "))
        return JSONResponse({"status": 403}, 403) if model is None else JSONResponse(model)

    async def _create(self, request: Request) -> Response:
        self.requests += 1
        if self.is_down:
            self.was_refused.set()
            return JSONResponse({"status": 503}, 503)
        if request.headers["Authorization"] != f"token {self.service_token}":
            return JSONResponse({"status": 403}, 403)
        new = set((await request.json())["usernames"]) - self.users
        self.users |= new
        self.has_users.set()
        return JSONResponse([{"name": name} for name in new], 201 if new else 409)

    async def _list(self, request: Request) -> Response:
        if self.is_down:
            return JSONResponse({"status": 503}, 503)
        offset = int(request.query_params.get("offset", "0"))
        names = sorted(self.running)[offset : offset + int(request.query_params["limit"])]
        return JSONResponse([self._model(name) for name in names])

    async def _read(self, request: Request) -> Response:
        name = request.path_params["name"]
        if self.is_down or name not in self.users:
            return JSONResponse({}, 503 if self.is_down else 404)
        return JSONResponse(self._model(name))

    async def _stop(self, request: Request) -> Response:
        name = request.path_params["name"]
        if self.is_down:
            return JSONResponse({"status": 503}, 503)
        was_running = name in self.running
        self.running.discard(name)
        return Response(status_code=204 if was_running else 404)

    async def _redeem(self, request: Request) -> Response:
        """Give the token of a code: once, to the registry, for the challenge's verifier."""
        form = parse_qs((await request.body()).decode())
        account, challenge = self.codes.pop(form["code"][0], ("", ""))
        digest = hashlib.sha256(form["code_verifier"][0].encode()).digest()
        is_whole = form["client_secret"] == [self.service_token] and account
        if not is_whole or base64.urlsafe_b64encode(digest).decode().rstrip("=") != challenge:
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse({"access_token": self.token_of(account)})

    def _model(self, name: str) -> dict[str, object]:
        server = {"ready": True, "last_activity": "2026-11-22T10:00:00.000000Z"}
        return {"name": name, "servers": {"": server} if name in self.running else {}}

    async def _refresh(self, request: Request) -> Response:
        if self.is_down:
            return JSONResponse({"status": 503}, 503)
        self.refreshed.append(request.path_params["name"])
        wish = await request.json()
        self.endings += [wish["ending"]] if "ending" in wish else []
        return JSONResponse({"silent": self.silent})


@dataclass
class Registry:
    """A registry to be tested, and everything around it."""

    database: Database
    custody: Custody
    hub: SimulatedHub
    client_of_hub: HubClient
    app: FastAPI
    now_s: list[float]

    def client(self, account: str | None = None, *, token: str = "") -> httpx.AsyncClient:
        """Give a client that acts for an account, or sends this very token."""
        given = token or (self.hub.token_of(account) if account else "")
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app, raise_app_exceptions=False),
            base_url=f"http://registry{API}",
            headers={"Authorization": f"token {given}"} if given else {},
        )

    def principal(self, account: str) -> Principal:
        return principal_of(self.database, account)

    def events(self) -> list[AuditEvent]:
        """Give the audit log, oldest first."""
        with self.database.reading() as session:
            return list(session.scalars(select(AuditEvent).order_by(AuditEvent.log_index)))

    def last_event(self) -> tuple[str, str, str, object]:
        event = self.events()[-1]
        return event.event, event.actor, event.subject, event.detail.get("reason")


@cache
def shared_app() -> FastAPI:
    """Give one application for all tests: to build its routes takes longer than any test."""
    nothing: Any = None
    return create_app(nothing)


def make_registry(folder: Path, url: str = "") -> Registry:
    """Put a registry together over the state in this folder, or its database elsewhere."""
    hub, now_s = SimulatedHub(), [1000.0]
    database = Database(url or database_url(folder), busy_timeout_s=0.2)
    custody = RootCustody(open_root_key(folder / "root-key", may_create=False))
    client = HubClient(
        "http://hub/hub/api",
        hub.service_token,
        transport=httpx.ASGITransport(hub.app()),
        clock=lambda: now_s[0],
    )
    app = shared_app()
    app.state.service = Service(database, custody, client, Revocation(database, client))
    return Registry(database, custody, hub, client, app, now_s)


def make_state(folder: Path, url: str = "") -> None:
    """Fill a folder with the people, workgroups and datasets of the module's docstring."""
    database = Database(url or database_url(folder))
    database.upgrade()
    custody = RootCustody(open_root_key(folder / "root-key", may_create=True))
    with database.writing() as session:
        create_demo(session, custody, PASSWORD)
        create_workgroup(session, custody, "archive", title="Archive", actor="test")
        for username in ("murals-guest", "stranger"):
            create_person(session, username, display_name=username.title(), actor="test")
        set_member(session, "murals", "murals-guest", Role.GUEST, actor="test")
    murals = principal_of(database, "wg-murals")
    with database.writing() as session:
        make_dataset(session, custody, murals, PANEL)
        commit(session, murals, PANEL)
        make_dataset(session, custody, murals, SKETCH)
        sharing.share_dataset(session, custody, PANEL, "lapidary", actor="murals-lead")
    database.close()


def copy_state(source: Path, target: Path) -> Path:
    """Copy a filled folder, so that each test may spoil its own."""
    return Path(shutil.copytree(source, target))


def database_url(folder: Path) -> str:
    return f"sqlite:///{folder}/registry.sqlite"


def make_dataset(session: Session, custody: Custody, who: Principal, path: DatasetPath) -> None:
    policy = DatasetPolicy("Museum", "CC0-1.0")
    place = local_places().require("local")
    description = drafts.Description("A panel", DatasetKind.CUBE, True, "", policy, place)  # noqa: FBT003 - a record
    drafts.create_dataset(session, custody, who, path, description)


def commit(session: Session, who: Principal, path: DatasetPath) -> None:
    """Commit the first version of a draft."""
    dataset = require_visible(session, who, path).dataset.id
    versions.commit_version(session, who, path, None, make_head(dataset), 1000)


def make_head(dataset: str, parent: int | None = None) -> Head:
    """Give a head that fits a dataset whose newest version is `parent`."""
    return Head.from_json({
        "format": 1,
        "dataset": dataset,
        "version": (parent or 0) + 1,
        "parent": parent,
        "parent_root": root_of(parent) if parent else None,
        "manifest_object": "0" * 32,
        "manifest_root": root_of((parent or 0) + 1),
        "entries": 3,
        "epoch": 1,
        "author": "wg-murals",
        "created": "2026-11-22T10:00:00Z",
        "message": "",
    })


def root_of(version: int) -> str:
    return f"{version:064x}"


def new_key() -> envelope.KeyPair:
    return envelope.generate_keypair()
