"""Reads a copy of a dataset's directory with a private key: no hub, no catalogue.

For a partner outside, and for the institution's officers after everything but a backup is
lost. The copy says which versions it holds; nobody vouches for that but a signed release,
which `museion dataset verify` checks. The keys come from the files beside the objects, see
`museion_datasets.recipients.keyfiles`.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Never

from museion_datasets.dataset import Dataset
from museion_datasets.envelope import KeyPair
from museion_datasets.errors import IntegrityError, KeyUnavailableError, NotFoundError
from museion_datasets.memory import Keyring, protect_process
from museion_datasets.model import DatasetRecord, Head
from museion_datasets.objects import LocalObjects, ObjectStore
from museion_datasets.recipients.keyfiles import FOLDER, open_keys
from museion_datasets.recipients.recovery import RecoveryFile
from museion_datasets.recipients.shares import Share, combine, is_share_of
from museion_datasets.sealing.manifest import open_manifest
from museion_datasets.sealing.sealed import SealedObjects
from museion_datasets.versions.snapshot import Origin, Snapshot

_DESCRIPTION_KEY = "dataset.json"
_HINT = "copy the dataset's directory again, heads/ and keys/ included."


def open_copy(directory: Path, pair: KeyPair, version: int | None = None) -> Dataset:
    """Open a copied directory.

    Parameters
    ----------
    directory : Path
        The dataset's directory, with ``heads``, ``keys`` and ``objects``.
    pair : KeyPair
        A partner's, or the recovery key's.
    version : int, optional
        The newest that the copy holds by default.

    Returns
    -------
    Dataset
        To be read; it cannot be sent to other processes.
    """
    protect_process()
    objects = LocalObjects(directory)
    head = _find_head(objects, version)
    files = {path: objects.get_public(path) or b"" for path in objects.list_public(FOLDER)}
    keys = Keyring(open_keys(files, head.dataset, pair))
    sealed = SealedObjects(objects, head.dataset, max(keys), keys)
    origin = Origin(directory.absolute().as_uri(), _refuse_to_reopen)
    return Dataset(Snapshot(_find_record(sealed, head), head, sealed, origin))


def open_recovery(directory: Path, shares: Iterable[Share]) -> KeyPair:
    """Open the recovery key whose file lies in a copied directory.

    Parameters
    ----------
    directory : Path
        The dataset's directory.
    shares : iterable of Share
        Enough of them.

    Returns
    -------
    KeyPair
        For `open_copy`.

    Raises
    ------
    NotFoundError
        If the directory has no file of a recovery key with these shares.
    """
    objects, given = LocalObjects(directory), list(shares)
    kek = combine(given)
    for path in objects.list_public(FOLDER):
        if path.startswith(f"{FOLDER}/recovery-"):
            file = RecoveryFile.decode(objects.get_public(path) or b"")
            if all(is_share_of(share, file) for share in given):
                return file.open(kek)
    raise NotFoundError(f"There is no recovery key of these shares in {directory}", hint=_HINT)


def _find_head(objects: ObjectStore, version: int | None) -> Head:
    """Return the head of a version.

    Raises
    ------
    NotFoundError
        If the copy does not hold it.
    IntegrityError
        If its file is damaged.
    """
    heads = {_number(path): path for path in objects.list_public("heads") if _number(path)}
    wanted = max(heads, default=0) if version is None else version
    if wanted not in heads:
        raise NotFoundError(f"The copy holds no such version: {wanted}", hint=_HINT)
    try:
        head = Head.from_json(json.loads(objects.get_public(heads[wanted]) or b""))
    except ValueError as error:
        raise IntegrityError(f"A version's head is damaged: {wanted}", hint=_HINT) from error
    if head.version != wanted:
        raise IntegrityError(f"A version's head is another one's: {wanted}", hint=_HINT)
    return head


def _number(path: str) -> int:
    """Return the version of a head's file; 0 for another file."""
    name = path.rpartition("/")[2].removesuffix(".json")
    return int(name) if name.isdecimal() else 0


def _find_record(sealed: SealedObjects, head: Head) -> DatasetRecord:
    """Return what the version says about its dataset.

    Raises
    ------
    IntegrityError
        If it says nothing, or speaks of another dataset.
    """
    manifest = open_manifest(sealed, head)
    entry = manifest.find(_DESCRIPTION_KEY)
    if entry is None:
        raise IntegrityError("The version does not describe its dataset", hint=_HINT)
    said: dict[str, Any] = json.loads(bytes(sealed.read(entry)))
    size = sum(entry.ciphertext_bytes for entry in (*manifest.objects, *manifest))
    record = DatasetRecord.from_json(said | {"version": head.version, "size_bytes": size})
    if record.id != head.dataset:
        raise IntegrityError("The version describes another dataset", hint=_HINT)
    return record


def _refuse_to_reopen(
    address: str,
    path: str,
    version: int,
    purpose: str | None,  # noqa: ARG001 - as `Reopen`
) -> Never:
    """Say why another process cannot open the copy.

    Raises
    ------
    KeyUnavailableError
        Always.
    """
    raise KeyUnavailableError(
        f"Version {version} of {path} was opened from a copy with a private key: {address}",
        hint="compute in the process that opened it.",
    )
