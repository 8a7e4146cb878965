"""Custody of keys: the root key, the workgroups' key pairs and the datasets' keys.

Only the registry process and the supervisor, while it prepares a start, open a `Custody`. No
plaintext key ever leaves it: keys come in and go out sealed, to a workgroup, to the root, or to
the ephemeral key of a process that asked. A deployment in which workgroups hold their own keys
would put another implementation behind the same five methods.
"""

from museion_hub.custody.errors import CustodyError
from museion_hub.custody.guards import Guard
from museion_hub.custody.keys import (
    Custody,
    OutsideKey,
    RecipientKey,
    RootCustody,
    SealedDataKey,
    Target,
)
from museion_hub.custody.process import harden_process
from museion_hub.custody.root import open_root_key

__all__ = [
    "Custody",
    "CustodyError",
    "Guard",
    "OutsideKey",
    "RecipientKey",
    "RootCustody",
    "SealedDataKey",
    "Target",
    "harden_process",
    "open_root_key",
]
