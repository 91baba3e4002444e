"""Asking models about an incident: one answer, checked; again with the reasons; a dearer one; then signatures alone.

Called after the signatures, by the investigation and by a person's look at a bundle or an alert. It never raises for a
model's fault and never takes longer than its deadline: without an accepted answer the signatures' diagnosis stands as
it is, with the reason beside it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from fermata.domain.action import ActionSpec
from fermata.domain.alert import Severity
from fermata.domain.analysis import AnalysisOutcome, Prompt, Relation
from fermata.domain.diagnosis import Diagnosis, Verdict
from fermata.domain.evidence import Gathering
from fermata.domain.ids import IncidentId
from fermata.domain.model import ModelAnswer, ModelRequest, TaskKind, Tier
from fermata.domain.scope import Scope
from fermata.flows.asking_models import (
    Course,
    Round,
    ask_in_time,
    ask_once,
    choose_next,
    note_judgement,
    share_patience,
    tell_failed,
    tell_unaccepted,
)
from fermata.flows.boundary import contain
from fermata.flows.bundle.shipped import SHIPPED_SPECS
from fermata.flows.context import AnalysisSettings, FlowContext
from fermata.flows.suggest import Choice, Chooser
from fermata.kit.log import get_log
from fermata.ports.model import ModelGateway
from fermata.rules.acceptance import (
    DIAGNOSIS_SCHEMA,
    Judgement,
    drop_widened_targets,
    judge_answer,
    read_answer,
)
from fermata.rules.asked_evidence import Question, choose_pieces, understand, widen_scope
from fermata.rules.brief import (
    SMALL,
    Brief,
    Size,
    compose_brief,
    compose_extra,
    compose_refusal,
    compose_summary,
    tell_batches,
)
from fermata.rules.second_opinion import add_actions, find_doubts, list_commits, list_told, merge, relate, wants_model
from fermata.rules.signatures import Case

_log = get_log("analyse")
GatherMore = Callable[[Scope], Awaitable[Gathering]]
_PROMPT = "diagnose"
_MOST_SUMMARIES = 3
_SUMMED_TOKENS = 3_000
"""Of one log's essence, for a model that costs a hundredth."""
_SUMMARY_TOKENS = 300


@dataclass(frozen=True, slots=True)
class Opinion:
    """Both diagnoses as one, with what was gathered for it."""

    case: Case
    """With the evidence that was fetched for the model."""
    diagnosis: Diagnosis
    gathered: tuple[Gathering, ...] = ()


@dataclass(slots=True, kw_only=True)
class _Course(Course):
    """What happened so far."""

    first: Case
    """As code framed it."""
    case: Case
    """With what was gathered for models."""
    extra: str = ""
    batches: int = 0
    gathered: list[Gathering] = field(default_factory=list)
    summaries: dict[str, str] = field(default_factory=dict)
    """Of logs that found no room in a brief, by their titles."""
    asked: list[tuple[Question, ...]] = field(default_factory=list)
    """What models wanted to see, batch by batch."""


class Analyst:
    """Asks models for a second opinion on a case."""

    def __init__(
        self,
        gateway: ModelGateway,
        prompts: Mapping[str, Prompt],
        settings: AnalysisSettings,
        specs: Mapping[str, ActionSpec] | None = None,
    ) -> None:
        self._gateway = gateway
        self._prompts = prompts
        self._prompt = prompts[_PROMPT]
        self._settings = settings
        self._specs = specs or {}
        self._chooser = Chooser(gateway, prompts["plan"], self._specs)

    def wants(self, case: Case, diagnosis: Diagnosis, *, asked_for: bool = False) -> bool:
        """Answer whether a model is to be asked, and one is configured for it."""
        due = wants_model(self._settings.when, case.alerts, diagnosis, asked_for=asked_for)
        return due and self._gateway.can_ask(TaskKind.DIAGNOSE)

    async def ask(
        self,
        case: Case,
        diagnosis: Diagnosis,
        gather_more: GatherMore | None = None,
        *,
        charged_to: IncidentId | None = None,
    ) -> Opinion:
        """Return the diagnosis with a model's beside it, or as it was with the reason why there is none.

        Args:
            gather_more: Asks the collectors once more for what a model wants to see; `None` shows it what the case
                holds already.
            charged_to: Whose budget pays.
        """
        critical = any(alert.severity is Severity.CRITICAL for alert in case.alerts)
        deadline = self._settings.deadline_critical if critical else self._settings.deadline
        size = Size(self._settings.brief_tokens)
        course = _Course(
            prompt=self._prompt, deadline=deadline, size=size, charged_to=charged_to, first=case, case=case
        )
        if critical:
            course.deadline_setting = "analysis.deadline_critical"
        judgement = await ask_in_time(
            course, "the analyst", lambda: self._ask_until_accepted(course, diagnosis, gather_more)
        )
        if judgement is None:
            return self._conclude(course, diagnosis, diagnosis, None, Choice())
        told, commits = list_told(course.case.evidence), list_commits(course.case)
        merged = merge(diagnosis, judgement, course.target, told, commits)
        choice = await self._chooser.choose(
            course.case,
            merged,
            first=case,
            timeout_s=course.left_s,
            charged_to=charged_to,
            dropped=judgement.left_out,
        )
        relation = relate(diagnosis, judgement)
        whole = add_actions(merged, choice.suggestions)
        return self._conclude(course, diagnosis, whole, (judgement, relation), choice)

    async def _ask_until_accepted(
        self, course: _Course, diagnosis: Diagnosis, gather_more: GatherMore | None
    ) -> Judgement | None:
        while course.answers < self._settings.answers + course.batches:
            size = course.size
            brief = compose_brief(course.case, diagnosis, self._specs, size)
            await self._sum_up(course, brief)
            answer = await self._ask_once(course, brief)
            if answer is None:
                if course.size is size:
                    return None
                continue  # The window is small: the next brief is built for it.
            judgement = self._judge(course, diagnosis, brief, answer)
            await note_judgement(self._gateway, answer, judgement.refusals)
            if judgement.accepted and not self._wants_more(course, judgement):
                return judgement
            if judgement.accepted:
                await self._fetch(course, diagnosis, brief, judgement, gather_more)
            elif not choose_next(self._gateway, TaskKind.DIAGNOSE, course, answer, judgement.refusals):
                return None
        return None

    async def _ask_once(self, course: _Course, brief: Brief) -> ModelAnswer | None:
        """Return an answer; `None` when nobody gives one, or when the next brief is to be smaller."""
        request = ModelRequest(
            kind=TaskKind.DIAGNOSE,
            prompt_name=self._prompt.name,
            prompt_digest=self._prompt.digest,
            instructions=self._prompt.text,
            content=_write_content(brief, course, self._settings.batches),
            output_schema=DIAGNOSIS_SCHEMA,
            max_output_tokens=self._settings.answer_tokens,
            tier=course.tier,
            passed_over=course.passed_over,
            incident_id=course.charged_to,
            patience_s=share_patience(course.left_s),
        )

        def shrink() -> None:
            course.size, course.extra = SMALL, ""
            course.asked.clear()

        return await ask_once(self._gateway, request, course, tokens=brief.tokens, shrink=shrink)

    async def _sum_up(self, course: _Course, brief: Brief) -> None:
        """Let the cheapest model read the logs that found no room; without one they are named only."""
        prompt = self._prompts.get("summarise")
        unread = [piece for piece in brief.unread if piece.evidence.title not in course.summaries][:_MOST_SUMMARIES]
        if prompt is None or not unread or not self._gateway.can_ask(TaskKind.SUMMARISE):
            return
        requests = [
            ModelRequest(
                kind=TaskKind.SUMMARISE,
                prompt_name=prompt.name,
                prompt_digest=prompt.digest,
                instructions=prompt.text,
                content=compose_extra([(piece.heading, [piece])], [piece.heading], _SUMMED_TOKENS),
                max_output_tokens=_SUMMARY_TOKENS,
                tier=Tier.LOW,
                incident_id=course.charged_to,
                patience_s=share_patience(course.left_s),
            )
            for piece in unread
        ]
        side = Round()
        ask = partial(ask_once, self._gateway, course=side, tokens=0, shrink=lambda: None)
        try:
            answers = await asyncio.gather(*(contain("a summary", partial(ask, item)) for item in requests))
        finally:
            # Those that failed, or that nobody waited for to the end, were paid for, too.
            course.attempts += side.attempts
        for piece, answer in zip(unread, answers, strict=True):
            # Asked for once: a summary that failed is not worth the wait again.
            course.summaries[piece.evidence.title] = answer.value.text if answer.value else ""

    def _judge(self, course: _Course, diagnosis: Diagnosis, brief: Brief, answer: ModelAnswer) -> Judgement:
        read = read_answer(answer.value)
        if isinstance(read, tuple):
            return Judgement(refusals=read)
        judgement = judge_answer(read, course.case, diagnosis, brief.names, self._specs, model=answer.target)
        return drop_widened_targets(judgement, course.first, diagnosis) if course.gathered else judgement

    def _wants_more(self, course: _Course, judgement: Judgement) -> bool:
        """Answer whether a batch of evidence is due: for an open question only, so that the usual case is one call."""
        return bool(judgement.requests) and not judgement.hypotheses and course.batches < self._settings.batches

    async def _fetch(
        self,
        course: _Course,
        diagnosis: Diagnosis,
        brief: Brief,
        judgement: Judgement,
        gather_more: GatherMore | None,
    ) -> None:
        """Look for everything of one batch at once, and write it behind the brief."""
        course.batches += 1
        course.reasons = ()
        questions = understand(judgement.requests, course.case, diagnosis, brief.names)
        course.asked.append(questions)
        scope = widen_scope(course.case.scope, questions)
        if gather_more is not None and scope is not None:
            gathering = await gather_more(scope)
            known = set(course.case.by_id)
            fresh = tuple(item for item in gathering.evidence if item.id not in known)
            gathering = gathering.model_copy(update={"evidence": fresh})
            course.gathered.append(gathering)
            course.case = replace(course.case, evidence=(*course.case.evidence, *fresh))
        course.extra = self._write_extra(course, diagnosis)

    def _write_extra(self, course: _Course, diagnosis: Diagnosis) -> str:
        """Write all that was asked so far, anew: what was gathered may have given the pieces other names.

        Each batch has its own budget: a second question is not answered with more of the first answer.
        """
        names = compose_brief(course.case, diagnosis, self._specs, course.size).names
        fresh = [item for gathering in course.gathered for item in gathering.evidence]
        left = self._settings.batches - course.batches
        blocks = []
        for number, batch in enumerate(course.asked, start=1):
            asked = [(each.words, choose_pieces(each, course.case.evidence, fresh, names)) for each in batch]
            told = left if number == len(course.asked) else None
            blocks.append(compose_extra(asked, [*course.case.by_id], self._settings.batch_tokens, batches_left=told))
        return "\n\n".join(blocks)

    def _conclude(
        self,
        course: _Course,
        diagnosis: Diagnosis,
        merged: Diagnosis,
        accepted: tuple[Judgement, Relation] | None,
        choice: Choice,
    ) -> Opinion:
        course.attempts += choice.attempts
        judgement, relation = accepted or (Judgement(), None)
        if relation is not None:
            told = _tell_relation(relation, judgement, diagnosis)
            doubts = find_doubts(judgement, diagnosis, course.case)
            outcome, text = AnalysisOutcome.ACCEPTED, " ".join((f"{course.target}: {told}", *doubts))
        else:
            outcome = AnalysisOutcome.NOT_ACCEPTED if course.answers else AnalysisOutcome.NO_ANSWER
            text = tell_unaccepted(course, "It asked for evidence and came to no conclusion.")
        if course.answers:
            failed = tell_failed(course.attempts)
            rest = [f"Asked in vain: {failed}."] if failed else []
            text = " ".join((f"{text.rstrip('.')}.", *rest, *(f"{told}." for told in course.unaffordable)))
        analysis = course.write_analysis(
            outcome,
            text,
            relation=relation,
            left_out=(*judgement.left_out, *choice.left_out),
            checks=judgement.checks,
            action_by=choice.by if choice.suggestions else "",
        )
        _log.info("analysis.ended", outcome=outcome.value, target=course.target, calls=course.answers)
        return Opinion(course.case, merged.model_copy(update={"analysis": analysis}), tuple(course.gathered))


def find_analyst(context: FlowContext) -> Analyst | None:
    """Return whoever asks models about an incident, or `None` when there are none to ask."""
    if context.models is None:
        return None
    specs = SHIPPED_SPECS | {name: action.spec for name, action in context.actions.items()}
    return Analyst(context.models, context.prompts, context.analysis, specs)


_RELATIONS = {
    Relation.CONFIRMS: "confirms the first hypothesis; its own words and lines stand beside it.",
    Relation.REFINES: "names a cause more closely than signatures could.",
    Relation.CONTRADICTS: "contradicts what signatures found; both are shown.",
    Relation.UNDETERMINED: "finds no cause either.",
}
_SAME_CHANGE = "blames the same change, and says what it broke; both are shown."
_WELL = "holds that nothing is wrong any more, which no check has shown; what signatures found stands above."


def _tell_relation(relation: Relation, judgement: Judgement, diagnosis: Diagnosis) -> str:
    if judgement.verdict is Verdict.HEALTHY:
        return _WELL
    if relation is Relation.REFINES and judgement.guilty_change and judgement.guilty_change == diagnosis.guilty_change:
        return _SAME_CHANGE
    return _RELATIONS[relation]


def _write_content(brief: Brief, course: _Course, most_batches: int) -> str:
    parts = [brief.text]
    for name, item in brief.names.items():
        if summed := course.summaries.get(item.title):
            parts.append(compose_summary(name, summed))
    if course.extra:
        parts.append(course.extra)
    else:
        parts.append(tell_batches(most_batches - course.batches))
    if course.reasons:
        parts.append(compose_refusal(course.reasons, course.refused))
    return "\n\n".join(parts)
