"""What it costs a worker to exchange a grant for a key, over HTTP with a live registry."""

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from museion_datasets.clusters.grants import Wish
from museion_datasets.clusters.library import ClusterLibrary
from tests.support.granted import FRESCO, SUM, granting_registry

ROUNDS = 30
WORKERS = 8
WISH = Wish(FRESCO, version=1)


def milliseconds(of: list[float]) -> str:
    ninetieth = sorted(of)[int(0.9 * len(of))]
    return f"median {median(of) * 1e3:.1f} ms, p90 {ninetieth * 1e3:.1f} ms"


def timed(work: Callable[..., object], *arguments: object) -> float:
    begin = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - begin


def test_exchange_of_grants(tmp_path: Path) -> None:
    with granting_registry(tmp_path) as granted:
        workers = [granted.worker(f"cluster-{number:08}") for number in range(WORKERS)]
        grants = [timed(granted.registrar.grant, w.cluster, WISH) for w in workers]
        opened = [timed(w.reopen, FRESCO, 1) for w in workers]
        exchanges = [timed(w.exchange, WISH) for w in workers for _ in range(ROUNDS)]
        leases = [timed(w.keeper.renew) for w in workers for _ in range(ROUNDS)]
        plain = [timed(granted.workspace.open, FRESCO, 1) for _ in range(ROUNDS)]
        assert total(workers[0]) == SUM
    said = {
        "grant, in the notebook": grants,
        "exchange of a grant for a key, in a worker": exchanges,
        "first opening in a worker, manifest included": opened,
        "renewal of a lease": leases,
        "opening in the notebook, for comparison": plain,
    }
    for name, seconds in said.items():
        print(f"\n{name}: {milliseconds(seconds)}")  # noqa: T201  for a person


def total(worker: ClusterLibrary) -> float:
    return float(worker.open(FRESCO, 1)["plaster"].to_xarray().sum())
