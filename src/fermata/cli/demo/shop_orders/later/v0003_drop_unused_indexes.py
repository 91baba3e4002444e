"""Indexes cost writes. This one was not used by any report of last month."""
# ruff: noqa: INP001 - alembic runs it by path

from alembic import op

revision = "v0003"
down_revision = "v0002"


def upgrade() -> None:
    """Drop the index."""
    op.drop_index("ix_order_lines_order_id", table_name="order_lines")


def downgrade() -> None:
    """Make the index again."""
    op.create_index("ix_order_lines_order_id", "order_lines", ["order_id"])
