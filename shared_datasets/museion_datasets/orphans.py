"""Objects that no version refers to: what drafts leave behind that were killed.

An object is an orphan if it appears in no manifest of any version and is none of the
manifests' own objects. Age is the only sign that tells it from an object of a draft being
written just now.
"""

from collections.abc import Iterable

from museion_datasets.manifest import open_manifest
from museion_datasets.model import Head
from museion_datasets.sealed import SealedObjects

ONE_DAY_S = 86_400.0


def find_orphans(sealed: SealedObjects, heads: Iterable[Head], *, older_than_s: float) -> list[str]:
    """Return a dataset's orphans.

    Parameters
    ----------
    sealed : SealedObjects
        The dataset's objects.
    heads : iterable of Head
        All its versions.
    older_than_s : float
        Leave out younger objects.

    Returns
    -------
    list of str
        Object names, sorted.
    """
    candidates = set(sealed.objects.names(older_than_s=older_than_s))
    for head in heads:
        manifest = open_manifest(sealed, head)
        candidates -= {entry.object_id for entry in (*manifest.objects, *manifest)}
    return sorted(candidates)
