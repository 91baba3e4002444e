"""The ledger of calls to models."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "model_attempts",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("at", _TEXT, nullable=False),
        sa.Column("incident_id", _TEXT),
        sa.Column("provider", _TEXT, nullable=False),
        sa.Column("tier", _TEXT, nullable=False),
        sa.Column("cost_pico_usd", sa.BigInteger(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_model_attempts"),
    )
    op.create_index("ix_model_attempts_at", "model_attempts", ["at"])
    op.create_index("ix_model_attempts_incident_id_at", "model_attempts", ["incident_id", "at"])
    op.create_index("ix_model_attempts_is_open_at", "model_attempts", ["is_open", "at"])
