"""Clusters that an account has registered, and what each of them may read or add to."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from museion_hub.registry.tables import Base, GrantMode


class Cluster(Base):
    """A cluster of one account at one place; only the hash of its token is stored.

    Without a hash the token has ended: the account may ask for another one, unless somebody
    revoked the cluster.
    """

    __tablename__ = "cluster"
    __table_args__ = (UniqueConstraint("account", "name"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(80))
    place: Mapped[str] = mapped_column(String(40))
    label: Mapped[str] = mapped_column(String(80))
    token_hash: Mapped[bytes | None] = mapped_column(unique=True)
    started: Mapped[datetime]
    renewed: Mapped[datetime]
    expires: Mapped[datetime] = mapped_column(index=True)
    revoked: Mapped[datetime | None]


class ClusterGrant(Base):
    """That a cluster may have the keys to some versions of a dataset, or add to its draft."""

    __tablename__ = "cluster_grant"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    cluster: Mapped[str] = mapped_column(ForeignKey("cluster.id", ondelete="CASCADE"), index=True)
    dataset: Mapped[str] = mapped_column(ForeignKey("dataset.id", ondelete="CASCADE"), index=True)
    first_version: Mapped[int]
    last_version: Mapped[int | None]
    mode: Mapped[GrantMode]
    purpose: Mapped[str | None] = mapped_column(String(40))
    created: Mapped[datetime]
    revoked: Mapped[datetime | None]

    def covers(self, version: int) -> bool:
        """Tell whether a version is within the grant."""
        return self.first_version <= version <= (self.last_version or version)
