"""Asking models about an incident: one answer, checked; again with the reasons; a dearer one; then signatures alone.

Called after the signatures, by the investigation and by a person's look at a bundle or an alert. It never raises for a
model's fault and never takes longer than its deadline: without an accepted answer the signatures' diagnosis stands as
it is, with the reason beside it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial

from fermata.domain.action import ActionSpec
from fermata.domain.alert import Severity
from fermata.domain.analysis import Analysis, AnalysisOutcome, Prompt, Relation
from fermata.domain.diagnosis import Diagnosis, Verdict
from fermata.domain.evidence import Gathering
from fermata.domain.ids import IncidentId
from fermata.domain.model import Attempt, ModelAnswer, ModelRequest, TaskKind, Tier
from fermata.domain.scope import Scope
from fermata.flows.asking_models import (
    ask_once,
    keep_refusal,
    note_judgement,
    share_patience,
    tell_failed,
    tell_unaccepted,
    tell_unheard,
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


@dataclass(slots=True)
class _Course:
    """What happened so far."""

    first: Case
    """As code framed it."""
    case: Case
    """With what was gathered for models."""
    began: float
    ends: float
    """By the same clock, when the deadline is over."""
    size: Size
    reasons: tuple[str, ...] = ()
    """Why the last answer was not accepted: told to the next one."""
    refused: str = ""
    """That answer, as it came."""
    judged: str = ""
    """Who gave it, and the first reason."""
    tier: Tier | None = None
    extra: str = ""
    answers: int = 0
    batches: int = 0
    retried: bool = False
    refusals: list[str] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    gathered: list[Gathering] = field(default_factory=list)
    summaries: dict[str, str] = field(default_factory=dict)
    """Of logs that found no room in a brief, by their titles."""
    asked: list[tuple[Question, ...]] = field(default_factory=list)
    """What models wanted to see, batch by batch."""
    target: str = ""


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
        began = time.monotonic()
        course = _Course(case, case, began, began + deadline.total_seconds(), Size(self._settings.brief_tokens))

        async def work() -> Judgement | None:
            try:
                async with asyncio.timeout(deadline.total_seconds()):
                    return await self._ask_until_accepted(course, diagnosis, gather_more, charged_to)
            except TimeoutError:
                course.refusals.append(tell_unheard(deadline, course))
                return None

        brought = await contain("the analyst", work)
        if brought.failed:
            course.refusals.append(f"Asking a model failed: {brought.failure}.")
        judgement = brought.value
        if judgement is None:
            return self._conclude(course, diagnosis, diagnosis, None, Choice())
        told, commits = list_told(course.case.evidence), list_commits(course.case)
        merged = merge(diagnosis, judgement, course.target, told, commits)
        left_s = course.ends - time.monotonic()
        choice = await self._chooser.choose(
            course.case,
            merged,
            first=case,
            timeout_s=left_s,
            charged_to=charged_to,
            dropped=judgement.left_out,
        )
        relation = relate(diagnosis, judgement)
        whole = add_actions(merged, choice.suggestions)
        return self._conclude(course, diagnosis, whole, (judgement, relation), choice)

    async def _ask_until_accepted(
        self, course: _Course, diagnosis: Diagnosis, gather_more: GatherMore | None, charged_to: IncidentId | None
    ) -> Judgement | None:
        while course.answers < self._settings.answers + course.batches:
            size = course.size
            brief = compose_brief(course.case, diagnosis, self._specs, size)
            await self._sum_up(course, brief, charged_to)
            answer = await self._ask_once(course, brief, charged_to)
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
            elif not self._choose_next(course, answer, judgement):
                return None
        return None

    async def _ask_once(self, course: _Course, brief: Brief, charged_to: IncidentId | None) -> ModelAnswer | None:
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
            incident_id=charged_to,
            patience_s=share_patience(course.ends - time.monotonic()),
        )

        def shrink() -> None:
            course.size, course.extra = SMALL, ""
            course.asked.clear()

        return await ask_once(self._gateway, request, course, tokens=brief.tokens, shrink=shrink)

    async def _sum_up(self, course: _Course, brief: Brief, charged_to: IncidentId | None) -> None:
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
                incident_id=charged_to,
                patience_s=share_patience(course.ends - time.monotonic()),
            )
            for piece in unread
        ]
        answers = await asyncio.gather(*(contain("a summary", partial(self._gateway.ask, item)) for item in requests))
        for piece, answer in zip(unread, answers, strict=True):
            # Asked for once: a summary that failed is not worth the wait again.
            course.summaries[piece.evidence.title] = answer.value.text if answer.value else ""
            course.attempts += answer.value.attempts if answer.value else ()

    def _judge(self, course: _Course, diagnosis: Diagnosis, brief: Brief, answer: ModelAnswer) -> Judgement:
        read = read_answer(answer.value)
        if isinstance(read, tuple):
            return Judgement(refusals=read)
        judgement = judge_answer(read, course.case, diagnosis, brief.names, self._specs, model=answer.target)
        return drop_widened_targets(judgement, course.first, diagnosis) if course.gathered else judgement

    def _wants_more(self, course: _Course, judgement: Judgement) -> bool:
        """Answer whether a batch of evidence is due: for an open question only, so that the usual case is one call."""
        return bool(judgement.requests) and not judgement.hypotheses and course.batches < self._settings.batches

    def _choose_next(self, course: _Course, answer: ModelAnswer, judgement: Judgement) -> bool:
        """Prepare the next question after an answer that does not stand; false when there is nobody left to ask."""
        keep_refusal(course, answer, judgement.refusals)
        if not course.retried:
            course.retried, course.tier = True, answer.tier
            return True
        higher = [tier for tier in Tier if tier.rank > answer.tier.rank]
        if not higher:
            return False
        # What another one did wrong would only mislead a better one.
        course.tier, course.reasons = higher[0], ()
        return True

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
            told = _WELL if judgement.verdict is Verdict.HEALTHY else _RELATIONS[relation]
            doubts = find_doubts(judgement, diagnosis, course.case)
            outcome, text = AnalysisOutcome.ACCEPTED, " ".join((f"{course.target}: {told}", *doubts))
        else:
            outcome = AnalysisOutcome.NOT_ACCEPTED if course.answers else AnalysisOutcome.NO_ANSWER
            text = tell_unaccepted(course, "It asked for evidence and came to no conclusion.")
        if course.answers:
            failed = tell_failed(course.attempts)
            text = f"{text.rstrip('.')}.{f' Asked in vain: {failed}.' if failed else ''}"
        analysis = Analysis(
            outcome=outcome,
            text=text,
            target=course.target,
            relation=relation,
            refusals=tuple(course.refusals),
            left_out=(*judgement.left_out, *choice.left_out),
            checks=judgement.checks,
            action_by=choice.by if choice.suggestions else "",
            prompt_digest=self._prompt.digest,
            calls=course.answers,
            outcomes=tuple(attempt.outcome for attempt in course.attempts),
            cost_usd=sum((attempt.cost_usd for attempt in course.attempts), Decimal(0)),
            input_tokens=sum(attempt.usage.input_tokens for attempt in course.attempts),
            output_tokens=sum(attempt.usage.output_tokens for attempt in course.attempts),
            seconds=round(time.monotonic() - course.began, 3),
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
_WELL = "holds that nothing is wrong any more; what signatures found stands above."


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
