"""All nets, one behind the other, until nothing is found any more."""

from __future__ import annotations

from dataclasses import dataclass

from fermata.kit.invisible import strip_invisible
from fermata.kit.redaction.asked import hide_asked
from fermata.kit.redaction.assignments import hide_assigned, is_named_secret
from fermata.kit.redaction.cards import hide_cards, names_other_number
from fermata.kit.redaction.marks import Tally
from fermata.kit.redaction.randomness import hide_random
from fermata.kit.redaction.shapes import hide_shapes
from fermata.kit.redaction.spoken import hide_spoken
from fermata.kit.redaction.tables import hide_columns
from fermata.kit.redaction.told import hide_told

# A replacement may bring two halves of a text together that were none of our business apart. Two rounds are usual.
_MOST_ROUNDS = 8


@dataclass(frozen=True, slots=True)
class Redacted:
    """Text without secrets, and how many were taken out."""

    text: str
    """The text with `[redacted:<kind>:<4 hex digits of its digest>]` in place of each secret."""
    count: int
    """Secrets replaced; 0 means nothing was found, not that nothing was there."""


def redact(text: str) -> Redacted:
    """Replace what looks like a secret. Pure, linear in the text's length, idempotent.

    Returns:
        The redacted text and the number of replacements.
    """
    if text.replace(".", "").isdecimal():
        # The ids and counts that most records carry: every other secret's shape has more in it.
        tally = Tally()
        return Redacted(hide_cards(text, tally), tally.count)
    cleaned = _redact_as_it_is(text)
    seen = strip_invisible(text)
    if seen != text:
        # A colour in a name, or a character without width, must not part it from what a person reads. Where nothing
        # was hidden that way, the text keeps them.
        visible = _redact_as_it_is(seen)
        return visible if visible.count > cleaned.count else cleaned
    return cleaned


def redact_named(name: str, value: str) -> Redacted:
    """Redact what stands under a name in a map: a label, a field of JSON, a fact of a log line.

    The name is asked first: under `db_password` a literal goes whole, whatever it looks like; `none`, `${VAR}`, a path
    or a sentence stays.
    """
    if is_named_secret(name, value):
        tally = Tally()
        return Redacted(tally.mark("assignment", value), tally.count)
    if value.isdecimal() and names_other_number(name):
        return Redacted(value, 0)
    return redact(value)


def _redact_as_it_is(text: str) -> Redacted:
    tally = Tally()
    text = hide_asked(hide_cards(text, tally), tally)
    for _ in range(_MOST_ROUNDS):
        before = tally.count
        text = hide_assigned(hide_columns(hide_shapes(text, tally), tally), tally)
        text = hide_random(hide_spoken(hide_told(text, tally), tally), tally)
        if tally.count == before:
            break
    return Redacted(text, tally.count)
