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


def list_networks() -> object:
    import socket

    return [name for _, name in socket.if_nameindex() if name != "lo"]


def make_namespace() -> object:
    import ctypes

    clone_newuser = 0x10000000
    return ctypes.CDLL(None).unshare(clone_newuser) == 0


def ask(url: str, token: str) -> object:
    import urllib.error
    import urllib.request

    request = urllib.request.Request(url, headers={"Authorization": f"token {token}"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return answer.read(16)
    except urllib.error.HTTPError:
        return None
