"""A person's question, answered from live state or from an incident's evidence. Nothing is ever changed by asking.

Rules read it and answer it, for nothing. A model is asked besides, where one is configured: what kind of question it
is, when no word of it says so; why something is wrong, as an investigation would ask; or for an answer in words. What
it says must cite what was observed, and is checked; the rules' own answer always stands beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import TypeGuard

from fermata.domain.analysis import Analysis, AnalysisOutcome
from fermata.domain.diagnosis import Diagnosis
from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, Gathering
from fermata.domain.ids import IncidentId
from fermata.domain.scope import Scope
from fermata.flows.analyse import GatherMore, find_analyst
from fermata.flows.asked_ledger import tell_costs, tell_models
from fermata.flows.context import FlowContext
from fermata.flows.diagnose import load_case
from fermata.flows.gather import OnProgress, ignore_progress, say_nothing_to_ask
from fermata.flows.own_changes import gather_scope
from fermata.flows.wording import find_wording
from fermata.ports.store import Transaction
from fermata.rules.asking import (
    AskKind,
    Question,
    Said,
    answer_question,
    read_question,
    say_language,
    tell_age,
    tell_end,
    tell_history,
)
from fermata.rules.gaps import describe_gaps
from fermata.rules.scope import frame_scope
from fermata.rules.signatures import Case, diagnose

_NOBODY_KNOWS = "Nothing that was asked knows any of: {names}. Write a name as its system does."
_NOBODY_ANSWERED = "Nobody could be asked: no configured system answered, so whether there is {names} is not known."
_NO_NAME = "The question names nothing that could be looked at. Say which service, or which incident (--incident)."
# An incident that has more is read in the page.
_MOST_ENTRIES = 10_000
_SHORTEST_LOOK = timedelta(minutes=1)


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
    analyses: tuple[Analysis, ...] = ()
    """What became of asking models, in order; empty when none was asked."""

    @property
    def cost_usd(self) -> Decimal:
        """Return what it cost."""
        return sum((analysis.cost_usd for analysis in self.analyses), Decimal(0))


async def ask(
    context: FlowContext,
    text: str,
    *,
    incident_id: IncidentId | None = None,
    on_progress: OnProgress = ignore_progress,
) -> Reply:
    """Answer a question.

    Args:
        incident_id: Answer from what this incident's latest look observed, instead of looking anew; what it costs is
            charged to it.
    """
    question, analyses = await _read(context, text, incident_id)
    reply = await _reply(context, question, incident_id, on_progress)
    return replace(reply, said=(*reply.said, *say_language(text)), analyses=(*analyses, *reply.analyses))


async def _read(
    context: FlowContext, text: str, incident_id: IncidentId | None
) -> tuple[Question, tuple[Analysis, ...]]:
    """Read a question by rules; by the cheapest model where no word says its kind."""
    question = read_question(text, _list_known(context), now=context.clock.now())
    wording = find_wording(context)
    if question.is_sure or question.time_problem or wording is None or not wording.can_choose_kind():
        return question, ()
    kind, analysis = await wording.choose_kind(question, incident_id)
    return question.model_copy(update={"kind": kind or question.kind}), (analysis,)


async def _reply(
    context: FlowContext, question: Question, incident_id: IncidentId | None, on_progress: OnProgress
) -> Reply:
    if question.time_problem:
        return Reply(question, (Said(text=f"{question.time_problem}."),))
    if question.kind is AskKind.COSTS:
        return Reply(question, await tell_costs(context, question, incident_id))
    if question.kind is AskKind.ACT:
        return Reply(question, (Said(text=_explain_acting(context, question)),))
    if question.kind is AskKind.HISTORY:
        if incident_id is not None:
            return await _tell_history(context, question, incident_id)
        # Without an incident it is about the world, of which what was observed tells.
        question = question.model_copy(update={"kind": AskKind.FACT})
    if incident_id is not None:
        return await _follow_up(context, question, incident_id)
    if not question.names:
        return Reply(question, (Said(text=_NO_NAME),))
    return await _look(context, question, on_progress)


async def _follow_up(context: FlowContext, question: Question, incident_id: IncidentId) -> Reply:
    """Answer from an incident's own evidence."""
    now = context.clock.now()

    def read(transaction: Transaction) -> tuple[Case, Diagnosis | None, tuple[Said, ...]]:
        incident = transaction.incidents.get(incident_id)
        over = incident.resolved_at is not None
        entries = transaction.journal.list_entries(incident_id=incident_id, limit=_MOST_ENTRIES) if over else ()
        case = load_case(transaction, context, incident_id, now)
        return case, transaction.findings.find_diagnosis(incident_id), tell_end(incident, entries)

    stored, known, ended = await context.store.read(read)
    case = replace(stored, question=question.text)
    if question.kind is AskKind.WHY and not question.names and _was_accepted(known):
        # A model was asked just this about just these observations, and was paid.
        reply = _say(case, question, known)
    else:
        reply = await _answer(context, case, question, charged_to=incident_id)
    return replace(reply, said=(*(ended or tell_age(case.evidence, now)), *reply.said))


async def _look(context: FlowContext, question: Question, on_progress: OnProgress) -> Reply:
    if not context.collectors:
        if told := await tell_models(context, question):
            return Reply(question, told)
        raise say_nothing_to_ask()
    limits = context.limits
    scope = _frame(context, question)
    gathering = await gather_scope(context, scope, limits.gather_deadline, on_progress)
    case = Case(
        scope=scope,
        alerts=(),
        evidence=gathering.evidence,
        gaps=gathering.gaps,
        known_actions=context.cures,
        question=question.text,
    )
    if not gathering.evidence:
        nothing = Said(text=_explain_nothing(context, question, scope, gathering))
        # A service may be called model: only where nobody knows one is it about those that Fermata asks.
        said = (nothing, *await tell_models(context, question))
        return replace(_say(case, question, diagnose(case)), said=said)

    async def gather_more(wider: Scope) -> Gathering:
        return await gather_scope(context, wider, limits.gather_deadline)

    return await _answer(context, case, question, gather_more=gather_more)


def _frame(context: FlowContext, question: Question) -> Scope:
    """Frame what is looked at: the time the question is about, or the usual look back from now."""
    now, lookback = context.clock.now(), context.limits.lookback
    entities = tuple(Entity(kind="service", name=name) for name in question.names)
    begin = question.since or question.until
    if question.kind is AskKind.STATUS:
        begin = None  # How something is, it is now.
    elif question.kind is AskKind.CHANGES and question.since is not None:
        begin, lookback = None, max(now - question.since, _SHORTEST_LOOK)  # What came before is not asked for.
    return frame_scope(IncidentId("question"), (), entities, now=now, lookback=lookback, started_at=begin)


def _explain_nothing(context: FlowContext, question: Question, scope: Scope, gathering: Gathering) -> str:
    names = ", ".join(question.names)
    asked = {each.name for each in context.collectors if each.wants(scope)}
    silent = {gap.collector for gap in gathering.gaps}
    if asked and asked <= silent:
        return _NOBODY_ANSWERED.format(names=names)
    return _NOBODY_KNOWS.format(names=names)


async def _answer(
    context: FlowContext,
    case: Case,
    question: Question,
    *,
    gather_more: GatherMore | None = None,
    charged_to: IncidentId | None = None,
) -> Reply:
    """Answer by rules, and by a model besides where one is to be asked."""
    diagnosis = diagnose(case)
    if question.kind is AskKind.WHY:
        analyst = find_analyst(context)
        if analyst is None or not analyst.wants(case, diagnosis, asked_for=True):
            return _say(case, question, diagnosis)
        opinion = await analyst.ask(case, diagnosis, gather_more, charged_to=charged_to)
        reply = _say(opinion.case, question, opinion.diagnosis)
        return replace(reply, analyses=(opinion.diagnosis.analysis,) if opinion.diagnosis.analysis else ())
    reply, wording = _say(case, question, diagnosis), find_wording(context)
    if wording is None or not case.evidence or not wording.can_answer(question.kind):
        return reply
    worded = await wording.answer(case, diagnosis, question, charged_to)
    return replace(reply, said=(*worded.said, *reply.said), analyses=(worded.analysis,))


def _say(case: Case, question: Question, diagnosis: Diagnosis) -> Reply:
    missing = describe_gaps(case.gaps)
    return Reply(question, answer_question(question, diagnosis, case.evidence), case.evidence, missing, diagnosis)


def _was_accepted(diagnosis: Diagnosis | None) -> TypeGuard[Diagnosis]:
    analysis = diagnosis.analysis if diagnosis is not None else None
    return analysis is not None and analysis.outcome is AnalysisOutcome.ACCEPTED


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


async def _tell_history(context: FlowContext, question: Question, incident_id: IncidentId) -> Reply:
    entries = await context.store.read(
        lambda transaction: transaction.journal.list_entries(incident_id=incident_id, limit=_MOST_ENTRIES)
    )
    return Reply(question, tell_history(question, entries))
