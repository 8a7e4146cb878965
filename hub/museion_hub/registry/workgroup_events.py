"""What happened in a workgroup, from the audit log, for those who may know."""

from sqlalchemy.orm import Session

from museion_datasets.log.event import Event
from museion_hub.registry.access import Principal
from museion_hub.registry.log_reading import events_of
from museion_hub.registry.permissions import Action
from museion_hub.registry.standing import require_action


def list_events(
    session: Session, principal: Principal, slug: str, *, before: int | None, limit: int
) -> list[Event]:
    """List what was done by or to a workgroup, the newest first; also what was refused.

    Parameters
    ----------
    session : Session
        For reading.
    principal : Principal
        A lead or member of it, or an administrator.
    slug : str
        The workgroup.
    before : int, optional
        Only events with a smaller index, to read on.
    limit : int
        Most events to give.
    """
    require_action(session, principal, slug, Action.READ_EVENTS)
    return events_of(session, slug, before=before, limit=limit)
