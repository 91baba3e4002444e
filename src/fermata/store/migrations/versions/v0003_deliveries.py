"""What channels brought and was dealt with; and the outbox read by channel and by card."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table and the indexes."""
    op.create_table(
        "deliveries",
        sa.Column("channel", _TEXT, nullable=False),
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("at", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("channel", "id", name="pk_deliveries"),
    )
    op.create_index("ix_deliveries_at", "deliveries", ["at"])
    op.create_index("ix_outbox_is_delivered_channel_due_at", "outbox", ["is_delivered", "channel", "due_at"])
    op.create_index("ix_outbox_key", "outbox", ["key"])
