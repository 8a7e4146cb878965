"""A process that ingests a cube or a scan and is killed at a chosen moment.

Run as ``python -m tests.support.ingest_process HOME SOURCE MOMENT``, where MOMENT is the
thousandth part of the whole at which it kills itself with SIGKILL; 1001 is never.
"""

import os
import signal
import sys
from pathlib import Path

from museion_datasets import connect
from museion_datasets.ingest import journal, write
from museion_datasets.ingest.run import Options, ingest
from museion_datasets.ingest.scans import dag
from museion_datasets.ingest.scans.terms import ScanTerms
from tests.support.ingest import ABOUT, PATH


def main() -> None:
    home, source, moment = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    write.BLOCK_BYTES = 1  # one object each
    journal._FLUSH_PARTS = 1
    dag.GROUPS_AT_ONCE = 2
    options = Options(scan=ScanTerms(unit="m"))

    def die(done: int, total: int, _what: str, /) -> None:
        if 1000 * done >= moment * total:
            os.kill(os.getpid(), signal.SIGKILL)

    report = ingest(connect(home.as_uri()), PATH, source, options=options, progress=die, **ABOUT)
    sys.stdout.write(f"{report.resumed_parts}\n")


if __name__ == "__main__":
    main()
