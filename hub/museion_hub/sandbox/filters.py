"""What a sandboxed process may not ask of the kernel; a pure function to a seccomp program.

Refused is what no notebook needs and what reaches round the other walls: keyrings (a process
inherits its starter's), memory that belongs to no process (System V segments and queues, which
no limit counts), tracing and programming the kernel itself, and interfaces with a long record
of ways out. A refused call fails with "not permitted", so that programs fall back.

The filter knows two machines, x86-64 and arm64; calls of any other kind, such as the 32-bit
ones of x86, are refused altogether. Of a machine that it does not know there is no filter.
"""

import struct
from collections.abc import Mapping, Sequence

LOAD, JUMP_EQUAL, JUMP_AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
NUMBER_OFFSET, MACHINE_OFFSET = 0, 4
ALLOW = 0x7FFF0000
REFUSE = 0x00050001
"""``SECCOMP_RET_ERRNO`` with EPERM."""
X32 = 0x40000000
"""From here on, the numbers of x86-64 are those of another calling convention."""
NEVER = 0xFFFFFFFF

_KEYRINGS = ("add_key", "request_key", "keyctl")
_OWNERLESS = ("shmget", "msgget")
_KERNEL = ("bpf", "perf_event_open", "userfaultfd", "kexec_load", "init_module", "finit_module")
_RINGS = ("io_uring_setup", "io_uring_enter", "io_uring_register")
REFUSED = (*_KEYRINGS, *_OWNERLESS, *_KERNEL, *_RINGS)

_X86_64: Mapping[str, int] = {
    "add_key": 248,
    "request_key": 249,
    "keyctl": 250,
    "shmget": 29,
    "msgget": 68,
    "bpf": 321,
    "perf_event_open": 298,
    "userfaultfd": 323,
    "kexec_load": 246,
    "init_module": 175,
    "finit_module": 313,
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
}
_ARM64: Mapping[str, int] = {
    "add_key": 217,
    "request_key": 218,
    "keyctl": 219,
    "shmget": 194,
    "msgget": 186,
    "bpf": 280,
    "perf_event_open": 241,
    "userfaultfd": 282,
    "kexec_load": 104,
    "init_module": 105,
    "finit_module": 273,
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
}
_MACHINES: Mapping[str, tuple[int, Mapping[str, int], int]] = {
    "x86_64": (0xC000003E, _X86_64, X32),
    "aarch64": (0xC00000B7, _ARM64, NEVER),
}


def find_filter(machine: str) -> bytes | None:
    """Return the program for a machine, None for one that is not known.

    Parameters
    ----------
    machine
        As `platform.machine` names it.

    Examples
    --------
    >>> len(find_filter("x86_64")) // 8 == len(REFUSED) + 6
    True
    >>> find_filter("abacus") is None
    True
    """
    known = _MACHINES.get(machine)
    return None if known is None else _program(*known)


def _program(machine: int, numbers: Mapping[str, int], foreign: int) -> bytes:
    """Lay out: another machine's call, a foreign convention, each refused number; or allow."""
    refused = [numbers[name] for name in REFUSED]
    steps: list[tuple[int, int, int, int]] = [
        (LOAD, 0, 0, MACHINE_OFFSET),
        (JUMP_EQUAL, 0, _to_refusal(1, refused), machine),
        (LOAD, 0, 0, NUMBER_OFFSET),
        (JUMP_AT_LEAST, _to_refusal(3, refused), 0, foreign),
    ]
    for number in refused:
        steps.append((JUMP_EQUAL, _to_refusal(len(steps), refused), 0, number))
    steps += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, REFUSE)]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def _to_refusal(place: int, refused: Sequence[int]) -> int:
    """How many steps lie between the one at `place` and the refusal at the end."""
    return 4 + len(refused) + 1 - place - 1
