"""Releases: what the registry is ready to sign, and what it has signed.

An author sees the outline first and sends it back inside the statement. The registry draws it up
again from its own tables and signs only if nothing differs: whose dataset it is, which version
with which root, under which policy, where, for whom, after which release, by whom. What only the
author can know (the list of stored objects, provenance, message) is the author's word, and the
signature says so.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from museion_datasets.evidence.dsse import STATEMENT_TYPE, open_envelope
from museion_datasets.evidence.records import encode_json
from museion_datasets.evidence.statement import (
    Outline,
    Previous,
    Release,
    StoredAt,
    differences,
    recipients_of,
)
from museion_datasets.model import DatasetPath, Head
from museion_hub import audit
from museion_hub.custody import Custody
from museion_hub.registry.access import Principal
from museion_hub.registry.catalogue import Visible, require_owner_allows, require_visible
from museion_hub.registry.errors import (
    ConflictError,
    InvalidError,
    NotFoundError,
    ReadOnlyError,
)
from museion_hub.registry.notary import Notary
from museion_hub.registry.permissions import Action
from museion_hub.registry.places import Places
from museion_hub.registry.policies import policy_of
from museion_hub.registry.sharing import list_recipients
from museion_hub.registry.tables import DatasetRelease, DatasetVersion

CLOCK_TOLERANCE: Final = timedelta(minutes=10)
_NEVER_ANOTHER: Final = ("dataset", "path", "author", "institution", "manifest_root")


@dataclass(frozen=True, slots=True)
class SignedFiles:
    """What belongs beside the objects of a release, besides the list of objects."""

    envelope: bytes = field(repr=False)
    signers: bytes = field(repr=False)
    log: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReleaseDesk:
    """Draws up and signs releases for one principal, inside the caller's transaction."""

    session: Session
    principal: Principal
    places: Places
    institution: str

    def outline(self, path: DatasetPath, number: int) -> Outline:
        """Draw up what the next release of a version says.

        Raises
        ------
        NotFoundError
            If the principal may not read the dataset, or it has no such version.
        ReadOnlyError
            If the principal does not belong to the owning workgroup.
        """
        visible = self._require_releasable(path)
        return self._outline(visible, self._require_version(visible, number))

    def sign(self, path: DatasetPath, release: Release, custody: Custody) -> SignedFiles:
        """Sign a release and log it.

        Raises
        ------
        NotFoundError, ReadOnlyError
            As for `outline`.
        InvalidError
            If it is not this principal's, or says what cannot be true.
        ConflictError
            If something has changed since its outline was drawn up.
        """
        visible = self._require_releasable(path)
        version = self._require_version(visible, release.outline.version)
        self._require_true(release, self._outline(visible, version))
        _require_possible(release, version)
        notary = Notary(self.session, custody, self.institution)
        envelope, signers = notary.sign(self.principal.name, release.to_statement())
        digest = open_envelope(envelope, STATEMENT_TYPE).digest
        entry = self._log(visible, release, digest)
        proof = audit.prove(self.session, custody, entry.index)
        signed = SignedFiles(envelope, encode_json(signers.to_json()), encode_json(proof))
        self._keep(visible, release, digest, signed)
        return signed

    def _require_releasable(self, path: DatasetPath) -> Visible:
        visible = require_visible(self.session, self.principal, path)
        if visible.dataset.workgroup not in self.principal.reads_as:
            raise ReadOnlyError(
                "Only the owning workgroup and its members release a dataset",
                hint="ask a member of the owning workgroup",
                subject=str(path),
                reason="no owner",
            )
        require_owner_allows(self.session, visible, Action.WRITE_DATASETS)
        return visible

    def _require_version(self, visible: Visible, number: int) -> DatasetVersion:
        version = self.session.get(DatasetVersion, (visible.dataset.id, number))
        if version is None:
            raise NotFoundError(subject=visible.path, reason="missing version")
        return version

    def _outline(self, visible: Visible, version: DatasetVersion) -> Outline:
        dataset, head = visible.dataset, Head.from_json(version.head)
        newest = self.session.scalars(_newest_first(dataset.id).limit(1)).one_or_none()
        recipients = list_recipients(self.session, dataset)
        access = [(one.name, one.kind) for one in recipients if head.epoch in one.epochs]
        place = self.places.require(dataset.place)
        return Outline(
            format=head.format,
            dataset=dataset.id,
            path=visible.path,
            title=dataset.title,
            release=newest.release + 1 if newest else 1,
            previous=Previous(newest.release, newest.digest) if newest else None,
            version=head.version,
            parent=head.parent,
            manifest_root=head.manifest_root,
            epoch=head.epoch,
            policy=policy_of(dataset),
            stored_at=StoredAt(place.name, place.jurisdiction),
            recipients=recipients_of(access),
            author=self.principal.name,
            institution=self.institution,
        )

    def _require_true(self, release: Release, wanted: Outline) -> None:
        changed = differences(wanted, release.outline)
        for name in changed:
            if name in _NEVER_ANOTHER:
                raise InvalidError(
                    f"The release does not fit, {name} must be: {getattr(wanted, name)}",
                    hint="make the release from an opened version, as its author",
                )
        if changed:
            raise ConflictError(
                f"The dataset has changed meanwhile, in: {', '.join(changed)}",
                hint="look at it, then release it again",
                subject=wanted.path,
            )
        moment = datetime.fromisoformat(release.created)
        if abs(moment - datetime.now(UTC)) > CLOCK_TOLERANCE:
            raise InvalidError(
                f"The release bears another time than the registry's: {release.created}",
                hint="set the clock of the machine that makes the release",
            )

    def _log(self, visible: Visible, release: Release, digest: str) -> audit.LogEntry:
        outline = release.outline
        return audit.record(
            self.session,
            audit.EventName.VERSION_RELEASED,
            actor=self.principal.name,
            subject=visible.path,
            detail={
                "dataset": outline.dataset,
                "release": outline.release,
                "version": outline.version,
                "root": outline.manifest_root,
                "digest": digest,
            },
        )

    def _keep(self, visible: Visible, release: Release, digest: str, signed: SignedFiles) -> None:
        row = DatasetRelease(
            dataset=visible.dataset.id,
            release=release.outline.release,
            version=release.outline.version,
            digest=digest,
            author=self.principal.name,
            created=datetime.fromisoformat(release.created),
            envelope=signed.envelope,
            signers=signed.signers,
            log=signed.log,
        )
        self.session.add(row)
        try:
            self.session.flush()
        except IntegrityError as error:  # another writer was quicker
            raise ConflictError(subject=visible.path) from error


def read_release(
    session: Session, principal: Principal, path: DatasetPath, number: int | None
) -> SignedFiles:
    """Give a release; the newest if no number is named.

    Raises
    ------
    NotFoundError
        If the principal may not read the dataset, or it has no such release.
    """
    visible = require_visible(session, principal, path)
    wanted = _newest_first(visible.dataset.id)
    if number is not None:
        wanted = wanted.where(DatasetRelease.release == number)
    row = session.scalars(wanted.limit(1)).one_or_none()
    if row is None:
        raise NotFoundError(subject=visible.path, reason="missing release")
    return SignedFiles(row.envelope, row.signers, row.log)


def list_releases(
    session: Session, principal: Principal, path: DatasetPath
) -> list[DatasetRelease]:
    """List the releases of a dataset, the newest first.

    Raises
    ------
    NotFoundError
        If the principal may not read the dataset.
    """
    visible = require_visible(session, principal, path)
    return list(session.scalars(_newest_first(visible.dataset.id)))


def _newest_first(dataset: str) -> Select[DatasetRelease]:
    return (
        select(DatasetRelease)
        .where(DatasetRelease.dataset == dataset)
        .order_by(DatasetRelease.release.desc())
    )


def _require_possible(release: Release, version: DatasetVersion) -> None:
    # Objects of the manifest come on top of its entries; the sizes were added up at the commit.
    listed, entries = release.listed, int(version.head["entries"])
    if listed.objects <= entries or listed.size_bytes != version.size_bytes:
        raise InvalidError(
            "The list of objects is not that of the version, by number or size",
            hint="make the release from an opened version",
        )
