"""Order lines are looked up by their order."""
# ruff: noqa: INP001 - alembic runs it by path

from alembic import op

revision = "v0002"
down_revision = "v0001"


def upgrade() -> None:
    """Make the index."""
    op.create_index("ix_order_lines_order_id", "order_lines", ["order_id"])


def downgrade() -> None:
    """Drop the index."""
    op.drop_index("ix_order_lines_order_id", table_name="order_lines")
