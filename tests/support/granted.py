"""A live registry with sealed data in it, and clusters of a workgroup that ask for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import xarray as xr

from museion_datasets.catalogue import RegistryCatalogue
from museion_datasets.catalogue._cluster import ClusterCatalogue
from museion_datasets.catalogue._registrar import Registrar
from museion_datasets.clusters.library import ClusterLibrary
from museion_datasets.library import Library
from museion_datasets.policy import DatasetPolicy
from museion_hub.registry.places import ComputePlace, local_places
from tests.support.catalogues import serving
from tests.support.registry import Registry, make_registry, make_state

FRESCO, PURPOSEFUL, AT_HOME = "murals/fresco", "murals/purposeful", "murals/at-home"
FAR = "far"
ABOUT = {"title": "Fresco", "kind": "cube", "rights": "CC0-1.0", "synthetic": True}
SUM = float(np.arange(64 * 64).sum())


@dataclass(frozen=True, slots=True)
class Granted:
    """A registry that runs, and murals' way to it."""

    url: str
    token: str
    lead: str
    storage: Path
    workspace: Library
    registry: Registry

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(urlsplit(self.url).port or 0)

    @property
    def environment(self) -> dict[str, str]:
        """What the spawner tells a workspace of it."""
        return {
            "MUSEION_REGISTRY_URL": self.url,
            "JUPYTERHUB_API_TOKEN": self.token,
            "MUSEION_STORAGE": str(self.storage),
        }

    @property
    def registrar(self) -> Registrar:
        """What registers murals' clusters."""
        return RegistryCatalogue(self.url, self.token).clusters()

    def worker(
        self, cluster: str, *, place: str = "workspace", url: str = "", patience_s: float = 0.0
    ) -> ClusterLibrary:
        """Give the library of a worker of a freshly registered cluster; it keeps no lease yet."""
        token = self.registrar.register(cluster, place, "notebook.ipynb").token
        catalogue = ClusterCatalogue(url or self.url, token, patience_s=patience_s)
        return ClusterLibrary(catalogue, self.storage, cluster)

    @contextmanager
    def leases_of(self, seconds: int) -> Iterator[None]:
        """Let the registry say for a while that a lease is this long."""
        state = self.registry.app.state
        before = state.service
        state.service = replace(before, lease_s=seconds)
        try:
            yield
        finally:
            state.service = before

    def change_policy(self, path: str, policy: DatasetPolicy) -> None:
        """Let a lead change what the owner allows."""
        RegistryCatalogue(self.url, self.lead).set_policy(path, policy)

    def keys(self, path: str = FRESCO) -> list[bytes]:
        """Give a dataset's keys, to look for where they must not be."""
        return list(RegistryCatalogue(self.url, self.token).open_dataset(path).keys.values())


@contextmanager
def granting_registry(folder: Path) -> Iterator[Granted]:
    """Run a registry with murals' fresco in two versions, and a compute place far away."""
    state, storage = folder / "state", folder / "storage"
    state.mkdir(parents=True)
    make_state(state)
    registry = make_registry(state)
    service = registry.app.state.service
    places = replace(local_places("IT"), computes=(ComputePlace(FAR, "US"),))
    registry.app.state.service = replace(service, places=places)
    token = registry.hub.token_of("wg-murals")
    with serving(registry.app) as address:
        url = f"{address}/services/registry"
        workspace = Library(RegistryCatalogue(url, token), storage)
        fill(workspace)
        lead = registry.hub.token_of("murals-lead")
        yield Granted(url, token, lead, storage, workspace, registry)


def fill(workspace: Library) -> None:
    """Write the datasets."""
    for path, policy in (
        (FRESCO, None),
        (PURPOSEFUL, DatasetPolicy("Museum", "CC0-1.0", purposes=("research",))),
        (AT_HOME, DatasetPolicy("Museum", "CC0-1.0", compute_jurisdictions=("IT",))),
    ):
        with workspace.draft(path, **ABOUT, policy=policy) as draft:  # type: ignore[arg-type]
            draft.put_array("plaster", plaster(), chunks={"y": 16, "x": 16})
    with workspace.draft(FRESCO) as draft:
        draft.put_file("notes.txt", b"second version")


def plaster() -> xr.DataArray:
    """Give numbers that add up to `SUM`."""
    return xr.DataArray(np.arange(64.0 * 64).reshape(64, 64), dims=("y", "x"))
