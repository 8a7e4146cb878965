"""Signing as an account: its key, the institution's word for it, and what lies beside a release.

Keys are made at their first use. A certificate is made anew when the institution's name or the
keys of its log have changed, so that what it says is always what is true now.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from museion_datasets.evidence import dsse
from museion_datasets.evidence.certificate import Certificate, Signers
from museion_datasets.evidence.signing import KeyUse, PublicKey, TrustedKey
from museion_datasets.model import timestamp
from museion_hub import audit
from museion_hub.custody import Custody
from museion_hub.custody.signers import INSTITUTION, SealedSignerKey
from museion_hub.registry.tables import SignerKey


@dataclass(frozen=True, slots=True)
class Notary:
    """Signs for the accounts of one institution, inside the caller's writing transaction."""

    session: Session
    custody: Custody
    institution: str

    def trusted_key(self) -> TrustedKey:
        """Give the public key that a person has to trust, and nothing else."""
        row = self._require_key(INSTITUTION)
        return TrustedKey(KeyUse.INSTITUTION, self.institution, PublicKey(row.public))

    def sign(self, account: str, statement: bytes) -> tuple[bytes, Signers]:
        """Sign a statement as an account; give the envelope and the keys that go with it."""
        row = self._require_key(account)
        certificate = self._require_certificate(row)
        envelope = self.custody.sign_statement(_sealed(row), statement)
        institution = self._require_key(INSTITUTION)
        signers = Signers(PublicKey(row.public), certificate, PublicKey(institution.public))
        return envelope, signers

    def _require_key(self, owner: str) -> SignerKey:
        row = self.session.get(SignerKey, owner)
        if row is None:
            key = self.custody.make_signer_key(owner)
            row = SignerKey(
                owner=key.owner,
                public=key.public,
                sealed=key.sealed,
                certificate=None,
                created=datetime.now(UTC),
            )
            self.session.add(row)
            self.session.flush()
        return row

    def _require_certificate(self, row: SignerKey) -> bytes:
        key = PublicKey(row.public)
        log_keys = audit.open_log_key(self.session, self.custody).verifiers
        wanted = Certificate(
            row.owner, self.institution, key, timestamp(datetime.now(UTC)), log_keys
        )
        if row.certificate is not None and _says(row.certificate, wanted):
            return row.certificate
        issuer = _sealed(self._require_key(INSTITUTION))
        row.certificate = self.custody.sign_certificate(issuer, wanted)
        name = audit.EventName.SIGNER_CERTIFIED
        detail = {"key": key.id, "issuer": PublicKey(issuer.public).id}
        audit.record(self.session, name, actor=row.owner, subject=row.owner, detail=detail)
        return row.certificate


def _says(stored: bytes, wanted: Certificate) -> bool:
    envelope = dsse.open_envelope(stored, dsse.SIGNER_TYPE)
    found = Certificate.from_payload(envelope.payload)
    return (found.principal, found.institution, found.key, found.log_keys) == (
        wanted.principal,
        wanted.institution,
        wanted.key,
        wanted.log_keys,
    )


def _sealed(row: SignerKey) -> SealedSignerKey:
    return SealedSignerKey(row.owner, row.public, row.sealed)
