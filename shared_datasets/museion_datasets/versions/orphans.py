"""Objects that no version refers to: what drafts leave behind that were killed.

An object is an orphan if it appears in no manifest of any version and is none of the
manifests' own objects. The objects are listed first and the versions read afterwards, so
that a version committed meanwhile keeps what it needs. Age, by the storage's own clock, is
the only sign that tells an orphan from an object of a draft being written just now: a draft
that is open for longer than the age finds its objects gone, says so when it commits, and
commits nothing.
"""

from collections.abc import Callable, Iterable
from itertools import chain

from museion_datasets.model import Head
from museion_datasets.sealing.manifest import open_manifest
from museion_datasets.sealing.sealed import SealedObjects

ONE_DAY_S = 86_400.0

type ReadHeads = Callable[[], Iterable[Head]]
"""Gives the heads of all versions there are at the moment of the call."""


def find_orphans(sealed: SealedObjects, read_heads: ReadHeads, *, older_than_s: float) -> list[str]:
    """Return a dataset's orphans.

    Parameters
    ----------
    sealed : SealedObjects
        The dataset's objects.
    read_heads : callable
        Asked after the objects were listed.
    older_than_s : float
        Leave out younger objects.

    Returns
    -------
    list of str
        Object names, sorted.
    """
    candidates = set(sealed.objects.names(older_than_s=older_than_s))
    for head in read_heads() if candidates else ():
        manifest = open_manifest(sealed, head)
        for entry in chain(manifest.objects, manifest):
            candidates.discard(entry.object_id)
    return sorted(candidates)


def remove_orphans(sealed: SealedObjects, read_heads: ReadHeads, *, older_than_s: float) -> int:
    """Delete a dataset's orphans, and what is left of uploads that were never finished.

    Parameters
    ----------
    sealed : SealedObjects
        The dataset's objects.
    read_heads : callable
        As for `find_orphans`.
    older_than_s : float
        Leave younger ones.

    Returns
    -------
    int
        How many there were.
    """
    names = find_orphans(sealed, read_heads, older_than_s=older_than_s)
    for name in names:
        sealed.objects.delete(name)
    return len(names) + sealed.objects.remove_leftovers(older_than_s=older_than_s)
