"""The first program of a job on a compute node: checks what was mounted, then becomes Dask.

It needs the standard library only: of the hub's files, a job sees this one and `control`.
Device numbers differ from node to node where storage is shared over a network, file numbers
do not; so a folder is known by its number alone.
"""

import os
import resource
import sys
from collections.abc import Sequence
from pathlib import Path

SEPARATOR = "--"


def require_numbers(expected: Sequence[str]) -> None:
    """Check that each folder is the one that was meant; see `museion_hub.sandbox.shared`.

    Parameters
    ----------
    expected
        Paths with file numbers, as in ``/datasets/murals=1234``.

    Raises
    ------
    PermissionError
        It is another one.
    """
    for each in expected:
        path, _, number = each.rpartition("=")
        if str(Path(path).stat().st_ino) != number:
            raise PermissionError(f"somebody put another folder in the place of {path}")


def main() -> None:
    """Become the program after ``--``; no process of it dumps its memory."""
    at = sys.argv.index(SEPARATOR)
    require_numbers(sys.argv[1:at])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    command = sys.argv[at + 1 :]
    os.execv(command[0], command)  # noqa: S606  a list of arguments, no shell


if __name__ == "__main__":
    main()
