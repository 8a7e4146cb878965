"""The tables around memberships, in their first form; a part of the first migration."""

import sqlalchemy as sa
from alembic import op


def make_joining() -> None:
    """Make the tables of invitations, requests, rights to refresh, and published notebooks."""
    op.create_table(
        "invitation",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("workgroup", sa.String(32), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("label", sa.String(120), nullable=False),
        sa.Column("email", sa.String(254)),
        sa.Column("expires", sa.DateTime(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("uses_left", sa.Integer(), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("created_by", sa.String(64), nullable=False),
        sa.Column("revoked", sa.DateTime()),
        sa.CheckConstraint("uses_left >= 0", name=op.f("ck_invitation_uses_left")),
        sa.PrimaryKeyConstraint("id", name="pk_invitation"),
        sa.ForeignKeyConstraint(["workgroup"], ["workgroup.slug"], name="fk_invitation_workgroup"),
        sa.UniqueConstraint("token_hash", name="uq_invitation_token_hash"),
        sa.CheckConstraint("role IN ('lead', 'member', 'guest')", name=op.f("ck_invitation_role")),
    )
    op.create_index("ix_invitation_workgroup", "invitation", ["workgroup"])
    _requests()
    _rights()
    _snapshots()


def _requests() -> None:
    op.create_table(
        "join_request",
        sa.Column("workgroup", sa.String(32), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("workgroup", "person", name="pk_join_request"),
        sa.ForeignKeyConstraint(
            ["workgroup"], ["workgroup.slug"], name="fk_join_request_workgroup"
        ),
        sa.ForeignKeyConstraint(["person"], ["person.username"], name="fk_join_request_person"),
    )
    op.create_index("ix_join_request_person", "join_request", ["person"])


def _rights() -> None:
    op.create_table(
        "former_person",
        sa.Column("username", sa.String(64), nullable=False),
        sa.Column("removed", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("username", name="pk_former_person"),
    )
    op.create_table(
        "pending_refresh",
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("account", name="pk_pending_refresh"),
    )


def _snapshots() -> None:
    op.create_table(
        "snapshot",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("workgroup", sa.String(32), nullable=False),
        sa.Column("path", sa.String(400), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("published", sa.DateTime(), nullable=False),
        sa.Column("published_by", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_snapshot"),
        sa.UniqueConstraint("workgroup", "path", name="uq_snapshot_workgroup"),
        sa.ForeignKeyConstraint(["workgroup"], ["workgroup.slug"], name="fk_snapshot_workgroup"),
    )
