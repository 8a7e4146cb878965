"""What the log stores: its events, its tree, what it has signed, and its sealed key.

All but the key are append-only: triggers refuse UPDATE, DELETE and an INSERT out of order. The
migrations make the same tables; a test holds the two equal.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import DDL, BigInteger, CheckConstraint, String, event
from sqlalchemy.orm import Mapped, mapped_column

from museion_hub.audit import append_only
from museion_hub.registry.tables import Base


class AuditEvent(Base):
    """One event with the salt that hides it in the log, and the leaf hash that commits to it."""

    __tablename__ = "audit_event"

    log_index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    time: Mapped[datetime]
    event: Mapped[str] = mapped_column(String(64))
    actor: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(200))
    detail: Mapped[dict[str, Any]]
    salt: Mapped[bytes]
    leaf_hash: Mapped[bytes]


class LogNode(Base):
    """The hash of a complete subtree above the leaves; `position` counts within its level."""

    __tablename__ = "log_node"

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[bytes]


class LogCheckpoint(Base):
    """A size at which the log was signed, and the root that it must have there for ever."""

    __tablename__ = "log_checkpoint"

    tree_size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    root: Mapped[bytes]


class LogKey(Base):
    """The log's name, its public keys, and its private keys sealed under the root key."""

    __tablename__ = "log_key"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    origin: Mapped[str] = mapped_column(String(255))
    verifiers: Mapped[dict[str, Any]]
    sealed: Mapped[bytes]


for _model in (AuditEvent, LogNode, LogCheckpoint):
    for _dialect, _statements in (
        ("sqlite", append_only.on_sqlite(_model.__tablename__)),
        ("postgresql", append_only.on_postgresql(_model.__tablename__)),
    ):
        for _statement in _statements:
            _trigger = DDL(_statement)  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
            event.listen(_model.__table__, "after_create", _trigger.execute_if(dialect=_dialect))
