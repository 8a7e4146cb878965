"""The institution's recovery key as the registry keeps it: one is current, older ones stay known.

The key comes from the settings, as a file without secrets. To the current one every dataset's
keys are sealed: new ones when they are made, existing ones at the next start. A recovery key that
is replaced keeps what was sealed to it and gets nothing new.
"""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from museion_datasets.recipients.recipient import outside_name
from museion_datasets.recipients.recovery import RecoveryFile
from museion_hub import audit
from museion_hub.custody import OutsideKey
from museion_hub.registry.tables import RecoveryKey


def current_recovery(session: Session) -> OutsideKey | None:
    """Give the recovery key to which everything is sealed, if there is one."""
    file = current_file(session)
    return OutsideKey(outside_name(file.public), file.public) if file else None


def current_file(session: Session) -> RecoveryFile | None:
    """Give the file of the current recovery key, if there is one."""
    row = session.scalars(select(RecoveryKey).where(RecoveryKey.is_current)).one_or_none()
    return RecoveryFile.decode(row.file) if row else None


def files_by_name(session: Session) -> dict[str, RecoveryFile]:
    """Give every recovery key's file, the replaced ones included, by the recipient's name."""
    return {row.name: RecoveryFile.decode(row.file) for row in session.scalars(select(RecoveryKey))}


def set_current(session: Session, file: RecoveryFile, *, actor: str) -> bool:
    """Make a recovery key the current one; tell whether that is news."""
    name = outside_name(file.public)
    current = session.scalars(select(RecoveryKey).where(RecoveryKey.is_current)).one_or_none()
    if current is not None and current.name == name:
        return False
    if current is not None:
        current.is_current = False
        session.flush()
    row = session.get(RecoveryKey, name)
    if row is None:
        row = RecoveryKey(name=name, file=file.encode(), added=datetime.now(UTC))
        session.add(row)
    row.is_current = True
    session.flush()
    detail: audit.Detail = {"label": file.label, "threshold": file.threshold, "shares": file.shares}
    event = audit.EventName.RECOVERY_ADOPTED
    audit.record(session, event, actor=actor, subject=name, detail=detail)
    return True
