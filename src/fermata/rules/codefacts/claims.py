"""Claims about calls, from a model or a pattern, and which of them stand in the code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field, ValidationError

from fermata.domain.record import Record
from fermata.domain.service_graph import OnError
from fermata.rules.codefacts.numbers import READERS
from fermata.rules.codefacts.selecting import AskedCall, Place

FIELDS = (*READERS, "on_error")
_MOST = 60
"""Claims of one answer."""
_SHORTEST_QUOTE = 6
_MOST_FAULTS = 3
_NUMBER = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)(ms|s|m)?")
_UNITS = {"ms": 1.0, "s": 1_000.0, "m": 60_000.0}
_HANDLES = re.compile(
    r"(?i)\b(?:err|error|except|exception|catch|rescue|recover|fallback|throws?|raise|panic|fatal|exit|on_?error|"
    r"orElse|isOk|is_err|unwrap|expect|status)|err\b|error|\.fail\b|fallback|exception"
)
# What the line, or those it is quoted with, must hold for a word to be believed.
_SHOWS: Mapping[OnError, re.Pattern[str]] = {
    OnError.FAIL: re.compile(r"(?i)return|raise|throw|abort|reject|status|http\.error|render|next\(|\b50\d\b|\?;?$"),
    OnError.IGNORE: re.compile(r"(?i)_\s*[:=]|\bpass\b|continue|suppress|ignore|\{\s*\}|rescue nil|on_?error"),
    OnError.FALLBACK: re.compile(
        r"(?i)fallback|default|orElse|unwrap_or|cached|\|\||\?\?|return\s*(?:None|null|nil\b(?!\s*,)|\[|\{|\"\"|''|0\b|false|;|$)"
    ),
    OnError.LOG: re.compile(r"(?i)\blog|logger|print|console\.|warn"),
    OnError.CRASH: re.compile(r"(?i)panic|fatal|exit|abort|unwrap\(|expect\(|die\b"),
}


class Claim(Record):
    """That a line of code says something of a call."""

    call: str = Field(max_length=300)
    """`caller->callee`."""
    field: str = Field(max_length=40)
    value: str = Field(max_length=40)
    """`5s`, `200ms`, `3`, or a word of `on_error`."""
    line: str = Field(max_length=60)
    """The name of the row that was shown."""
    quote: str = Field(max_length=400)
    """The row's text, or a part of it, letter by letter."""


class _Answer(Record):
    facts: tuple[Claim, ...] = Field(max_length=_MOST)


FACTS_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "facts": {
            "type": "array",
            "maxItems": _MOST,
            "items": {
                "type": "object",
                "properties": {
                    "call": {"type": "string", "maxLength": 300},
                    "field": {"type": "string", "enum": list(FIELDS)},
                    "value": {"type": "string", "maxLength": 40},
                    "line": {"type": "string", "maxLength": 60},
                    "quote": {"type": "string", "maxLength": 400},
                },
                "required": ["call", "field", "value", "line", "quote"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["facts"],
    "additionalProperties": False,
}
"""What `read_claims` reads."""


@dataclass(frozen=True, slots=True)
class CodeFact:
    """A claim that stands."""

    call: AskedCall
    field: str
    value: float | str
    """Milliseconds, a count, or a word of `on_error`."""
    where: str
    """File and line."""
    quote: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A claim that does not stand."""

    claim: str
    """In short, as it was made."""
    why: str


def read_claims(value: Any) -> tuple[Claim, ...] | str:
    """Return an answer's claims, or where it has not the shape that was asked for.

    Args:
        value: JSON types, as the gateway parsed them.
    """
    try:
        return _Answer.model_validate(value).facts
    except ValidationError as error:
        faults = error.errors()[:_MOST_FAULTS]
        return "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'answer'}: {fault['msg']}" for fault in faults)


def check_claims(
    claims: Iterable[Claim], calls: Mapping[str, AskedCall], rows: Mapping[str, Mapping[str, Place]]
) -> tuple[list[CodeFact], list[Refusal]]:
    """Return what stands of some claims, and the others with the reason.

    Args:
        calls: By id: those of the graph that were asked about.
        rows: Id of a call -> the rows that were shown for it, by name.
    """
    facts: list[CodeFact] = []
    refused: list[Refusal] = []
    for claim in claims:
        found = _check(claim, calls, rows)
        if isinstance(found, CodeFact):
            facts.append(found)
        else:
            refused.append(Refusal(f"{claim.call} {claim.field} = {claim.value} ({claim.line})", found))
    return settle_facts(facts, refused)


def settle_facts(facts: Sequence[CodeFact], refused: Sequence[Refusal] = ()) -> tuple[list[CodeFact], list[Refusal]]:
    """Return each call's facts, one a field. Where lines say different things, which of them holds is not known."""
    told: dict[tuple[str, str], list[CodeFact]] = {}
    for fact in facts:
        told.setdefault((fact.call.id, fact.field), []).append(fact)
    kept, dropped = [], list(refused)
    for (call, field), group in told.items():
        if len({fact.value for fact in group}) == 1:
            kept.append(group[0])
            continue
        said = ", ".join(f"{write_value(fact.value)} at {fact.where}" for fact in group[:4])
        dropped.append(Refusal(f"{call} {field}", f"several values stand in the code: {said}"))
    return kept, dropped


def write_value(value: float | str) -> str:
    """Return a value as people write it, without the zeros of a float."""
    return value if isinstance(value, str) else f"{value:g}"


def _check(claim: Claim, calls: Mapping[str, AskedCall], rows: Mapping[str, Mapping[str, Place]]) -> CodeFact | str:
    """Return the fact, or why it does not stand."""
    call = calls.get(claim.call)
    if call is None:
        return "the graph has no such call, or it was not asked about"
    if claim.field not in FIELDS:
        return "there is no such field"
    place = rows[claim.call].get(claim.line)
    if place is None:
        return "no such line was shown for this call"
    quote = claim.quote.strip()
    if len(quote) < _SHORTEST_QUOTE or quote not in place.text:
        return "the quote does not stand in that line"
    if quote not in place.code:
        return "the quote is no code, but a comment or a sentence"
    value = _read_word(claim.value, quote) if claim.field == "on_error" else _read_number(claim, quote, place)
    if isinstance(value, _Fault):
        return value.why
    return CodeFact(call, claim.field, value, place.where, quote)


@dataclass(frozen=True, slots=True)
class _Fault:
    why: str


def _read_number(claim: Claim, quote: str, place: Place) -> float | _Fault:
    match = _NUMBER.fullmatch(claim.value.strip())
    is_time = claim.field == "timeout_ms"
    if match is None or (match[2] and not is_time):
        return _Fault("the value is no number of that field")
    read = READERS[claim.field]
    # The unit may stand beside what was quoted, so the whole line must say it, and the quote the number.
    known = [value for value in read(place.code, place.file.suffix) if value in read(quote, place.file.suffix)]
    if not known:
        return _Fault("no number of that field can be read from the quote")
    if not re.search(rf"(?<![\d.]){re.escape(match[1])}(?![\d.]|\.\d)", quote.replace("_", "")):
        return _Fault("the number does not stand in the quote")
    said = float(match[1])
    told = [said * _UNITS[match[2]]] if match[2] else [said] if not is_time else [said * unit for unit in (1, 1_000)]
    if claim.field == "retries":
        # Attempts are copied as they stand; the first is no retry.
        told.append(said - 1)
    found = [value for value in known if value in told]
    return found[0] if found else _Fault("the quote says another value, or in another unit")


def _read_word(value: str, quote: str) -> str | _Fault:
    if value not in set(OnError):
        return _Fault("the value is no word of that field")
    word = OnError(value)
    if not _HANDLES.search(quote) or not _SHOWS[word].search(quote):
        return _Fault(f"the quote does not show that an error ends in {word.value}")
    return word.value
