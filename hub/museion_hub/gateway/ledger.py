"""What each workgroup has used at one compute place: core seconds in each calendar month.

It also remembers how many workers each running cluster is allowed.

A running cluster is charged for its workers' cores from one look to the next. The last look
is written down with the sums, so a gateway that was away charges for the time between; but
for no longer than a cluster can go on without a gateway.
"""

import sqlite3
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from museion_hub.gateway.tending import ALONE_S

BUSY_S = 10.0
_TABLES = """
CREATE TABLE IF NOT EXISTS used (
    account TEXT NOT NULL, month TEXT NOT NULL, core_seconds REAL NOT NULL,
    PRIMARY KEY (account, month));
CREATE TABLE IF NOT EXISTS running (
    cluster TEXT PRIMARY KEY, account TEXT NOT NULL, cores INTEGER NOT NULL, since REAL NOT NULL);
CREATE TABLE IF NOT EXISTS wanted (
    cluster TEXT PRIMARY KEY, workers INTEGER NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Use:
    """What one cluster uses at a moment.

    Attributes
    ----------
    cluster : str
        Its name.
    account : str
        Whose it is.
    cores : int
        Cores of all its workers together.
    """

    cluster: str
    account: str
    cores: int


def month_of(moment_s: float) -> str:
    """Return the calendar month (UTC) of a moment in seconds since the epoch.

    Examples
    --------
    >>> month_of(0)
    '1970-01'
    """
    return datetime.fromtimestamp(moment_s, UTC).strftime("%Y-%m")


class Ledger:
    """The sums of one compute place, in a file.

    Parameters
    ----------
    file : Path
        An SQLite database; made if it is empty.
    """

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(file, timeout=BUSY_S, check_same_thread=False)
        self._connection.executescript(_TABLES)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def used(self, account: str, now_s: float) -> float:
        """Return the core seconds of an account in the month of `now_s`."""
        row = self._connection.execute(
            "SELECT core_seconds FROM used WHERE account = ? AND month = ?",
            (account, month_of(now_s)),
        ).fetchone()
        return float(row[0]) if row else 0.0

    def look(self, uses: Iterable[Use], now_s: float) -> None:
        """Charge every cluster of the last look until now, and note what runs now.

        Parameters
        ----------
        uses : iterable of Use
            What runs now.
        now_s : float
            Seconds since the epoch.
        """
        with self._writing() as connection:
            before = connection.execute("SELECT account, cores, since FROM running").fetchall()
            for account, cores, since in before:
                elapsed_s = min(max(0.0, now_s - since), ALONE_S)
                connection.execute(
                    "INSERT INTO used VALUES (?, ?, ?) ON CONFLICT (account, month)"
                    " DO UPDATE SET core_seconds = core_seconds + excluded.core_seconds",
                    (account, month_of(now_s), cores * elapsed_s),
                )
            connection.execute("DELETE FROM running")
            connection.executemany(
                "INSERT INTO running VALUES (?, ?, ?, ?)",
                [(use.cluster, use.account, use.cores, now_s) for use in uses],
            )

    def wanted(self, cluster: str) -> int | None:
        """Return how many workers a cluster was last allowed, None if nobody asked for others."""
        row = self._connection.execute(
            "SELECT workers FROM wanted WHERE cluster = ?", (cluster,)
        ).fetchone()
        return int(row[0]) if row else None

    def want(self, cluster: str, workers: int) -> None:
        """Note how many workers a cluster is allowed from now on."""
        with self._writing() as connection:
            connection.execute("INSERT OR REPLACE INTO wanted VALUES (?, ?)", (cluster, workers))

    def keep_wanted(self, clusters: Iterable[str]) -> None:
        """Forget what clusters are allowed that are not among these."""
        known = set(clusters)
        with self._writing() as connection:
            rows = connection.execute("SELECT cluster FROM wanted").fetchall()
            gone = [row for row in rows if row[0] not in known]
            connection.executemany("DELETE FROM wanted WHERE cluster = ?", gone)

    @contextmanager
    def _writing(self) -> Generator[sqlite3.Connection]:
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            yield self._connection
