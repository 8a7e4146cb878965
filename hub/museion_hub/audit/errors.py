"""What stops the log: somebody compares it with a backup, or with what members have kept."""

from enum import StrEnum

from museion_hub.errors import HubError

_HINT = "restore the registry from a backup and compare the two logs"


class AuditErrorKind(StrEnum):
    """Stable names of what is wrong."""

    ALTERED = "audit_altered"


class AuditError(HubError):
    """The log is not what was recorded.

    Parameters
    ----------
    index : int
        First event at which that shows, counted from 0.
    finding : str
        What was found there.
    """

    kind = AuditErrorKind.ALTERED

    def __init__(self, index: int, finding: str) -> None:
        super().__init__(f"The audit log was altered at event {index}: {finding}", hint=_HINT)
        self.index = index
