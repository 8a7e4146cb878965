"""Each fuzz target holds for its seeds and a few thousand inputs made from them."""

from collections.abc import Sequence

import pytest

from tests.fuzz import fuzz_csv, fuzz_envi_header, fuzz_images, fuzz_scans
from tests.support.fuzzing import Target, mutations

TARGETS = {
    "ENVI header": (fuzz_envi_header, 3000),
    "CSV": (fuzz_csv, 2000),
    "binary formats": (fuzz_images, 600),
    "meshes": (fuzz_scans, 1500),
}


@pytest.mark.parametrize(
    ("check", "seeds", "tokens", "count"),
    [(each.check, each.SEEDS, each.TOKENS, count) for each, count in TARGETS.values()],
    ids=TARGETS,
)
def test_nothing_but_our_own_error_comes_through(
    check: Target, seeds: Sequence[bytes], tokens: Sequence[bytes], count: int
) -> None:
    for data in mutations(seeds, tokens, count):
        try:
            check(data)
        except BaseException as error:
            error.add_note(f"input: {data!r:.2000}")
            raise
