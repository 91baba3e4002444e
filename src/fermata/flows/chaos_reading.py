"""A model on top of a plan that rules made: asked once through the router, checked by code, merged.

What `fermata chaos plan` runs where a model is configured. Never raises for a model's fault and never takes longer than
an analysis may: without an accepted answer the rules' own plan stands, and it says why.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from fermata.domain.analysis import When
from fermata.domain.model import ModelAnswer, ModelRequest, TaskKind
from fermata.flows.asking_models import Round, ask_each
from fermata.flows.chaos_plan import ChaosPlan, RulesPlan, write_plan
from fermata.flows.context import FlowContext
from fermata.kit.log import get_log
from fermata.kit.redaction import redact
from fermata.rules.planreading.answer import PLAN_READING_SCHEMA, PlanReading, read_plan_reading
from fermata.rules.planreading.brief import PlanBrief, compose_plan_brief
from fermata.rules.planreading.checking import check_plan_reading
from fermata.rules.planreading.merging import merge_reading, name_entries

_log = get_log("chaos_reading")
PROMPT = "rehearse"
_ANSWER_TOKENS = 2_500
_LONGEST_WHY = 300


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """A plan, and how it came to be as it is."""

    plan: ChaosPlan
    made_by: str
    """In words: the rules alone, and why; or who read on top of them."""
    refused: tuple[str, ...] = ()
    """What of an answer did not stand, in words."""
    numbers: tuple[int | None, ...] = ()
    """Of each item, its number in the rules' own list: what commands take that are given the graph; `None` if it is
    suggested."""


def keep_rules(plan: RulesPlan, why: str) -> ReadPlan:
    """Return the rules' own plan.

    Args:
        why: No model has read it, in words.
    """
    made_by = f"rules alone: {redact(why).text[:_LONGEST_WHY].rstrip('.')}"
    return ReadPlan(write_plan(plan), made_by, numbers=tuple(range(1, len(plan.planned) + 1)))


async def read_rules_plan(context: FlowContext, plan: RulesPlan) -> ReadPlan:
    """Return a plan with what stands of a model's reading; the rules' own where nobody is asked or answers."""
    gateway = context.models
    if gateway is None or context.analysis.when is When.NEVER or not gateway.can_ask(TaskKind.DRAFT):
        return keep_rules(plan, "no model is configured for this")
    brief = await asyncio.to_thread(compose_plan_brief, plan.land, plan.planned)
    if not brief.services:
        return keep_rules(plan, "there is nothing to read")
    course = Round()

    def read(_brief: PlanBrief, answer: ModelAnswer) -> tuple[PlanReading | None, tuple[str, ...]]:
        reading = read_plan_reading(answer.value)
        return (None, (reading,)) if isinstance(reading, str) else (reading, ())

    answered = await ask_each(
        gateway, [brief], write=lambda each: _write_request(context, each), read=read, course=course,
        deadline=context.analysis.deadline,
    )  # fmt: skip
    if not answered:
        return keep_rules(plan, course.refusals[-1] if course.refusals else "nobody could be asked")
    return await asyncio.to_thread(apply_reading, plan, brief, answered[0][1], course.target)


def apply_reading(plan: RulesPlan, brief: PlanBrief, reading: PlanReading, reader: str) -> ReadPlan:
    """Return a plan with what stands of an answer.

    Args:
        brief: What it is an answer to.
        reader: `provider/model` that answered.
    """
    checked = check_plan_reading(plan.land, brief, reading)
    refused = tuple(redact(text).text for text in checked.refused)
    _log.info("chaos.plan_read", target=reader, stood=checked.stood, refused=len(refused))
    if not checked.stood:
        return replace(keep_rules(plan, f"nothing of what {reader} answered stands"), refused=refused)
    merged = merge_reading(plan.land, plan.planned, (brief, checked), reader=reader, limit=plan.limit)
    named = [
        replace(item, finding=replace(item.finding, why=name_entries(item.finding.why, checked.journeys)))
        for item in merged
    ]
    made_by = f"rules, with a reading by {reader} ({checked.stood} stood, {len(refused)} refused)"
    own = {(item.finding.target, item.finding.fault): number for number, item in enumerate(plan.planned, start=1)}
    numbers = tuple(own.get((item.finding.target, item.finding.fault)) for item in named)
    return ReadPlan(write_plan(replace(plan, planned=tuple(named))), made_by, refused, numbers)


def _write_request(context: FlowContext, brief: PlanBrief) -> ModelRequest:
    prompt = context.prompts[PROMPT]
    return ModelRequest(
        kind=TaskKind.DRAFT,
        prompt_name=prompt.name,
        prompt_digest=prompt.digest,
        instructions=prompt.text,
        content=brief.text,
        output_schema=PLAN_READING_SCHEMA,
        max_output_tokens=_ANSWER_TOKENS,
    )
