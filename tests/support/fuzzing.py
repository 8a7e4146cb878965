"""Two ways to run a fuzz target: atheris without end, or a few thousand fixed inputs."""

import random
import sys
from collections.abc import Callable, Iterator, Sequence

type Target = Callable[[bytes], None]


def fuzz(check: Target) -> None:
    """Hand a target to atheris with the command line's arguments."""
    import atheris  # noqa: PLC0415 - needed only here

    atheris.instrument_all()
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()


def mutations(seeds: Sequence[bytes], tokens: Sequence[bytes], count: int) -> Iterator[bytes]:
    """Yield the seeds, then as many inputs made from them; the same ones each time."""
    yield from seeds
    choose = random.Random(20260101)  # noqa: S311 - repeatable on purpose
    for _ in range(count):
        data = bytearray(choose.choice(seeds))
        for _ in range(choose.randint(1, 4)):
            _mutate(data, choose, seeds, tokens)
        yield bytes(data)


def _mutate(
    data: bytearray, choose: random.Random, seeds: Sequence[bytes], tokens: Sequence[bytes]
) -> None:
    """Change one place."""
    at = choose.randint(0, len(data))
    match choose.randint(0, 4):
        case 0 if data:
            data[at % len(data)] = choose.randint(0, 255)
        case 1:
            del data[at:]
        case 2:
            data[at:at] = choose.choice(tokens)
        case 3:
            del data[at : at + choose.randint(1, 16)]
        case _:
            other = choose.choice(seeds)
            data[at:] = other[choose.randint(0, len(other)) :]
