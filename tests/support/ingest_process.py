"""A process that ingests a cube and is killed at a chosen moment.

Run as ``python -m tests.support.ingest_process HOME HEADER MOMENT``, where MOMENT is the
thousandth part of the whole at which it kills itself with SIGKILL; 1001 is never.
"""

import os
import signal
import sys
from pathlib import Path

from museion_datasets import connect
from museion_datasets.ingest import journal, write
from museion_datasets.ingest.run import ingest
from tests.support.ingest import ABOUT, PATH


def main() -> None:
    home, header, moment = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    write.BLOCK_BYTES = 1  # one object each
    journal._FLUSH_PARTS = 1

    def die(done: int, total: int, _what: str, /) -> None:
        if 1000 * done >= moment * total:
            os.kill(os.getpid(), signal.SIGKILL)

    report = ingest(connect(home.as_uri()), PATH, header, progress=die, **ABOUT)
    sys.stdout.write(f"{report.resumed_parts}\n")


if __name__ == "__main__":
    main()
