"""From what came back to an answer of the right shape, or the reasons why it is none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from fermata.domain.answer import Answer

_MOST_FAULTS = 5
# `E3:12` as the brief writes a line of a change; `L12` and `lines 12-14` as people do.
_LINES = re.compile(
    r"\s*(?:E\d{1,5}:)?\s*(?:lines?\s+|L)?(\d{1,9})(?:\s*(?:-|\.\.|\u2013|to)\s*(?:E\d{1,5}:|L)?(\d{1,9}))?\s*",
    re.IGNORECASE,
)
_AND = re.compile(r"\s*(?:,|;|&|\band\b)\s*")


def read_answer(value: Any) -> Answer | tuple[str, ...]:
    """Return the answer, or what is wrong with its shape, in words.

    Args:
        value: JSON types, as the gateway parsed them.
    """
    try:
        return Answer.model_validate(value)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        told = [f"{_write_place(fault['loc'])}: {fault['msg']}" for fault in faults[:_MOST_FAULTS]]
        more = [f"and {len(faults) - _MOST_FAULTS} more faults"] if len(faults) > _MOST_FAULTS else []
        return tuple(f"The answer has not the shape that was asked for: {text}" for text in [*told, *more])


def read_lines(text: str) -> tuple[int, int] | None:
    """Return the first and the last line of `12`, `12-14` or `12, 14`, however it is put; `None` when it is none."""
    named: list[int] = []
    for part in _AND.split(text):
        match = _LINES.fullmatch(part)
        if match is None:
            return None
        named += [int(number) for number in match.groups() if number]
    return (named[0], named[-1]) if named[0] >= 1 and named == sorted(named) else None


def _write_place(place: Sequence[int | str]) -> str:
    return ".".join(str(part) for part in place) or "the whole"
