"""Which items of an answer stand: places of the graph, words of closed lists, nothing the graph or the list denies.

A reason is text from outside: shown as it is or not at all. It may hold no number that the graph does not hold, and
nothing that a page or a chat would make something of.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from fermata.domain.service_graph import Call
from fermata.kit.redaction import redact
from fermata.rules.acceptance.approvals import claims_approval
from fermata.rules.acceptance.languages import is_foreign
from fermata.rules.brief.fences import show_line
from fermata.rules.planreading.answer import Missed, PlanReading
from fermata.rules.planreading.brief import PlanBrief
from fermata.rules.planreading.fitting import judge_call, judge_service
from fermata.rules.timeline import phrases
from fermata.rules.weakness.faults import Fault, Kind, Predict
from fermata.rules.weakness.standing import Landscape

_KINDS = {kind.value: kind for kind in Kind}
_FAULTS = {fault.value: fault for fault in Fault}
_PLAIN = re.compile(r"(?:[\w .,;:'\"()/%+=-]|->|\u2019|\u2013)+")
_ADDRESS = re.compile(r"://|\bwww\.|\bhttps?\b|__|\b[\w-]+\.(?:com|net|org|io|dev|app|sh|ru|cn)\b", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_JOURNEY = re.compile(r"[^\W\d_](?:[^\W_]|[ ,/'-])*")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A weak point that a reader adds, checked."""

    name: str
    """As the answer's order calls it."""
    kind: Kind
    fault: Fault
    target: str
    """As the plan writes it."""
    reason: str
    call: Call | None = None
    """`None` where it is a service."""


@dataclass(slots=True)
class CheckedReading:
    """What of an answer stands."""

    suggestions: list[Suggestion] = field(default_factory=list)
    handled: dict[str, str] = field(default_factory=dict)
    """Name of a rules' item -> why it is ridden out."""
    first: list[str] = field(default_factory=list)
    """Names of rules' items and of suggestions, each once."""
    journeys: dict[str, str] = field(default_factory=dict)
    """Service that is entered -> what users do there."""
    refused: list[str] = field(default_factory=list)
    """What does not stand, with the reason."""

    @property
    def stood(self) -> int:
        """Return how many items stand."""
        return len(self.suggestions) + len(self.handled) + len(self.first) + len(self.journeys)


def check_plan_reading(land: Landscape, brief: PlanBrief, reading: PlanReading) -> CheckedReading:
    """Return what stands of an answer.

    Args:
        brief: What it is an answer to.
    """
    checked = CheckedReading(refused=list(reading.refused))
    for name, item in reading.missed.items():
        made = _check_missed(land, brief, item, name)
        if isinstance(made, Suggestion) and any(_is_same(made, other) for other in checked.suggestions):
            made = "it is suggested twice"
        if isinstance(made, Suggestion):
            checked.suggestions.append(made)
        else:
            _refuse(checked, f"{name} {item.kind} {item.target} {item.fault}", made)
    for handled in reading.handled:
        why = _refuse_handled(brief, handled.item, handled.reason)
        if not why and handled.item in checked.handled:
            why = "it is named twice"
        if why:
            _refuse(checked, f"handled {handled.item}", why)
        else:
            checked.handled[handled.item] = handled.reason
    _check_first(brief, reading, checked)
    _check_journeys(brief, reading, checked)
    return checked


def judge_reason(text: str, numbers: frozenset[str]) -> str:
    """Return why a sentence is not shown, or an empty text.

    Args:
        numbers: Those that it may hold.
    """
    if why := _judge_plain(text):
        return f"the reason holds {why}"
    if is_foreign(text, lambda _word: False):
        return "the reason is not in English, which is all that can be checked"
    if claims_approval(text):
        return "the reason claims an approval, which only a person gives"
    strange = next((number for number in _NUMBER.findall(text) if number not in numbers), None)
    return f"the reason holds a number that the graph has not: {strange}" if strange else ""


def _judge_plain(text: str) -> str:
    """Return what words hold that a page or a chat would make something of; empty where there is none."""
    if redact(text).text != text or show_line(text, len(text)) != text:
        return "a secret, or signs that are not seen"
    is_plain = _PLAIN.fullmatch(text) and not _ADDRESS.search(text) and not phrases.ORDERED.search(text)
    return "" if is_plain else "markup, an address or an order"


def _check_missed(land: Landscape, brief: PlanBrief, item: Missed, name: str) -> Suggestion | str:
    kind, fault = _KINDS.get(item.kind), _FAULTS.get(item.fault)
    if kind is None or fault is None:
        return "there is no such kind" if kind is None else "there is no such fault"
    call, service = brief.calls.get(item.target), brief.services.get(item.target)
    if call is not None:
        why = judge_call(kind, fault, call, land.services[call.callee])
        target = call.target
    elif service is not None:
        why = judge_service(kind, fault, land.services[service])
        target = service
    else:
        return "the graph has no such service or call"
    twin = _find_twin(brief, kind, target)
    why = why or (f"the rules list it as {twin}" if twin else judge_reason(item.reason, brief.numbers))
    return why or Suggestion(name, kind, fault, target, item.reason, call)


def _find_twin(brief: PlanBrief, kind: Kind, target: str) -> str:
    """Return the item that tells the same weak point of the same place, whichever fault shows it there."""
    for name, item in brief.items.items():
        if (item.finding.kind, item.finding.target) == (kind, target):
            return name
    return ""


def _is_same(one: Suggestion, other: Suggestion) -> bool:
    """Tell whether two are about one place, and one fault there or one kind: a plan has one item for both."""
    return one.target == other.target and (one.fault is other.fault or one.kind is other.kind)


def _refuse_handled(brief: PlanBrief, name: str, reason: str) -> str:
    item = brief.items.get(name)
    if item is None:
        return "the rules' list has no such item"
    if item.finding.predict is Predict.COLLAPSE:
        return "its collapse is computed from what the graph states"
    return judge_reason(reason, brief.numbers)


def _check_first(brief: PlanBrief, reading: PlanReading, checked: CheckedReading) -> None:
    known: Mapping[str, object] = {**brief.items, **{item.name: item for item in checked.suggestions}}
    for name in reading.first:
        if name in known and name not in checked.first:
            checked.first.append(name)
        else:
            _refuse(checked, f"first {name}", "it is named twice" if name in known else "there is no such item")


def _check_journeys(brief: PlanBrief, reading: PlanReading, checked: CheckedReading) -> None:
    for journey in reading.journeys:
        entry = brief.services.get(journey.entry)
        if entry is None or entry not in brief.entries or entry in checked.journeys:
            _refuse(checked, f"journey {journey.entry}", "no journey without a name enters there")
        elif not _JOURNEY.fullmatch(journey.name) or _judge_plain(journey.name) or _NUMBER.search(journey.name):
            _refuse(checked, f"journey {journey.entry}", "its name is more than a few plain words")
        else:
            checked.journeys[entry] = journey.name


def _refuse(checked: CheckedReading, what: str, why: str) -> None:
    checked.refused.append(f"{show_line(what, 160)}: {why}")
