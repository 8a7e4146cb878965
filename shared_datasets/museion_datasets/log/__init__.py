"""The log of releases and access, for those who do not run it: formats of C2SP, RFC 6962 inside.

From the bottom: `tree` (hashes, roots, proofs made), `proof` (proofs verified), `keys` and `note`
(signed text), `checkpoint` and `cosignature` (what is signed), `tiles` (how a log is published),
`event` (what an entry commits to), `logged` (a proof that needs no hub), `follow` (a log checked
against itself), `pin` (what a member keeps), `remote` (over HTTP), `commands` (`museion audit`).
"""

from museion_datasets.log.checkpoint import Checkpoint
from museion_datasets.log.cosignature import (
    SignedCheckpoint,
    find_cosignatures,
    open_checkpoint,
    require_witnesses,
)
from museion_datasets.log.event import entry_of, event_leaf
from museion_datasets.log.keys import Verifier
from museion_datasets.log.logged import LogProof, require_logged
from museion_datasets.log.proof import verify_consistency, verify_inclusion
from museion_datasets.log.tree import TreeHead

__all__ = [
    "Checkpoint",
    "LogProof",
    "SignedCheckpoint",
    "TreeHead",
    "Verifier",
    "entry_of",
    "event_leaf",
    "find_cosignatures",
    "open_checkpoint",
    "require_logged",
    "require_witnesses",
    "verify_consistency",
    "verify_inclusion",
]
