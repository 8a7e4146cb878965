"""zarr's own stateful suites, against a draft on each kind of storage."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test
from zarr.testing.stateful import ZarrHierarchyStateMachine, ZarrStoreStateMachine

from museion_datasets.arrays.store import SealedStore
from museion_datasets.versions.staging import Staging
from tests.support.datasets import seal
from tests.support.storages import Storage

EXAMPLES = {"file": (10, 15), "s3": (6, 12)}

type Machine = Callable[[SealedStore], RuleBasedStateMachine]


@pytest.mark.filterwarnings(
    # zarr warns of its own: names that it will reserve one day, types without a specification.
    "ignore::zarr.errors.ZarrUserWarning",
    "ignore::zarr.errors.UnstableSpecificationWarning",
)
@pytest.mark.parametrize("machine", [ZarrStoreStateMachine, ZarrHierarchyStateMachine])
def test_store_does_what_zarr_expects_of_any_store(machine: Machine, storage: Storage) -> None:
    sealed = seal(storage.objects())
    examples, steps = EXAMPLES[storage.url.partition(":")[0]]
    run_state_machine_as_test(
        lambda: machine(SealedStore(Staging(sealed))),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
