"""What a model answers about the items of a draft: short lines that name rows, few words, nothing else.

An answer of one list of lines costs a tenth of the schema that a list for each verb would, and a line that is no label
is refused alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field, ValidationError

from fermata.domain.record import Record
from fermata.domain.trail import MessageKind
from fermata.rules.labels.verdicts import Verdict, read_verdict

KINDS = tuple(
    kind.value
    for kind in MessageKind
    if kind not in (MessageKind.NOISE, MessageKind.RETRACTION)
)  # fmt: skip
LONGEST = 160
"""Characters of a wording: a line of a timeline."""
_MOST = 200
"""Items of one list: no brief holds more."""
_LONGEST_LINE = 240
_MOST_FAULTS = 3
_SHOWN = 60
"""Characters of a line that is no label, where it is told of."""
_JOINS = frozenset({"into", "by", "is", "as", "to"})
_TRIMMED = ",;:|*+?>=-\u2192\"'"


class KeptLabel(Record):
    """An item that is to come into the timeline."""

    n: str
    kind: str = MessageKind.OBSERVATION.value
    is_excluded: bool = False
    """It is told as ruled out, though rules take it for a guess."""


class MergedLabel(Record):
    """An item that tells the event of another one."""

    n: str
    into: str
    is_led: bool = False
    """The one that it joins gives time and words, also where it is the later one."""


class RuledOutLabel(Record):
    """A guess, and the later item that takes it back or excludes it."""

    n: str
    by: str


class DatedLabel(Record):
    """Which of the minutes that a row shows is the one it tells of."""

    n: str
    at: str


class WordedLabel(Record):
    """Other words for a line."""

    n: str
    text: str = Field(min_length=1, max_length=LONGEST)


class TimeLabel(Record):
    """The item that tells a key time."""

    name: str
    n: str


class Labels(Record):
    """A whole answer; each list may be empty."""

    drop: tuple[str, ...] = Field(default=(), max_length=_MOST)
    other: tuple[str, ...] = Field(default=(), max_length=_MOST)
    """Lines of another incident."""
    keep: tuple[KeptLabel, ...] = Field(default=(), max_length=_MOST)
    merge: tuple[MergedLabel, ...] = Field(default=(), max_length=_MOST)
    rule_out: tuple[RuledOutLabel, ...] = Field(default=(), max_length=_MOST)
    at: tuple[DatedLabel, ...] = Field(default=(), max_length=_MOST)
    also: tuple[DatedLabel, ...] = Field(default=(), max_length=_MOST)
    """At which other minute a row tells another event."""
    words: tuple[WordedLabel, ...] = Field(default=(), max_length=_MOST)
    times: tuple[TimeLabel, ...] = Field(default=(), max_length=_MOST)
    untold: tuple[str, ...] = Field(default=(), max_length=_MOST)
    """Key times that no row tells."""
    drop_else: tuple[str, ...] = Field(default=(), max_length=_MOST)
    """Lines that are dropped where no other label took them."""
    rows: tuple[Verdict, ...] = Field(default=(), max_length=_MOST)
    """What each row is."""
    odd: tuple[str, ...] = Field(default=(), max_length=_MOST)
    """What is no label, as it came."""


class _Answer(Record):
    labels: tuple[str, ...] = Field(max_length=_MOST)


LABEL_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "labels": {
            "type": "array",
            "maxItems": _MOST,
            "items": {"type": "string", "maxLength": _LONGEST_LINE},
        }
    },
    "required": ["labels"],
    "additionalProperties": False,
}
"""What `read_labels` reads."""


def read_labels(value: Any) -> Labels | tuple[str, ...]:
    """Return an answer's labels, or where it has not the shape that was asked for, in words.

    Args:
        value: JSON types, as the gateway parsed them.
    """
    try:
        lines = _Answer.model_validate(value).labels
    except ValidationError as error:
        return _tell(error.errors()[:_MOST_FAULTS])
    found: dict[str, list[Any]] = {}
    for line in lines:
        label = _read_line(line[:_LONGEST_LINE])
        name, items = label if label is not None else ("odd", [line[:_SHOWN]])
        found.setdefault(name, []).extend(items)
    return Labels(**{name: tuple(items[:_MOST]) for name, items in found.items()})


def _read_line(line: str) -> tuple[str, list[Any]] | None:
    """Return the list that a line belongs to and what it adds; `None` where it is no label."""
    if (row := read_verdict(line)) is not None:
        return "rows", [row]
    verb, _, rest = line.strip().partition(" ")
    verb = verb.lower().strip(_TRIMMED)
    if verb == "words":
        name, _, text = rest.strip().partition(" ")
        text = text.strip().strip('"')
        return ("words", [WordedLabel(n=name.strip(_TRIMMED), text=text)]) if 0 < len(text) <= LONGEST else None
    if verb == "time" and rest.split()[-1:] in (["-"], ["none"], ["unknown"]):
        return "untold", rest.split()[:-1][:1]
    parts = [part for word in re.split(r"[\s,]+", rest) if (part := word.strip(_TRIMMED)) and part not in _JOINS]
    if verb in ("drop", "other") and parts:
        return verb, list(parts)
    if verb == "keep":
        kind = next((part for part in parts if part in KINDS), MessageKind.OBSERVATION.value)
        rows = [part for part in parts if part not in KINDS]
        return ("keep", [KeptLabel(n=row, kind=kind) for row in rows]) if rows else None
    return _read_pair(verb, parts)


def _read_pair(verb: str, parts: Sequence[str]) -> tuple[str, list[Any]] | None:
    if len(parts) != 2:
        return None
    first, last = parts
    match verb:
        case "merge":
            return "merge", [MergedLabel(n=first, into=last)]
        case "out":
            return "rule_out", [RuledOutLabel(n=first, by=last)]
        case "at":
            return "at", [DatedLabel(n=first, at=last)]
        case "time":
            return "times", [TimeLabel(name=first, n=last)]
    return None


def _tell(faults: Sequence[Any]) -> tuple[str, ...]:
    return tuple(f"{'.'.join(map(str, fault['loc'])) or 'answer'}: {fault['msg']}" for fault in faults)
