"""A database in a scene: looks at it as the collector of PostgreSQL writes them."""

from datetime import timedelta

from tests.unit.rules.signatures.conftest import ACTIONS, NOW

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import (
    DatabaseIndex,
    DatabaseLoadFacts,
    DatabaseScan,
    DatabaseSession,
    DatabaseStatement,
    DatabaseTable,
)

REF = "postgres:database/shop"
VERBS = ("create_index_concurrently", "cancel_backend", "terminate_backend")
OFFERED = ACTIONS | {f"postgres.{verb}" for verb in VERBS}
QUERY = "SELECT sku FROM order_lines WHERE order_id = ?"
DIGEST = "d1"
PRIMARY = DatabaseIndex(name="order_lines_pkey", columns=("id",))


def look(scene, lines=None, **facts):
    """Add one look at the database; there is a line for each record."""
    scene.actions = OFFERED
    record = DatabaseLoadFacts(database="shop", **facts)
    return scene.add(EvidenceKind.DATABASE_LOAD, REF, lines or [f"line {n}" for n in range(1, 10)], record)


def measure(scene, *, mean_s=0.03, calls=1000, recent_calls=30, digest=DIGEST, others=()):
    """Say what the statement costs, and others beside it."""
    recent = {"recent_calls": recent_calls, "recent_mean_s": mean_s} if recent_calls is not None else {}
    own = DatabaseStatement(digest=digest, text=QUERY, calls=calls, mean_s=mean_s, total_s=calls * mean_s, **recent)
    return look(scene, statements=(own, *others))


def plan(scene, *, indexes=(PRIMARY,), tables=True, rows=400_000, **scan):
    """Say that the statement reads a table from end to end."""
    values = {
        "statement_digest": DIGEST,
        "statement": QUERY,
        "namespace": "public",
        "table": "order_lines",
        "equal_columns": ("order_id",),
        "rows_read": rows,
        "rows_kept": 4,
    }
    table = DatabaseTable(line=2, namespace="public", name="order_lines", rows=rows, indexes=indexes)
    return look(scene, scans=(DatabaseScan(**(values | scan)),), tables=(table,) if tables else ())


def seat(pid, **values):
    """Return a session; it connected an hour ago."""
    defaults = {
        "line": 1,
        "backend_started_at": NOW - timedelta(hours=1),
        "user": "shop",
        "application": f"app{pid}",
        "state": "active",
        "statement": f"statement {pid}",
        "statement_digest": "ab" * 32,
        "statement_started_at": NOW - timedelta(seconds=1),
    }
    return DatabaseSession(pid=pid, **(defaults | values))
