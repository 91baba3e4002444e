"""A person's question, answered from live state or from an incident's evidence. Nothing is ever changed by asking."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from fermata.domain.diagnosis import Diagnosis
from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence
from fermata.domain.ids import IncidentId
from fermata.flows.context import FlowContext
from fermata.flows.gather import OnProgress, gather, ignore_progress
from fermata.flows.investigate import load_case
from fermata.rules.asking import AskKind, Question, Said, answer_question, read_question
from fermata.rules.budget import write_usd
from fermata.rules.costs import CostsBy, report_costs
from fermata.rules.scope import frame_scope
from fermata.rules.signatures import Case, diagnose

_NOBODY_KNOWS = "Nothing that was asked knows any of: {names}. Write a name as its system does."
_NO_NAME = "The question names nothing that could be looked at. Say which service, or which incident (--incident)."
_COSTS_OF = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Reply:
    """What is said to the one who asked."""

    question: Question
    said: tuple[Said, ...]
    evidence: tuple[Evidence, ...] = ()
    """What was looked at; the citations are of these."""
    missing: tuple[str, ...] = ()
    """Collectors that could not answer, in words."""
    diagnosis: Diagnosis | None = None
    took: timedelta = timedelta(0)
    """Of the gathering."""
    cost_usd: Decimal = Decimal(0)


async def ask(
    context: FlowContext,
    text: str,
    *,
    incident_id: IncidentId | None = None,
    on_progress: OnProgress = ignore_progress,
) -> Reply:
    """Answer a question.

    Args:
        incident_id: Answer from what this incident's latest look observed, instead of looking anew.
    """
    question = read_question(text, _list_known(context))
    if question.kind is AskKind.COSTS:
        return await _tell_costs(context, question, incident_id)
    if question.kind is AskKind.ACT:
        return Reply(question, (Said(text=_explain_acting(context, question)),))
    if incident_id is not None:
        now = context.clock.now()
        stored = await context.store.read(lambda transaction: load_case(transaction, context, incident_id, now))
        return _answer(replace(stored, question=text), question)
    if not question.names:
        return Reply(question, (Said(text=_NO_NAME),))
    return await _look(context, question, on_progress)


async def _look(context: FlowContext, question: Question, on_progress: OnProgress) -> Reply:
    limits = context.limits
    entities = tuple(Entity(kind="service", name=name) for name in question.names)
    scope = frame_scope(IncidentId("question"), (), entities, now=context.clock.now(), lookback=limits.lookback)
    gathering = await gather(context.collectors, scope, limits.gather_deadline, context.meters, on_progress)
    case = Case(
        scope=scope,
        alerts=(),
        evidence=gathering.evidence,
        gaps=gathering.gaps,
        known_actions=frozenset(context.actions),
        question=question.text,
    )
    reply = _answer(case, question)
    if not gathering.evidence:
        reply = replace(reply, said=(Said(text=_NOBODY_KNOWS.format(names=", ".join(question.names))),))
    return replace(reply, took=gathering.took)


def _answer(case: Case, question: Question) -> Reply:
    diagnosis = diagnose(case)
    missing = tuple(f"{gap.collector}: {gap.reason}" for gap in case.gaps)
    return Reply(question, answer_question(question, diagnosis, case.evidence), case.evidence, missing, diagnosis)


def _list_known(context: FlowContext) -> list[str]:
    names = [name for edge in context.topology.edges for name in edge]
    return list(dict.fromkeys(names))


def _explain_acting(context: FlowContext, question: Question) -> str:
    about = question.names[0] if question.names else "something"
    offered = ", ".join(sorted(context.actions)) or "none: no configured system offers an action"
    return (
        f"A question changes nothing. What is to be done about {about} is proposed from an alert, held, and executed "
        f"when a person approves it (fermata pending, fermata approve). Actions there are: {offered}."
    )


async def _tell_costs(context: FlowContext, question: Question, incident_id: IncidentId | None) -> Reply:
    now = context.clock.now()
    attempts = await context.store.read(
        lambda transaction: (
            transaction.spending.list_of_incident(incident_id)
            if incident_id is not None
            else transaction.spending.list_attempts(now - _COSTS_OF, now + timedelta(days=1))
        )
    )
    total = report_costs(attempts, CostsBy.DAY).total
    since = "For this incident" if incident_id is not None else "In the last 30 days"
    if not total.calls:
        return Reply(question, (Said(text=f"{since} nothing was spent: no model was asked."),))
    text = f"{since} models cost {write_usd(total.cost_usd)} in {total.calls:,} calls. See fermata costs."
    return Reply(question, (Said(text=text),))
