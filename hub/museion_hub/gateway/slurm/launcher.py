"""Runs Slurm's commands as the account to which the jobs belong.

The gateway runs this as itself, or by ``sudo`` as a workgroup's account. An order comes as
JSON on standard input, so that credentials never stand on a command line; the answer goes
as JSON to standard output. A cluster's folder is private before anything is in it, is gone
if its first job was not accepted, and at the cluster's end.

It needs the standard library only.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

COMMAND_TIMEOUT_S = 12.0
"""A full queue makes `sbatch` try again for two minutes; nobody waits that long."""
LONGEST_REPORT_BYTES = 4096
PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600

type Order = Mapping[str, Any]
type Answer = dict[str, object]


def carry_out(order: Order) -> Answer:
    """Do what the gateway asks.

    Parameters
    ----------
    order : mapping
        ``action`` is ``"start"`` (make `folder` with `files` if they are given, then run
        `command` with `script` on its standard input) or ``"stop"`` (run `command`, read the
        end of `report`, remove `folder`).

    Returns
    -------
    dict
        ``status``, ``output`` and ``error`` of the command, and ``report``.

    Raises
    ------
    ValueError
        There is no such action.
    """
    match order["action"]:
        case "start":
            return _start(order)
        case "stop":
            return _stop(order)
        case unknown:
            raise ValueError(unknown)


def _start(order: Order) -> Answer:
    files = order.get("files")
    if files:
        _stage(Path(order["folder"]), files)
    answer = _run(order)
    if files and answer["status"] != 0:
        shutil.rmtree(order["folder"], ignore_errors=True)
    return answer


def _stop(order: Order) -> Answer:
    answer = _run(order)
    folder = order.get("folder")
    if folder:
        answer["report"] = _end_of(Path(folder) / order["report"])
        shutil.rmtree(folder, ignore_errors=True)
    return answer


def _stage(folder: Path, files: Mapping[str, str]) -> None:
    folder.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    folder.mkdir(mode=PRIVATE_FOLDER)
    for name, content in files.items():
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(folder / name, flags, PRIVATE_FILE), "w") as file:
            file.write(content)


def _run(order: Order) -> Answer:
    process = subprocess.Popen(
        order["command"],
        env=order["env"],
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        output, error = process.communicate(order.get("script", ""), COMMAND_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        output, error = process.communicate()
        return {"status": -1, "output": output, "error": error}
    return {"status": process.returncode, "output": output, "error": error}


def _end_of(log: Path) -> str:
    with contextlib.suppress(OSError), log.open("rb") as content:
        content.seek(max(0, content.seek(0, os.SEEK_END) - LONGEST_REPORT_BYTES))
        return content.read().decode(errors="replace")
    return ""


def main() -> None:
    """Carry out the order on standard input."""
    os.umask(0o077)
    try:
        answer = carry_out(json.load(sys.stdin))
    except OSError as error:
        answer = {"status": -1, "output": "", "error": str(error)}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
