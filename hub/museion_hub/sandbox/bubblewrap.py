"""Builds the bubblewrap command line of a sandbox; a pure function of what is mounted where.

The sandbox starts from nothing: an empty root, then the system's programs and libraries,
then what the caller names. Of `/etc` it gets the few files that programs can't do without,
and none that says who else lives on the machine. Processes get user, process, IPC, host
name and (by default) network namespaces of their own, no capabilities and no way to make
further namespaces. What is not named can't be seen.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from museion_hub.errors import SandboxError

USER_ID = 1000
SYSTEM = ("/usr",)
"""Holds no secrets on a Debian system; world-readable by policy."""
SYSTEM_LINKS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
"""Links into /usr on a merged system, directories elsewhere."""
SYSTEM_FILES = (
    "/etc/alternatives",
    "/etc/ca-certificates",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/protocols",
    "/etc/services",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/timezone",
)
PROC_READ_ONLY = ("bus", "dynamic_debug", "fs", "irq", "pressure", "sys", "sysrq-trigger")
PROC_HIDDEN = (
    *("acpi", "asound", "driver", "kcore", "keys", "kmsg", "kpagecgroup", "kpagecount"),
    *("kpageflags", "latency_stats", "mtrr", "pagetypeinfo", "sched_debug", "scsi"),
    *("slabinfo", "timer_list", "timer_stats", "vmallocinfo"),
)
"""Of the machine, not of a process. Where the hub runs as root, the sandbox's processes own
these files although they have no capability, and `sys/kernel/core_pattern` is a way out.
The lists are those of the OCI runtime specification and more."""
SHARED_MEMORY = "/dev/shm"  # noqa: S108  the sandbox's own
MEMORY_FOLDERS = {"/tmp": 4, SHARED_MEMORY: 4}  # noqa: S108  the sandbox's own
"""The part of the memory limit, as its divisor, that files in these folders may take."""
SMALL_FOLDER_BYTES = 16 * 1024 * 1024
"""For sockets and the like."""
RESOLVER_FILES = ("/etc/hosts", "/etc/resolv.conf")


@dataclass(frozen=True, slots=True)
class Mount:
    """A file or directory of the machine, seen inside the sandbox."""

    source: Path
    target: str
    is_writable: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What one sandbox sees.

    Attributes
    ----------
    name : str
        Host name inside.
    mounts : tuple of Mount
        Besides the system's programs and libraries, in this order.
    private : tuple of str
        Empty directories of the sandbox's own, in memory, gone at its end.
    folders : tuple of str
        Directories that are there even if nothing is mounted in them; read-only.
    folder : str
        Where the command starts, inside.
    has_host_network : bool
        Whether processes inside use the machine's network.
    memory_bytes : int
        What its processes may hold in memory; 0 for no limit.
    filter_descriptor : int or None
        Where bubblewrap reads the filter of system calls; see `filters`.
    """

    name: str
    mounts: tuple[Mount, ...]
    private: tuple[str, ...]
    folder: str
    folders: tuple[str, ...] = ()
    has_host_network: bool = False
    memory_bytes: int = 0
    filter_descriptor: int | None = None


def sandbox_arguments(plan: Plan, command: Sequence[str]) -> list[str]:
    """Return the command line that runs `command` inside the sandbox.

    Parameters
    ----------
    plan
        What the sandbox sees.
    command
        Program and arguments, as seen inside.

    Returns
    -------
    list of str
        Beginning with ``bwrap``.
    """
    return [
        "bwrap",
        *_namespaces(plan),
        *_system(has_host_network=plan.has_host_network),
        *_mounts(plan),
        *_filter(plan),
        *("--remount-ro", "/", "--chdir", plan.folder, "--"),
        *command,
    ]


def _namespaces(plan: Plan) -> Iterator[str]:
    yield "--unshare-all"
    if plan.has_host_network:
        yield "--share-net"
    yield from ("--unshare-user", "--disable-userns", "--cap-drop", "ALL")
    yield from ("--die-with-parent", "--new-session")
    yield from ("--uid", str(USER_ID), "--gid", str(USER_ID), "--hostname", plan.name)


def _system(*, has_host_network: bool) -> Iterator[str]:
    for path in SYSTEM:
        yield from ("--ro-bind", path, path)
    for path in SYSTEM_LINKS:
        if Path(path).is_symlink():
            yield from ("--symlink", str(Path(path).readlink()), path)
        else:
            yield from ("--ro-bind-try", path, path)
    for path in (*SYSTEM_FILES, *(RESOLVER_FILES if has_host_network else ())):
        yield from ("--ro-bind-try", path, path)
    yield from ("--proc", "/proc", *_proc_covers(), "--dev", "/dev")


def _proc_covers() -> Iterator[str]:
    for name in PROC_READ_ONLY:
        yield from ("--ro-bind-try", f"/proc/{name}", f"/proc/{name}")
    for path in (Path("/proc") / name for name in PROC_HIDDEN):
        if path.is_dir():
            yield from ("--tmpfs", str(path), "--remount-ro", str(path))
        elif path.exists():
            yield from ("--ro-bind", "/dev/null", str(path))


def _mounts(plan: Plan) -> Iterator[str]:
    for folder in dict.fromkeys((*plan.private, SHARED_MEMORY)):
        yield from ("--perms", "0700", *_size(folder, plan.memory_bytes), "--tmpfs", folder)
    yield from ("--remount-ro", "/dev")
    yield from ("--symlink", "/tmp", "/var/tmp")  # noqa: S108  the sandbox's own
    for folder in plan.folders:
        yield from ("--dir", folder)
    for mount in plan.mounts:
        yield "--bind" if mount.is_writable else "--ro-bind"
        yield from (str(mount.source), mount.target)


def _size(folder: str, memory_bytes: int) -> Iterator[str]:
    """Limit a file system in memory: it takes the machine's, whoever ends."""
    if memory_bytes:
        divisor = MEMORY_FOLDERS.get(folder)
        yield from ("--size", str(memory_bytes // divisor if divisor else SMALL_FOLDER_BYTES))


def _filter(plan: Plan) -> Iterator[str]:
    if plan.filter_descriptor is not None:
        yield from ("--seccomp", str(plan.filter_descriptor))


def require_hidden(secret: Path, mounts: Sequence[Mount], own: Path) -> None:
    """Check that no mount shows the directory of secrets, nor anything in it but its own part.

    Parameters
    ----------
    secret
        The state directory.
    mounts
        What a sandbox is to see.
    own
        The one part of `secret` from which mounts are allowed.

    Raises
    ------
    SandboxError
        A mount would show more.
    """
    hidden = secret.resolve()
    sources = {mount.source: mount.source.resolve() for mount in mounts}
    system = {Path(path): Path(path) for path in SYSTEM}
    for named, source in {**sources, **system}.items():
        shows_all = hidden.is_relative_to(source)
        shows_other = source.is_relative_to(hidden) and not _is_allowed(source, hidden, own)
        if shows_all or shows_other:
            raise SandboxError(
                f"Sandboxes would see the deployment's secrets, through: {named}",
                hint="set `state_dir` in museion.toml to a folder of its own",
            )


def _is_allowed(source: Path, hidden: Path, own: Path) -> bool:
    return source.is_relative_to(own.resolve()) or source.is_relative_to(hidden / "storage")
