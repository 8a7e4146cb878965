"""The audit log: what happened to people, workgroups, datasets and keys, in one Merkle tree.

`record` appends inside the caller's transaction, so a key is never vended without its line.
`sign_checkpoint` says what the log is now, `prove` that an event is in it, `verify` recomputes
all of it and says where it was tampered with. What others see of it are salted hashes only
(formats: docs/formats/log.md); actors and subjects are names and ids, never keys or contents.
"""

from museion_hub.audit.errors import AuditError
from museion_hub.audit.events import Detail, EventName
from museion_hub.audit.recording import LogEntry, event_of, record
from museion_hub.audit.signing import open_log_key, prove, sign_checkpoint
from museion_hub.audit.verification import verify

__all__ = [
    "AuditError",
    "Detail",
    "EventName",
    "LogEntry",
    "event_of",
    "open_log_key",
    "prove",
    "record",
    "sign_checkpoint",
    "verify",
]
