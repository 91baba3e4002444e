"""What a model answers about the items of a draft: names of rows, few words, nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field, ValidationError

from fermata.domain.record import Record
from fermata.domain.trail import MessageKind

KEY_TIMES = ("started", "detected", "declared", "mitigated", "resolved")
KINDS = tuple(
    kind.value
    for kind in MessageKind
    if kind not in (MessageKind.NOISE, MessageKind.RETRACTION)
)  # fmt: skip
LONGEST = 160
"""Characters of a wording: a line of a timeline."""
_MOST = 200
"""Items of one list: no brief holds more."""
_MOST_FAULTS = 3


class KeptLabel(Record):
    """An item that is to come into the timeline."""

    n: str
    kind: str


class MergedLabel(Record):
    """An item that tells the event of another one."""

    n: str
    into: str


class RuledOutLabel(Record):
    """A guess, and the later item that takes it back or excludes it."""

    n: str
    by: str


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
    keep: tuple[KeptLabel, ...] = Field(default=(), max_length=_MOST)
    merge: tuple[MergedLabel, ...] = Field(default=(), max_length=_MOST)
    rule_out: tuple[RuledOutLabel, ...] = Field(default=(), max_length=_MOST)
    said: tuple[str, ...] = Field(default=(), max_length=_MOST)
    words: tuple[WordedLabel, ...] = Field(default=(), max_length=_MOST)
    times: tuple[TimeLabel, ...] = Field(default=(), max_length=_MOST)


_ROW = {"type": "string", "maxLength": 8}


def _list(items: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "maxItems": _MOST, "items": items}


def _object(**properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


LABEL_SCHEMA: Mapping[str, Any] = _object(
    drop=_list(_ROW),
    keep=_list(_object(n=_ROW, kind={"type": "string", "enum": list(KINDS)})),
    merge=_list(_object(n=_ROW, into=_ROW)),
    rule_out=_list(_object(n=_ROW, by=_ROW)),
    said=_list(_ROW),
    words=_list(_object(n=_ROW, text={"type": "string", "minLength": 1, "maxLength": LONGEST})),
    times=_list(_object(name={"type": "string", "enum": list(KEY_TIMES)}, n=_ROW)),
)
"""What `read_labels` reads."""


def read_labels(value: Any) -> Labels | tuple[str, ...]:
    """Return an answer's labels, or where it has not the shape that was asked for, in words.

    Args:
        value: JSON types, as the gateway parsed them.
    """
    try:
        return Labels.model_validate(value)
    except ValidationError as error:
        return _tell(error.errors()[:_MOST_FAULTS])


def _tell(faults: Sequence[Any]) -> tuple[str, ...]:
    return tuple(f"{'.'.join(map(str, fault['loc'])) or 'answer'}: {fault['msg']}" for fault in faults)
