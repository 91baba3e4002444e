"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_GENESIS = "sha256:" + "0" * 64
_APPEND_ONLY = ("journal", "journal_data")


def upgrade() -> None:
    """Make every table, and guard the journal."""
    _create_incidents()
    _create_findings()
    _create_proposals()
    _create_ledger()
    _create_messages()
    _create_journal()
    _guard_journal()


def _create_incidents() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("fingerprint", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("status", _TEXT, nullable=False),
        sa.Column("starts_at", _TEXT, nullable=False),
        sa.Column("sightings", sa.Integer(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
    )
    op.create_index("ix_alerts_fingerprint_starts_at", "alerts", ["fingerprint", "starts_at"])
    op.create_index("ix_alerts_name_starts_at", "alerts", ["name", "starts_at"])
    op.create_table(
        "incidents",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("state", _TEXT, nullable=False),
        sa.Column("opened_at", _TEXT, nullable=False),
        sa.Column("updated_at", _TEXT, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_incidents"),
    )
    op.create_index("ix_incidents_updated_at", "incidents", ["updated_at"])
    op.create_index("ix_incidents_state_updated_at", "incidents", ["state", "updated_at"])
    op.create_index("ix_incidents_opened_at_id", "incidents", ["opened_at", "id"])
    op.create_table(
        "incident_alerts",
        sa.Column("alert_id", _TEXT, nullable=False),
        sa.Column("incident_id", _TEXT, nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_incident_alerts_incident_id"),
        sa.PrimaryKeyConstraint("alert_id", name="pk_incident_alerts"),
    )
    op.create_index("ix_incident_alerts_incident_id", "incident_alerts", ["incident_id"])


def _create_findings() -> None:
    op.create_table(
        "evidence",
        sa.Column("position", _SERIAL, sa.Identity(always=False), nullable=False),
        sa.Column("incident_id", _TEXT, nullable=False),
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_evidence"),
        sa.UniqueConstraint("incident_id", "id", name="uq_evidence_incident_id_id"),
    )
    op.create_table(
        "gatherings",
        sa.Column("incident_id", _TEXT, nullable=False),
        sa.Column("gaps", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("incident_id", name="pk_gatherings"),
    )
    op.create_table(
        "diagnoses",
        sa.Column("incident_id", _TEXT, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("incident_id", name="pk_diagnoses"),
    )


def _create_proposals() -> None:
    op.create_table(
        "plans",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_plans"),
    )
    op.create_table(
        "proposals",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("plan_id", _TEXT, nullable=False),
        sa.Column("incident_id", _TEXT, nullable=False),
        sa.Column("plan_digest", _TEXT, nullable=False),
        sa.Column("state", _TEXT, nullable=False),
        sa.Column("opened_at", _TEXT, nullable=False),
        sa.Column("expires_at", _TEXT, nullable=False),
        sa.Column("decided_at", _TEXT),
        sa.Column("decided_by", _TEXT, nullable=False),
        sa.Column("reason", _TEXT, nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name="fk_proposals_plan_id"),
        sa.PrimaryKeyConstraint("id", name="pk_proposals"),
    )
    op.create_index("ix_proposals_incident_id_opened_at", "proposals", ["incident_id", "opened_at"])
    op.create_index("ix_proposals_state_expires_at", "proposals", ["state", "expires_at"])
    op.create_table(
        "approvals",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("proposal_id", _TEXT, nullable=False),
        sa.Column("person_id", _TEXT, nullable=False),
        sa.Column("approved_at", _TEXT, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposals.id"], name="fk_approvals_proposal_id"),
        sa.PrimaryKeyConstraint("id", name="pk_approvals"),
        sa.UniqueConstraint("proposal_id", "person_id", name="uq_approvals_proposal_id_person_id"),
    )


def _create_ledger() -> None:
    op.create_table(
        "intents",
        sa.Column("action_id", _TEXT, nullable=False),
        sa.Column("plan_id", _TEXT, nullable=False),
        sa.Column("plan_digest", _TEXT, nullable=False),
        sa.Column("action_name", _TEXT, nullable=False),
        sa.Column("target", _TEXT, nullable=False),
        sa.Column("intended_at", _TEXT, nullable=False),
        sa.Column("outcome", _TEXT),
        sa.Column("detail", _TEXT, nullable=False),
        sa.Column("settled_at", _TEXT),
        sa.PrimaryKeyConstraint("action_id", name="pk_intents"),
    )
    op.create_index("ix_intents_outcome_intended_at", "intents", ["outcome", "intended_at"])
    op.create_index("ix_intents_target_intended_at", "intents", ["target", "intended_at"])
    op.create_table(
        "executions",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("plan_id", _TEXT, nullable=False),
        sa.Column("incident_id", _TEXT, nullable=False),
        sa.Column("started_at", _TEXT, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_executions"),
    )
    op.create_index("ix_executions_incident_id_started_at", "executions", ["incident_id", "started_at"])
    op.create_index("ix_executions_plan_id", "executions", ["plan_id"])
    op.create_table(
        "verifications",
        sa.Column("execution_id", _TEXT, nullable=False),
        sa.Column("verdict", _TEXT, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("execution_id", name="pk_verifications"),
    )


def _create_messages() -> None:
    op.create_table(
        "outbox",
        sa.Column("channel", _TEXT, nullable=False),
        sa.Column("key", _TEXT, nullable=False),
        sa.Column("card", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("delivered_version", sa.Integer(), nullable=False),
        sa.Column("is_delivered", sa.Boolean(), nullable=False),
        sa.Column("receipt", _TEXT),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", _TEXT, nullable=False),
        sa.Column("last_error", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("channel", "key", name="pk_outbox"),
    )
    op.create_index("ix_outbox_is_delivered_due_at", "outbox", ["is_delivered", "due_at"])
    op.create_table(
        "flags",
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_flags"),
    )


def _create_journal() -> None:
    op.create_table(
        "journal",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", _TEXT, nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("incident_id", _TEXT),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("previous", _TEXT, nullable=False),
        sa.Column("hash", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_journal"),
    )
    op.create_index("ix_journal_incident_id_sequence", "journal", ["incident_id", "sequence"])
    op.create_index("ix_journal_kind_sequence", "journal", ["kind", "sequence"])
    op.create_table(
        "journal_data",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", _TEXT, nullable=False),
        sa.Column("value", _TEXT, nullable=False),
        sa.ForeignKeyConstraint(["sequence"], ["journal.sequence"], name="fk_journal_data_sequence"),
        sa.PrimaryKeyConstraint("sequence", "key", name="pk_journal_data"),
    )
    op.create_index("ix_journal_data_key_value_sequence", "journal_data", ["key", "value", "sequence"])
    op.create_table(
        "journal_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("hash", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_journal_head"),
    )
    head = sa.table("journal_head", sa.column("id"), sa.column("sequence"), sa.column("hash"))
    op.execute(head.insert().values(id=1, sequence=0, hash=_GENESIS))


def _guard_journal() -> None:
    """Refuse UPDATE, DELETE and TRUNCATE on the journal: not a lock against an owner, a rail against a mistake."""
    if op.get_bind().dialect.name == "sqlite":
        for table in _APPEND_ONLY:
            for event in ("update", "delete"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{event} BEFORE {event} ON {table} "
                    "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION refuse_journal_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    for table in _APPEND_ONLY:
        for events, each in (("UPDATE OR DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
            op.execute(
                f"CREATE TRIGGER {table}_append_only_{each.lower()} BEFORE {events} ON {table} "
                f"FOR EACH {each} EXECUTE FUNCTION refuse_journal_change()"
            )
