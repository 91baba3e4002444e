"""A model's labels on a draft that rules made: asked through the router, checked by code, said in the document.

Never raises for a model's fault and never takes longer than an analysis may: without an accepted answer the rules' own
draft stands, and the document says why. A draft pays for one call for each 150 messages, and never for a second try.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fermata.domain.analysis import When
from fermata.domain.ids import IncidentId
from fermata.domain.model import ModelAnswer, ModelRequest, TaskKind
from fermata.domain.trail import PostmortemDraft, Trail
from fermata.flows.asking_models import Round, ask_each
from fermata.flows.context import FlowContext
from fermata.kit.log import get_log
from fermata.kit.redaction import redact
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
    course = Round()
    answers = await ask_each(
        gateway,
        briefs,
        write=lambda brief: _write_request(context, brief, charged_to),
        read=_read_answer,
        course=course,
        deadline=context.analysis.deadline,
    )
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
        cost_usd=course.cost_usd,
    )


def _read_answer(_brief: Brief, answer: ModelAnswer) -> tuple[Labels | None, Sequence[str]]:
    labels = read_labels(answer.value)
    return (labels, ()) if isinstance(labels, Labels) else (None, labels)


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


def _tell(course: Round, is_answered: bool, applied: int, refused: int) -> str:  # noqa: FBT001 - private, named at its one call
    if not is_answered:
        why = course.refusals[-1] if course.refusals else "nobody could be asked"
        return f"rules alone: {redact(why).text[:_LONGEST_WHY].rstrip('.')}"
    part = "; part of the channel was not answered for" if course.refusals else ""
    return f"rules, with labels of {course.target} ({applied} stood, {refused} refused{part})"
