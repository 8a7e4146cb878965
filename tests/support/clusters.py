"""A registered cluster as its account and its processes meet the registry."""

import base64
from dataclasses import dataclass, field, replace
from datetime import timedelta

import httpx
from sqlalchemy import select, update

from museion_datasets import envelope
from museion_datasets.policy import DatasetPolicy
from museion_hub.registry import versions
from museion_hub.registry.catalogue import require_visible
from museion_hub.registry.cluster_tables import Cluster
from museion_hub.registry.epochs import rotate_dataset
from museion_hub.registry.places import ComputePlace
from museion_hub.registry.tables import Dataset
from tests.support.registry import PANEL, Registry, make_head, new_key

PLACES = (ComputePlace("gateway", "DE"), ComputePlace("hpc", "US"))


@dataclass
class Workers:
    """The processes of one cluster: they hold its token and nothing else."""

    registry: Registry
    account: str
    name: str
    token: str = field(repr=False)

    async def ask(
        self, method: str, address: str, body: dict[str, object] | None = None
    ) -> httpx.Response:
        """Send a request with the cluster's token."""
        async with self.registry.client() as client:
            headers = {b"Authorization": f"cluster {self.token}".encode()}
            return await client.request(method, address, json=body, headers=headers)

    async def lease(self) -> httpx.Response:
        return await self.ask("POST", "/clusters/self/lease")

    async def granted(self) -> list[str]:
        """List the datasets of the lease's grants."""
        return [one["dataset"] for one in (await self.lease()).json()["grants"]]

    async def open(
        self, path: object = PANEL, *, pair: envelope.KeyPair | None = None, **wish: object
    ) -> httpx.Response:
        public = base64.b64encode((pair or new_key()).public).decode()
        return await self.ask("POST", f"/datasets/{path}/open", {"public_key": public, **wish})

    async def read_head(self, number: int, path: object = PANEL) -> httpx.Response:
        return await self.ask("GET", f"/datasets/{path}/versions/{number}")

    async def grant(self, path: object = PANEL, **wish: object) -> httpx.Response:
        """Ask for a grant, as the workspace does with its own token."""
        async with self.registry.client(self.account) as client:
            address = f"/clusters/{self.name}/grants"
            return await client.post(address, json={"dataset": str(path), **wish})


async def start(
    registry: Registry,
    account: str = "wg-murals",
    *,
    name: str = "notebook-1",
    place: str = "workspace",
) -> Workers:
    """Register a cluster."""
    async with registry.client(account) as client:
        body = {"place": place, "cluster": name, "label": "pigments.ipynb"}
        answer = await client.post("/clusters", json=body)
    assert answer.status_code == 201, answer.text
    return Workers(registry, account, name, answer.json()["token"])


async def start_granted(registry: Registry, **wish: object) -> Workers:
    """Register a cluster of *murals* that may read the panel."""
    workers = await start(registry)
    answer = await workers.grant(**wish)
    assert answer.status_code == 201, answer.text
    return workers


def declare_places(registry: Registry) -> None:
    """Let the deployment declare compute places in two countries."""
    service = registry.app.state.service
    places = replace(service.places, computes=PLACES)
    registry.app.state.service = replace(service, places=places)


def set_policy(registry: Registry, **changes: object) -> None:
    """Change the panel's policy in the database."""
    policy = DatasetPolicy("Museum", "CC0-1.0", **changes).to_json()  # type: ignore[arg-type]
    with registry.database.writing() as session:
        here = (Dataset.workgroup == PANEL.workgroup, Dataset.name == PANEL.name)
        session.execute(update(Dataset).where(*here).values(policy=policy))


def let_pass(registry: Registry, time: timedelta) -> None:
    """Let time pass for the clusters: what was to come is nearer, what was is longer ago."""
    with registry.database.writing() as session:
        for row in session.scalars(select(Cluster)):
            for one in ("started", "renewed", "expires", "revoked"):
                if getattr(row, one) is not None:
                    setattr(row, one, getattr(row, one) - time)


def commit_next(registry: Registry, parent: int, *, epoch: int = 1) -> None:
    """Commit one more version of the panel."""
    murals = registry.principal("wg-murals")
    with registry.database.writing() as session:
        dataset = require_visible(session, murals, PANEL).dataset
        head = replace(make_head(dataset.id, parent), epoch=epoch)
        versions.commit_version(session, murals, PANEL, parent, head, 10)


def begin_epoch(registry: Registry) -> int:
    """Begin a new epoch of the panel."""
    murals = registry.principal("wg-murals")
    with registry.database.writing() as session:
        dataset = require_visible(session, murals, PANEL).dataset
        return rotate_dataset(session, registry.custody, dataset, actor="test", reason="test")


def opened_keys(answer: httpx.Response, pair: envelope.KeyPair) -> dict[int, bytes]:
    """Open the keys of an answer, as a worker does."""
    body = answer.json()
    dataset = body["dataset"]["id"]
    return {
        one["epoch"]: envelope.open_(
            pair.private,
            base64.b64decode(one["sealed_key"]),
            envelope.vend_info(dataset, one["epoch"]),
        )
        for one in body["keys"]
    }
