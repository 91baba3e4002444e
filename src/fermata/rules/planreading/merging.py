"""A checked answer into the rules' plan. Predictions, numbers and weights are those of the rules' formulas.

What is suggested stands behind every computed collapse and never predicts one itself, unless the rules' own formulas do
at that place. Of a full list it may take the last fifth, whatever stands there: rules alone put little that is right so
far down. Where the rules list the same fault at the same place by another name, there is still one item.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from fermata.rules.planreading.brief import PlanBrief
from fermata.rules.planreading.checking import CheckedReading, Suggestion
from fermata.rules.weakness.faults import Fault, Kind, Predict
from fermata.rules.weakness.finding import Finding
from fermata.rules.weakness.planning import LIMIT, Planned, diversify, find_weaknesses
from fermata.rules.weakness.standing import Landscape, name_entry_journey
from fermata.rules.weakness.wording import name_journeys

_LIKELIHOOD = 0.5
"""Of a suggestion: as likely as not. A guess; revisit when measured on systems that nobody here has read."""
_LEAST = 0.3
"""Share of the journeys that a suggestion counts for at least: a loss may be felt by none of them at once."""
_LIFT = 0.5
"""What the first of an order adds to its weight, falling to nothing behind the last."""
_RIDDEN_OUT = 0.6
"""What a reader's "handled" leaves of a weight: it is a claim, and the rehearsal checks it."""
_MOST_FIRST = 10
_OWN = 32
"""Items of the rules that stay whatever is suggested, of a list of 40. Chosen on answers to twelve graphs."""
_COUNTS = frozenset({"replicas", "journeys_hit", "services_behind_it_alone", "callers", "callees_with_state"})
"""Numbers that count what the graph shows; all others of a finding come from a formula."""


def merge_reading(
    land: Landscape, planned: Sequence[Planned], reading: tuple[PlanBrief, CheckedReading], *, reader: str, limit: int
) -> list[Planned]:
    """Return the plan with what stands of an answer, best first.

    Args:
        planned: The rules' list.
        reading: What was shown, and what of the answer stands.
        reader: `provider/model` that answered.
        limit: Items at most.
    """
    brief, checked = reading
    lifts = {name: 1 + _LIFT * (1 - place / _MOST_FIRST) for place, name in enumerate(checked.first)}
    names = {id(item): name for name, item in brief.items.items()}
    at_place = {(item.target, item.fault): item for item in checked.suggestions}
    kept = []
    for item in planned:
        name = names.get(id(item), "")
        told = _remark(item, checked.handled.get(name, ""), lifts.get(name, 1.0), reader)
        suggestion = at_place.pop((item.finding.target, item.finding.fault), None)
        kept.append(told if suggestion is None else _name_anew(told, suggestion, reader))
    known = {(each.kind, each.target, each.fault): each for each in find_weaknesses(land)} if at_place else {}
    added = [
        replace(_make_item(land, each, known, reader), lift=lifts.get(each.name, 1.0)) for each in at_place.values()
    ]
    return diversify(_make_room(kept, added, limit), limit)


def name_entries(text: str, journeys: Mapping[str, str]) -> str:
    """Return a sentence in which entries are called what users do there.

    Args:
        text: Of an item of the plan.
        journeys: Service that is entered -> its journey's name.
    """
    for entry, name in journeys.items():
        text = text.replace(name_entry_journey(entry), f'"{name}" (enters at {entry})')
    return text


def _remark(item: Planned, handled: str, lift: float, reader: str) -> Planned:
    if not handled:
        return replace(item, lift=lift)
    return replace(item, lift=lift * _RIDDEN_OUT, remark=f"{reader} takes it for handled: {handled}")


def _name_anew(item: Planned, suggestion: Suggestion, reader: str) -> Planned:
    """Give an item of the rules the suggested name beside its own; before it only where nothing is computed.

    Where an input is missing, the rules' name is a guess from the shape, and the reader may know the software. Which of
    several names comes first that the rules themselves have found there, the reader may always say.
    """
    own, kind = item.finding, suggestion.kind.value
    others = [each for each in item.also if each != kind]
    source = _tell_source(reader)
    if kind in item.also:
        remark = f"{reader} puts {kind} first: {suggestion.reason}"
        return replace(
            item, finding=replace(own, kind=suggestion.kind), also=(own.kind.value, *others),
            remark="; ".join(filter(None, (item.remark, remark))),
        )  # fmt: skip
    if own.predict in {Predict.COLLAPSE, Predict.DEGRADE} or own.numbers.keys() - _COUNTS:
        remark = f"{kind}, {source}: {suggestion.reason}"
        return replace(item, also=(kind, *others), remark="; ".join(filter(None, (item.remark, remark))))
    # That the formulas see it handled is no proof against another weak point at the same place.
    finding = replace(
        own, kind=suggestion.kind, predict=Predict.UNKNOWN, likelihood=max(own.likelihood, _LIKELIHOOD),
        why=f"{_end(suggestion.reason)} The rules call it {own.kind.value.replace('_', ' ')}: {own.why}",
    )  # fmt: skip
    return replace(item, finding=finding, also=(own.kind.value, *others), source=source)


def _make_item(
    land: Landscape, suggestion: Suggestion, known: Mapping[tuple[Kind, str, Fault], Finding], reader: str
) -> Planned:
    own = known.get((suggestion.kind, suggestion.target, suggestion.fault))
    if own is not None:
        # The rules found it, and had no room for it: their numbers, said to be asked for by the reader.
        return Planned(own, (), source=_tell_source(reader), remark=suggestion.reason)
    return Planned(_predict(land, suggestion, reader), (), source=_tell_source(reader))


def _predict(land: Landscape, suggestion: Suggestion, reader: str) -> Finding:
    call, fault = suggestion.call, suggestion.fault
    if call is None:
        felt, predict = land.feel(suggestion.target, fault), land.predict_service(suggestion.target, fault)
    else:
        felt, predict = land.feel_call(call, fault), land.predict_call(call, fault)
    if predict is Predict.COLLAPSE:
        # The fault would pass; that this weak point is there was read, and not computed.
        predict = Predict.DEGRADE
    elif predict is Predict.GRACEFUL:
        predict = Predict.UNKNOWN
    reach = name_journeys(felt, sure=False)
    return Finding(
        suggestion.kind, suggestion.target, fault, predict,
        f"{_end(suggestion.reason)} Predicted by {reader}'s reading, not computed; {reach}",
        likelihood=_LIKELIHOOD, journeys=max(felt.weight, _LEAST),
        settled_by=("a rehearsal",) if predict is Predict.UNKNOWN else (),
        magnitude={"latency_ms": 2000.0} if fault is Fault.LATENCY else {},
    )  # fmt: skip


def _make_room(kept: Sequence[Planned], added: Sequence[Planned], limit: int) -> list[Planned]:
    """Return what the list is made of: the rules' best, what the reader named of the others, suggestions, and the rest.

    Suggestions come in the reader's order, the surest first.
    """
    own = max(1, _OWN * limit // LIMIT) if limit > 0 else 0
    named = [item for item in kept[own:] if not item.source and item.lift > 1]
    rest = sorted(kept[own:], key=lambda item: -item.finding.score * item.lift)
    order = {id(item): item for item in (*kept[:own], *named, *added, *rest)}
    return list(order.values())[: max(0, limit)]


def _tell_source(reader: str) -> str:
    return f"suggested by {reader}"


def _end(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."
