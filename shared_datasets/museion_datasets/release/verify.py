"""Verifying a release without keys, from nothing but a directory.

What is checked, in this order: both signatures over the statement and whose they are; that
the release is the expected one and follows the releases before it; that the list of objects
is the signed one and that the manifest root follows from it; that every listed object is
there and, at level 2, bit for bit the one listed; log and time stamp where there are any.
What is wrong raises. What could not be checked stands in the report, as does a signer whom
nobody has vouched for.

What no verifier without keys can know: that the objects decrypt, and what they hold.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from blake3 import blake3

from museion_datasets.errors import IntegrityError, InvalidError, NotFoundError
from museion_datasets.evidence.certificate import Standing
from museion_datasets.evidence.signing import TrustedKey
from museion_datasets.evidence.statement import Listed
from museion_datasets.objects import LocalObjects, ObjectStore
from museion_datasets.release.checks import clock_check, log_check, stamp_check
from museion_datasets.release.files import (
    OBJECTS,
    STAMP,
    OpenedRelease,
    file_path,
    open_signed,
    read_signed,
    release_numbers,
    require_follows,
    unfinished_numbers,
)
from museion_datasets.release.object_list import ObjectList, decode_object_list
from museion_datasets.release.report import Check, Outcome, ReleaseReport
from museion_datasets.sealing.stored import LEVEL_CONTENT, LEVEL_PRESENCE, Progress, require_stored

_ID = re.compile(r"[0-9a-f]{32}")
_HINT = "don't rely on this copy: ask the dataset's owner for an unaltered one."


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom a person believes.

    Attributes
    ----------
    keys : tuple of TrustedKey
        Of institutions and signers.
    authorities : tuple of bytes
        Root certificates of time-stamp authorities, in PEM.
    """

    keys: tuple[TrustedKey, ...] = ()
    authorities: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Expected:
    """What a person knows of the release beforehand.

    Attributes
    ----------
    release : int or None
        Its number; None for the newest that is there.
    at_least : int
        The newest release must have this number or a higher one.
    known : str or None
        Digest of a release that must be this one or one before it.
    dataset : str or None
        The dataset's id.
    """

    release: int | None = None
    at_least: int = 1
    known: str | None = None
    dataset: str | None = None


def verify_directory(
    path: str | Path,
    trusted_keys: Sequence[TrustedKey] = (),
    level: int = LEVEL_CONTENT,
    *,
    authorities: Sequence[bytes] = (),
    expected: Expected | None = None,
    progress: Progress | None = None,
) -> ReleaseReport:
    """Verify a release in a dataset's directory, which may be a copy.

    Parameters
    ----------
    path : str or Path
        The directory with ``objects`` and ``releases``.
    trusted_keys : sequence of TrustedKey
        What the person keeps.
    level : int
        1: every object is there in its length. 2: and bit for bit the one released.
    authorities : sequence of bytes
        Root certificates of time-stamp authorities, in PEM.
    expected : Expected, optional
        What the person knows beforehand. A directory that is named like a dataset must be
        that dataset's.
    progress : callable, optional
        Called with the number of objects and bytes checked since the last call.

    Returns
    -------
    ReleaseReport
        What was checked, and what was not.

    Raises
    ------
    NotFoundError
        If there is no such directory.
    """
    directory = Path(path)
    if not directory.is_dir():
        raise NotFoundError(
            f"No such directory: {directory}", hint="name the directory that holds releases/."
        )
    wanted = expected or Expected()
    name = directory.resolve().name
    if wanted.dataset is None and _ID.fullmatch(name):
        wanted = Expected(wanted.release, wanted.at_least, wanted.known, name)
    trust = Trust(tuple(trusted_keys), tuple(authorities))
    return verify_release(LocalObjects(directory), trust, wanted, level, progress=progress)


def verify_release(
    objects: ObjectStore,
    trust: Trust,
    expected: Expected,
    level: int = LEVEL_CONTENT,
    *,
    now: datetime | None = None,
    progress: Progress | None = None,
) -> ReleaseReport:
    """Verify a release in any storage.

    Parameters
    ----------
    objects : ObjectStore
        The dataset's directory.
    trust : Trust
        Whom the person believes.
    expected : Expected
        What the person knows beforehand.
    level : int
        1 or 2, see `verify_directory`.
    now : datetime.datetime, optional
        The present moment.
    progress : callable, optional
        As for `verify_directory`.

    Returns
    -------
    ReleaseReport
        What was checked, and what was not.

    Raises
    ------
    InvalidError
        If there is no such level.
    """
    if level not in {LEVEL_PRESENCE, LEVEL_CONTENT}:
        raise InvalidError(f"No such level: {level}", hint="use 1 or 2.")
    number = _number(objects, expected)
    signed = read_signed(objects, number)
    opened = open_signed(signed, trust.keys)
    checks = [_signature_check(opened), _chain_check(objects, opened, number, trust, expected)]
    listed = _require_listed(objects, number, opened)
    require_stored(objects, listed, level=level, progress=progress)
    stored = objects.get_public(file_path(number, STAMP))
    stamp, stamped = stamp_check(stored, signed.envelope, trust.authorities)
    checks += [_objects_check(objects, listed, level), log_check(signed, opened), stamped]
    clock = clock_check(opened, stamp, now or datetime.now(UTC))
    return ReleaseReport(
        release=opened.release,
        digest=opened.digest,
        judgement=opened.judgement,
        level=level,
        checks=(*checks, clock) if clock else tuple(checks),
    )


def _number(objects: ObjectStore, expected: Expected) -> int:
    """Return the number of the release to verify.

    Raises
    ------
    NotFoundError
        If there is none.
    IntegrityError
        If the newest is older than it must be.
    """
    numbers = release_numbers(objects)
    newest = max(numbers, default=0)
    if newest < expected.at_least and (newest or expected.at_least > 1):
        raise IntegrityError(
            f"An older state is here than there was: the newest release is {newest}, not "
            f"{expected.at_least} or later",
            hint=_HINT,
        )
    number = expected.release or newest
    if number not in numbers:
        raise NotFoundError(
            f"No such release here: {expected.release}" if numbers else "There is no release here",
            hint="name the dataset's directory, the one that holds objects/ and releases/.",
        )
    return number


def _signature_check(opened: OpenedRelease) -> Check:
    """Return what is known of the signatures."""
    is_trusted = opened.judgement.standing is Standing.TRUSTED
    detail = "Ed25519 and ML-DSA-65, both hold"
    return Check("signatures", Outcome.PASSED if is_trusted else Outcome.WARNING, detail)


def _chain_check(
    objects: ObjectStore, opened: OpenedRelease, number: int, trust: Trust, expected: Expected
) -> Check:
    """Check that the release is the expected one and follows those before it.

    Raises
    ------
    IntegrityError
        If it doesn't.
    """
    _require_place(opened, number, expected.dataset or opened.release.outline.dataset)
    dataset, later = opened.release.outline.dataset, opened
    digests, missing, unknown = [opened.digest], 0, 0
    numbers = release_numbers(objects)
    for before in range(number - 1, 0, -1):
        if before not in numbers:
            missing += 1
            continue
        earlier = open_signed(read_signed(objects, before), trust.keys)
        _require_place(earlier, before, dataset)
        if later.release.outline.release == before + 1:
            require_follows(later, earlier)
        digests.append(earlier.digest)
        unknown += earlier.judgement.standing is Standing.UNKNOWN
        later = earlier
    if expected.known is not None and expected.known.lower() not in digests:
        raise IntegrityError(
            f"A release that must be here is not: {expected.known:.16}…", hint=_HINT
        )
    return _describe_chain(objects, number, missing, unknown)


def _describe_chain(objects: ObjectStore, number: int, missing: int, unknown: int) -> Check:
    """Return what is known of the releases before and after one."""
    newest, unfinished = max(release_numbers(objects)), unfinished_numbers(objects)
    here = f"{number - 1 - missing} of {number - 1} earlier releases are here and fit"
    parts = ["this is the first one" if number == 1 else here]
    if unknown:
        parts.append(f"{unknown} of them signed by keys that you don't trust")
    if newest > number:
        parts.append(f"a newer one is here too: {newest}")
    later = [one for one in unfinished if one > number]
    if later:
        parts.append(f"release {later[-1]} was begun and has no statement: it may be missing")
    outcome = Outcome.WARNING if missing or unknown or later else Outcome.PASSED
    return Check("earlier releases", outcome, "; ".join(parts))


def _require_place(opened: OpenedRelease, number: int, dataset: str) -> None:
    """Raise unless a release belongs where it was found.

    Raises
    ------
    IntegrityError
        If it has another number or is another dataset's.
    """
    outline = opened.release.outline
    if outline.dataset != dataset:
        raise IntegrityError(
            f"A release of another dataset: {outline.path} ({outline.dataset})", hint=_HINT
        )
    if outline.release != number:
        raise IntegrityError(
            f"Release {outline.release} was put in the place of release {number}", hint=_HINT
        )


def _require_listed(objects: ObjectStore, number: int, opened: OpenedRelease) -> ObjectList:
    """Return the list of objects, if it is the one that was signed.

    Raises
    ------
    IntegrityError
        If it is missing or another.
    """
    encoded = objects.get_public(file_path(number, OBJECTS))
    if encoded is None:
        raise IntegrityError(f"The list of objects of release {number} is missing", hint=_HINT)
    signed = opened.release.listed
    found = (
        hashlib.sha256(encoded).hexdigest(),
        blake3(encoded, max_threads=blake3.AUTO).hexdigest(),
    )
    if not all(map(hmac.compare_digest, found, (signed.sha256, signed.blake3))):
        raise IntegrityError("The list of objects is not the one that was signed", hint=_HINT)
    listed = decode_object_list(encoded)
    outline = opened.release.outline
    sums = Listed(*found, len(listed), listed.size_bytes)
    is_fitting = listed.dataset == outline.dataset and sums == signed
    if not is_fitting or not hmac.compare_digest(listed.manifest_root, outline.manifest_root):
        raise IntegrityError(
            "The list of objects contradicts the statement that was signed with it", hint=_HINT
        )
    return listed


def _objects_check(objects: ObjectStore, listed: ObjectList, level: int) -> Check:
    """Return what is known of the objects, after they were checked."""
    others = len(set(objects.names(older_than_s=0)) - listed.names())
    how = "every byte was read" if level == LEVEL_CONTENT else "lengths only, no byte was read"
    detail = f"{len(listed)} objects are here, {how}"
    if others:
        detail += f"; {others} other objects are no part of this release"
    return Check("objects", Outcome.PASSED if level == LEVEL_CONTENT else Outcome.WARNING, detail)
