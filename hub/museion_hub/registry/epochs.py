"""Keys of datasets and workgroups by epoch: who holds which, and beginning a new one.

A dataset's newest epoch seals what is written from now on; the older ones stay, so that what was
written before stays readable. Whoever is no recipient when an epoch begins gets nothing of it and
of all that come after. Private keys of a workgroup's older epochs are kept too: the dataset keys
sealed to them would be lost otherwise.
"""

from collections.abc import Iterator

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from museion_hub import audit
from museion_hub.custody import Custody, OutsideKey, RecipientKey, SealedDataKey, Target
from museion_hub.registry.cluster_tokens import end_tokens
from museion_hub.registry.errors import InternalError, NotFoundError
from museion_hub.registry.names import account_name
from museion_hub.registry.recovery import current_recovery
from museion_hub.registry.tables import (
    Dataset,
    DatasetKey,
    Grant,
    PartnerKey,
    Workgroup,
    WorkgroupKey,
)
from museion_hub.registry.workgroups import require_key, store_workgroup_key


def newest_epoch(session: Session, dataset: str) -> int:
    """Give the epoch under which a dataset is written now; 0 before the first."""
    found = session.scalar(select(func.max(DatasetKey.epoch)).where(DatasetKey.dataset == dataset))
    return found or 0


def newest_workgroup_epoch(session: Session, slug: str) -> int:
    """Give the epoch of a workgroup's newest key pair; 0 before the first."""
    newest = select(func.max(WorkgroupKey.epoch)).where(WorkgroupKey.workgroup == slug)
    return session.scalar(newest) or 0


def keys_of(
    session: Session, dataset: str, recipient: str
) -> Iterator[tuple[SealedDataKey, int | None]]:
    """Give each epoch's key as sealed to a recipient, with the recipient's own key epoch."""
    rows = session.scalars(
        select(DatasetKey)
        .where(DatasetKey.dataset == dataset, DatasetKey.recipient == recipient)
        .order_by(DatasetKey.epoch)
    )
    for row in rows:
        key = SealedDataKey(row.dataset, row.epoch, row.recipient, row.sealed_key)
        yield key, row.recipient_epoch


def require_keys(
    session: Session, dataset: str, recipient: str
) -> list[tuple[SealedDataKey, RecipientKey]]:
    """Give each epoch's key as sealed to a workgroup, with the key pair that opens it.

    Raises
    ------
    InternalError
        If the workgroup was granted access but no key.
    """
    found = [
        (key, require_key(session, recipient, epoch))
        for key, epoch in keys_of(session, dataset, recipient)
    ]
    if not found:
        raise InternalError(reason=f"dataset {dataset} has no key for {recipient}")
    return found


def add_recipient(session: Session, custody: Custody, dataset: Dataset, target: Target) -> None:
    """Seal every epoch's key to one more recipient, unless that was done."""
    done = {key.epoch for key, _ in keys_of(session, dataset.id, target.name)}
    for key, holder in require_keys(session, dataset.id, dataset.workgroup):
        if key.epoch not in done:
            _store(session, custody.share(key, holder, target), target)


def begin_epoch(session: Session, custody: Custody, dataset: Dataset) -> int:
    """Make a key for what is written from now on, sealed to everybody who may read it."""
    epoch = newest_epoch(session, dataset.id) + 1
    targets = targets_of(session, dataset)
    keys = custody.make_data_key(dataset.id, epoch, targets)
    for key, target in zip(keys, targets, strict=True):
        _store(session, key, target)
    return epoch


def rotate_dataset(
    session: Session, custody: Custody, dataset: Dataset, *, actor: str, reason: str
) -> int:
    """Begin a new epoch and write down why."""
    epoch = begin_epoch(session, custody, dataset)
    audit.record(
        session,
        audit.EventName.DATASET_KEY_ROTATED,
        actor=actor,
        subject=f"{dataset.workgroup}/{dataset.name}",
        detail={"dataset": dataset.id, "epoch": epoch, "reason": reason},
    )
    return epoch


def rotate_workgroup_key(session: Session, custody: Custody, slug: str, *, actor: str) -> int:
    """Give a workgroup a new key pair, and every dataset that it may read a new epoch.

    To be called when a member leaves: what is written afterwards, by this workgroup or by those
    who share with it, is sealed under keys that the member's processes never held. The tokens of
    its clusters end too, since the member could have copied them.

    Returns
    -------
    int
        The workgroup's new epoch.

    Raises
    ------
    NotFoundError
        If there is no such workgroup.
    """
    if session.get(Workgroup, slug) is None:
        raise NotFoundError(f"There is no such workgroup: {slug[:40]}")
    epoch = newest_workgroup_epoch(session, slug) + 1
    store_workgroup_key(session, custody.make_workgroup_key(slug, epoch))
    end_tokens(session, account_name(slug))
    name = audit.EventName.WORKGROUP_KEY_ROTATED
    audit.record(session, name, actor=actor, subject=slug, detail={"epoch": epoch})
    granted = select(Grant.dataset).where(Grant.workgroup == slug)
    readable = select(Dataset).where(or_(Dataset.workgroup == slug, Dataset.id.in_(granted)))
    for dataset in session.scalars(readable.order_by(Dataset.id)).all():
        rotate_dataset(session, custody, dataset, actor=actor, reason=f"workgroup {slug}")
    return epoch


def targets_of(session: Session, dataset: Dataset) -> list[Target]:
    """Give everybody to whom a dataset's next key is sealed: the owner first."""
    grants = select(Grant.workgroup).where(Grant.dataset == dataset.id).order_by(Grant.workgroup)
    partners = session.scalars(select(PartnerKey).where(PartnerKey.dataset == dataset.id))
    recovery = current_recovery(session)
    return [
        require_key(session, dataset.workgroup),
        *(require_key(session, slug) for slug in session.scalars(grants)),
        *([recovery] if recovery else []),
        *(OutsideKey(row.name, row.public) for row in partners),
    ]


def _store(session: Session, key: SealedDataKey, target: Target) -> None:
    epoch = target.epoch if isinstance(target, RecipientKey) else None
    session.add(
        DatasetKey(
            dataset=key.dataset,
            epoch=key.epoch,
            recipient=key.recipient,
            recipient_epoch=epoch,
            sealed_key=key.sealed,
        )
    )
    session.flush()
