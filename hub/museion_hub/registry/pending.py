"""What the hub must still hear of an account, written down in the transaction of the change."""

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from museion_hub.registry.workgroup_tables import PendingRefresh


def mark_for_refresh(session: Session, account: str, *, ends_sessions: bool = False) -> None:
    """Keep in mind that the hub must read an account's rights again, or end its sessions too."""
    row = session.get(PendingRefresh, account)
    is_ending = ends_sessions or (row is not None and row.ends_sessions)
    now = datetime.now(UTC)
    session.merge(PendingRefresh(account=account, since=now, ends_sessions=is_ending))
