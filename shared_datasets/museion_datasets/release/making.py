"""Making a release: a version of which somebody says, signed, what it is.

What is signed is checked first: the list of objects follows from the manifest that the
catalogue's head vouches for, and every stored object is there and hashes to its content
root (level 2; that they decrypt was checked when they were written and needs no signature).
Then the catalogue's notary signs, and the files are written beside the objects, the
statement last. A process that dies in between leaves a release that the notary remembers
and the storage lacks; the next one finishes it before it makes another.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from museion_datasets.catalogue import Notary
from museion_datasets.errors import IntegrityError
from museion_datasets.evidence.statement import Outline, Release
from museion_datasets.evidence.timestamp import request_stamp
from museion_datasets.model import Head, timestamp
from museion_datasets.objects import ObjectStore
from museion_datasets.release.files import (
    STAMP,
    STATEMENT,
    OpenedRelease,
    file_path,
    open_signed,
    read_signed,
    write_signed,
)
from museion_datasets.release.object_list import ObjectList, describe, list_objects
from museion_datasets.sealing.segments import DAMAGED_HINT
from museion_datasets.sealing.stored import Progress, require_stored
from museion_datasets.versions.snapshot import Snapshot

type OpenVersion = Callable[[int], Snapshot]
"""Opens a version of the same dataset."""


@dataclass(frozen=True, slots=True)
class ReleaseWish:
    """What the author says.

    Attributes
    ----------
    message : str
        What is released, for people.
    provenance : dict
        What it was made from: free JSON.
    stamp_url : str or None
        A time-stamp authority to ask.
    """

    message: str = ""
    provenance: dict[str, Any] = field(default_factory=dict)
    stamp_url: str | None = None


def make_release(
    notary: Notary,
    snapshot: Snapshot,
    wish: ReleaseWish,
    open_version: OpenVersion,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    progress: Progress | None = None,
) -> OpenedRelease:
    """Make a release of a version.

    Parameters
    ----------
    notary : Notary
        Of the catalogue.
    snapshot : Snapshot
        The version, open.
    wish : ReleaseWish
        What the author says.
    open_version : callable
        Opens another version, if an unfinished release must be finished.
    now : callable
        Returns the present moment.
    progress : callable, optional
        Called with the number of objects and bytes checked since the last call.

    Returns
    -------
    OpenedRelease
        Signed and stored.

    Raises
    ------
    IntegrityError
        If a stored object is not the one that was committed, or the catalogue contradicts
        itself.
    """
    path, objects = snapshot.record.path, snapshot.sealed.objects
    finished = finish_release(notary, path, objects, open_version)
    if finished and _is_meant(finished.release, snapshot.head, wish):
        return finished
    outline = notary.outline(path, snapshot.head.version)
    _require_same(outline, snapshot.head)
    listed = list_of(snapshot)
    require_stored(objects, listed, progress=progress)
    encoded = listed.encode()
    release = Release(outline, describe(encoded), wish.message, wish.provenance, timestamp(now()))
    signed = notary.sign(path, release)
    opened = open_signed(signed, notary.trusted_keys())
    if opened.release != release:
        raise IntegrityError(
            "The catalogue has signed something else than it was given",
            hint="ask whoever runs the catalogue.",
        )
    write_signed(objects, outline.release, encoded, signed)
    if wish.stamp_url is not None:
        stamp_release(objects, outline.release, wish.stamp_url)
    return opened


def finish_release(
    notary: Notary, path: str, objects: ObjectStore, open_version: OpenVersion
) -> OpenedRelease | None:
    """Write the newest release to the storage, if it was signed but never got there.

    Parameters
    ----------
    notary : Notary
        Of the catalogue.
    path : str
        Workgroup and name.
    objects : ObjectStore
        The dataset's directory.
    open_version : callable
        Opens the version that was released.

    Returns
    -------
    OpenedRelease or None
        None if there was nothing to do.

    Raises
    ------
    IntegrityError
        If the version no longer has the objects that were signed.
    """
    signed = notary.newest(path)
    if signed is None:
        return None
    opened = open_signed(signed, notary.trusted_keys())
    number = opened.release.outline.release
    if objects.get_public(file_path(number, STATEMENT)) == signed.envelope:
        return None
    encoded = list_of(open_version(opened.release.outline.version)).encode()
    if describe(encoded) != opened.release.listed:
        raise IntegrityError(
            f"Release {number} was signed over other objects than its version has",
            hint=DAMAGED_HINT,
        )
    write_signed(objects, number, encoded, signed)
    return opened


def stamp_release(
    objects: ObjectStore, number: int, url: str, *, client: httpx.Client | None = None
) -> None:
    """Have a release time-stamped, in place of a time stamp that it may have.

    Parameters
    ----------
    objects : ObjectStore
        The dataset's directory.
    number : int
        The release's number.
    url : str
        The authority's address.
    client : httpx.Client, optional
        For a proxy or certificates of one's own.
    """
    signed = read_signed(objects, number)
    stamp = request_stamp(url, signed.envelope, client=client)
    objects.put_public(file_path(number, STAMP), stamp)


def list_of(snapshot: Snapshot) -> ObjectList:
    """Return the list of a version's objects, held against its head.

    Parameters
    ----------
    snapshot : Snapshot
        The version, open.

    Returns
    -------
    ObjectList
        The same for the same version.

    Raises
    ------
    IntegrityError
        If the manifest root doesn't follow from it.
    """
    manifest = snapshot.manifest
    listed = list_objects(snapshot.head.dataset, manifest.objects, manifest)
    if listed.manifest_root != snapshot.head.manifest_root:
        raise IntegrityError(
            "The list of objects is not that of the version's manifest", hint=DAMAGED_HINT
        )
    return listed


def require_list(snapshot: Snapshot, listed: ObjectList) -> None:
    """Raise unless a list names exactly the objects of a version's manifest. Needs its keys.

    Parameters
    ----------
    snapshot : Snapshot
        The version, open.
    listed : ObjectList
        As released.

    Raises
    ------
    IntegrityError
        If it leaves one out, adds one or describes one differently.
    """
    if list_of(snapshot).encode() != listed.encode():
        raise IntegrityError(
            "The release names other objects than the version's manifest",
            hint="don't rely on this release: it was made by a program that lies.",
        )


def _is_meant(release: Release, head: Head, wish: ReleaseWish) -> bool:
    """Return whether a release that was just finished is the one that is asked for."""
    return release.outline.version == head.version and release.message == wish.message


def _require_same(outline: Outline, head: Head) -> None:
    """Raise unless an outline is of this very version.

    Raises
    ------
    IntegrityError
        If it is of another.
    """
    if (outline.dataset, outline.version, outline.manifest_root, outline.epoch) != (
        head.dataset,
        head.version,
        head.manifest_root,
        head.epoch,
    ):
        raise IntegrityError(
            "The catalogue describes another version than the one that is open",
            hint="open the dataset again.",
        )
