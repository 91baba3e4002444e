"""What a model answers about a plan, read item by item: a broken item costs none of its neighbours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import Field, ValidationError

from fermata.domain.record import Record

MOST_MISSED = 25
MOST_FIRST = 10
_MOST_HANDLED = 20
_MOST_JOURNEYS = 12
_LONGEST_TARGET = 300
_LONGEST_REASON = 240
_SHORTEST_REASON = 10
_SHOWN = 60
"""Characters of a refused item that are told."""


class NamedJourney(Record):
    """What users do where they enter."""

    entry: str = Field(max_length=_LONGEST_TARGET)
    name: str = Field(min_length=2, max_length=50)


class Missed(Record):
    """A weak point that the rules' list has not."""

    kind: str = Field(max_length=40)
    target: str = Field(max_length=_LONGEST_TARGET)
    fault: str = Field(max_length=20)
    reason: str = Field(min_length=_SHORTEST_REASON, max_length=_LONGEST_REASON)


class Handled(Record):
    """An item of the rules that the system rides out."""

    item: str = Field(max_length=10)
    reason: str = Field(min_length=_SHORTEST_REASON, max_length=_LONGEST_REASON)


_Item = TypeVar("_Item", bound=Record)


@dataclass(slots=True)
class PlanReading:
    """An answer, as far as it has the form that was asked for."""

    journeys: list[NamedJourney] = field(default_factory=list)
    missed: dict[str, Missed] = field(default_factory=dict)
    """By the name that `first` calls them by: `m1`, counted as they were written, the broken ones too."""
    handled: list[Handled] = field(default_factory=list)
    first: list[str] = field(default_factory=list)
    """Names of items, what to rehearse first of all before."""
    refused: list[str] = field(default_factory=list)
    """What has not that form, in words."""


def _list_of(*names: str) -> dict[str, Any]:
    return {
        "type": "array",
        "maxItems": 60,
        "items": {
            "type": "object",
            "properties": {name: {"type": "string", "maxLength": 600} for name in names},
            "required": list(names),
            "additionalProperties": False,
        },
    }


PLAN_READING_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "journeys": _list_of("entry", "name"),
        "missed": _list_of("kind", "target", "fault", "reason"),
        "handled": _list_of("item", "reason"),
        "first": {"type": "array", "maxItems": 60, "items": {"type": "string", "maxLength": 40}},
    },
    "required": ["journeys", "missed", "handled", "first"],
    "additionalProperties": False,
}
"""What `read_plan_reading` reads. Wider than what stands, so that one slip in one item is no broken answer."""


def read_plan_reading(value: Any) -> PlanReading | str:
    """Return an answer, or why it is none.

    Args:
        value: JSON types, as the gateway parsed them.
    """
    if not isinstance(value, Mapping):
        return "the answer is no object"
    strange = set(value) - set(PLAN_READING_SCHEMA["properties"])
    if strange or not value:
        return f"the answer holds {sorted(map(str, strange))[:3] or 'nothing'}"
    if any(not isinstance(items, list) for items in value.values()):
        return "a part of the answer is no list"
    reading = PlanReading()
    reading.journeys = _read(value.get("journeys", ()), NamedJourney, _MOST_JOURNEYS, reading.refused)
    reading.handled = _read(value.get("handled", ()), Handled, _MOST_HANDLED, reading.refused)
    missed = value.get("missed", ())
    for number, item in enumerate(missed[:MOST_MISSED], start=1):
        for read in _read([item], Missed, 1, reading.refused):
            reading.missed[f"m{number}"] = read
    _refuse_rest(missed, MOST_MISSED, "missed", reading.refused)
    first = value.get("first", ())
    reading.first = [item for item in first[:MOST_FIRST] if isinstance(item, str)]
    _refuse_rest(first, MOST_FIRST, "first", reading.refused)
    return reading


def _read(items: Sequence[Any], form: type[_Item], most: int, refused: list[str]) -> list[_Item]:
    found = []
    for item in items[:most]:
        try:
            found.append(form.model_validate(item))
        except ValidationError as error:
            fault = error.errors()[0]
            where = ".".join(map(str, fault["loc"])) or "item"
            refused.append(f"{str(item)[:_SHOWN]}: {where}: {fault['msg']}")
    _refuse_rest(items, most, form.__name__.lower(), refused)
    return found


def _refuse_rest(items: Sequence[Any], most: int, what: str, refused: list[str]) -> None:
    if len(items) > most:
        refused.append(f"{len(items) - most} more of {what}: {most} are read")
