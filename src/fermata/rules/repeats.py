"""What is no longer said, struck where others repeat it. Pure; for talk whose deleted texts are known word for word.

Words are compared alone, without case and punctuation. What stands in quotes is struck from three words on, what
stands in none only when it is the whole text or at least five words of it; and neither when somebody who still says it
had said it first: then it is theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from fermata.rules.quotes import Span, list_quoted_spans, remove_spans

_RUN = 5
"""Words in a row that nobody says again by chance."""
_FEW_WORDS, _SHORTEST = 3, 12
"""In quotes: so many words, or so many characters."""
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_CUT = re.compile(r"\[?(?:\.{3,}|\u2026)\]?")


@dataclass(frozen=True, slots=True)
class GoneText:
    """A text that nobody says any more: of a deleted message, or what an edited one said first."""

    text: str
    at: datetime | None = None
    """When it was said; `None`: not known, and then nobody said it earlier."""
    id: str = ""
    """Of its message, which may say in its present form what it likes."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message that is still there."""

    id: str
    at: datetime
    text: str


@dataclass(slots=True)
class _Gone:
    source: GoneText
    words: tuple[str, ...]
    plain: str
    """Its words with a space before, between and behind."""
    said_before: dict[str, bool] = field(default_factory=dict)
    """By words, whether somebody who still says them said them first: a common phrase is asked for often."""


def strike_repeats(messages: Sequence[Said], gone: Sequence[GoneText], *, only_quoted: bool = False) -> list[str]:
    """Return the texts of messages, in their order, without what they repeat of the gone ones.

    Args:
        only_quoted: Strike what stands in quotes and nothing else.
    """
    known = [_Gone(text, words, f" {' '.join(words)} ") for text in gone if (words := tuple(_list_words(text.text)))]
    if not known:
        return [message.text for message in messages]
    everything = "\n".join(one.plain for one in known)
    index = {} if only_quoted else _index_runs(known)
    plains = [(message, f" {' '.join(_list_words(message.text))} ") for message in messages]
    found = []
    for message, _ in plains:
        spans = [
            span
            for span in list_quoted_spans(message.text)
            if _stands_in(message.text[span.inner_start : span.inner_end], span, everything)
            and any(_quotes(message, span, one, plains) for one in known)
        ]
        spans += _list_runs(message, index, plains)
        found.append(remove_spans(message.text, spans) if spans else message.text)
    return found


def _list_words(text: str) -> Iterator[str]:
    for match in _WORD.finditer(text):
        yield match[0].lower().replace("\u2019", "'")


def _list_parts(text: str) -> list[str]:
    """Return the words of a quote, in parts where it leaves something out."""
    return [plain for part in _CUT.split(text) if (plain := " ".join(_list_words(part)))]


def _stands_in(text: str, span: Span, everything: str) -> bool:
    """Answer, quickly, whether a quote is long enough and may stand in what is gone."""
    parts = _list_parts(text)
    is_name = span.is_code and not any(map(str.isspace, text.strip()))
    return (
        bool(parts)
        and not is_name
        and (_is_long(parts) or span.is_marked)
        and all(f" {part} " in everything for part in parts)
    )


def _is_long(parts: Sequence[str]) -> bool:
    words = sum(part.count(" ") + 1 for part in parts)
    # Single words left over of a sentence stand in any other.
    return (words >= _FEW_WORDS or sum(map(len, parts)) >= _SHORTEST) and (words > len(parts) or len(parts) == 1)


def _quotes(message: Said, span: Span, one: _Gone, plains: Sequence[tuple[Said, str]]) -> bool:
    """Answer whether a span repeats this one text: all of its parts, or a whole line where it is short."""
    parts = _list_parts(message.text[span.inner_start : span.inner_end])
    if not _may_repeat(message, one) or not all(f" {part} " in one.plain for part in parts):
        return False
    if not _is_long(parts):
        return any(parts == [" ".join(_list_words(line))] for line in one.source.text.split("\n"))
    return not all(_was_said_before(part, one, plains) for part in parts)


def _may_repeat(message: Said, one: _Gone) -> bool:
    is_later = one.source.at is None or message.at >= one.source.at
    return is_later and (not one.source.id or message.id != one.source.id)


def _was_said_before(words: str, one: _Gone, plains: Sequence[tuple[Said, str]]) -> bool:
    """Answer whether a living message had said it before, or the edited one still says it."""
    at, known = one.source.at, one.said_before.get(words)
    if known is None:
        known = one.said_before[words] = any(
            f" {words} " in plain
            for message, plain in plains
            if (at is not None and message.at < at) or (one.source.id and message.id == one.source.id)
        )
    return known


def _index_runs(known: Sequence[_Gone]) -> dict[tuple[str, ...], list[_Gone]]:
    """Return the gone texts by their runs of words: of five, or the whole of a shorter one of some length."""
    index: dict[tuple[str, ...], list[_Gone]] = {}
    for one in known:
        size = min(_RUN, len(one.words))
        if size < _FEW_WORDS or len(one.plain) - 2 < _SHORTEST:
            continue
        for at in range(len(one.words) - size + 1):
            index.setdefault(one.words[at : at + size], []).append(one)
    return index


def _list_runs(
    message: Said, index: dict[tuple[str, ...], list[_Gone]], plains: Sequence[tuple[Said, str]]
) -> list[Span]:
    """Return the places where a message repeats a run of words, in no quotes."""
    if not index:
        return []
    places = list(_WORD.finditer(message.text))
    words = tuple(_list_words(message.text))
    spans = []
    for size in sorted({len(run) for run in index}):
        for at in range(len(words) - size + 1):
            run = words[at : at + size]
            if any(
                _may_repeat(message, one) and not _was_said_before(" ".join(run), one, plains)
                for one in index.get(run, ())
            ):
                start, end = places[at].start(), places[at + size - 1].end()
                spans.append(Span(start, end, start, end))
    return spans
