"""What reads releases holds for a few thousand inputs made from frozen ones."""

from tests.fuzz.fuzz_release import SEEDS, TOKENS, check
from tests.support.fuzzing import mutations

COUNT = 6000


def test_nothing_but_our_own_error_comes_through() -> None:
    for data in mutations(SEEDS, TOKENS, COUNT):
        try:
            check(data)
        except BaseException as error:
            error.add_note(f"input: {data!r:.2000}")
            raise
