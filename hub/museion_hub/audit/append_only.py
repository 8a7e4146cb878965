"""The triggers that make a table append-only, in the words of each kind of database.

They stop a slip of our own and whoever has an account that may not drop triggers. Against the
owner of the database stands the tree of hashes, which members keep checkpoints of.
"""

from typing import Final

# On SQLite, INSERT OR REPLACE would delete without asking the triggers against that.
_OUT_OF_ORDER: Final = {
    "audit_event": "NEW.log_index <> (SELECT COALESCE(MAX(log_index), -1) + 1 FROM audit_event)",
    "log_node": (
        "EXISTS (SELECT 1 FROM log_node WHERE level = NEW.level AND position = NEW.position)"
    ),
    "log_checkpoint": (
        "NEW.tree_size <= (SELECT COALESCE(MAX(tree_size), -1) FROM log_checkpoint)"
    ),
}
TABLES: Final = tuple(_OUT_OF_ORDER)
_ABORT: Final = "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
_RAISE: Final = (
    "RAISE EXCEPTION 'the audit log is append-only' "
    "USING ERRCODE = 'integrity_constraint_violation';"
)


def on_sqlite(table: str) -> tuple[str, ...]:
    """Give the statements that make a table append-only on SQLite."""
    order = f"WHEN {_OUT_OF_ORDER[table]} {_ABORT}"
    return (
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {_ABORT}",
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {_ABORT}",
        f"CREATE TRIGGER {table}_in_order BEFORE INSERT ON {table} {order}",
    )


def on_postgresql(table: str) -> tuple[str, ...]:
    """Give the statements that make a table append-only on PostgreSQL."""
    function = "RETURNS trigger LANGUAGE plpgsql AS"
    order = f"IF {_OUT_OF_ORDER[table]} THEN {_RAISE} END IF; RETURN NEW;"
    change = f"BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT"
    insert = f"BEFORE INSERT ON {table} FOR EACH ROW"
    return (
        f"CREATE FUNCTION {table}_refuse() {function} $$ BEGIN {_RAISE} END $$",
        f"CREATE FUNCTION {table}_order() {function} $$ BEGIN {order} END $$",
        f"CREATE TRIGGER {table}_no_change {change} EXECUTE FUNCTION {table}_refuse()",
        f"CREATE TRIGGER {table}_in_order {insert} EXECUTE FUNCTION {table}_order()",
    )
