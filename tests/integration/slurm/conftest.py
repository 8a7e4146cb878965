"""One real Slurm and one hub for all tests here."""

from collections.abc import Generator

import pytest

from tests.support.slurm import TempSlurm, temp_slurm
from tests.support.slurm_hub import Running, SlurmHub, temp_slurm_hub


@pytest.fixture(scope="session")
def slurm() -> Generator[TempSlurm]:
    with temp_slurm() as slurm:
        yield slurm


@pytest.fixture(scope="session")
def place(slurm: TempSlurm) -> Generator[SlurmHub]:
    with temp_slurm_hub(slurm) as place:
        yield place


@pytest.fixture(scope="module")
def murals(place: SlurmHub) -> Generator[Running]:
    """Give a cluster of two workers, which a test leaves as it found it."""
    with place.cluster("wg-murals", workers=2) as running:
        yield running
