"""Who holds a dataset's keys: sharing it with one more, taking that back, and listing them.

Sharing seals one small record for each epoch; no data is copied. Revoking stops serving at once
and begins a new epoch; what was written before stays open to whoever kept both its keys and its
objects, until it is sealed anew.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from museion_datasets.model import DatasetPath
from museion_datasets.policy import GrantRole, require_purpose
from museion_datasets.recipients.keyfiles import KeyFile
from museion_datasets.recipients.recipient import (
    Partner,
    Recipient,
    RecipientKind,
    Revocation,
    outside_name,
)
from museion_hub import audit
from museion_hub.custody import Custody, OutsideKey
from museion_hub.registry.epochs import add_recipient, rotate_dataset
from museion_hub.registry.errors import InvalidError, NotFoundError
from museion_hub.registry.policies import policy_of, require_partner
from museion_hub.registry.recovery import files_by_name
from museion_hub.registry.tables import (
    Dataset,
    DatasetKey,
    Grant,
    PartnerKey,
    Workgroup,
    WorkgroupState,
)
from museion_hub.registry.workgroups import require_key


def share_dataset(
    session: Session, custody: Custody, path: DatasetPath, recipient: str, *, actor: str
) -> None:
    """Let another workgroup read a dataset: a grant, and every epoch's key sealed to it.

    Raises
    ------
    NotFoundError
        If there is no such dataset or workgroup.
    InvalidError
        If the recipient owns the dataset.
    """
    dataset = _find(session, path)
    if dataset is None or not _can_receive(session, recipient):
        raise NotFoundError(f"There is no such dataset or workgroup: {path}, {recipient[:40]}")
    if recipient == dataset.workgroup:
        raise InvalidError(f"The dataset is the workgroup's own: {path}", hint="name another one")
    if session.get(Grant, (dataset.id, recipient)) is not None:
        return
    session.add(Grant(dataset=dataset.id, workgroup=recipient, role=GrantRole.READER))
    add_recipient(session, custody, dataset, require_key(session, recipient))
    _record_shared(session, path, {"recipient": recipient}, actor)


def share_with_partner(
    session: Session, custody: Custody, dataset: Dataset, partner: Partner, *, actor: str
) -> None:
    """Let somebody outside read copies of a dataset: every epoch's key sealed to a public key.

    Nothing can be refused later, when the partner opens a copy; so the policy is held against
    what is declared now, and the embargo must be over.
    """
    if partner.purpose is not None:
        require_purpose(partner.purpose)
    path = DatasetPath(dataset.workgroup, dataset.name)
    require_partner(policy_of(dataset), partner, str(path))
    name = outside_name(partner.public)
    if session.get(PartnerKey, (dataset.id, name)) is not None:
        return
    session.add(
        PartnerKey(
            dataset=dataset.id,
            name=name,
            label=partner.label,
            public=partner.public,
            jurisdiction=partner.jurisdiction,
            purpose=partner.purpose,
            added=datetime.now(UTC),
            added_by=actor,
        )
    )
    add_recipient(session, custody, dataset, OutsideKey(name, partner.public))
    detail = {"recipient": name, "label": partner.label, "purpose": partner.purpose}
    _record_shared(session, path, detail, actor)


def revoke_recipient(
    session: Session, custody: Custody, dataset: Dataset, recipient: str, *, actor: str
) -> Revocation:
    """Take a recipient's access away, and begin an epoch that it has no key to.

    Raises
    ------
    NotFoundError
        If it is no recipient by the owner's choice.
    """
    subject = f"{dataset.workgroup}/{dataset.name}"
    row = session.get(Grant, (dataset.id, recipient)) or session.get(
        PartnerKey, (dataset.id, recipient)
    )
    if row is None:
        raise NotFoundError(
            f"The dataset is not shared with: {recipient[:80]!r}",
            hint="look at the list of its recipients",
            subject=subject,
            reason="no recipient",
        )
    session.delete(row)
    keys = delete(DatasetKey).where(
        DatasetKey.dataset == dataset.id, DatasetKey.recipient == recipient
    )
    session.execute(keys)
    session.flush()
    detail = {"dataset": dataset.id, "recipient": recipient}
    name = audit.EventName.DATASET_REVOKED
    audit.record(session, name, actor=actor, subject=subject, detail=detail)
    epoch = rotate_dataset(session, custody, dataset, actor=actor, reason=f"revoked {recipient}")
    return Revocation(
        recipient,
        epoch,
        is_grant_removed=True,
        is_mount_removed=False,
        is_reencrypted=False,
    )


def list_recipients(session: Session, dataset: Dataset) -> list[Recipient]:
    """List who holds a dataset's keys: the owner, workgroups, recovery keys, partners."""
    epochs: dict[str, list[int]] = {}
    rows = select(DatasetKey).where(DatasetKey.dataset == dataset.id).order_by(DatasetKey.epoch)
    for row in session.scalars(rows):
        epochs.setdefault(row.recipient, []).append(row.epoch)
    return [
        Recipient(kind.value, name, label, tuple(epochs[name]))
        for kind, name, label in _labels(session, dataset)
        if name in epochs
    ]


def key_files(session: Session, dataset: Dataset) -> dict[str, str]:
    """Give the public files that belong beside a dataset's objects, by path.

    There is a file for each epoch even if nobody outside has its key, so that a revoked partner's
    entries are overwritten.
    """
    rows = session.scalars(select(DatasetKey).where(DatasetKey.dataset == dataset.id)).all()
    sealed: dict[int, dict[str, bytes]] = {row.epoch: {} for row in rows}
    for row in rows:
        if row.recipient_epoch is None:
            sealed[row.epoch][row.recipient] = row.sealed_key
    names = {name for keys in sealed.values() for name in keys}
    recoveries = [file for name, file in files_by_name(session).items() if name in names]
    files = {file.path: file.encode().decode() for file in recoveries}
    epochs = (KeyFile(dataset.id, epoch, keys) for epoch, keys in sealed.items())
    return files | {file.path: file.encode().decode() for file in epochs}


def _labels(session: Session, dataset: Dataset) -> Iterator[tuple[RecipientKind, str, str]]:
    titles = {group.slug: group.title for group in session.scalars(select(Workgroup))}
    yield RecipientKind.OWNER, dataset.workgroup, titles[dataset.workgroup]
    grants = select(Grant.workgroup).where(Grant.dataset == dataset.id).order_by(Grant.workgroup)
    for slug in session.scalars(grants):
        yield RecipientKind.WORKGROUP, slug, titles[slug]
    for name, file in sorted(files_by_name(session).items()):
        yield RecipientKind.RECOVERY, name, file.label
    partners = select(PartnerKey).where(PartnerKey.dataset == dataset.id).order_by(PartnerKey.added)
    for partner in session.scalars(partners):
        yield RecipientKind.PARTNER, partner.name, partner.label


def _can_receive(session: Session, slug: str) -> bool:
    workgroup = session.get(Workgroup, slug)
    return workgroup is not None and workgroup.state is not WorkgroupState.PENDING


def _find(session: Session, path: DatasetPath) -> Dataset | None:
    return session.scalars(
        select(Dataset).where(Dataset.workgroup == path.workgroup, Dataset.name == path.name)
    ).one_or_none()


def _record_shared(session: Session, path: DatasetPath, detail: audit.Detail, actor: str) -> None:
    name = audit.EventName.DATASET_SHARED
    audit.record(session, name, actor=actor, subject=str(path), detail=detail)
