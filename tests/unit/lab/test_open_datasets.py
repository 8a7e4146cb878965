"""Opening a dataset once, however many ask."""

import asyncio
import threading
from typing import Any, cast

import pytest

from museion_datasets.dataset import Dataset
from museion_datasets.errors import NotFoundError, UnavailableError
from museion_datasets.model import DatasetRecord
from museion_lab.datasets import OpenDatasets, require_registry


class CountingLibrary:
    """A library that hands out a new object for each opening, and can be held up."""

    def __init__(self) -> None:
        self.opened: list[tuple[str, int | None]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.failing = False

    def datasets(self) -> list[DatasetRecord]:
        return []

    def open(self, path: str, version: int | None = None) -> Dataset:
        self.opened.append((path, version))
        assert self.gate.wait(5)
        if self.failing:
            raise NotFoundError("No such dataset: " + path, hint="check the spelling.")
        return cast("Dataset", object())


class Clock:
    """A clock that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def opened(library: CountingLibrary, **options: Any) -> OpenDatasets:  # noqa: ANN401
    return OpenDatasets(lambda: library, **options)


async def test_many_requests_at_once_open_a_dataset_once() -> None:
    library = CountingLibrary()
    library.gate.clear()
    datasets = opened(library)
    tasks = [asyncio.create_task(datasets.get("murals/panel", 1)) for _ in range(8)]
    await asyncio.sleep(0)
    library.gate.set()
    assert len({id(dataset) for dataset in await asyncio.gather(*tasks)}) == 1
    assert library.opened == [("murals/panel", 1)]


async def test_a_browser_that_goes_away_does_not_cancel_what_others_wait_for() -> None:
    library = CountingLibrary()
    library.gate.clear()
    datasets = opened(library)
    gone, waiting = (asyncio.create_task(datasets.get("murals/panel", 1)) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()
    library.gate.set()
    assert await waiting is not None
    assert gone.cancelled()


async def test_a_failure_is_not_remembered() -> None:
    library = CountingLibrary()
    library.failing = True
    datasets = opened(library)
    with pytest.raises(NotFoundError):
        await datasets.get("murals/panel", 1)
    library.failing = False
    assert await datasets.get("murals/panel", 1) is not None


@pytest.mark.parametrize(("version", "lifetime_s"), [(1, 300), (None, 5)], ids=["fixed", "newest"])
async def test_a_dataset_is_asked_for_again_when_its_time_is_over(
    version: int | None, lifetime_s: float
) -> None:
    library, clock = CountingLibrary(), Clock()
    datasets = opened(library, clock=clock)
    first = await datasets.get("murals/panel", version)
    clock.now = lifetime_s - 1
    assert await datasets.get("murals/panel", version) is first
    clock.now = lifetime_s
    assert await datasets.get("murals/panel", version) is not first


async def test_only_the_last_few_stay_open() -> None:
    library = CountingLibrary()
    datasets = opened(library, capacity=2)
    for name in ("a", "b", "a", "c", "a", "b"):
        await datasets.get(f"murals/{name}", 1)
    assert [path for path, _ in library.opened] == ["murals/a", "murals/b", "murals/c", "murals/b"]


async def test_the_library_is_connected_to_once() -> None:
    connections: list[CountingLibrary] = []

    def connect() -> CountingLibrary:
        connections.append(CountingLibrary())
        return connections[-1]

    datasets = OpenDatasets(connect)
    await asyncio.gather(datasets.records(), datasets.get("murals/panel"), datasets.records())
    assert len(connections) == 1


def test_a_server_without_address_says_so() -> None:
    with pytest.raises(UnavailableError, match="MUSEION_REGISTRY_URL"):
        require_registry("")
