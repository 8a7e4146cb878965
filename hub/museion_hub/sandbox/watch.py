"""Watches what one sandbox uses, ends what exceeds its limits, and says so.

It runs as a thread of the relay outside. Two small reads several times a second tell whether
anything on the machine grows; only then, and every few seconds, the sandbox's own processes
are read.

The latest state and what was ended stand in one JSON file, which the hub reads, and the
sandbox too, in a directory that is read-only there.
"""

import contextlib
import json
import math
import os
import re
import signal
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path

from museion_hub.sandbox import processes
from museion_hub.sandbox.ending import end_all, find_namespace, send, with_descendants
from museion_hub.sandbox.limits import (
    AGAIN_S,
    Bounds,
    Chain,
    GroupKind,
    Measure,
    Usage,
    Verdict,
    cores_beyond,
    group_processes,
    judge,
    sentence,
)
from museion_hub.sandbox.processes import PROC, Process

FIRST_TICK_S = 0.05
TICK_S = 0.2
LOOK_S = 2.0
REPORT_S = 10.0
FAST_PRIORITY = 1
LONGEST_MEASURE_S = 0.3
GRACE_S = 5.0
DYING_S = 8.0
"""How long killed processes may take to be gone before they count again."""
GROWN_TASKS = 64
GROWN_BYTES = 128 * 1024 * 1024
KEPT_NOTICES = 20
GIVES_WAY = 10
"""Priority, from 0 to 19, of programs that use more cores than allowed."""
ENDED_FIRST = 600
"""What the kernel ends first when the machine's memory is full, of 1000."""
FORMAT = 1
KERNEL_FILE = re.compile(rb"/kernel-([0-9a-f-]{36})\.json")


class Watch:
    """One sandbox, from its first process to its last.

    Parameters
    ----------
    bounds
        What it may use.
    report
        Where state and notices are written.
    """

    def __init__(self, bounds: Bounds, report: Path) -> None:
        self._bounds = bounds
        self._report = report
        self._ended = threading.Event()
        self._chain = Chain(0, 0, 0)
        self._namespace = ""
        self._notices: list[dict[str, object]] = []
        self._acted = -math.inf
        self._in_a_row = 0
        self._asked_to_end = math.inf
        self._reported = -math.inf
        self._cpu = (0.0, 0.0)
        self._dying: set[int] = set()
        self._kernels: dict[int, str] = {}

    def begin(self, sandbox: int) -> None:
        """Start to watch what runs below the process `sandbox`, bubblewrap's own outside."""
        threading.Thread(target=self._run, args=(sandbox,), daemon=True).start()

    def end(self) -> None:
        """Stop watching."""
        self._ended.set()

    def _run(self, sandbox: int) -> None:
        _act_promptly()
        while not self._find_chain(sandbox):
            if self._ended.wait(FIRST_TICK_S):
                return
        looked, before, is_near = -math.inf, (0, 0), True
        while not self._ended.wait(TICK_S):
            now, machine = time.monotonic(), _machine()
            if is_near or now - looked > LOOK_S or _has_grown(before, machine):
                is_near = self._look(now)
                looked, before = now, machine

    def _find_chain(self, sandbox: int) -> bool:
        """Find the server, once it runs; who is started first has the lowest number."""
        first = processes.eldest_child(sandbox)
        relay = processes.eldest_child(first)
        server = processes.eldest_child(relay)
        if server:
            self._chain = Chain(first, relay, server)
            self._namespace = find_namespace(first)
        return bool(self._namespace)

    def _look(self, now: float) -> bool:
        """Measure once, end what must be; whether the next look should come soon."""
        found = self._processes()
        usage = self._measure(found, is_exact=now - self._reported > REPORT_S)
        verdict = judge(usage, self._bounds, self._in_a_row)
        if verdict is not None:
            self._carry_out(verdict, usage, now)
            return True
        if now - self._acted > AGAIN_S:
            self._in_a_row = 0
        self._prefer_others(found, usage, now)
        if now - self._reported > REPORT_S:
            self._write(usage, now)
        return _is_near(usage, self._bounds)

    def _processes(self) -> list[Process]:
        """List the sandbox's processes, without those that were killed a moment ago."""
        first = processes.find_process(self._chain.first)
        every = [first, *processes.descendants(self._chain.first)] if first else []
        if time.monotonic() - self._acted > DYING_S:
            self._dying = set()
        return [each for each in every if each.pid not in self._dying]

    def _measure(self, found: list[Process], *, is_exact: bool) -> Usage:
        """Add up; shared pages are looked at only where it matters, since that takes long."""
        tasks = sum(each.tasks for each in found)
        own = {each.pid: each.resident_bytes for each in found}
        if self._bounds.tasks and tasks > self._bounds.tasks:
            return Usage(0, tasks, group_processes(self._chain, found, own))
        files = processes.file_bytes(self._chain.first)
        open_files = processes.memory_file_bytes(found)
        total = sum(own.values()) + files + sum(open_files.values())
        if is_exact or (self._bounds.memory_bytes and total > self._bounds.memory_bytes):
            deadline = time.monotonic() + LONGEST_MEASURE_S
            held = {each.pid: processes.held_bytes(each, deadline) for each in found}
            own = {pid: private + shared for pid, (private, shared) in held.items()}
            shared = sum(shared for _, shared in held.values())
            total = sum(own.values()) - shared + max(shared, files) + sum(open_files.values())
        memory = {pid: size + open_files.get(pid, 0) for pid, size in own.items()}
        return Usage(total, tasks, group_processes(self._chain, found, memory))

    def _carry_out(self, verdict: Verdict, usage: Usage, now: float) -> None:
        if verdict.measure is Measure.SANDBOX:
            self._end_sandbox(verdict, usage, now)
            return
        roots = [root for group in verdict.groups for root in group.roots]
        kernels = [self._kernels[root] for root in roots if self._kernels.get(root)]
        self._end_programs(verdict)
        self._acted = time.monotonic()
        self._in_a_row += 1
        self._tell(verdict, kernels)
        self._write(self._measure(self._processes(), is_exact=False), now)

    def _end_sandbox(self, verdict: Verdict, usage: Usage, now: float) -> None:
        """Ask the server first to end by itself, unless the matter is pressing."""
        is_pressing = bool(self._bounds.tasks) and usage.tasks > self._bounds.tasks
        if math.isinf(self._asked_to_end):
            self._asked_to_end = now
            self._tell(verdict, [])
            self._write(usage, now)
            send(self._chain.relay, signal.SIGTERM, self._namespace)
        if is_pressing or now - self._asked_to_end > GRACE_S:
            send(self._chain.first, signal.SIGKILL, self._namespace)

    def _tell(self, verdict: Verdict, kernels: list[str]) -> None:
        message = sentence(verdict, self._bounds)
        notice: dict[str, object] = {
            "time": time.time(),
            "resource": verdict.resource.value,
            "measure": verdict.measure.value,
            "kernels": kernels,
            "message": message,
        }
        self._notices.append(notice)
        sys.stderr.write(f"{message}\n")
        sys.stderr.flush()

    def _end_programs(self, verdict: Verdict) -> None:
        if verdict.measure is Measure.ALL:
            self._dying = end_all(self._all_but_server, self._strays, self._namespace)
        elif verdict.groups[0].kind is GroupKind.STRAYS:
            self._dying = end_all(self._strays, self._strays, self._namespace)
        else:
            roots = verdict.groups[0].roots
            self._dying = end_all(lambda: roots, self._strays, self._namespace)

    def _all_but_server(self) -> set[int]:
        children = [child for pid in self._chain.pids for child in processes.children(pid)]
        return set(children) - set(self._chain.pids)

    def _strays(self) -> set[int]:
        return set(processes.children(self._chain.first)) - set(self._chain.pids)

    def _prefer_others(self, found: list[Process], usage: Usage, now: float) -> None:
        """Let programs end first when memory is short, and wait when they use too many cores."""
        others = [group for group in usage.groups if group.kind is not GroupKind.SERVER]
        roots = {root for group in others for root in group.roots}
        for root in roots - set(self._kernels):
            with contextlib.suppress(OSError):
                (PROC / str(root) / "oom_score_adj").write_text(str(ENDED_FIRST))
        self._kernels = {root: self._kernels.get(root) or _find_kernel(root) for root in roots}
        spent, (before, then) = sum(each.cpu_s for each in found), self._cpu
        if now - then < LOOK_S:
            return
        self._cpu = (spent, now)
        if then and cores_beyond((spent - before) / (now - then), self._bounds):
            for pid in with_descendants(roots):
                _give_way(pid)

    def _write(self, usage: Usage, now: float) -> None:
        self._reported = now
        content = {
            "format": FORMAT,
            "time": time.time(),
            "memory_bytes": usage.memory_bytes,
            "tasks": usage.tasks,
            "bounds": asdict(self._bounds),
            "notices": self._notices[-KEPT_NOTICES:],
        }
        draft = self._report.with_suffix(".draft")
        with contextlib.suppress(OSError):
            draft.write_text(json.dumps(content), encoding="utf-8")
            draft.replace(self._report)


def _act_promptly() -> None:
    """Come before what the sandbox runs, where the machine lets us."""
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(FAST_PRIORITY))


def _machine() -> tuple[int, int]:
    """Return how many tasks the machine has, and how many bytes of memory are left."""
    tasks = int((PROC / "loadavg").read_bytes().split()[3].partition(b"/")[2])
    for line in (PROC / "meminfo").read_bytes().splitlines():
        if line.startswith(b"MemAvailable:"):
            return tasks, int(line.split()[1]) * 1024
    return tasks, 0


def _has_grown(before: tuple[int, int], now: tuple[int, int]) -> bool:
    return now[0] - before[0] > GROWN_TASKS or before[1] - now[1] > GROWN_BYTES


def _is_near(usage: Usage, bounds: Bounds) -> bool:
    """Whether more than half of a limit is used."""
    return bool(
        (bounds.tasks and usage.tasks * 2 > bounds.tasks)
        or (bounds.memory_bytes and usage.memory_bytes * 2 > bounds.memory_bytes)
    )


def _find_kernel(root: int) -> str:
    """Return a kernel's id, to say later which notebook stopped; empty for other programs."""
    try:
        found = KERNEL_FILE.search((PROC / str(root) / "cmdline").read_bytes())
    except OSError:
        return ""
    return found[1].decode() if found else ""


def _give_way(pid: int) -> None:
    try:
        threads = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208  only the names
    except OSError:
        return
    for thread in threads:
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, int(thread), GIVES_WAY)
