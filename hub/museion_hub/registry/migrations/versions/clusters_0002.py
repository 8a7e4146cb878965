"""Clusters and their grants."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of clusters and of what they may read."""
    op.create_table(
        "cluster",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("place", sa.String(40), nullable=False),
        sa.Column("label", sa.String(80), nullable=False),
        sa.Column("token_hash", sa.LargeBinary()),
        sa.Column("started", sa.DateTime(), nullable=False),
        sa.Column("renewed", sa.DateTime(), nullable=False),
        sa.Column("expires", sa.DateTime(), nullable=False),
        sa.Column("revoked", sa.DateTime()),
        sa.PrimaryKeyConstraint("id", name="pk_cluster"),
        sa.UniqueConstraint("account", "name", name="uq_cluster_account"),
        sa.UniqueConstraint("token_hash", name="uq_cluster_token_hash"),
    )
    op.create_index("ix_cluster_expires", "cluster", ["expires"])
    op.create_table(
        "cluster_grant",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("cluster", sa.String(32), nullable=False),
        sa.Column("dataset", sa.String(32), nullable=False),
        sa.Column("first_version", sa.Integer(), nullable=False),
        sa.Column("last_version", sa.Integer()),
        sa.Column("mode", sa.String(16), nullable=False),
        sa.Column("purpose", sa.String(40)),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("revoked", sa.DateTime()),
        sa.PrimaryKeyConstraint("id", name="pk_cluster_grant"),
        sa.ForeignKeyConstraint(
            ["cluster"], ["cluster.id"], name="fk_cluster_grant_cluster", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["dataset"], ["dataset.id"], name="fk_cluster_grant_dataset", ondelete="CASCADE"
        ),
        sa.CheckConstraint("mode IN ('read', 'write')", name=op.f("ck_cluster_grant_mode")),
    )
    op.create_index("ix_cluster_grant_cluster", "cluster_grant", ["cluster"])
    op.create_index("ix_cluster_grant_dataset", "cluster_grant", ["dataset"])


def downgrade() -> None:
    """Remove them again; clusters that run lose their keys."""
    op.drop_table("cluster_grant")
    op.drop_table("cluster")
