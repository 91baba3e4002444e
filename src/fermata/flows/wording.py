"""Questions put to models: which kind one is, and an answer in words from what was observed.

Called by `flows.ask`, after the rules. It reads and never acts; it never raises for a model's fault and never takes
longer than the analysis may. Without an accepted answer the rules' own answer stands, with the reason beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeVar

from fermata.domain.analysis import Analysis, AnalysisOutcome, When
from fermata.domain.diagnosis import Diagnosis
from fermata.domain.ids import IncidentId
from fermata.domain.model import ModelAnswer, ModelRequest, TaskKind
from fermata.flows.asking_models import (
    Course,
    ask_in_time,
    ask_once,
    choose_next,
    note_judgement,
    share_patience,
    tell_unaccepted,
)
from fermata.flows.context import FlowContext
from fermata.kit.log import get_log
from fermata.ports.model import ModelGateway
from fermata.rules.asking import AskKind, Question, Said
from fermata.rules.brief import SMALL, Size, compose_brief, compose_refusal
from fermata.rules.signatures import Case
from fermata.rules.wording import KIND_SCHEMA, TASKS, WORDS_SCHEMA, Words, compose_request, judge_words, read_kind

_log = get_log("wording")
T = TypeVar("T")
_CLASSIFY, _ANSWER = "classify", "answer"
_KIND_TOKENS = 100
_WORDS_TOKENS = 1_000
_CHECKED = "answered; the quotes and numbers of each sentence were checked, not what it makes of them."
_UNANSWERED = "What was observed does not answer this wholly."


@dataclass(frozen=True, slots=True)
class Worded:
    """What a model says to a question, and what became of asking it."""

    said: tuple[Said, ...]
    analysis: Analysis


class Wording:
    """Asks models about questions."""

    def __init__(self, context: FlowContext, gateway: ModelGateway) -> None:
        self._gateway = gateway
        self._prompts = context.prompts
        self._settings = context.analysis

    def can_answer(self, kind: AskKind) -> bool:
        """Answer whether a model may be asked for this kind of question."""
        return kind in TASKS and self._may_ask(TASKS[kind])

    async def choose_kind(self, question: Question, charged_to: IncidentId | None) -> tuple[AskKind | None, Analysis]:
        """Let the cheapest model say what kind of question it is; `None` when none does. One request, never a retry."""
        course = self._set_out(_CLASSIFY, charged_to)

        async def work() -> AskKind | None:
            content = compose_request(question.text)
            answer = await self._ask_once(course, TaskKind.CLASSIFY, content, KIND_SCHEMA, _KIND_TOKENS)
            return read_kind(answer.value) if answer is not None else None

        kind = await ask_in_time(course, "the models", work)
        return kind, _conclude(course, f"{course.target} takes it for {kind.value}." if kind else "")

    def can_choose_kind(self) -> bool:
        """Answer whether a model may be asked what kind of question one is."""
        return self._may_ask(TaskKind.CLASSIFY)

    async def answer(
        self, case: Case, diagnosis: Diagnosis, question: Question, charged_to: IncidentId | None
    ) -> Worded:
        """Return a model's answer, each sentence with citations that hold, or nothing and the reason why."""
        course = self._set_out(_ANSWER, charged_to)
        words = await ask_in_time(
            course, "the models", lambda: self._ask_until_accepted(course, case, diagnosis, TASKS[question.kind])
        )
        if words is None:
            return Worded((), _conclude(course, ""))
        said = words.said if words.is_answer else (*words.said, Said(text=_UNANSWERED, by=course.target))
        return Worded(said, _conclude(course, f"{course.target} {_CHECKED}"))

    def _may_ask(self, kind: TaskKind) -> bool:
        return self._settings.when is not When.NEVER and self._gateway.can_ask(kind)

    def _set_out(self, prompt: str, charged_to: IncidentId | None) -> Course:
        settings, size = self._settings, Size(self._settings.brief_tokens)
        return Course(prompt=self._prompts[prompt], deadline=settings.deadline, size=size, charged_to=charged_to)

    async def _ask_until_accepted(
        self, course: Course, case: Case, diagnosis: Diagnosis, kind: TaskKind
    ) -> Words | None:
        while course.answers < self._settings.answers:
            size = course.size
            # An answer proposes nothing: what could be done is not shown, and leaves its room to the evidence.
            brief = compose_brief(case, diagnosis, None, replace(size, actions=0, targets=0, names_authors=True))
            refusal = compose_refusal(course.reasons, course.refused) if course.reasons else ""
            content = "\n\n".join(filter(None, (brief.text, refusal)))
            answer = await self._ask_once(course, kind, content, WORDS_SCHEMA, _WORDS_TOKENS)
            if answer is None:
                if course.size is size:
                    return None
                continue  # The window is small: the next brief is built for it.
            words = judge_words(answer.value, case, diagnosis, brief.names, model=answer.target)
            await note_judgement(self._gateway, answer, words.refusals)
            if not words.refusals:
                return words
            if not choose_next(self._gateway, kind, course, answer, words.refusals):
                return None
        return None

    async def _ask_once(
        self, course: Course, kind: TaskKind, content: str, schema: Any, max_output_tokens: int
    ) -> ModelAnswer | None:
        """Return an answer; `None` when nobody gives one, or when the next brief is to be smaller."""
        request = ModelRequest(
            kind=kind,
            prompt_name=course.prompt.name,
            prompt_digest=course.prompt.digest,
            instructions=course.prompt.text,
            content=content,
            output_schema=schema,
            max_output_tokens=max_output_tokens,
            tier=course.tier,
            passed_over=course.passed_over,
            incident_id=course.charged_to,
            patience_s=share_patience(course.left_s),
        )

        def shrink() -> None:
            course.size = SMALL

        return await ask_once(self._gateway, request, course, tokens=course.size.tokens, shrink=shrink)


def find_wording(context: FlowContext) -> Wording | None:
    """Return whoever puts questions to models, or `None` when there are none to ask."""
    return None if context.models is None else Wording(context, context.models)


def _conclude(course: Course, text: str) -> Analysis:
    if text:
        outcome = AnalysisOutcome.ACCEPTED
    else:
        outcome = AnalysisOutcome.NOT_ACCEPTED if course.answers else AnalysisOutcome.NO_ANSWER
        text = tell_unaccepted(course, "nobody could be asked.")
    _log.info("question.asked", prompt=course.prompt.name, outcome=outcome.value, target=course.target)
    return course.write_analysis(outcome, text)
