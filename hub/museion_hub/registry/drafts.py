"""Beginning a dataset, and forgetting one that never got a version."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from museion_datasets.model import DatasetKind, DatasetPath, DatasetRecord
from museion_datasets.place import Place
from museion_datasets.policy import DatasetPolicy
from museion_hub import audit
from museion_hub.custody import Custody
from museion_hub.registry.access import Principal
from museion_hub.registry.catalogue import Visible, require_writable, require_writer
from museion_hub.registry.epochs import begin_epoch
from museion_hub.registry.errors import ConflictError, NotFoundError
from museion_hub.registry.policies import require_storable
from museion_hub.registry.tables import Dataset, Workgroup

ID_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Description:
    """What a person says of a dataset when it begins, and where it is to lie."""

    title: str
    kind: DatasetKind
    is_synthetic: bool
    description: str
    policy: DatasetPolicy
    place: Place


def create_dataset(
    session: Session,
    custody: Custody,
    principal: Principal,
    path: DatasetPath,
    description: Description,
) -> DatasetRecord:
    """Begin a dataset of the principal's own workgroup, with a fresh key sealed to it.

    Raises
    ------
    RefusedError
        If the policy does not allow the place.
    ReadOnlyError
        If the principal is a person.
    NotFoundError
        If the workgroup is missing or another one.
    ConflictError
        If the path is taken.
    """
    if require_writer(session, principal, str(path)) != path.workgroup:
        is_known = session.get(Workgroup, path.workgroup) is not None
        raise NotFoundError(subject=str(path), reason="foreign" if is_known else "missing")
    require_storable(description.policy, description.place, str(path))
    dataset = Dataset(
        id=secrets.token_hex(ID_BYTES),
        workgroup=path.workgroup,
        name=path.name,
        title=description.title,
        kind=description.kind.value,
        rights=description.policy.rights,
        is_synthetic=description.is_synthetic,
        description=description.description,
        policy=description.policy.to_json(),
        place=description.place.name,
        created=datetime.now(UTC),
        created_by=principal.name,
    )
    _add(session, dataset, path)
    begin_epoch(session, custody, dataset)
    detail = {"dataset": dataset.id, "kind": dataset.kind, "place": dataset.place}
    name = audit.EventName.DATASET_CREATED
    audit.record(session, name, actor=principal.name, subject=str(path), detail=detail)
    return Visible(dataset, None, path.workgroup, is_writable=True).record()


def discard_draft(session: Session, principal: Principal, path: DatasetPath) -> None:
    """Forget a dataset that never got a version.

    Raises
    ------
    ConflictError
        If it has one.
    """
    visible = require_writable(session, principal, path)
    if visible.newest is not None:
        raise ConflictError(
            f"A dataset with a version can't be discarded: {path}",
            hint="only an abandoned draft can",
        )
    session.delete(visible.dataset)
    session.flush()
    name = audit.EventName.DATASET_DISCARDED
    detail = {"dataset": visible.dataset.id}
    audit.record(session, name, actor=principal.name, subject=str(path), detail=detail)


def _add(session: Session, dataset: Dataset, path: DatasetPath) -> None:
    taken = ConflictError(
        f"A dataset or draft of this name exists already: {path}",
        hint="choose another name, or commit a new version of it",
    )
    same = select(Dataset.id).where(
        Dataset.workgroup == dataset.workgroup, Dataset.name == dataset.name
    )
    if session.scalars(same).one_or_none() is not None:
        raise taken
    session.add(dataset)
    try:
        session.flush()
    except IntegrityError as error:  # another writer was quicker
        raise taken from error
