"""How far the log was looked at."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; nobody has looked yet, so the log is looked at once more from its start."""
    op.create_table(
        "log_position",
        sa.Column("reader", sa.String(32), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("reader", name="pk_log_position"),
    )


def downgrade() -> None:
    """Remove it."""
    op.drop_table("log_position")
