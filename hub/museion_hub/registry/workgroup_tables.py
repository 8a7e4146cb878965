"""What leads to a membership and away from it, and what a workgroup shows its guests."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from museion_hub.registry.tables import Base, Role


class Invitation(Base):
    """A link that makes whoever follows it a member; only the hash of its token is stored."""

    __tablename__ = "invitation"
    __table_args__ = (CheckConstraint("uses_left >= 0", name="uses_left"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    workgroup: Mapped[str] = mapped_column(ForeignKey("workgroup.slug"), index=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    role: Mapped[Role]
    label: Mapped[str] = mapped_column(String(120))
    email: Mapped[str | None] = mapped_column(String(254))
    expires: Mapped[datetime]
    uses: Mapped[int]
    uses_left: Mapped[int]
    created: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(64))
    revoked: Mapped[datetime | None]


class JoinRequest(Base):
    """A person's wish to become a member of a workgroup."""

    __tablename__ = "join_request"

    workgroup: Mapped[str] = mapped_column(ForeignKey("workgroup.slug"), primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey("person.username"), primary_key=True, index=True)
    message: Mapped[str] = mapped_column(Text)
    created: Mapped[datetime]


class FormerPerson(Base):
    """A username that was somebody's: nobody gets it again, with files and history on it."""

    __tablename__ = "former_person"

    username: Mapped[str] = mapped_column(String(64), primary_key=True)
    removed: Mapped[datetime]


class PendingRefresh(Base):
    """An account whose rights changed and of which the hub has not yet confirmed that it knows.

    Written in the transaction of the change, so no crash between the two leaves a door open.
    `ends_sessions` says that the person's sessions end with it.
    """

    __tablename__ = "pending_refresh"

    account: Mapped[str] = mapped_column(String(64), primary_key=True)
    since: Mapped[datetime]
    ends_sessions: Mapped[bool] = mapped_column(default=False, server_default=false())


class LogPosition(Base):
    """How far in the log somebody has looked who acts on what stands there."""

    __tablename__ = "log_position"

    reader: Mapped[str] = mapped_column(String(32), primary_key=True)
    seen: Mapped[int]


class Snapshot(Base):
    """A notebook as the workgroup published it to its guests; `sealed` is the rendered page."""

    __tablename__ = "snapshot"
    __table_args__ = (UniqueConstraint("workgroup", "path"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    workgroup: Mapped[str] = mapped_column(ForeignKey("workgroup.slug"))
    path: Mapped[str] = mapped_column(String(400))
    title: Mapped[str] = mapped_column(String(200))
    sealed: Mapped[bytes] = mapped_column(deferred=True)
    size_bytes: Mapped[int]
    published: Mapped[datetime]
    published_by: Mapped[str] = mapped_column(String(64))
