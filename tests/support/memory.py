"""How much memory a tree of processes takes for itself: the proportional set size (PSS)."""

import os
import re
from pathlib import Path


def children_of(pid: int) -> set[int]:
    """Give the direct children of a process, whichever of its threads started them."""
    found: set[int] = set()
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        found |= set(map(int, file.read_text().split()))
    return found


def tree_of(pid: int) -> set[int]:
    """Give a process and all that descend from it."""
    return {pid}.union(*map(tree_of, children_of(pid)))


def command_of(pid: int) -> list[str]:
    """Give a process's command line."""
    return Path(f"/proc/{pid}/cmdline").read_text().split("\0")


def pss_mb(pids: set[int]) -> float:
    """Give the PSS of these processes in megabytes."""
    return sum(map(_pss_kb, pids)) * 1024 / 1e6


def peak_mb(pid: int) -> float:
    """Give the most memory that a process has had resident, in megabytes."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(text.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6


def cpu_s(pids: set[int]) -> float:
    """Give the processor seconds that these processes have used."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _pss_kb(pid: int) -> int:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) if found else 0
