"""One request for each action of the permission table, and a state in which each could succeed.

The state has the workgroup *murals* with two leads, two members and a guest, an invitation, two
requests to join, a published notebook, a cluster and a dataset, whatever the workgroup's state
is: so what refuses a request is the table and never that there is nothing to act on. *frescoes*
is as *murals* but without anything in it, to be declined: a wish never has datasets.
"""

import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from sqlalchemy.orm import Session

from museion_datasets.policy import DatasetPolicy
from museion_hub.registry import clusters, invitations, snapshots
from museion_hub.registry.directory import Directory
from museion_hub.registry.invitations import InvitationWish
from museion_hub.registry.memberships import set_member
from museion_hub.registry.people import create_person
from museion_hub.registry.permissions import Action, Standing
from museion_hub.registry.places import local_places
from museion_hub.registry.principals import principal_of
from museion_hub.registry.sessions import SESSION_COOKIE
from museion_hub.registry.tables import Role, Workgroup, WorkgroupState
from museion_hub.registry.workgroup_tables import JoinRequest
from museion_hub.registry.workgroups import create_workgroup
from tests.support.registry import Registry, copy_state, make_registry, new_key

ACCOUNTS = {
    Standing.LEAD: "murals-lead",
    Standing.MEMBER: "murals-member",
    Standing.GUEST: "murals-guest",
    Standing.STRANGER: "stranger",
    Standing.ADMINISTRATOR: "hub-admin",
    Standing.WORKGROUP: "wg-murals",
}
MURALS = "/workgroups/murals"
CLUSTER = "notebook-1"
COLEAD, COLLEAGUE, ASKER = "zoe-colead", "yan-colleague", "xia-asker"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A filled state and the ids of what is in it."""

    folder: Path
    token: str
    invitation: str
    snapshot: str

    def copied(self, target: Path) -> "Prepared":
        """Give a copy to spoil."""
        return replace(self, folder=copy_state(self.folder, target))


@dataclass(frozen=True, slots=True)
class Try:
    """One account about to try something, and what it may use."""

    registry: Registry
    client: httpx.AsyncClient
    account: str
    prepared: Prepared


type Request = Callable[[Try], Awaitable[httpx.Response]]


def prepare(source: Path, target: Path, state: WorkgroupState) -> Prepared:
    """Copy a filled state and put the workgroup into a state, with something for every action."""
    registry = make_registry(copy_state(source, target))
    now = datetime.now(UTC)
    with registry.database.writing() as session:
        for username, role in ((COLEAD, Role.LEAD), (COLLEAGUE, Role.MEMBER), (ASKER, None)):
            create_person(session, username, display_name=username.title(), actor="test")
            if role:
                set_member(session, "murals", username, role, actor="test")
    lead = principal_of(registry.database, "murals-lead")
    with registry.database.writing() as session:
        wish = InvitationWish(Role.GUEST, timedelta(days=3), uses=9)
        link = invitations.invite(session, lead, "murals", wish, now=now)
        workspace = principal_of(registry.database, "wg-murals")
        place = local_places().workspace
        clusters.register(session, workspace, CLUSTER, place, label="Notebook", now=now)
        page = snapshots.Publication("a.ipynb", "A", "<p>a</p>")
        shown = snapshots.publish(session, registry.custody, lead, "murals", page)
        for username in ("stranger", "hub-admin", ASKER):
            row = JoinRequest(workgroup="murals", person=username, message="", created=now)
            session.add(row)
        create_workgroup(session, registry.custody, "frescoes", title="Frescoes", actor="test")
        for standing in (Standing.LEAD, Standing.MEMBER, Standing.GUEST):
            role = Role(standing.value)
            set_member(session, "frescoes", ACCOUNTS[standing], role, actor="test")
        _set_state(session, state, now)
    registry.database.close()
    return Prepared(target, link.token, link.invitation.id, shown.id)


def _set_state(session: Session, state: WorkgroupState, now: datetime) -> None:
    for slug in ("murals", "frescoes"):
        workgroup = session.get_one(Workgroup, slug)
        workgroup.state, workgroup.is_listed = state, True
        workgroup.archived = now if state is WorkgroupState.ARCHIVED else None


def _get(path: str) -> Request:
    return lambda one: one.client.get(MURALS + path)


def _post(path: str, body: dict[str, object] | None = None) -> Request:
    return lambda one: one.client.post(MURALS + path, json=body)


def _put_member(username: str, role: str) -> Request:
    return lambda one: one.client.put(f"{MURALS}/members/{username}", json={"role": role})


async def _open_dataset(one: Try) -> httpx.Response:
    public = base64.b64encode(new_key().public).decode()
    return await one.client.post("/datasets/murals/panel/open", json={"public_key": public})


async def _create_dataset(one: Try) -> httpx.Response:
    wish = {"title": "New", "kind": "scan", "rights": "CC0", "synthetic": False, "description": ""}
    return await one.client.post("/datasets", json={"path": "murals/new", **wish})


async def _change_policy(one: Try) -> httpx.Response:
    policy = DatasetPolicy("Museum", "CC0-1.0").to_json()
    return await one.client.put("/datasets/murals/panel/policy", json=policy)


async def _read_snapshot(one: Try) -> httpx.Response:
    token = one.registry.hub.token_of(one.account)
    session = one.registry.app.state.service.sessions.new_session(token, {})
    address = f"http://registry/services/registry{MURALS}/snapshots/{one.prepared.snapshot}"
    headers = {"Cookie": f"{SESSION_COOKIE}={session}"}
    async with one.registry.client() as client:
        return await client.get(address, headers=headers)


async def _open_workspace(one: Try) -> httpx.Response:
    return _asked_of_hub(one, lambda known: "access:servers!user=wg-murals" in _scopes(known, one))


async def _edit_workspace(one: Try) -> httpx.Response:
    return _asked_of_hub(one, lambda known: "wg-murals" in known.groups(one.account))


def _asked_of_hub(one: Try, may: Callable[[Directory], bool]) -> httpx.Response:
    """Answer as the hub and the workspace do, which ask the directory and nothing else."""
    directory = Directory(one.registry.database.url)
    try:
        return httpx.Response(200 if may(directory) else 403)
    finally:
        directory.close()


def _scopes(known: Directory, one: Try) -> list[str]:
    return [scope for role in known.roles(one.account) for scope in role.get("scopes", [])]


REQUESTS: dict[Action, Request] = {
    Action.READ: _get(""),
    Action.READ_EVENTS: _get("/events"),
    Action.DESCRIBE: lambda one: one.client.patch(MURALS, json={"description": "New"}),
    Action.APPROVE: _post("/approve"),
    Action.DECLINE: lambda one: one.client.post("/workgroups/frescoes/decline"),
    Action.ARCHIVE: _post("/archive"),
    Action.RESTORE: _post("/restore"),
    Action.APPOINT: _put_member("lapidary-lead", "member"),
    Action.CHANGE_ROLE: _put_member(COLLEAGUE, "guest"),
    Action.REMOVE_MEMBER: lambda one: one.client.delete(f"{MURALS}/members/{COLLEAGUE}"),
    Action.LEAVE: lambda one: one.client.delete(f"{MURALS}/members/{one.account}"),
    Action.READ_INVITATIONS: _get("/invitations"),
    Action.INVITE: _post("/invitations", {"role": "member"}),
    Action.REVOKE_INVITATION: lambda one: one.client.delete(
        f"{MURALS}/invitations/{one.prepared.invitation}"
    ),
    Action.ACCEPT_INVITATION: lambda one: one.client.post(
        f"/invitations/{one.prepared.token}/accept"
    ),
    Action.ASK_TO_JOIN: _post("/requests", {"message": "Please"}),
    Action.TAKE_REQUEST_BACK: lambda one: one.client.delete(f"{MURALS}/requests/{one.account}"),
    Action.READ_REQUESTS: _get("/requests"),
    Action.ANSWER_REQUEST: _post(f"/requests/{ASKER}/accept", {"role": "member"}),
    Action.OPEN_WORKSPACE: _open_workspace,
    Action.EDIT_WORKSPACE: _edit_workspace,
    Action.STOP_WORKSPACE: _post("/server/stop"),
    Action.REPORT_PRESENCE: lambda one: one.client.put("/presence", json={"people": []}),
    Action.READ_DATASETS: _open_dataset,
    Action.WRITE_DATASETS: _create_dataset,
    Action.SHARE_DATASETS: lambda one: one.client.post(
        "/datasets/murals/panel/recipients", json={"workgroup": "archive"}
    ),
    Action.UNSHARE_DATASETS: lambda one: one.client.delete(
        "/datasets/murals/panel/recipients/lapidary"
    ),
    Action.CHANGE_POLICY: _change_policy,
    Action.USE_CLUSTERS: lambda one: one.client.post(
        f"/clusters/{CLUSTER}/grants", json={"dataset": "murals/panel"}
    ),
    Action.LIST_CLUSTERS: lambda one: one.client.get("/clusters?workgroup=murals"),
    Action.END_CLUSTERS: lambda one: one.client.delete(f"/clusters/{CLUSTER}?workgroup=murals"),
    Action.LIST_SNAPSHOTS: _get("/snapshots"),
    Action.READ_SNAPSHOT: _read_snapshot,
    Action.PUBLISH_SNAPSHOT: _post("/snapshots", {"path": "b.ipynb", "title": "B", "html": "<p>b"}),
    Action.WITHDRAW_SNAPSHOT: lambda one: one.client.delete(
        f"{MURALS}/snapshots/{one.prepared.snapshot}"
    ),
}
