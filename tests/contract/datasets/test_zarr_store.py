"""The store keeps zarr's contract, and inherits nothing that could pass it by."""

import inspect
from typing import Any

import numpy as np
import pytest
from zarr.abc.store import Store
from zarr.core.buffer import Buffer, cpu
from zarr.testing.store import StoreTests

from museion_datasets.arrays.store import SealedStore
from museion_datasets.versions.staging import Staging
from tests.support.datasets import seal
from tests.support.storages import Storage

OUR_OWN = set(vars(SealedStore))
SAFE_TO_INHERIT = {"__abstractmethods__", "__dict__", "__doc__", "__module__", "__weakref__"}


class TestSealedStore(StoreTests[SealedStore, cpu.Buffer]):
    store_cls = SealedStore
    buffer_cls = cpu.Buffer

    async def set(self, store: SealedStore, key: str, value: Buffer) -> None:
        assert isinstance(store._source, Staging)
        store._source.put(key, value.to_bytes())

    async def get(self, store: SealedStore, key: str) -> Buffer:
        entry = store._source.find(key)
        assert entry is not None
        out = np.empty(entry.plaintext_bytes, np.uint8)
        store._source.read_ranges(entry, [(0, out)])
        return self.buffer_cls.from_array_like(out)

    @pytest.fixture
    def store_kwargs(self, storage: Storage) -> dict[str, Any]:
        return {"source": Staging(seal(storage.objects())), "read_only": False}

    def test_store_repr(self, store: SealedStore) -> None:
        assert str(store) == "SealedStore(Staging(0 items))"

    def test_store_supports_writes(self, store: SealedStore) -> None:
        assert store.supports_writes

    def test_store_supports_listing(self, store: SealedStore) -> None:
        assert store.supports_listing


def methods_of_the_installed_store() -> list[str]:
    names = [name for name in vars(Store) if name not in SAFE_TO_INHERIT]
    is_code = (inspect.isfunction, inspect.isdatadescriptor, inspect.ismethod)
    return [
        name
        for name in names
        if any(test(getattr(Store, name)) or test(vars(Store)[name]) for test in is_code)
        or isinstance(vars(Store)[name], classmethod | staticmethod)
    ]


@pytest.mark.parametrize("name", methods_of_the_installed_store())
def test_every_method_of_the_installed_store_is_written_by_us(name: str) -> None:
    assert name in OUR_OWN, f"zarr's Store.{name} would reach past the encryption"


def test_the_list_of_methods_is_not_empty_and_knows_the_hooks() -> None:
    names = set(methods_of_the_installed_store())
    assert {"get", "set", "get_ranges", "_get_many", "_set_many", "open", "read_only"} <= names


def test_synchronous_twins_that_pipelines_look_for_are_ours() -> None:
    assert {"get_sync", "set_sync", "delete_sync", "get_ranges_sync"} <= OUR_OWN


def test_store_derives_from_the_abstract_class_and_from_nothing_else() -> None:
    assert SealedStore.__bases__ == (Store,)
