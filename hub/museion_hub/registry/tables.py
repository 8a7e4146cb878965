"""What the registry stores. The migrations make the same tables; a test holds the two equal.

Times are UTC. Roles and kinds are words with a CHECK, so that the same statements run on SQLite
and PostgreSQL. The log has tables of its own, in `museion_hub.audit.tables`; what leads to a
membership or away from it stands in `workgroup_tables`, clusters in `cluster_tables`.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
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


class WorkgroupState(StrEnum):
    """Where a workgroup is in its life.

    PENDING: asked for, without a workspace, seen by its lead and administrators. ARCHIVED: nothing
    is written or started any more, all is kept.
    """

    PENDING = "pending"
    ACTIVE = "active"
    ARCHIVED = "archived"


class MembershipSource(StrEnum):
    """Who decides on a membership: people here, or the identity provider alone."""

    LOCAL = "local"
    PROVIDER = "provider"


class GrantMode(StrEnum):
    """What the processes of a cluster do with a dataset: read versions, or add to a draft."""

    READ = "read"
    WRITE = "write"


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
        WorkgroupState: _words(WorkgroupState, "state"),
        MembershipSource: _words(MembershipSource, "source"),
        GrantMode: _words(GrantMode, "mode"),
    }


class Person(Base):
    """Someone who can sign in. No person has a name that belongs to workgroups' accounts.

    `subject` is ``<issuer>#<sub>`` of the identity provider through which the person signs in.
    """

    __tablename__ = "person"
    __table_args__ = (
        CheckConstraint("username NOT LIKE 'wg-%' AND username NOT LIKE 'ws-%'", name="username"),
    )

    username: Mapped[str] = mapped_column(String(64), primary_key=True)
    display_name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str | None] = mapped_column(String(255), deferred=True)
    color: Mapped[str] = mapped_column(String(7))
    email: Mapped[str | None] = mapped_column(String(254))
    is_administrator: Mapped[bool] = mapped_column(default=False)
    subject: Mapped[str | None] = mapped_column(String(512), unique=True)
    created: Mapped[datetime]


class Workgroup(Base):
    """A group of people with one workspace, one hub account and datasets of its own.

    `skeleton` is what the slug looks like at a glance: two workgroups never share one.
    """

    __tablename__ = "workgroup"

    slug: Mapped[str] = mapped_column(String(32), primary_key=True)
    skeleton: Mapped[str] = mapped_column(String(32), unique=True)
    title: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(Text)
    state: Mapped[WorkgroupState]
    is_listed: Mapped[bool] = mapped_column(default=False)
    created: Mapped[datetime]
    archived: Mapped[datetime | None]


class Membership(Base):
    """A person's place in a workgroup."""

    __tablename__ = "membership"

    person: Mapped[str] = mapped_column(ForeignKey("person.username"), primary_key=True)
    workgroup: Mapped[str] = mapped_column(
        ForeignKey("workgroup.slug"), primary_key=True, index=True
    )
    role: Mapped[Role]
    source: Mapped[MembershipSource] = mapped_column(default=MembershipSource.LOCAL)
    joined: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))


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
    policy: Mapped[dict[str, Any]]
    place: Mapped[str] = mapped_column(String(40))
    created: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(64))


class DatasetKey(Base):
    """A dataset's key in one epoch, sealed to one key pair of one recipient.

    A recipient is a workgroup, or ``key:<fingerprint>``, which has no epochs: the recovery key or
    a partner.
    """

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
    recipient: Mapped[str] = mapped_column(String(80), primary_key=True)
    recipient_epoch: Mapped[int | None]
    sealed_key: Mapped[bytes]


class RecoveryKey(Base):
    """A recovery key of the institution; to the current one every dataset's keys are sealed."""

    __tablename__ = "recovery_key"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    file: Mapped[bytes]
    is_current: Mapped[bool]
    added: Mapped[datetime]


class PartnerKey(Base):
    """A public key outside the hub with which a dataset is shared."""

    __tablename__ = "partner_key"

    dataset: Mapped[str] = mapped_column(
        ForeignKey("dataset.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    label: Mapped[str] = mapped_column(String(120))
    public: Mapped[bytes]
    jurisdiction: Mapped[str] = mapped_column(String(8))
    purpose: Mapped[str | None] = mapped_column(String(40))
    added: Mapped[datetime]
    added_by: Mapped[str] = mapped_column(String(64))


class DatasetVersion(Base):
    """One committed head. The primary key decides a race between two commits."""

    __tablename__ = "dataset_version"

    dataset: Mapped[str] = mapped_column(ForeignKey("dataset.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    head: Mapped[dict[str, Any]]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    author: Mapped[str] = mapped_column(String(64))
    created: Mapped[datetime]


class SignerKey(Base):
    """A signing key of an account or the institution, sealed under the root key."""

    __tablename__ = "signer_key"

    owner: Mapped[str] = mapped_column(String(64), primary_key=True)
    public: Mapped[bytes]
    sealed: Mapped[bytes]
    certificate: Mapped[bytes | None]
    created: Mapped[datetime]


class DatasetRelease(Base):
    """A version that was signed. The primary key decides a race between two releases."""

    __tablename__ = "dataset_release"
    __table_args__ = (
        ForeignKeyConstraint(
            ["dataset", "version"], ["dataset_version.dataset", "dataset_version.version"]
        ),
    )

    dataset: Mapped[str] = mapped_column(String(32), primary_key=True)
    release: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    author: Mapped[str] = mapped_column(String(64))
    created: Mapped[datetime]
    envelope: Mapped[bytes]
    signers: Mapped[bytes]
    log: Mapped[bytes]


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
