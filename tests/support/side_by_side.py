"""Works measured side by side: every round runs each of them once, in random order.

A noisy machine disturbs all of them alike then, and the ratio of medians says more than any
of the times. CPU seconds, those of child processes included, say what a neighbour can't
change much.
"""

import os
import random
import resource
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

ROUNDS = 7


@dataclass(frozen=True, slots=True)
class Timing:
    """How long each round of one work took.

    Attributes
    ----------
    wall_s, cpu_s : tuple of float
        Seconds for each round.
    """

    wall_s: tuple[float, ...]
    cpu_s: tuple[float, ...]

    def median_s(self) -> float:
        """Return the median of the wall times."""
        return statistics.median(self.wall_s)

    def percentile_s(self, percent: int) -> float:
        """Return a percentile of the wall times."""
        return sorted(self.wall_s)[min(len(self.wall_s) - 1, len(self.wall_s) * percent // 100)]


def measure(works: Mapping[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, Timing]:
    """Run each work once unmeasured, then `rounds` times, and return their timings."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
    for work in works.values():
        work()
    for _ in range(rounds):
        for name in random.sample(list(works), len(works)):
            cpu_s, wall_s = _cpu_s(), time.perf_counter()
            works[name]()
            taken[name].append((time.perf_counter() - wall_s, _cpu_s() - cpu_s))
    return {
        name: Timing(tuple(wall for wall, _ in pairs), tuple(cpu for _, cpu in pairs))
        for name, pairs in taken.items()
    }


@contextmanager
def table(title: str) -> Iterator[Callable[..., None]]:
    """Print a title with the state of the machine; give what prints a row."""
    load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    say(f"\n{title} ({load}; {_aes()})")
    say(f"{'work':52}{'ours':>9}{'peer':>9}  ratio (by CPU)  reach")
    yield print_row


def print_row(work: str, ours: Timing, peer: Timing, reach: str) -> None:
    """Print how fast we are, as a share of the peer's speed: more is better."""
    ratio = peer.median_s() / ours.median_s()
    by_cpu = statistics.median(peer.cpu_s) / max(statistics.median(ours.cpu_s), 1e-9)
    say(
        f"{work:52}{ours.median_s():8.3f}s{peer.median_s():8.3f}s"
        f"  {ratio:5.2f} ({by_cpu:5.2f})   {reach}"
    )


def print_latency(work: str, ours: Timing, peer: Timing, reach: str) -> None:
    """Print how long we take, as a share of the peer's time: less is better."""
    for percent in (50, 99):
        mine, theirs = ours.percentile_s(percent), peer.percentile_s(percent)
        by_cpu = statistics.median(ours.cpu_s) / max(statistics.median(peer.cpu_s), 1e-9)
        name = f"{work}, p{percent}"
        say(
            f"{name:52}{mine * 1e3:7.1f}ms{theirs * 1e3:7.1f}ms"
            f"  {mine / theirs:5.2f} ({by_cpu:5.2f})   {reach}"
        )


def say(line: str) -> None:
    """Print a line for a person."""
    print(line, flush=True)  # noqa: T201  a figure for a person


def _cpu_s() -> float:
    """Return the CPU seconds of this process and its finished children."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _aes() -> str:
    """Say which AES-GCM the processor allows OpenSSL, on which uncompressed reads depend."""
    with open("/proc/cpuinfo") as file:  # noqa: PTH123  no regular file
        flags = set(file.read().split())
    wide = {"vaes", "vpclmulqdq", "avx512f"} <= flags
    return "AES on 512-bit vectors" if wide else "AES on 128-bit vectors only: about 2.4 x slower"
