"""Releases of a local catalogue, signed with a key that lies in its directory.

``identity.key`` is made at the first release and can be read by its owner only;
``identity.pub`` is for whoever is to trust these releases. Nobody vouches for the key, so a
reader has to be given it by hand.
"""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import override

from museion_datasets.catalogue._local_database import (
    LocalDatabase,
    find_head,
    find_policy,
    make_private,
)
from museion_datasets.catalogue._local_keys import OWNER
from museion_datasets.catalogue._notary import Notary
from museion_datasets.errors import ConflictError, InvalidError, KeyUnavailableError
from museion_datasets.evidence import dsse
from museion_datasets.evidence.certificate import Signers
from museion_datasets.evidence.records import decode_bytes, encode_bytes
from museion_datasets.evidence.signing import (
    KeyUse,
    SigningKey,
    TrustedKey,
    encode_key_file,
    generate_signing_key,
)
from museion_datasets.evidence.statement import (
    Outline,
    Previous,
    Release,
    StoredAt,
    differences,
    recipients_of,
)
from museion_datasets.objects import storage_errors
from museion_datasets.place import Place
from museion_datasets.recipients.recipient import Recipient
from museion_datasets.release.files import SignedRelease, encode_signers

_KEY_FILE, _PUBLIC_FILE = "identity.key", "identity.pub"
_HEADER = "museion signing key 1"
_OTHERS = 0o077
_TABLE = """
CREATE TABLE IF NOT EXISTS release (
    path TEXT NOT NULL, release INTEGER NOT NULL, digest TEXT NOT NULL,
    envelope BLOB NOT NULL, signers BLOB NOT NULL, PRIMARY KEY (path, release));
"""

type FindRecipients = Callable[[str], list[Recipient]]
"""Gives a dataset's recipients."""


class LocalNotary(Notary):
    """Signs for a local catalogue.

    Parameters
    ----------
    database : LocalDatabase
        The catalogue's.
    place : Place
        Where its objects lie.
    recipients : callable
        Gives the recipients of a dataset by its path.
    """

    def __init__(self, database: LocalDatabase, place: Place, recipients: FindRecipients) -> None:
        self._database = database
        self._place = place
        self._recipients = recipients

    @override
    def outline(self, path: str, version: int) -> Outline:
        recipients = self._recipients(path)
        with self._database.transaction() as rows:
            return self._outline(rows, path, version, recipients)

    @override
    def sign(self, path: str, release: Release) -> SignedRelease:
        recipients, key = self._recipients(path), self._key()
        with self._database.transaction() as rows:
            now = self._outline(rows, path, release.outline.version, recipients)
            changed = differences(release.outline, now)
            if changed:
                raise ConflictError(
                    f"The dataset has changed meanwhile, in {', '.join(changed)}: {path}",
                    hint="look at it, then release it again.",
                )
            envelope = dsse.sign(release.to_statement(), dsse.STATEMENT_TYPE, key)
            digest = dsse.open_envelope(envelope, dsse.STATEMENT_TYPE).digest
            signed = SignedRelease(envelope, encode_signers(Signers(key.public)))
            row = (path, now.release, digest, signed.envelope, signed.signers)
            rows.execute("INSERT INTO release VALUES (?, ?, ?, ?, ?)", row)
        return signed

    @override
    def newest(self, path: str) -> SignedRelease | None:
        query = "SELECT envelope, signers FROM release WHERE path = ? ORDER BY release DESC"
        with self._database.transaction() as rows:
            self._database.record(rows, path)
            rows.execute(_TABLE)
            row = rows.execute(query, (path,)).fetchone()
        return None if row is None else SignedRelease(*row)

    @override
    def trusted_keys(self) -> list[TrustedKey]:
        path = self._database.directory / _KEY_FILE
        if not path.exists():
            return []
        return [TrustedKey(KeyUse.SIGNER, OWNER, _read_key(path).public)]

    def _outline(
        self, rows: sqlite3.Connection, path: str, version: int, recipients: list[Recipient]
    ) -> Outline:
        """Return what the next release of a version would say."""
        rows.execute(_TABLE)
        record, head = self._database.record(rows, path), find_head(rows, path, version)
        policy = find_policy(rows, path)
        query = "SELECT release, digest FROM release WHERE path = ? ORDER BY release DESC"
        newest = rows.execute(query, (path,)).fetchone()
        access = [(one.name, one.kind) for one in recipients if head.epoch in one.epochs]
        return Outline(
            format=head.format,
            dataset=record.id,
            path=path,
            title=record.title,
            release=1 if newest is None else newest[0] + 1,
            previous=None if newest is None else Previous(*newest),
            version=head.version,
            parent=head.parent,
            manifest_root=head.manifest_root,
            epoch=head.epoch,
            policy=policy,
            stored_at=StoredAt(self._place.name, self._place.jurisdiction),
            recipients=recipients_of(access),
            author=OWNER,
            institution=policy.owner,
        )

    def _key(self) -> SigningKey:
        """Return the catalogue's key, made at first use."""
        folder = self._database.directory
        with storage_errors("write"):
            if not (folder / _KEY_FILE).exists():
                seeds = encode_bytes(generate_signing_key().seeds)
                make_private(folder / _KEY_FILE, f"{_HEADER}\n{seeds}\n".encode())
            key = _read_key(folder / _KEY_FILE)
            trusted = TrustedKey(KeyUse.SIGNER, OWNER, key.public)
            make_private(folder / _PUBLIC_FILE, encode_key_file(trusted).encode())
        return key


def _read_key(path: Path) -> SigningKey:
    """Read a private key.

    Raises
    ------
    KeyUnavailableError
        If the file is damaged, or others than its owner could read it.
    """
    with storage_errors("read"):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor) as file:
            is_open = os.fstat(descriptor).st_mode & _OTHERS
            header, _, rest = file.read(1024).partition("\n")
    if is_open:
        raise KeyUnavailableError(
            f"Others than its owner can read the signing key: {path}",
            hint=f"find out who has read it, then: chmod 600 {path}",
        )
    try:
        seeds = decode_bytes(rest.strip() if header == _HEADER else None, "signing key")
    except InvalidError as error:
        raise KeyUnavailableError(
            f"The signing key is damaged: {path}", hint="restore it from a backup."
        ) from error
    return SigningKey(seeds)
