"""What workgroups publish to their guests, sealed at rest under the root key.

So a stolen copy of the registry's tables shows no page. Workgroup and snapshot are associated
data: a page that is moved to another row does not open.
"""

from typing import Protocol

from museion_datasets import envelope
from museion_datasets.errors import KeyUnavailableError
from museion_hub.custody.errors import SealedSnapshotError


class SnapshotCustody(Protocol):
    """What published pages ask of whoever holds the keys."""

    def seal_snapshot(self, workgroup: str, snapshot: str, page: bytes) -> bytes:
        """Seal a page for one row of the tables."""
        ...

    def open_snapshot(self, workgroup: str, snapshot: str, sealed: bytes) -> bytes:
        """Open what was sealed for this row."""
        ...


def seal_snapshot(root: bytes, workgroup: str, snapshot: str, page: bytes) -> bytes:
    """Seal a page."""
    return envelope.wrap_under_root(root, page, _info(workgroup, snapshot))


def open_snapshot(root: bytes, workgroup: str, snapshot: str, sealed: bytes) -> bytes:
    """Open a page.

    Raises
    ------
    SealedSnapshotError
        If it was altered, moved, or sealed under another root key.
    """
    try:
        return envelope.unwrap_under_root(root, sealed, _info(workgroup, snapshot))
    except KeyUnavailableError:
        raise SealedSnapshotError(f"{workgroup}/{snapshot}") from None


def _info(workgroup: str, snapshot: str) -> bytes:
    # Neither a slug nor an id contains a slash.
    return f"museion/snapshot/v1/{workgroup}/{snapshot}".encode()
