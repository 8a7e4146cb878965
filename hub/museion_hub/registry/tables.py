"""What the registry stores. The migrations make the same tables; a test holds the two equal.

Times are UTC. Roles and kinds are words with a CHECK, so that the same statements run on SQLite
and PostgreSQL. The audit log is append-only: on SQLite triggers refuse
UPDATE, DELETE and an INSERT out of order.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    DDL,
    JSON,
    BigInteger,
    CheckConstraint,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    event,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from museion_datasets.policy import GrantRole

NAMING: Final = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Role(StrEnum):
    """What a person is in a workgroup."""

    LEAD = "lead"
    MEMBER = "member"
    GUEST = "guest"


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC time, stored without a zone because SQLite has none."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Store the UTC wall time."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Give the zone back."""
        return None if value is None else value.replace(tzinfo=UTC)


def _words(enum: type[StrEnum], name: str) -> Enum:
    return Enum(
        enum,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=16,
        values_callable=lambda members: [member.value for member in members],
    )


class Base(DeclarativeBase):
    """Base of all tables, with names for every constraint so that migrations can find them."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 - read by SQLAlchemy, not by instances
        datetime: UtcTime(),
        bytes: LargeBinary(),
        dict[str, Any]: JSON(),
        Role: _words(Role, "role"),
        GrantRole: _words(GrantRole, "role"),
    }


class Person(Base):
    """Someone who can sign in. No person has a name that belongs to workgroups' accounts."""

    __tablename__ = "person"
    __table_args__ = (
        CheckConstraint("username NOT LIKE 'wg-%' AND username NOT LIKE 'ws-%'", name="username"),
    )

    username: Mapped[str] = mapped_column(String(64), primary_key=True)
    display_name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str | None] = mapped_column(String(255), deferred=True)
    color: Mapped[str] = mapped_column(String(7))
    created: Mapped[datetime]


class Workgroup(Base):
    """A group of people with one workspace, one hub account and datasets of its own."""

    __tablename__ = "workgroup"

    slug: Mapped[str] = mapped_column(String(32), primary_key=True)
    title: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(Text)
    created: Mapped[datetime]


class Membership(Base):
    """A person's place in a workgroup."""

    __tablename__ = "membership"

    person: Mapped[str] = mapped_column(ForeignKey("person.username"), primary_key=True)
    workgroup: Mapped[str] = mapped_column(
        ForeignKey("workgroup.slug"), primary_key=True, index=True
    )
    role: Mapped[Role]


class WorkgroupKey(Base):
    """A workgroup's key pair in one epoch; the private half is sealed under the root key."""

    __tablename__ = "workgroup_key"

    workgroup: Mapped[str] = mapped_column(ForeignKey("workgroup.slug"), primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    public: Mapped[bytes]
    sealed_private: Mapped[bytes]


class Dataset(Base):
    """A dataset's public card; what is in it stands in its sealed objects."""

    __tablename__ = "dataset"
    __table_args__ = (UniqueConstraint("workgroup", "name"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    workgroup: Mapped[str] = mapped_column(ForeignKey("workgroup.slug"))
    name: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(16))
    rights: Mapped[str] = mapped_column(String(64))
    is_synthetic: Mapped[bool]
    description: Mapped[str] = mapped_column(Text)
    created: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(64))


class DatasetKey(Base):
    """A dataset's key in one epoch, sealed to one key pair of one recipient workgroup."""

    __tablename__ = "dataset_key"
    __table_args__ = (
        ForeignKeyConstraint(
            ["recipient", "recipient_epoch"], ["workgroup_key.workgroup", "workgroup_key.epoch"]
        ),
    )

    dataset: Mapped[str] = mapped_column(
        ForeignKey("dataset.id", ondelete="CASCADE"), primary_key=True
    )
    epoch: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    recipient: Mapped[str] = mapped_column(String(32), primary_key=True)
    recipient_epoch: Mapped[int]
    sealed_key: Mapped[bytes]


class DatasetVersion(Base):
    """One committed head. The primary key decides a race between two commits."""

    __tablename__ = "dataset_version"

    dataset: Mapped[str] = mapped_column(ForeignKey("dataset.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    head: Mapped[dict[str, Any]]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    author: Mapped[str] = mapped_column(String(64))
    created: Mapped[datetime]


class Grant(Base):
    """What another workgroup may do with a dataset."""

    __tablename__ = "dataset_grant"

    dataset: Mapped[str] = mapped_column(
        ForeignKey("dataset.id", ondelete="CASCADE"), primary_key=True
    )
    workgroup: Mapped[str] = mapped_column(
        ForeignKey("workgroup.slug"), primary_key=True, index=True
    )
    role: Mapped[GrantRole]


class Presence(Base):
    """When a member was last seen in the workgroup's workspace."""

    __tablename__ = "presence"

    workgroup: Mapped[str] = mapped_column(ForeignKey("workgroup.slug"), primary_key=True)
    username: Mapped[str] = mapped_column(ForeignKey("person.username"), primary_key=True)
    last_seen: Mapped[datetime]


class AuditEvent(Base):
    """One line of the append-only log; see `museion_hub.audit` for the chain."""

    __tablename__ = "audit_event"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    time: Mapped[datetime]
    event: Mapped[str] = mapped_column(String(64))
    actor: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(200))
    detail: Mapped[dict[str, Any]]
    salt: Mapped[bytes]
    leaf_hash: Mapped[bytes]
    chain_hash: Mapped[bytes]


_ABORT: Final = "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
_OUT_OF_ORDER: Final = "WHEN NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM audit_event)"
APPEND_ONLY: Final = (
    f"CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event {_ABORT}",
    f"CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_event {_ABORT}",
    # INSERT OR REPLACE would delete without asking the trigger above.
    f"CREATE TRIGGER audit_event_in_order BEFORE INSERT ON audit_event {_OUT_OF_ORDER} {_ABORT}",
)
for _statement in APPEND_ONLY:
    _trigger = DDL(_statement)  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
    event.listen(AuditEvent.__table__, "after_create", _trigger.execute_if(dialect="sqlite"))
