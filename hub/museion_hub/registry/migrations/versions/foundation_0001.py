"""The first form of the tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ABORT = "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
_OUT_OF_ORDER = "WHEN NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM audit_event)"
_APPEND_ONLY = (
    f"CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event {_ABORT}",
    f"CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_event {_ABORT}",
    f"CREATE TRIGGER audit_event_in_order BEFORE INSERT ON audit_event {_OUT_OF_ORDER} {_ABORT}",
)


def upgrade() -> None:
    """Make all tables."""
    _people()
    _workgroups()
    _datasets()
    _grants()
    _keys()
    _log()


def downgrade() -> None:
    """Remove all tables, and with them everything."""
    for table in (
        "audit_event",
        "presence",
        "dataset_grant",
        "dataset_version",
        "dataset_key",
        "dataset",
        "workgroup_key",
        "membership",
        "workgroup",
        "person",
    ):
        op.drop_table(table)


def _people() -> None:
    op.create_table(
        "person",
        sa.Column("username", sa.String(64), nullable=False),
        sa.Column("display_name", sa.String(120), nullable=False),
        sa.Column("password_hash", sa.String(255)),
        sa.Column("color", sa.String(7), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("username", name="pk_person"),
        sa.CheckConstraint(
            "username NOT LIKE 'wg-%' AND username NOT LIKE 'ws-%'",
            name=op.f("ck_person_username"),
        ),
    )


def _workgroups() -> None:
    op.create_table(
        "workgroup",
        sa.Column("slug", sa.String(32), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name="pk_workgroup"),
    )
    op.create_table(
        "membership",
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("workgroup", sa.String(32), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("person", "workgroup", name="pk_membership"),
        sa.ForeignKeyConstraint(["person"], ["person.username"], name="fk_membership_person"),
        sa.ForeignKeyConstraint(["workgroup"], ["workgroup.slug"], name="fk_membership_workgroup"),
        sa.CheckConstraint("role IN ('lead', 'member', 'guest')", name=op.f("ck_membership_role")),
    )
    op.create_index("ix_membership_workgroup", "membership", ["workgroup"])
    op.create_table(
        "presence",
        sa.Column("workgroup", sa.String(32), nullable=False),
        sa.Column("username", sa.String(64), nullable=False),
        sa.Column("last_seen", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("workgroup", "username", name="pk_presence"),
        sa.ForeignKeyConstraint(["workgroup"], ["workgroup.slug"], name="fk_presence_workgroup"),
        sa.ForeignKeyConstraint(["username"], ["person.username"], name="fk_presence_username"),
    )


def _datasets() -> None:
    op.create_table(
        "dataset",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("workgroup", sa.String(32), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("rights", sa.String(64), nullable=False),
        sa.Column("is_synthetic", sa.Boolean(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("created_by", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_dataset"),
        sa.UniqueConstraint("workgroup", "name", name="uq_dataset_workgroup"),
        sa.ForeignKeyConstraint(["workgroup"], ["workgroup.slug"], name="fk_dataset_workgroup"),
    )
    op.create_table(
        "dataset_version",
        sa.Column("dataset", sa.String(32), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("head", sa.JSON(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.String(64), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("dataset", "version", name="pk_dataset_version"),
        sa.ForeignKeyConstraint(["dataset"], ["dataset.id"], name="fk_dataset_version_dataset"),
    )


def _grants() -> None:
    op.create_table(
        "dataset_grant",
        sa.Column("dataset", sa.String(32), nullable=False),
        sa.Column("workgroup", sa.String(32), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("dataset", "workgroup", name="pk_dataset_grant"),
        sa.ForeignKeyConstraint(
            ["dataset"], ["dataset.id"], name="fk_dataset_grant_dataset", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workgroup"], ["workgroup.slug"], name="fk_dataset_grant_workgroup"
        ),
        sa.CheckConstraint("role IN ('reader', 'writer')", name=op.f("ck_dataset_grant_role")),
    )
    op.create_index("ix_dataset_grant_workgroup", "dataset_grant", ["workgroup"])


def _keys() -> None:
    op.create_table(
        "workgroup_key",
        sa.Column("workgroup", sa.String(32), nullable=False),
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_private", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("workgroup", "epoch", name="pk_workgroup_key"),
        sa.ForeignKeyConstraint(
            ["workgroup"], ["workgroup.slug"], name="fk_workgroup_key_workgroup"
        ),
    )
    op.create_table(
        "dataset_key",
        sa.Column("dataset", sa.String(32), nullable=False),
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("recipient", sa.String(32), nullable=False),
        sa.Column("recipient_epoch", sa.Integer(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("dataset", "epoch", "recipient", name="pk_dataset_key"),
        sa.ForeignKeyConstraint(
            ["recipient", "recipient_epoch"],
            ["workgroup_key.workgroup", "workgroup_key.epoch"],
            name="fk_dataset_key_recipient",
        ),
        sa.ForeignKeyConstraint(
            ["dataset"], ["dataset.id"], name="fk_dataset_key_dataset", ondelete="CASCADE"
        ),
    )


def _log() -> None:
    op.create_table(
        "audit_event",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("time", sa.DateTime(), nullable=False),
        sa.Column("event", sa.String(64), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.Column("chain_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_event"),
    )
    if op.get_bind().dialect.name == "sqlite":
        for statement in _APPEND_ONLY:
            op.execute(statement)
