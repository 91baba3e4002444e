"""Deliveries by channel and age: what one channel keeps is forgotten without looking at all of it."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.create_index("ix_deliveries_channel_at", "deliveries", ["channel", "at"])
