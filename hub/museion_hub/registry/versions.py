"""Opening a dataset with its key, and committing versions of it.

A commit names the version it was made from; it succeeds only while that is the newest one. Two
commits on the same parent meet at the table's primary key, so exactly one wins.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from museion_datasets import envelope
from museion_datasets.errors import KeyUnavailableError
from museion_datasets.model import DatasetPath, DatasetRecord, Head
from museion_datasets.place import Place
from museion_datasets.policy import DatasetPolicy
from museion_hub import audit
from museion_hub.custody import Custody
from museion_hub.registry.access import Principal
from museion_hub.registry.catalogue import Visible, require_visible, require_writable
from museion_hub.registry.epochs import newest_epoch, require_keys
from museion_hub.registry.errors import ConflictError, InvalidError, NotFoundError
from museion_hub.registry.places import Places
from museion_hub.registry.policies import policy_of, require_vendable
from museion_hub.registry.sharing import key_files
from museion_hub.registry.tables import DatasetVersion, Membership


@dataclass(frozen=True, slots=True)
class OpenWish:
    """What a process says when it opens a dataset: its ephemeral public key, and what for."""

    public_key: bytes = field(repr=False)
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class OpenedDataset:
    """What a process needs to read or write a dataset; every secret is sealed to that process."""

    dataset: DatasetRecord
    head: Head | None
    epoch: int
    location: str
    policy: DatasetPolicy
    place: Place
    key_files: Mapping[str, str] = field(repr=False)
    sealed_keys: Mapping[int, bytes] = field(repr=False)
    sealed_credentials: bytes | None = field(repr=False)


def open_dataset(
    session: Session,
    custody: Custody,
    principal: Principal,
    path: DatasetPath,
    wish: OpenWish,
    places: Places,
) -> OpenedDataset:
    """Vend a dataset's keys to a process's ephemeral public key, and write that down.

    Raises
    ------
    NotFoundError
        If the principal may not read it.
    RefusedError
        If the dataset's policy does not allow it.
    InvalidError
        If the public key is none.
    """
    visible = require_visible(session, principal, path)
    dataset = visible.dataset
    policy, place = policy_of(dataset), places.require(dataset.place)
    require_vendable(
        policy,
        at=places.workspace,
        is_owner=visible.reader == dataset.workgroup,
        purpose=wish.purpose,
        subject=visible.path,
    )
    keys = require_keys(session, dataset.id, visible.reader)
    secret = places.credentials(place, is_writer=visible.is_writable, subject=visible.path)
    try:
        sealed = {key.epoch: custody.vend(key, holder, wish.public_key) for key, holder in keys}
        credentials = _seal_credentials(wish.public_key, secret, dataset.id, place)
    except KeyUnavailableError as error:
        raise InvalidError(error.message, hint=error.hint) from error
    _record_vend(session, principal, visible, max(sealed), wish.purpose)
    return OpenedDataset(
        dataset=visible.record(),
        head=Head.from_json(visible.newest.head) if visible.newest else None,
        epoch=newest_epoch(session, dataset.id),
        location=f"{dataset.workgroup}/{dataset.id}",
        policy=policy,
        place=place,
        key_files=key_files(session, dataset) if visible.is_writable else {},
        sealed_keys=sealed,
        sealed_credentials=credentials,
    )


def commit_version(
    session: Session,
    principal: Principal,
    path: DatasetPath,
    parent: int | None,
    head: Head,
    size_bytes: int,
) -> DatasetRecord:
    """Make a head the newest version.

    Raises
    ------
    NotFoundError, ReadOnlyError
        If the principal may not write it.
    ConflictError
        If `parent` is not the newest version any more.
    InvalidError
        If the head is not one for this dataset, parent and key.
    """
    visible = require_writable(session, principal, path)
    newest = visible.newest
    if parent != (newest.version if newest else None):
        raise ConflictError(
            f"Somebody else has committed first, newest version: {newest.version if newest else 0}",
            subject=visible.path,
        )
    _require_fits(session, principal, visible, head)
    version = DatasetVersion(
        dataset=visible.dataset.id,
        version=head.version,
        head=head.to_json(),
        size_bytes=size_bytes,
        author=principal.name,
        created=datetime.now(UTC),
    )
    session.add(version)
    try:
        session.flush()
    except IntegrityError as error:  # another writer was quicker
        raise ConflictError(subject=visible.path) from error
    audit.record(
        session,
        audit.EventName.VERSION_COMMITTED,
        actor=principal.name,
        subject=visible.path,
        detail={"dataset": head.dataset, "version": head.version, "root": head.manifest_root},
    )
    return Visible(visible.dataset, version, visible.reader, is_writable=True).record()


def read_head(session: Session, principal: Principal, path: DatasetPath, number: int) -> Head:
    """Give the head of one version.

    Raises
    ------
    NotFoundError
        If the principal may not read the dataset, or it has no such version.
    """
    visible = require_visible(session, principal, path)
    version = session.get(DatasetVersion, (visible.dataset.id, number))
    if version is None:
        raise NotFoundError(subject=visible.path, reason="missing version")
    return Head.from_json(version.head)


def _seal_credentials(
    public_key: bytes, secret: bytes | None, dataset: str, place: Place
) -> bytes | None:
    if secret is None:
        return None
    return envelope.seal(public_key, secret, envelope.place_info(dataset, place.name))


def _record_vend(
    session: Session, principal: Principal, visible: Visible, epoch: int, purpose: str | None
) -> None:
    detail: audit.Detail = {
        "dataset": visible.dataset.id,
        "epoch": epoch,
        "recipient": visible.reader,
        "purpose": purpose,
    }
    name = audit.EventName.KEY_VENDED
    audit.record(session, name, actor=principal.name, subject=visible.path, detail=detail)


def _require_fits(session: Session, principal: Principal, visible: Visible, head: Head) -> None:
    newest, epoch = visible.newest, newest_epoch(session, visible.dataset.id)
    if head.epoch < epoch:
        raise ConflictError(
            f"The dataset's keys were rotated while the draft was open, epoch now: {epoch}",
            hint="open the newest version, apply the change to it and commit again",
            subject=visible.path,
        )
    expected = {
        "dataset": visible.dataset.id,
        "version": newest.version + 1 if newest else 1,
        "parent": newest.version if newest else None,
        "parent_root": newest.head["manifest_root"] if newest else None,
        "epoch": epoch,
    }
    for name, value in expected.items():
        if getattr(head, name) != value:
            raise InvalidError(
                f"The head does not fit the dataset, {name} must be: {value}",
                hint="open the dataset again and commit from there",
            )
    authors = select(Membership.person).where(Membership.workgroup == principal.writes_as)
    if head.author != principal.name and head.author not in session.scalars(authors).all():
        raise InvalidError(
            f"The author is no member of the workgroup: {head.author[:80]!r}",
            hint=f"commit as {principal.name} or as one of its members",
        )
