"""What the watch over this workspace has to say: limits that were reached, and what was ended.

The watch runs outside the sandbox and writes a file that is read-only here; without one, as on a
laptop, there is nothing to say.
"""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tornado import web

from museion_lab.handlers import MuseionHandler, authorized

MAX_REPORT_BYTES = 1_000_000


class NoticesHandler(MuseionHandler):
    """`GET museion/notices`: the latest limits that were reached, oldest first."""

    _track_activity = False

    @web.authenticated
    @authorized("read", "contents")
    async def get(self) -> None:
        """Answer with when each was reached, what came of it, and which kernels ended."""
        report = self.settings["museion_environment"].limits_file
        self.finish({"notices": await asyncio.to_thread(read_notices, report)})


def read_notices(report: str) -> list[dict[str, Any]]:
    """Read the notices of a watch.

    Parameters
    ----------
    report : str
        Its file; empty if there is none.

    Returns
    -------
    list of dict
        ``time`` in seconds since 1970, ``message``, and ``kernels`` by id.
    """
    if not report:
        return []
    try:
        with Path(report).open("rb") as file:
            content = json.loads(file.read(MAX_REPORT_BYTES))
        return [_notice(each) for each in content["notices"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []  # not written yet, or by a watch of another version


def _notice(said: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "time": float(said["time"]),
        "message": str(said["message"]),
        "kernels": [str(kernel) for kernel in said["kernels"]],
    }


def routes() -> list[tuple[str, type]]:
    """Return the endpoints of this module, below `museion/`.

    Returns
    -------
    list of (str, type)
        Pattern and handler.
    """
    return [("notices", NoticesHandler)]
