"""Stands outside one sandbox: carries its streams (`relay`) and watches its use (`watch`).

Run as ``python -I -m museion_hub.sandbox.outer``, with the relay's arguments and besides
``--memory BYTES --tasks N --cpus N --report FILE``, where 0 is no limit. Needs the standard
library only, so that it stays small: there is one for each running server.
"""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from museion_hub.sandbox import relay
from museion_hub.sandbox.limits import Bounds
from museion_hub.sandbox.watch import Watch


def watch_options(bounds: Bounds, report: Path) -> list[str]:
    """Return the arguments besides the relay's."""
    return [
        *("--memory", str(bounds.memory_bytes), "--tasks", str(bounds.tasks)),
        *("--cpus", str(bounds.cpus), "--report", str(report)),
    ]


def main(arguments: Sequence[str]) -> int:
    """Run until the sandbox ends; returns its exit status."""
    parser = relay.new_parser()
    parser.add_argument("--memory", type=int, default=0, metavar="BYTES")
    parser.add_argument("--tasks", type=int, default=0)
    parser.add_argument("--cpus", type=float, default=0)
    parser.add_argument("--report", type=Path, required=True)
    options = relay.parse(arguments, parser)
    options.report.unlink(missing_ok=True)
    watch = Watch(Bounds(options.memory, options.tasks, options.cpus), options.report)
    try:
        return asyncio.run(relay.run(options, watch.begin))
    except OSError as error:
        sys.stderr.write(f"The door can't be opened: {error}\n")
        return relay.CANNOT_RUN
    finally:
        watch.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
