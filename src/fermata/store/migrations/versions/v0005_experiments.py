"""Rehearsals: experiments as they were approved, and their results."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables and their indexes."""
    op.create_table(
        "experiments",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("digest", _TEXT, nullable=False),
        sa.Column("state", _TEXT, nullable=False),
        sa.Column("proposed_at", _TEXT, nullable=False),
        sa.Column("approved_by", _TEXT, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_experiments"),
    )
    op.create_index("ix_experiments_state_proposed_at", "experiments", ["state", "proposed_at"])
    op.create_index("ix_experiments_proposed_at", "experiments", ["proposed_at"])
    op.create_table(
        "experiment_results",
        sa.Column("experiment_id", _TEXT, nullable=False),
        sa.Column("verdict", _TEXT, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("experiment_id", name="pk_experiment_results"),
        sa.ForeignKeyConstraint(["experiment_id"], ["experiments.id"], name="fk_experiment_results_experiment_id"),
    )
