"""One step of a member who follows the log: fetch, verify, compare with what was kept, keep.

The keys are believed the first time, unless the member was given them; from then on they are
those in the kept file, and a log that signs with others is refused. When history does not hold,
the newest checkpoint is kept beside the file: the two together prove to anybody that the log's
operator signed two histories.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from museion_datasets.errors import HistoryError, InvalidError
from museion_datasets.log.checkpoint import Checkpoint
from museion_datasets.log.follow import (
    require_all_entries,
    require_progress,
    require_recent,
)
from museion_datasets.log.pin import Pin, find_pin, read_pin, write_pin
from museion_datasets.log.remote import RemoteLog

DISPUTED_SUFFIX: Final = ".disputed"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a member asks for.

    Attributes
    ----------
    keep : Path
        File with the last checkpoint; made at the first step.
    keys : tuple of str
        Verifier keys from a trusted place; empty to believe the hub once.
    against : tuple of Path
        Other members' kept files, which must be of the same history.
    is_whole : bool
        Whether every entry is fetched and hashed too.
    """

    keep: Path
    keys: tuple[str, ...] = ()
    against: tuple[Path, ...] = ()
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What a step has shown: the history between two checkpoints holds."""

    before: Checkpoint | None
    newest: Pin


def follow_log(remote: RemoteLog, wish: Wish, clock: Callable[[], float]) -> Step:
    """Take one step, and replace what was kept only if everything holds.

    Parameters
    ----------
    remote : RemoteLog
        The log.
    wish : Wish
        What to keep, and what to compare with.
    clock : callable
        Seconds since 1970.

    Raises
    ------
    HistoryError
        If history was rewritten, cut off, forked or frozen, or another key signs it.
    """
    kept = find_pin(wish.keep)
    others = [read_pin(path) for path in wish.against]
    newest = Pin.verify(_keys(remote, wish, kept), remote.checkpoint())
    try:
        _require_history(remote, newest, kept, others)
        require_recent(newest.signed.time_s, clock())
        if wish.is_whole:
            require_all_entries(newest.signed.checkpoint.head, remote.fetch)
    except HistoryError as error:
        disputed = wish.keep.with_name(wish.keep.name + DISPUTED_SUFFIX)
        write_pin(newest, disputed)
        hint = f"{error.hint}; what the log says now is kept in {disputed}"
        raise HistoryError(error.message, hint=hint) from error
    write_pin(newest, wish.keep)
    return Step(None if kept is None else kept.signed.checkpoint, newest)


def _keys(remote: RemoteLog, wish: Wish, kept: Pin | None) -> Sequence[str]:
    known = tuple(str(key) for key in kept.verifiers) if kept else ()
    if known and wish.keys and set(known) != set(wish.keys):
        raise InvalidError(
            f"The kept checkpoint was signed by other keys than the given ones: {wish.keep}",
            hint="keep the checkpoints of two logs in two files",
        )
    return known or wish.keys or remote.keys()


def _require_history(
    remote: RemoteLog, newest: Pin, kept: Pin | None, others: Sequence[Pin]
) -> None:
    checkpoint = newest.signed.checkpoint
    for one in (kept, *others):
        if one is not None:
            require_progress(one.signed.checkpoint, checkpoint, remote.fetch)
