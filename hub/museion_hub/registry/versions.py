"""Committing versions of a dataset, and reading their heads.

A commit names the version it was made from; it succeeds only while that is the newest one. Two
commits on the same parent meet at the table's primary key, so exactly one wins.
"""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from museion_datasets.model import DatasetPath, DatasetRecord, Head
from museion_hub import audit
from museion_hub.registry.access import Principal
from museion_hub.registry.catalogue import Visible, require_visible, require_writable
from museion_hub.registry.epochs import newest_epoch
from museion_hub.registry.errors import ConflictError, InvalidError, NotFoundError
from museion_hub.registry.tables import DatasetVersion, Membership


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
