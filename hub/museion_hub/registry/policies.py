"""Holding a dataset's policy against what is asked, and changing it.

Every refusal carries its reason to the caller, who may see the dataset, and to the audit log.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

from sqlalchemy.orm import Session

from museion_datasets import policy as rules
from museion_datasets.errors import PolicyError
from museion_datasets.jurisdiction import require_jurisdiction
from museion_datasets.place import Place
from museion_datasets.policy import DatasetPolicy
from museion_datasets.recipients.recipient import Partner
from museion_hub import audit
from museion_hub.registry.errors import RefusedError
from museion_hub.registry.places import ComputePlace
from museion_hub.registry.tables import Dataset


def policy_of(dataset: Dataset) -> DatasetPolicy:
    """Give a dataset's policy."""
    return DatasetPolicy.from_json(dataset.policy)


def require_storable(policy: DatasetPolicy, place: Place, subject: str) -> None:
    """Refuse a place in which the objects may not lie."""
    with _refusing(subject):
        rules.require_storable(policy, place.name, place.jurisdiction)


def require_vendable(
    policy: DatasetPolicy, *, at: ComputePlace, is_owner: bool, purpose: str | None, subject: str
) -> None:
    """Refuse to open a dataset here, now, for this purpose, as this workgroup."""
    with _refusing(subject):
        rules.require_computable(policy, at.name, at.jurisdiction)
        rules.require_open(policy, is_owner=is_owner, purpose=purpose, today=today())


def require_partner(policy: DatasetPolicy, partner: Partner, subject: str) -> None:
    """Refuse a partner who may not read a dataset by what is declared."""
    with _refusing(subject):
        if partner.jurisdiction:
            require_jurisdiction(partner.jurisdiction)
        rules.require_computable(policy, partner.label, partner.jurisdiction)
        rules.require_open(policy, is_owner=False, purpose=partner.purpose, today=today())


def set_policy(
    session: Session, dataset: Dataset, policy: DatasetPolicy, place: Place, *, actor: str
) -> None:
    """Replace a dataset's policy, unless its objects lie where the new one forbids it."""
    subject = f"{dataset.workgroup}/{dataset.name}"
    require_storable(policy, place, subject)
    before, after = policy_of(dataset).to_json(), policy.to_json()
    dataset.policy, dataset.rights = after, policy.rights
    session.flush()
    changed = {name: str(after[name]) for name in after if after[name] != before[name]}
    name = audit.EventName.POLICY_CHANGED
    detail = {"dataset": dataset.id, **changed}
    audit.record(session, name, actor=actor, subject=subject, detail=detail)


def today() -> date:
    """Give the present day in UTC."""
    return datetime.now(UTC).date()


@contextmanager
def _refusing(subject: str) -> Iterator[None]:
    """Answer in the policy's own words.

    Raises
    ------
    RefusedError
        For a PolicyError inside.
    """
    try:
        yield
    except PolicyError as error:
        raise RefusedError(
            error.message, hint=error.hint, subject=subject, reason=error.message
        ) from error
