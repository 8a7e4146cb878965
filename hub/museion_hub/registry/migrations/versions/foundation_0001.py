"""The first form of the tables."""

import sqlalchemy as sa
from alembic import op

from museion_hub.registry.migrations.joining import make_joining

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ABORT = "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
_RAISE = (
    "RAISE EXCEPTION 'the audit log is append-only' "
    "USING ERRCODE = 'integrity_constraint_violation';"
)
_OUT_OF_ORDER = {
    "audit_event": "NEW.log_index <> (SELECT COALESCE(MAX(log_index), -1) + 1 FROM audit_event)",
    "log_node": (
        "EXISTS (SELECT 1 FROM log_node WHERE level = NEW.level AND position = NEW.position)"
    ),
    "log_checkpoint": (
        "NEW.tree_size <= (SELECT COALESCE(MAX(tree_size), -1) FROM log_checkpoint)"
    ),
}


def upgrade() -> None:
    """Make all tables."""
    _people()
    _workgroups()
    make_joining()
    _datasets()
    _grants()
    _keys()
    _outside_keys()
    _releases()
    _log()


def downgrade() -> None:
    """Remove all tables, and with them everything."""
    for table in (
        "log_key",
        "log_checkpoint",
        "log_node",
        "audit_event",
        "presence",
        "dataset_grant",
        "signer_key",
        "dataset_release",
        "dataset_version",
        "partner_key",
        "recovery_key",
        "dataset_key",
        "dataset",
        "workgroup_key",
        "snapshot",
        "pending_refresh",
        "former_person",
        "join_request",
        "invitation",
        "membership",
        "workgroup",
        "person",
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for table in _OUT_OF_ORDER:
            op.execute(f"DROP FUNCTION {table}_refuse(), {table}_order()")


def _people() -> None:
    op.create_table(
        "person",
        sa.Column("username", sa.String(64), nullable=False),
        sa.Column("display_name", sa.String(120), nullable=False),
        sa.Column("password_hash", sa.String(255)),
        sa.Column("color", sa.String(7), nullable=False),
        sa.Column("email", sa.String(254)),
        sa.Column("is_administrator", sa.Boolean(), nullable=False),
        sa.Column("subject", sa.String(512)),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("username", name="pk_person"),
        sa.CheckConstraint(
            "username NOT LIKE 'wg-%' AND username NOT LIKE 'ws-%'",
            name=op.f("ck_person_username"),
        ),
        sa.UniqueConstraint("subject", name="uq_person_subject"),
    )


def _workgroups() -> None:
    op.create_table(
        "workgroup",
        sa.Column("slug", sa.String(32), nullable=False),
        sa.Column("skeleton", sa.String(32), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("is_listed", sa.Boolean(), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("archived", sa.DateTime()),
        sa.PrimaryKeyConstraint("slug", name="pk_workgroup"),
        sa.UniqueConstraint("skeleton", name="uq_workgroup_skeleton"),
        sa.CheckConstraint(
            "state IN ('pending', 'active', 'archived')", name=op.f("ck_workgroup_state")
        ),
    )
    op.create_table(
        "membership",
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("workgroup", sa.String(32), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("joined", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("person", "workgroup", name="pk_membership"),
        sa.ForeignKeyConstraint(["person"], ["person.username"], name="fk_membership_person"),
        sa.ForeignKeyConstraint(["workgroup"], ["workgroup.slug"], name="fk_membership_workgroup"),
        sa.CheckConstraint("role IN ('lead', 'member', 'guest')", name=op.f("ck_membership_role")),
        sa.CheckConstraint("source IN ('local', 'provider')", name=op.f("ck_membership_source")),
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
        sa.Column("policy", sa.JSON(), nullable=False),
        sa.Column("place", sa.String(40), nullable=False),
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
        sa.Column("recipient", sa.String(80), nullable=False),
        sa.Column("recipient_epoch", sa.Integer()),
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


def _outside_keys() -> None:
    op.create_table(
        "recovery_key",
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("file", sa.LargeBinary(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("added", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_recovery_key"),
    )
    op.create_table(
        "partner_key",
        sa.Column("dataset", sa.String(32), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("label", sa.String(120), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("jurisdiction", sa.String(8), nullable=False),
        sa.Column("purpose", sa.String(40)),
        sa.Column("added", sa.DateTime(), nullable=False),
        sa.Column("added_by", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("dataset", "name", name="pk_partner_key"),
        sa.ForeignKeyConstraint(
            ["dataset"], ["dataset.id"], name="fk_partner_key_dataset", ondelete="CASCADE"
        ),
    )


def _releases() -> None:
    op.create_table(
        "signer_key",
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("certificate", sa.LargeBinary()),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("owner", name="pk_signer_key"),
    )
    op.create_table(
        "dataset_release",
        sa.Column("dataset", sa.String(32), nullable=False),
        sa.Column("release", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("author", sa.String(64), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("signers", sa.LargeBinary(), nullable=False),
        sa.Column("log", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("dataset", "release", name="pk_dataset_release"),
        sa.ForeignKeyConstraint(
            ["dataset", "version"],
            ["dataset_version.dataset", "dataset_version.version"],
            name="fk_dataset_release_dataset",
        ),
    )


def _log() -> None:
    op.create_table(
        "audit_event",
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("time", sa.DateTime(), nullable=False),
        sa.Column("event", sa.String(64), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("log_index", name="pk_audit_event"),
    )
    op.create_table(
        "log_node",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "position", name="pk_log_node"),
    )
    op.create_table(
        "log_checkpoint",
        sa.Column("tree_size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tree_size", name="pk_log_checkpoint"),
    )
    op.create_table(
        "log_key",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("origin", sa.String(255), nullable=False),
        sa.Column("verifiers", sa.JSON(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_log_key"),
        sa.CheckConstraint("id = 1", name=op.f("ck_log_key_only_one")),
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for table in _OUT_OF_ORDER:
        (_make_append_only if is_sqlite else _make_append_only_on_postgresql)(table)


def _make_append_only(table: str) -> None:
    order = f"WHEN {_OUT_OF_ORDER[table]} {_ABORT}"
    op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {_ABORT}")
    op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {_ABORT}")
    op.execute(f"CREATE TRIGGER {table}_in_order BEFORE INSERT ON {table} {order}")


def _make_append_only_on_postgresql(table: str) -> None:
    for name, body in (
        ("refuse", _RAISE),
        ("order", f"IF {_OUT_OF_ORDER[table]} THEN {_RAISE} END IF; RETURN NEW;"),
    ):
        head = f"CREATE FUNCTION {table}_{name}() RETURNS trigger LANGUAGE plpgsql AS"
        op.execute(f"{head} $$ BEGIN {body} END $$")
    op.execute(
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_in_order BEFORE INSERT ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_order()"
    )
