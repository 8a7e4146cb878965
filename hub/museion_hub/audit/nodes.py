"""The log's tree in the database: every complete subtree is stored once, and never changed.

The leaves stand with their events; each append adds the subtrees that it completes, one on
average, and reads as many. A root or a proof reads at most two nodes for each level of the tree.
"""

from typing import Final

from sqlalchemy import bindparam, insert, select
from sqlalchemy.orm import Session

from museion_datasets.log.tree import NodeReader, TreeHead, completed_nodes, root_of
from museion_hub.audit.errors import AuditError
from museion_hub.audit.tables import AuditEvent, LogNode

# Each runs at every append: put together once, without the mapper.
_EVENTS: Final = AuditEvent.__table__.c
_NODES: Final = LogNode.__table__.c
_NEWEST: Final = select(_EVENTS.log_index).order_by(_EVENTS.log_index.desc()).limit(1)
_LEAF: Final = select(_EVENTS.leaf_hash).where(_EVENTS.log_index == bindparam("position"))
_NODE: Final = select(_NODES.hash).where(
    _NODES.level == bindparam("level"), _NODES.position == bindparam("position")
)
_ADD_NODE: Final = insert(LogNode)


def tree_size(session: Session) -> int:
    """Return how many events the log has."""
    index = session.connection().scalar(_NEWEST)
    return 0 if index is None else int(index) + 1


def tree_head(session: Session) -> TreeHead:
    """Return size and root of the log as it is now."""
    size = tree_size(session)
    return TreeHead(size, root_of(size, node_reader(session)))


def append_nodes(session: Session, index: int, leaf: bytes) -> None:
    """Store the subtrees that a new leaf completes."""
    rows = [
        {"level": node.level, "position": node.index, "hash": node.hash}
        for node in completed_nodes(index, leaf, node_reader(session))
    ]
    if rows:
        session.connection().execute(_ADD_NODE, rows)


def node_reader(session: Session) -> NodeReader:
    """See the stored tree as hashes of complete subtrees.

    Raises
    ------
    AuditError
        When a hash is asked for that should be there and is not.
    """
    connection = session.connection()

    def read(level: int, index: int) -> bytes:
        parameters = {"position": index} | ({"level": level} if level else {})
        found = connection.scalar(_NODE if level else _LEAF, parameters)
        if found is None:
            raise AuditError(index << level, "a hash of the tree above it is missing")
        return bytes(found)

    return read


def row_of_hashes(session: Session, level: int, first: int, count: int) -> list[bytes]:
    """Return neighbouring hashes of one level, as many as are there."""
    place, hash_ = (
        (LogNode.position, LogNode.hash) if level else (AuditEvent.log_index, AuditEvent.leaf_hash)
    )
    query = select(hash_).where(place.between(first, first + count - 1)).order_by(place)
    return list(session.scalars(query.where(LogNode.level == level) if level else query))
