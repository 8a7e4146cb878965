"""Whether the hub must end a person's sessions, too."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the mark; nobody's sessions were to be ended so far."""
    op.add_column(
        "pending_refresh",
        sa.Column("ends_sessions", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    """Remove it."""
    op.drop_column("pending_refresh", "ends_sessions")
