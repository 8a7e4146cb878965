"""Which processes of a sandbox are ended when it reaches a limit; no process is harmed here."""

import platform
import struct

import pytest

from museion_hub.launch import bounds_of, limit_options
from museion_hub.sandbox import filters
from museion_hub.sandbox.limits import (
    Bounds,
    Chain,
    Group,
    GroupKind,
    Measure,
    Resource,
    Usage,
    cores_beyond,
    group_processes,
    judge,
    sentence,
)
from museion_hub.sandbox.processes import Process
from museion_hub.settings import Limits

CHAIN = Chain(first=10, relay=11, server=12)
BOUNDS = Bounds(memory_bytes=1000, tasks=100)


def process(pid: int, parent: int, tasks: int = 1) -> Process:
    return Process(pid, parent, tasks, resident_bytes=0, cpu_s=0.0, has_ended=False)


def usage(memory: int, tasks: int, *others: tuple[int, int]) -> Usage:
    """Give a use in which the server has what is left of the programs' memory and tasks."""
    programs = [
        Group(GroupKind.PROGRAM, (20 + place,), each_tasks, each_memory)
        for place, (each_memory, each_tasks) in enumerate(others)
    ]
    server = Group(
        GroupKind.SERVER,
        CHAIN.pids,
        tasks - sum(each.tasks for each in programs),
        memory - sum(each.memory_bytes for each in programs),
    )
    return Usage(memory, tasks, (server, *programs))


def test_processes_are_sorted_by_who_started_them() -> None:
    found = [
        *(process(10, 1), process(11, 10), process(12, 11, tasks=5)),
        *(process(20, 12, tasks=9), process(21, 20), process(22, 21)),
        process(30, 12),
        *(process(40, 10), process(41, 40)),
    ]
    memory = {each.pid: each.pid for each in found}
    server, kernel, terminal, strays = group_processes(CHAIN, found, memory)
    assert (server.kind, server.tasks, server.memory_bytes) == (GroupKind.SERVER, 7, 33)
    assert (kernel.roots, kernel.tasks, kernel.memory_bytes) == ((20,), 11, 63)
    assert (terminal.roots, terminal.tasks) == ((30,), 1)
    assert (strays.kind, strays.roots, strays.tasks) == (GroupKind.STRAYS, (40,), 2)


def test_child_of_the_relay_is_a_program_too() -> None:
    found = [process(10, 1), process(11, 10), process(12, 11), process(20, 11)]
    kinds = [group.kind for group in group_processes(CHAIN, found, {}) if group.tasks]
    assert kinds == [GroupKind.SERVER, GroupKind.PROGRAM]


@pytest.mark.parametrize(
    ("used", "in_a_row", "measure"),
    [
        pytest.param(usage(1000, 100, (400, 50)), 0, None, id="at the limit"),
        pytest.param(usage(1001, 10, (600, 3), (300, 3)), 0, Measure.LARGEST, id="over"),
        pytest.param(usage(1001, 10, (600, 3), (300, 3)), 1, Measure.ALL, id="again"),
        pytest.param(usage(1001, 10, (600, 3)), 4, Measure.SANDBOX, id="without end"),
        pytest.param(usage(2000, 10, (600, 3)), 0, Measure.SANDBOX, id="the server alone"),
        pytest.param(usage(1001, 10), 0, Measure.SANDBOX, id="nobody else"),
        pytest.param(usage(0, 101, (0, 90)), 0, Measure.LARGEST, id="too many"),
        pytest.param(usage(0, 401, (0, 399)), 2, Measure.SANDBOX, id="out of hand"),
    ],
)
def test_the_server_is_the_last_to_end(used: Usage, in_a_row: int, measure: Measure | None) -> None:
    verdict = judge(used, BOUNDS, in_a_row)
    assert (verdict and verdict.measure) == measure


def test_largest_is_the_one_that_has_most_of_what_ran_out() -> None:
    verdict = judge(usage(900, 150, (700, 2), (10, 120)), BOUNDS, 0)
    assert verdict
    assert (verdict.resource, verdict.groups[0].roots) == (Resource.PROCESSES, (21,))
    assert sentence(verdict, BOUNDS).startswith(
        "The workspace's limit of 100 processes and threads was reached: the program"
    )


def test_no_limit_is_never_reached() -> None:
    assert judge(usage(10**12, 10**6), Bounds(), 0) is None
    assert not cores_beyond(64.0, Bounds())
    assert cores_beyond(2.5, Bounds(cpus=2))


def test_settings_become_bounds_and_limits_of_each_process() -> None:
    bounds = bounds_of(Limits(memory_gb=2, cpus=1, processes=500))
    assert bounds == Bounds(memory_bytes=2 * 10**9, tasks=500, cpus=1)
    assert limit_options(bounds) == ["--limit", "DATA=2000000000", "--limit", "NPROC=564"]
    assert limit_options(Bounds()) == []


def test_a_new_deployment_has_limits() -> None:
    bounds = bounds_of(Limits())
    assert bounds.memory_bytes > 10**8
    assert bounds.tasks == 4096


def decide(program: bytes, machine: int, number: int) -> int:
    """Run a filter as the kernel would, for the few instructions that it uses."""
    steps = list(struct.iter_unpack("=HBBI", program))
    words = {filters.NUMBER_OFFSET: number, filters.MACHINE_OFFSET: machine}
    place = loaded = 0
    while True:
        code, if_true, if_false, value = steps[place]
        place += 1
        if code == filters.RETURN:
            return int(value)
        if code == filters.LOAD:
            loaded = words[value]
        else:
            holds = loaded == value if code == filters.JUMP_EQUAL else loaded >= value
            place += if_true if holds else if_false


@pytest.mark.parametrize(
    ("name", "machine", "keyctl", "read"),
    [("x86_64", 0xC000003E, 250, 0), ("aarch64", 0xC00000B7, 219, 63)],
)
def test_filter_refuses_what_it_names_and_other_machines(
    name: str, machine: int, keyctl: int, read: int
) -> None:
    program = filters.find_filter(name)
    assert program
    assert decide(program, machine, keyctl) == filters.REFUSE
    assert decide(program, machine, read) == filters.ALLOW
    assert decide(program, 0x40000003, read) == filters.REFUSE


def test_filter_refuses_the_other_calling_convention() -> None:
    program = filters.find_filter("x86_64")
    assert program
    assert decide(program, 0xC000003E, filters.X32 + 1) == filters.REFUSE


def test_this_machine_is_known() -> None:
    assert filters.find_filter(platform.machine())
