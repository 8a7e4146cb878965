"""A dataset's keys as sealed to its recipients, and sharing it with one more."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from museion_datasets.model import DatasetPath
from museion_datasets.policy import GrantRole
from museion_hub import audit
from museion_hub.custody import Custody, SealedDataKey
from museion_hub.registry.errors import InternalError, InvalidError, NotFoundError
from museion_hub.registry.tables import Dataset, DatasetKey, Grant, Workgroup
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
    dataset = session.scalars(
        select(Dataset).where(Dataset.workgroup == path.workgroup, Dataset.name == path.name)
    ).one_or_none()
    if dataset is None or session.get(Workgroup, recipient) is None:
        raise NotFoundError(f"There is no such dataset or workgroup: {path}, {recipient[:40]}")
    if recipient == dataset.workgroup:
        raise InvalidError(f"The dataset is the workgroup's own: {path}", hint="name another one")
    if session.get(Grant, (dataset.id, recipient)) is not None:
        return
    session.add(Grant(dataset=dataset.id, workgroup=recipient, role=GrantRole.READER))
    target = require_key(session, recipient)
    for sealed, holder_epoch in keys_of(session, dataset.id, dataset.workgroup):
        holder = require_key(session, dataset.workgroup, holder_epoch)
        store_key(session, custody.share(sealed, holder, target), target.epoch)
    name = audit.EventName.DATASET_SHARED
    audit.record(session, name, actor=actor, subject=str(path), detail={"recipient": recipient})


def require_sealed_key(session: Session, dataset: str, recipient: str) -> tuple[SealedDataKey, int]:
    """Give the newest epoch's key as sealed to a recipient, and the recipient's key epoch.

    Raises
    ------
    InternalError
        If the recipient was granted access but no key.
    """
    keys = list(keys_of(session, dataset, recipient))
    if not keys:
        raise InternalError(reason=f"dataset {dataset} has no key for {recipient}")
    return keys[-1]


def keys_of(session: Session, dataset: str, recipient: str) -> Iterator[tuple[SealedDataKey, int]]:
    """Give each epoch's key as sealed to a recipient, with the recipient's own key epoch."""
    rows = session.scalars(
        select(DatasetKey)
        .where(DatasetKey.dataset == dataset, DatasetKey.recipient == recipient)
        .order_by(DatasetKey.epoch)
    )
    for row in rows:
        key = SealedDataKey(row.dataset, row.epoch, row.recipient, row.sealed_key)
        yield key, row.recipient_epoch


def store_key(session: Session, key: SealedDataKey, recipient_epoch: int) -> None:
    """Keep a dataset's key for a recipient."""
    session.add(
        DatasetKey(
            dataset=key.dataset,
            epoch=key.epoch,
            recipient=key.recipient,
            recipient_epoch=recipient_epoch,
            sealed_key=key.sealed,
        )
    )
    session.flush()
