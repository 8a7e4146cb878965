"""The audit log: what happened to people, workgroups, datasets and keys, in one append-only chain.

`record` appends inside the caller's transaction, so a key is never vended without its line.
`verify` walks the chain and says where it was tampered with. Reading, publishing and witnessing
the log are left to others. Actors and subjects are names and ids, never keys or contents.
"""

from museion_hub.audit.chain import AuditError, ChainHead, record, verify
from museion_hub.audit.events import Detail, EventName

__all__ = ["AuditError", "ChainHead", "Detail", "EventName", "record", "verify"]
