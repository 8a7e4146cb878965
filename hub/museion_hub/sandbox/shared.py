"""Shows datasets to a sandbox, and makes sure that they are what the registry meant.

A dataset's folder lies in its owner's storage, which the owner's kernels may write. They could
put a link to any folder of the machine in its place, even in the moment between a look and
the mount. So the folder is opened here without following links, and its identity (device and
number) is told to the program that is first in the sandbox: what was mounted must be the
same, or nothing starts.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from museion_hub.registry.views import StorageMount
from museion_hub.sandbox.bubblewrap import Mount


def find_identity(root: Path, directory: str) -> str | None:
    """Return a folder's identity, None if it is missing or on its way there is a link.

    Parameters
    ----------
    root
        A folder that is the hub's own.
    directory
        Below it, with slashes; others may write there.
    """
    flags = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW
    descriptor = os.open(root, flags)
    for name in Path(directory).parts:
        try:
            further = os.open(name, flags, dir_fd=descriptor)
        except OSError:
            return None
        finally:
            os.close(descriptor)
        descriptor = further
    try:
        status = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    return f"{status.st_dev}:{status.st_ino}"


def dataset_mounts(
    root: Path, target: str, parts: Sequence[StorageMount], *, may_write: bool
) -> tuple[list[Mount], list[str]]:
    """Return what is mounted, and for each the `PATH=IDENTITY` to expect inside.

    Parameters
    ----------
    root
        Where sealed objects are.
    target
        Where they are seen.
    parts
        What of them is seen.
    may_write
        Whether what is writable for the account is so in this sandbox.
    """
    mounts: list[Mount] = []
    expected: list[str] = []
    for part in sorted(parts, key=lambda part: part.directory):
        identity = find_identity(root, part.directory)
        if identity is not None:
            path = f"{target}/{part.directory}"
            mounts.append(Mount(root / part.directory, path, part.is_writable and may_write))
            expected.append(f"{path}={identity}")
    return mounts, expected
