"""Questions that the ledger answers: what models cost, and why they brought nothing."""

from __future__ import annotations

from datetime import timedelta

from fermata.domain.ids import IncidentId
from fermata.flows.attribution import load_attribution
from fermata.flows.context import FlowContext
from fermata.flows.costs import find_left
from fermata.kit.clock import format_instant
from fermata.kit.units import format_count
from fermata.rules.asking import Question, Said
from fermata.rules.attribution import tell_standing
from fermata.rules.budget import tell_left, write_usd
from fermata.rules.costs import CostsBy, report_costs

_COSTS_OF = timedelta(days=30)
_BLAME_OF = 7
"""Days, as `fermata models blame` has them."""
_MODELS = frozenset({"model", "models", "llm", "llms", "modell", "modelle", "openai", "anthropic", "bedrock"})


async def tell_costs(context: FlowContext, question: Question, incident_id: IncidentId | None) -> tuple[Said, ...]:
    """Return what models cost: an incident's whole, else of the time the question says, else of the last 30 days."""
    now = context.clock.now()
    since, until = question.since or now - _COSTS_OF, question.until or now + timedelta(days=1)
    attempts = await context.store.read(
        lambda transaction: (
            transaction.spending.list_of_incident(incident_id)
            if incident_id is not None
            else transaction.spending.list_attempts(since, until)
        )
    )
    left = await _tell_budgets(context, incident_id)
    total = report_costs(attempts, CostsBy.DAY).total
    of = "For this incident" if incident_id is not None else _tell_time(question)
    if not total.calls:
        return (Said(text=f"{of} nothing was spent: no model was asked."), *left)
    failed = f", {total.failed:,} of which failed (fermata models blame)" if total.failed else ""
    calls = format_count(total.calls, "call")
    text = f"{of} models cost {write_usd(total.cost_usd)} in {calls}{failed}. See fermata costs."
    return (Said(text=text), *left)


async def tell_models(context: FlowContext, question: Question) -> tuple[Said, ...]:
    """Return how the models did that Fermata asks, where a question names models, a provider or a target; else nothing.

    A question why one failed is about our own run, of which no collector knows.
    """
    standings = await load_attribution(context, _BLAME_OF)
    targets = {part.lower() for standing in standings for part in standing.target.split("/")}
    if not {name.lower() for name in question.names} & (_MODELS | targets):
        return ()
    said = [Said(text=f"Of the models that Fermata asks: {tell_standing(standing)}") for standing in standings]
    nobody = Said(text=f"Fermata itself has asked no model in the last {_BLAME_OF} days.")
    return (*(said or [nobody]), *await _tell_budgets(context, None))


async def _tell_budgets(context: FlowContext, incident_id: IncidentId | None) -> tuple[Said, ...]:
    """Return what is left of the budgets: one that is used up is in no row of the ledger. Nothing without models."""
    if context.models is None:
        return ()
    budgets, now = context.budgets, context.clock.now()
    left = await context.store.read(lambda transaction: find_left(transaction, budgets, now, incident_id))
    return tuple(Said(text=tell_left(each)) for each in left)


def _tell_time(question: Question) -> str:
    if question.since is None and question.until is None:
        return "In the last 30 days"
    bounds = [("Since", question.since), ("until" if question.since else "Until", question.until)]
    return " ".join(f"{word} {format_instant(instant)}" for word, instant in bounds if instant is not None)
