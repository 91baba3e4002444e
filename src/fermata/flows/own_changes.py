"""What is gathered, with Fermata's own changes told from those that only claim to be: by the ledger and the plans."""

from __future__ import annotations

from datetime import timedelta

from pydantic import ValidationError

from fermata.domain.evidence import Evidence, EvidenceKind, Gathering
from fermata.domain.facts import ChangeFacts
from fermata.domain.scope import Scope
from fermata.flows.context import FlowContext
from fermata.flows.gather import OnProgress, gather, ignore_progress
from fermata.kit.errors import InvariantBroken, NotFoundError
from fermata.ports.store import Transaction
from fermata.rules.own_changes import find_action_id, is_own_change


async def gather_scope(
    context: FlowContext, scope: Scope, deadline: timedelta, on_progress: OnProgress = ignore_progress
) -> Gathering:
    """Gather what is true about a scope with a flow's collectors; see `gather` for what it does with time and faults.

    Raises:
        OperationalError: The store cannot be asked whose changes those are.
    """
    return await mark_own_changes(
        context, await gather(context.collectors, scope, deadline, context.meters, on_progress)
    )


async def mark_own_changes(context: FlowContext, gathering: Gathering) -> Gathering:
    """Return a gathering in which each change that Fermata made, as a person approved, is told to be its own.

    Raises:
        OperationalError: The store cannot be asked.
    """
    if not any(_find_claim(item) for item in gathering.evidence):
        return gathering

    def work(transaction: Transaction) -> tuple[Evidence, ...]:
        return tuple(_mark(transaction, item) for item in gathering.evidence)

    return gathering.model_copy(update={"evidence": await context.store.read(work)})


def _find_claim(item: Evidence) -> str:
    return str(item.facts.get("mark") or "") if item.kind is EvidenceKind.CHANGE else ""


def _mark(transaction: Transaction, item: Evidence) -> Evidence:
    if not _find_claim(item) or not _is_own(transaction, item):
        return item
    return Evidence(**(dict(item) | {"facts": {**item.facts, "is_own": True}}))


def _is_own(transaction: Transaction, item: Evidence) -> bool:
    """Answer whether the rows bear a claim out; what cannot be read does not."""
    try:
        facts = ChangeFacts.from_json(item.facts)
    except ValidationError:
        return False
    action_id = find_action_id(facts.mark)
    intent = transaction.ledger.find(action_id) if action_id is not None else None
    if intent is None or item.cut:
        return False
    try:
        plan = transaction.proposals.get_plan(intent.plan_id)
    except (NotFoundError, InvariantBroken):
        return False
    return is_own_change(facts, [line.text for line in item.lines], intent, plan)
