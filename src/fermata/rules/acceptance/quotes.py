"""Where the words of a quote really stand: slips of copying are forgiven, words that stand nowhere are not."""

from __future__ import annotations

import re

from fermata.domain.evidence import Evidence
from fermata.domain.facts import ChangeFacts
from fermata.rules.brief import name_change, show_line

_LEAST_QUOTE = 12
"""Characters of a quote that is looked for in another line than the one it names."""
_NUMBER = re.compile(r"^\s*(?:E\d{1,5}:)?\d+(?: x[\d?]+)?(?: cut)?\|\s?", re.MULTILINE)
_BLANKS = r"[ \t]{0,200}"  # Bounded: two of them may meet, and a line may be a megabyte of blanks.
_SIGN = re.compile(r"\s*([+-])(?![+-])\s*(.*)")
_ESCAPED = re.compile(r"\\{1,4}(?=[\"'])")
_LEVELS = re.compile(
    r"\b(?:trace|debug|info|notice|warn(?:ing)?|err(?:or)?s?|severe|fatal|crit(?:ical)?|emerg(?:ency)?|level)\b",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"\b\d{4}[-/]\d\d[-/]\d\d(?:T(?=\d))?|(?<!\d)\d\d?:\d\d(?::\d\d)?(?:[.,]\d+)?(?:Z\b|[+-]\d\d:?\d\d\b)?"
)
_WORD = re.compile(r"[^\W_]+(?:[._/-]+[^\W_]+)*")
# `TypeError`, `OOMKilled`, `max_connections`, `0.97`; and a word of a language that has no blanks between them.
_NAME = re.compile(r"\w*[^\W\d_][A-Z]\w*|\S*[\d._/-]\S*|\w*[^\x00-\u024f]\w*")


def tells_nothing(quote: str, line: str = "") -> bool:
    """Answer whether a quote is a level, a time or one plain word: it stands in a thousand lines, whatever is claimed.

    A number tells something, as the value of a curve does, and so does the name of an error.

    Args:
        quote: Without any words it is none, which is another fault.
        line: Where it stands: one that says no more than its one word is quoted whole.
    """
    left = _LEVELS.sub(" ", _CLOCK.sub(" ", quote))
    words = _WORD.findall(left)
    if len(words) > 1 or not quote or any(map(_NAME.fullmatch, words)):
        return False
    return not words or quote.split() != line.split()


def unquote(quote: str) -> str:
    """Return the words without the numbers that the brief writes before its lines."""
    return _NUMBER.sub("", quote).strip()


def find_quote(text: str, quote: str) -> str | None:
    """Return the quoted words as they stand in the lines; `None` when they do not.

    Blanks may differ, and so may the backslashes before quotation marks, which JSON within JSON doubles and loses; the
    signs of a diff may be left out, but not turned round; and what the brief showed instead of the line itself counts
    as the line.
    """
    if not quote:
        return None
    if quote in text:
        return quote
    if match := re.search(_write_words(quote), text):
        return match[0].strip()
    lines = [_write_pattern(line) for line in quote.split("\n") if line.strip()]
    if match := re.search(rf"{_BLANKS}(?:\n{_BLANKS}){{1,3}}".join(lines), text):
        return match[0].strip()
    shown = " ".join(" ".join(show_line(line) for line in text.split("\n")).split())
    return text.strip() if len(quote) >= _LEAST_QUOTE and " ".join(quote.split()) in shown else None


def find_elsewhere(item: Evidence, quote: str) -> int | None:
    """Return the one line that holds the words: a wrong number, with words that stand elsewhere, is a slip."""
    if len(quote) < _LEAST_QUOTE:
        return None
    found = [line.number for line in item.lines if quote in line.text]
    return found[0] if len(found) == 1 else None


def find_in_headline(item: Evidence, facts: ChangeFacts, quote: str) -> int | None:
    """Return the line of a change that says what was quoted from its headline, which the brief puts together."""
    words = " ".join(quote.split())
    if not words or words not in " ".join(show_line(name_change(facts)).split()):
        return None
    wanted = facts.id if words in f"{facts.kind} {facts.id}" else facts.title
    return next((line.number for line in item.lines if wanted and wanted in line.text), None)


def _write_pattern(line: str) -> str:
    """Return what finds a quoted line with or without the sign of a diff, but never with the other sign."""
    match = _SIGN.fullmatch(line)
    sign, words = (re.escape(match[1]), match[2]) if match else ("[+-]?", line)
    return rf"{sign}{_BLANKS}" + _write_words(words)


def _write_words(text: str) -> str:
    """Return what finds words whatever blanks are between them, and however their quotation marks are escaped."""
    words = (re.escape(_ESCAPED.sub("", word)) for word in text.split())
    return r"\s+".join(re.sub(r"[\"']", r"\\\\{0,4}\g<0>", word) for word in words)
