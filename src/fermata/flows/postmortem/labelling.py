"""A model's labels on a draft that rules made: asked through the router, checked by code, said in the document.

Never raises for a model's fault and never takes longer than an analysis may: without an accepted answer the rules' own
draft stands, and the document says why. A draft pays for one call for each 150 messages, and never for a second try.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from fermata.domain.analysis import When
from fermata.domain.ids import IncidentId
from fermata.domain.model import Attempt, ModelRequest, TaskKind
from fermata.domain.trail import PostmortemDraft, Trail
from fermata.flows.asking_models import ask_once
from fermata.flows.boundary import contain
from fermata.flows.context import FlowContext
from fermata.kit.log import get_log
from fermata.kit.redaction import redact
from fermata.kit.units import format_duration
from fermata.ports.model import ModelGateway
from fermata.rules.labels import LABEL_SCHEMA, Brief, Labels, apply_labels, compose_briefs, read_labels

_log = get_log("labelling")
PROMPT = "label"
RULES = "rules, without a model"
_ANSWER_TOKENS = 1_200
_LONGEST_WHY = 200


@dataclass(frozen=True, slots=True)
class Labelling:
    """A draft, and how it came to be as it is."""

    draft: PostmortemDraft
    made_by: str = RULES
    """In words, for the document."""
    target: str = ""
    """`provider/model` that answered last; empty when none did."""
    calls: int = 0
    applied: int = 0
    refused: tuple[str, ...] = ()
    """What did not stand or did not come, in words."""
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal = Decimal(0)

    def to_json(self) -> dict[str, Any]:
        """Return what asking brought and cost."""
        return {
            "made_by": self.made_by,
            "target": self.target,
            "calls": self.calls,
            "applied": self.applied,
            "refused": list(self.refused),
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cost_usd": str(self.cost_usd),
        }


Label = Callable[[Trail, PostmortemDraft], Labelling]
"""Asks and waits: for whoever drafts outside an event loop."""


@dataclass(slots=True)
class _Course:
    """What happened so far."""

    answers: int = 0
    target: str = ""
    refusals: list[str] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)


async def label_draft(
    context: FlowContext, trail: Trail, draft: PostmortemDraft, charged_to: IncidentId | None = None
) -> Labelling:
    """Return a draft with the labels of a model that stand; the same draft when none is configured or answers.

    Args:
        charged_to: Whose budget pays, beside the day's and the month's.
    """
    gateway = context.models
    if gateway is None or context.analysis.when is When.NEVER or not gateway.can_ask(TaskKind.DRAFT):
        return Labelling(draft)
    briefs = await asyncio.to_thread(compose_briefs, trail, draft)
    if not briefs:
        return Labelling(draft)
    course = _Course()
    answers = await _ask_all(context, gateway, briefs, course, charged_to)
    labelled = await asyncio.to_thread(apply_labels, trail, draft, answers)
    refused = tuple(redact(text).text for text in (*course.refusals, *labelled.refused))
    _log.info("postmortem.labelled", target=course.target, calls=course.answers, applied=labelled.applied)
    return Labelling(
        draft=labelled.draft,
        made_by=_tell(course, bool(answers), labelled.applied, len(labelled.refused)),
        target=course.target,
        calls=course.answers,
        applied=labelled.applied,
        refused=refused,
        input_tokens=sum(attempt.usage.input_tokens for attempt in course.attempts),
        output_tokens=sum(attempt.usage.output_tokens for attempt in course.attempts),
        cost_usd=sum((attempt.cost_usd for attempt in course.attempts), Decimal(0)),
    )


async def _ask_all(
    context: FlowContext,
    gateway: ModelGateway,
    briefs: Sequence[Brief],
    course: _Course,
    charged_to: IncidentId | None,
) -> list[tuple[Brief, Labels]]:
    """Return the briefs that were answered, each with its labels; all are asked at once, under one deadline."""
    deadline = context.analysis.deadline
    answered: dict[int, Labels] = {}

    async def ask(index: int) -> None:
        request = _write_request(context, briefs[index], charged_to)
        # Half a brief would be another choice: where a window is too small, the rules' own stands.
        answer = await ask_once(gateway, request, course, tokens=0, shrink=lambda: None)
        if answer is None:
            return
        labels = read_labels(answer.value)
        if isinstance(labels, Labels):
            answered[index] = labels
        else:
            course.refusals += [f"{answer.target}: {fault}" for fault in labels]

    async def ask_all() -> None:
        try:
            async with asyncio.timeout(deadline.total_seconds()):
                await asyncio.gather(*(ask(index) for index in range(len(briefs))))
        except TimeoutError:
            course.refusals.append(f"No answer within {format_duration(deadline)}.")

    brought = await contain("the models", ask_all)
    if brought.failed:
        course.refusals.append(f"Asking a model failed: {brought.failure}.")
    return [(briefs[index], answered[index]) for index in sorted(answered)]


def _write_request(context: FlowContext, brief: Brief, charged_to: IncidentId | None) -> ModelRequest:
    prompt = context.prompts[PROMPT]
    return ModelRequest(
        kind=TaskKind.DRAFT,
        prompt_name=prompt.name,
        prompt_digest=prompt.digest,
        instructions=prompt.text,
        content=brief.text,
        output_schema=LABEL_SCHEMA,
        max_output_tokens=_ANSWER_TOKENS,
        incident_id=charged_to,
    )


def _tell(course: _Course, is_answered: bool, applied: int, refused: int) -> str:  # noqa: FBT001 - private, named at its one call
    if not is_answered:
        why = course.refusals[-1] if course.refusals else "nobody could be asked"
        return f"rules alone: {redact(why).text[:_LONGEST_WHY].rstrip('.')}"
    part = "; part of the channel was not answered for" if course.refusals else ""
    return f"rules, with labels of {course.target} ({applied} stood, {refused} refused{part})"
