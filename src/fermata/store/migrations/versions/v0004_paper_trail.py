"""What the observer heard and must forget, drafts of post-mortems, and an index for the sums of a month."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables and the index."""
    op.create_table(
        "heard_messages",
        sa.Column("key", _TEXT, nullable=False),
        sa.Column("platform", _TEXT, nullable=False),
        sa.Column("room", _TEXT, nullable=False),
        sa.Column("at", _TEXT, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_heard_messages"),
    )
    op.create_index("ix_heard_messages_platform_room_at", "heard_messages", ["platform", "room", "at"])
    op.create_index("ix_heard_messages_at", "heard_messages", ["at"])
    op.create_table(
        "heard_reactions",
        sa.Column("message_key", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("user", _TEXT, nullable=False),
        sa.Column("at", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("message_key", "name", "user", name="pk_heard_reactions"),
    )
    op.create_index("ix_heard_reactions_at", "heard_reactions", ["at"])
    op.create_table(
        "heard_people",
        sa.Column("platform", _TEXT, nullable=False),
        sa.Column("user", _TEXT, nullable=False),
        sa.Column("at", _TEXT, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "user", name="pk_heard_people"),
    )
    op.create_index("ix_heard_people_at", "heard_people", ["at"])
    op.create_table(
        "forgotten_messages",
        sa.Column("key", _TEXT, nullable=False),
        sa.Column("at", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_forgotten_messages"),
    )
    op.create_index("ix_forgotten_messages_at", "forgotten_messages", ["at"])
    op.create_table(
        "forgotten_lines",
        sa.Column("platform", _TEXT, nullable=False),
        sa.Column("room", _TEXT, nullable=False),
        sa.Column("digest", _TEXT, nullable=False),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column("at", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("platform", "room", "digest", name="pk_forgotten_lines"),
    )
    op.create_index("ix_forgotten_lines_at", "forgotten_lines", ["at"])
    op.create_table(
        "postmortems",
        sa.Column("incident_id", _TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", _TEXT, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("incident_id", name="pk_postmortems"),
    )
    op.create_index("ix_postmortems_updated_at", "postmortems", ["updated_at"])
    op.create_index(
        "ix_model_attempts_at_cost_pico_usd_tier_provider",
        "model_attempts",
        ["at", "cost_pico_usd", "tier", "provider"],
    )
