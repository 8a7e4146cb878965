"""Remembers what an interrupted ingest has finished, so that the next run goes on from there.

An ingest works in parts: an original, an array's metadata, a block of its values. The
manifest entries of finished parts are sealed with the dataset's key like everything else
and lie in the dataset's storage as objects that no version refers to. On this machine's
disk, in the user's cache folder, is one small file for each ingest under way, with nothing
in it but those objects' random names, lengths and hashes: no key, no name of an item, no
name of a file. Considered and not taken: entries in the cache file itself (they hold the
items' names in clear), and a public file beside the objects (its name would let the storage
provider test which file a dataset was made from).

A part counts as finished only if all its objects are there and decrypt (AEAD over every
byte), so it needs no flush to the disk while working: what a power cut took is done again.
Objects of an ingest that nobody resumes are orphans like those of any killed draft.
"""

import base64
import fcntl
import json
import logging
import os
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

import numpy as np

from museion_datasets.errors import ConflictError, DatasetsError, UnavailableError
from museion_datasets.sealing.entry import Entry, ObjectKind
from museion_datasets.versions.staging import Staging

FOLDER = "ingest-journal/"
_FLUSH_BYTES = 64 << 20
_FLUSH_PARTS = 1000
_READ_BYTES = 32 << 20

_log = logging.getLogger(__name__)


class Journal:
    """The finished parts of one ingest; use it in a ``with`` block around the draft's.

    The block holds a lock, so that the same ingest never runs twice at once: an object that
    one run commits must not be taken for its own, and removed, by another.

    Parameters
    ----------
    file : Path
        In the user's cache folder; made if it is not there.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._staging: Staging | None = None
        self._known: dict[str, list[Entry]] = {}
        self._new: dict[str, list[Entry]] = {}
        self._new_bytes = 0
        self._records = 0
        self._descriptor: int | None = None
        self.resumed_parts = 0

    @property
    def is_kept(self) -> bool:
        """Whether what is finished is remembered; not in a read-only home."""
        return self._descriptor is not None

    def __enter__(self) -> Self:
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
            self._descriptor = os.open(self._file, flags, 0o600)
        except OSError:
            _log.warning("This ingest cannot be resumed: no journal can be kept", exc_info=True)
            return self
        self._lock(self._descriptor)
        return self

    def __exit__(self, *error: object) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def attach(self, staging: Staging) -> None:
        """Work on a draft: read what earlier runs have finished; damage means starting anew.

        Parameters
        ----------
        staging : Staging
            Of the draft that is being written.

        Raises
        ------
        UnavailableError
            If the storage does not answer.
        """
        self._staging = staging
        try:
            for line in self._lines():
                self._load(line, staging)
        except UnavailableError:
            raise
        except (DatasetsError, ValueError, TypeError, KeyError):
            _log.warning("The journal of an earlier run cannot be used", exc_info=True)
            self._known.clear()
            self._truncate()

    def adopt(self, part: str, folder: str) -> bool:
        """Take a part from an earlier run into the draft.

        Parameters
        ----------
        part : str
            Its name.
        folder : str
            Where its entries have to lie.

        Returns
        -------
        bool
            False if it has to be done (again).
        """
        entries = self._known.get(part)
        if entries is None or self._staging is None:
            return False
        try:
            for entry in entries:
                _require_whole(self._staging, entry)
            self._staging.adopt(entries, folder)
        except DatasetsError:
            _log.info("Done again, since not all of it is left: %s", part)
            return False
        self.resumed_parts += 1
        return True

    def add(self, part: str, entries: Iterable[Entry]) -> None:
        """Remember a finished part.

        Parameters
        ----------
        part : str
            Its name.
        entries : iterable of Entry
            What it has written.
        """
        self._new[part] = list(entries)
        self._new_bytes += sum(entry.plaintext_bytes for entry in self._new[part])
        if self._new_bytes >= _FLUSH_BYTES or len(self._new) >= _FLUSH_PARTS:
            self.flush()

    def flush(self) -> None:
        """Write down what was finished since the last time."""
        if self._descriptor is None or self._staging is None or not self._new:
            return
        content = {part: [_entry_json(e) for e in entries] for part, entries in self._new.items()}
        key = f"{FOLDER}{self._records}"
        self._staging.put(key, json.dumps(content).encode())
        entry = self._staging.find(key)
        if entry is not None:
            line = json.dumps(_entry_json(entry))
            os.write(self._descriptor, f"{line}\n".encode())
        self._records += 1
        self._new, self._new_bytes = {}, 0

    def forget(self) -> None:
        """Remove what is remembered: the draft will be committed, or leaves nothing.

        First of all, before the commit: what a version refers to must never be taken for an
        interrupted run's.
        """
        self._truncate()
        self._known, self._new = {}, {}
        if self._staging is not None:
            self._staging.remove_under(FOLDER)

    def close(self) -> None:
        """Remove the journal's file."""
        self._truncate()
        if self._descriptor is not None:
            self._file.unlink(missing_ok=True)

    def _lock(self, descriptor: int) -> None:
        """Keep a second run of the same ingest out.

        Raises
        ------
        ConflictError
            If one is under way.
        """
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConflictError(
                "The same ingest is under way in another process",
                hint="wait for it to end, or stop it first.",
            ) from error

    def _lines(self) -> list[bytes]:
        """Return the file's whole lines."""
        if self._descriptor is None:
            return []
        with os.fdopen(os.dup(self._descriptor), "rb") as file:
            file.seek(0)
            *lines, _ = file.read().split(b"\n")  # what follows the last end of line was torn
        os.ftruncate(self._descriptor, sum(len(line) + 1 for line in lines))
        return lines

    def _load(self, line: bytes, staging: Staging) -> None:
        """Learn the parts of one record."""
        entry = _entry_from_json(json.loads(line))
        staging.adopt([entry], FOLDER)
        out = bytearray(entry.plaintext_bytes)
        staging.read_ranges(entry, [(0, out)])
        for part, entries in json.loads(out).items():
            self._known[part] = [_entry_from_json(each) for each in entries]
        self._records += 1

    def _truncate(self) -> None:
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)


class PartCheckpoints:
    """Remembers pieces of one long part, as `museion_datasets.ingest.scans.means` wants them.

    They lie in the journal's own folder, which no version ever holds.

    Parameters
    ----------
    staging : Staging
        Of the draft.
    journal : Journal
        Attached to it.
    name : str
        Of the part.
    """

    def __init__(self, staging: Staging, journal: Journal, name: str) -> None:
        self._staging, self._journal = staging, journal
        self._folder = f"{FOLDER}{name}/"

    def find(self, name: str) -> bytes | None:
        """Return what an earlier run has kept, if it is whole."""
        key = f"{self._folder}{name}"
        if not self._journal.adopt(key, self._folder):
            return None
        entry = self._staging.find(key)
        if entry is None:
            return None
        out = bytearray(entry.plaintext_bytes)
        self._staging.read_ranges(entry, [(0, out)])
        return bytes(out)

    def keep(self, name: str, content: bytes) -> None:
        """Keep something, at once."""
        if self._journal.is_kept:
            key = f"{self._folder}{name}"
            self._staging.put(key, content)
            entry = self._staging.find(key)
            self._journal.add(key, [] if entry is None else [entry])
            self._journal.flush()

    def forget(self) -> None:
        """Remove all of it: the part is finished."""
        self._staging.remove_under(self._folder)


def _require_whole(staging: Staging, entry: Entry) -> None:
    """Raise IntegrityError unless the stored object decrypts from end to end."""
    piece = memoryview(np.empty(min(_READ_BYTES, entry.plaintext_bytes), np.uint8))
    starts = range(0, entry.plaintext_bytes, _READ_BYTES)
    ranges = [(start, piece[: entry.plaintext_bytes - start]) for start in starts]
    staging.read_ranges(entry, ranges or [(0, piece)])


def _entry_json(entry: Entry) -> dict[str, Any]:
    """Return an entry in JSON types."""
    plain = asdict(entry)
    for name in ("header", "content_root"):
        plain[name] = base64.b64encode(plain[name]).decode()
    return plain


def _entry_from_json(plain: dict[str, Any]) -> Entry:
    """Return what `_entry_json` was made from; ValueError, TypeError or KeyError if it is not."""
    fields = dict(plain)
    for name in ("header", "content_root"):
        fields[name] = base64.b64decode(fields[name], validate=True)
    return Entry(**{**fields, "kind": ObjectKind(fields["kind"])})
