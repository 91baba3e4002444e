"""The names of the legs and how each is started. Ids are derived, so that starting twice is starting once."""

from __future__ import annotations

from datetime import datetime

from fermata.domain.ids import IncidentId, ProposalId, RunId
from fermata.domain.journal import JournalEvent
from fermata.domain.person import FERMATA
from fermata.flows.context import FlowContext
from fermata.kit.ids import derive_id
from fermata.ports.store import Transaction

INVESTIGATE = "investigate"
"""Leg 1: gather, diagnose, plan, hold."""
REMEDIATE = "remediate"
"""Leg 2: check again, execute, verify."""


def enqueue_investigation(
    transaction: Transaction, context: FlowContext, incident_id: IncidentId, run_id: RunId, now: datetime, *, why: str
) -> None:
    """Start leg 1 for an incident when the transaction commits."""
    context.engine.enqueue(transaction, INVESTIGATE, run_id, {"incident_id": incident_id})
    transaction.flags.put(f"run/{incident_id}", {"run_id": run_id, "leg": INVESTIGATE, "at": now.isoformat()})
    data = {"run_id": run_id, "why": why}
    transaction.journal.append(
        JournalEvent(kind="investigation.enqueued", actor=FERMATA, incident_id=incident_id, data=data), now
    )


def derive_execution_run(proposal_id: ProposalId) -> RunId:
    """Return the one run id that a proposal's execution can ever have."""
    return RunId(derive_id("run", proposal_id, REMEDIATE))


def enqueue_execution(
    transaction: Transaction, context: FlowContext, incident_id: IncidentId, proposal_id: ProposalId, now: datetime
) -> None:
    """Start leg 2 for an approved proposal when the transaction commits. Again is harmless: same id, same run."""
    run_id = derive_execution_run(proposal_id)
    context.engine.enqueue(transaction, REMEDIATE, run_id, {"proposal_id": proposal_id})
    transaction.flags.put(f"run/{incident_id}", {"run_id": run_id, "leg": REMEDIATE, "at": now.isoformat()})
