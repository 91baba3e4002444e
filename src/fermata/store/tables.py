"""Every table, in one place. `migrations/` brings a store to exactly this; a test compares the two.

Records are kept whole as canonical JSON text, so that the stored text of a plan is the text its digest was computed
over; the other columns are what rows are found by. Instants are fixed-width RFC 3339 text in UTC, which sorts as time.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

_C = Text().with_variant(Text(collation="C"), "postgresql")  # Byte order, whatever the server's language.
_SERIAL = BigInteger().with_variant(Integer(), "sqlite")  # SQLite counts up only in a column it calls INTEGER.


class PlainText(TypeDecorator[str]):
    """Text from outside, made storable: PostgreSQL refuses the character NUL, so it becomes U+FFFD."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Return text that is compared byte by byte."""
        return dialect.type_descriptor(_C)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Replace NUL on the way in."""
        return value.replace("\x00", "\ufffd") if value is not None else None


class InstantText(TypeDecorator[datetime]):
    """An aware instant as `2026-11-23T12:00:00.000000Z`: exact to the microsecond, readable, and sorts as time."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Return text that is compared byte by byte."""
        return dialect.type_descriptor(_C)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Write the instant in UTC."""
        return write_instant(value) if value is not None else None

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Read it back, aware."""
        return datetime.fromisoformat(value) if value is not None else None


def write_instant(value: datetime) -> str:
    """Return the stored form of an aware instant: always 27 characters."""
    return value.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", PlainText, primary_key=True),
    Column("fingerprint", PlainText, nullable=False),
    Column("name", PlainText, nullable=False),
    Column("status", PlainText, nullable=False),
    Column("starts_at", InstantText, nullable=False),
    Column("sightings", Integer, nullable=False),
    Column("record", Text, nullable=False),
    Index(None, "fingerprint", "starts_at"),
    Index(None, "name", "starts_at"),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", PlainText, primary_key=True),
    Column("state", PlainText, nullable=False),
    Column("opened_at", InstantText, nullable=False),
    Column("updated_at", InstantText, nullable=False),
    Column("record", Text, nullable=False),
    Index(None, "updated_at"),
    Index(None, "state", "updated_at"),
    Index(None, "opened_at", "id"),
)

incident_alerts = Table(
    "incident_alerts",
    metadata,
    Column("alert_id", PlainText, primary_key=True),
    Column("incident_id", PlainText, ForeignKey("incidents.id"), nullable=False),
    Index(None, "incident_id"),
)

evidence = Table(
    "evidence",
    metadata,
    Column("position", _SERIAL, Identity(), primary_key=True),
    Column("incident_id", PlainText, nullable=False),
    Column("id", PlainText, nullable=False),
    Column("record", Text, nullable=False),
    UniqueConstraint("incident_id", "id"),
)

gatherings = Table(
    "gatherings",
    metadata,
    Column("incident_id", PlainText, primary_key=True),
    Column("gaps", Text, nullable=False),
)

diagnoses = Table(
    "diagnoses",
    metadata,
    Column("incident_id", PlainText, primary_key=True),
    Column("record", Text, nullable=False),
)

plans = Table(
    "plans",
    metadata,
    Column("id", PlainText, primary_key=True),
    Column("record", Text, nullable=False),
)

proposals = Table(
    "proposals",
    metadata,
    Column("id", PlainText, primary_key=True),
    Column("plan_id", PlainText, ForeignKey("plans.id"), nullable=False),
    Column("incident_id", PlainText, nullable=False),
    Column("plan_digest", PlainText, nullable=False),
    Column("state", PlainText, nullable=False),
    Column("opened_at", InstantText, nullable=False),
    Column("expires_at", InstantText, nullable=False),
    Column("decided_at", InstantText),
    Column("decided_by", PlainText, nullable=False),
    Column("reason", PlainText, nullable=False),
    Index(None, "state", "expires_at"),
    Index(None, "incident_id", "opened_at"),
)

approvals = Table(
    "approvals",
    metadata,
    Column("id", PlainText, primary_key=True),
    Column("proposal_id", PlainText, ForeignKey("proposals.id"), nullable=False),
    Column("person_id", PlainText, nullable=False),
    Column("approved_at", InstantText, nullable=False),
    Column("record", Text, nullable=False),
    UniqueConstraint("proposal_id", "person_id"),
)

intents = Table(
    "intents",
    metadata,
    Column("action_id", PlainText, primary_key=True),
    Column("plan_id", PlainText, nullable=False),
    Column("plan_digest", PlainText, nullable=False),
    Column("action_name", PlainText, nullable=False),
    Column("target", PlainText, nullable=False),
    Column("intended_at", InstantText, nullable=False),
    Column("outcome", PlainText),
    Column("detail", PlainText, nullable=False),
    Column("settled_at", InstantText),
    Index(None, "target", "intended_at"),
    Index(None, "outcome", "intended_at"),
)

executions = Table(
    "executions",
    metadata,
    Column("id", PlainText, primary_key=True),
    Column("plan_id", PlainText, nullable=False),
    Column("incident_id", PlainText, nullable=False),
    Column("started_at", InstantText, nullable=False),
    Column("record", Text, nullable=False),
    Index(None, "plan_id"),
    Index(None, "incident_id", "started_at"),
)

verifications = Table(
    "verifications",
    metadata,
    Column("execution_id", PlainText, primary_key=True),
    Column("verdict", PlainText, nullable=False),
    Column("record", Text, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("channel", PlainText, primary_key=True),
    Column("key", PlainText, primary_key=True),
    Column("card", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("delivered_version", Integer, nullable=False),
    Column("is_delivered", Boolean, nullable=False),
    Column("receipt", PlainText),
    Column("attempts", Integer, nullable=False),
    Column("due_at", InstantText, nullable=False),
    Column("last_error", PlainText, nullable=False),
    Index(None, "is_delivered", "due_at"),
    Index(None, "is_delivered", "channel", "due_at"),
    Index(None, "key"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("channel", PlainText, primary_key=True),
    Column("id", PlainText, primary_key=True),
    Column("at", InstantText, nullable=False),
    Index(None, "at"),
    Index(None, "channel", "at"),
)

journal = Table(
    "journal",
    metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("at", InstantText, nullable=False),
    Column("kind", PlainText, nullable=False),
    Column("incident_id", PlainText),
    Column("event", Text, nullable=False),
    Column("previous", PlainText, nullable=False),
    Column("hash", PlainText, nullable=False),
    Index(None, "incident_id", "sequence"),
    Index(None, "kind", "sequence"),
)

journal_data = Table(
    "journal_data",
    metadata,
    Column("sequence", BigInteger, ForeignKey("journal.sequence"), primary_key=True, autoincrement=False),
    Column("key", PlainText, primary_key=True),
    Column("value", PlainText, nullable=False),
    Index(None, "key", "value", "sequence"),
)

journal_head = Table(
    "journal_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, nullable=False),
    Column("hash", PlainText, nullable=False),
)

flags = Table(
    "flags",
    metadata,
    Column("name", PlainText, primary_key=True),
    Column("value", Text, nullable=False),
)

heard_messages = Table(
    "heard_messages",
    metadata,
    Column("key", PlainText, primary_key=True),
    Column("platform", PlainText, nullable=False),
    Column("room", PlainText, nullable=False),
    Column("at", InstantText, nullable=False),
    Column("record", Text, nullable=False),
    Index(None, "platform", "room", "at"),
    Index(None, "at"),
)

heard_reactions = Table(
    "heard_reactions",
    metadata,
    Column("message_key", PlainText, primary_key=True),
    Column("name", PlainText, primary_key=True),
    Column("user", PlainText, primary_key=True),
    Column("at", InstantText, nullable=False),
    Index(None, "at"),
)

heard_people = Table(
    "heard_people",
    metadata,
    Column("platform", PlainText, primary_key=True),
    Column("user", PlainText, primary_key=True),
    Column("at", InstantText, nullable=False),
    Column("record", Text, nullable=False),
    Index(None, "at"),
)

forgotten_messages = Table(
    "forgotten_messages",
    metadata,
    Column("key", PlainText, primary_key=True),
    Column("at", InstantText, nullable=False),
    Index(None, "at"),
)

# What is no longer said, as digests: whoever quotes it loses the quote.
forgotten_lines = Table(
    "forgotten_lines",
    metadata,
    Column("platform", PlainText, primary_key=True),
    Column("room", PlainText, primary_key=True),
    Column("digest", PlainText, primary_key=True),
    Column("is_deleted", Boolean, nullable=False),
    Column("at", InstantText, nullable=False),
    Index(None, "at"),
)

postmortems = Table(
    "postmortems",
    metadata,
    Column("incident_id", PlainText, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("updated_at", InstantText, nullable=False),
    Column("record", Text, nullable=False),
    Index(None, "updated_at"),
)

model_attempts = Table(
    "model_attempts",
    metadata,
    Column("id", PlainText, primary_key=True),
    Column("at", InstantText, nullable=False),
    Column("incident_id", PlainText),
    Column("provider", PlainText, nullable=False),
    Column("tier", PlainText, nullable=False),
    # In 1e-12 dollars: prices are quoted by the million tokens with up to six places, and sums stay exact.
    Column("cost_pico_usd", BigInteger, nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("record", Text, nullable=False),
    Index(None, "at"),
    Index(None, "incident_id", "at"),
    Index(None, "is_open", "at"),
    # Covers the sums of a month, which are taken before every call.
    Index(None, "at", "cost_pico_usd", "tier", "provider"),
)

experiments = Table(
    "experiments",
    metadata,
    Column("id", PlainText, primary_key=True),
    Column("digest", PlainText, nullable=False),
    Column("state", PlainText, nullable=False),
    Column("proposed_at", InstantText, nullable=False),
    Column("approved_by", PlainText, nullable=False),
    Column("record", Text, nullable=False),
    Index(None, "state", "proposed_at"),
    Index(None, "proposed_at"),
)

experiment_results = Table(
    "experiment_results",
    metadata,
    Column("experiment_id", PlainText, ForeignKey("experiments.id"), primary_key=True),
    Column("verdict", PlainText, nullable=False),
    Column("record", Text, nullable=False),
)
