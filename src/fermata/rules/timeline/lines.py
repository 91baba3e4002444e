"""The lines that messages, metrics and ruled-out guesses give, before those of one event are merged."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

from fermata.domain.trail import Entry, Message, MessageKind, Status
from fermata.rules.timeline import phrases
from fermata.rules.timeline.curves import Shift, find_onset
from fermata.rules.timeline.guesses import RuledOut
from fermata.rules.timeline.merging import Line
from fermata.rules.timeline.moments import Moments
from fermata.rules.timeline.reading import Clause, Stage, split_sentences
from fermata.rules.timeline.talk import Heard
from fermata.rules.timeline.terms import find_terms
from fermata.rules.timeline.wording import word_line

_TOLD = (
    MessageKind.MILESTONE,
    MessageKind.ACTION,
    MessageKind.DECISION,
    MessageKind.COMMUNICATION,
    MessageKind.OBSERVATION,
)
_ENDS = (Stage.MITIGATED, Stage.RESOLVED)
_ONSET_REACH = timedelta(minutes=90)
_DIGITS = re.compile(r"[0-9a-f]*\d[0-9a-f]*")
_FORM = 200
"""Characters of a bot's message by which it is the same again."""
_AGAIN = timedelta(minutes=2)
"""Between an event as it was told and as a recap dates it."""
_LISTED = timedelta(seconds=75)
"""The same for what stands in a list: it has the minute."""
_LIST = 2
"""Dated sentences that make a message a recap."""
_UNASKED = 2.0
"""What the exclusion of a cause that nobody had guessed must weigh: somebody looked, and says what it shows."""
_TOSSED = re.compile(
    r"\b(?:nvm|never ?mind|forget (?:it|that|about|what|the|my|\w+\W*$)|hopefully|i withdraw|my bad|"
    r"(?:my|the) \w* ?(?:theory|idea|guess|hypothesis) (?:is|was) (?:wrong|dead|nonsense))\b",
    re.IGNORECASE,
)
"""Words that drop a guess without saying what was looked at."""
_SHORT = 4
_MOST_TIMES = 12
"""Lines that one message can give, each with a time of its own: a recap of the whole incident."""


def write_lines(item: Heard, moments: Moments, names: Collection[str]) -> Iterator[Line]:
    """Yield the lines of one message: one for each time it names, and one for the rest of it.

    Args:
        names: Handles of people, of whom nothing blaming is told.
    """
    message = item.message
    recap = [clause for clause in item.reading.clauses if clause.is_recap]
    dated = moments.list_recap(recap, message) if recap else []
    rest: list[Clause] = []
    told = item.list_clauses(*_TOLD)
    for clause in told:
        at = None if clause.is_recap else moments.find(clause, message, is_alone=len(told) == 1)
        if at is not None:
            dated.append((clause, at))
        elif not clause.is_recap:
            rest.append(clause)
    for clause, at in dated[:_MOST_TIMES]:
        text = word_line(clause.text, names)
        if text:
            yield _recall(clause, message, at, text)
    worded = [(clause, text) for clause in rest if (text := word_line(clause.text, names))]
    if worded:
        yield _write_rest(item, worded)


def _recall(clause: Clause, message: Message, at: datetime, text: str) -> Line:
    entry = Entry(at, text, (message.user,), (message.id,), clause.kind)
    return Line(entry, find_terms(clause.text), clause.stage, is_recalled=True)


def _write_rest(item: Heard, worded: Sequence[tuple[Clause, str]]) -> Line:
    message = item.message
    main, text = min(worded, key=lambda pair: (_TOLD.index(pair[0].kind), -pair[0].weight))
    entry = Entry(message.at, text, (message.user,), (message.id,), main.kind)
    shape = _DIGITS.sub("0", message.text[:_FORM]) if message.is_bot else ""
    is_new = any(clause.is_new for clause, _ in worded)
    return Line(entry, item.terms, main.stage, is_new=is_new, shape=shape, post=main.post)


def drop_recaps(lines: Sequence[Line]) -> list[Line]:
    """Leave out what a recap tells again: somebody told it when it happened."""
    fresh = sorted((line for line in lines if not line.is_recalled), key=lambda line: line.entry.at)
    times = [line.entry.at for line in fresh]
    recalled = Counter(line.entry.citations for line in lines if line.is_recalled)
    kept = []
    for line in lines:
        if line.is_recalled:
            is_list = recalled[line.entry.citations] >= _LIST
            reach = _LISTED if is_list else _AGAIN
            near = fresh[bisect_left(times, line.entry.at - reach) : bisect_right(times, line.entry.at + reach)]
            if any(is_list or other.stage is line.stage is not None or other.terms & line.terms for other in near):
                continue
        kept.append(line)
    return kept


def drop_early_ends(lines: Sequence[Line], begins: datetime | None) -> list[Line]:
    """Leave out ends that are dated before anything was wrong."""
    return [line for line in lines if begins is None or line.stage not in _ENDS or line.entry.at >= begins]


def write_onset(shifts: Sequence[Shift], lines: Sequence[Line]) -> Iterator[Line]:
    """Yield a line for the metrics that moved first, when people speak of trouble about then, and nobody dated it."""
    first = find_onset(shifts)
    if first is None:
        return
    earliest = min((line.entry.at for line in lines if not line.is_recalled), default=first.onset)
    is_told = any(line.is_recalled and abs(line.entry.at - first.onset) <= _AGAIN for line in lines)
    if abs(earliest - first.onset) <= _ONSET_REACH and not is_told:
        text = f"{first.curve.name} leaves its normal range ({first.normal:.3g} to {first.extreme:.3g})"
        beside = (shift.curve.id for shift in shifts if abs(shift.onset - first.onset) <= _AGAIN)
        cited = tuple(dict.fromkeys((first.curve.id, *beside)))
        yield Line(Entry(first.onset, text, (), cited, MessageKind.OBSERVATION), find_terms(text))


def _is_musing(guess: Heard) -> bool:
    """Answer whether a guess was thrown in, as "the cache?" is: nobody went after it."""
    text = guess.reading.clauses[0].text
    return text.count(" ") < _SHORT and "?" in text


def _is_shown(message: Message, clause: Clause) -> bool:
    """Answer whether the message says what it was excluded by: "coredns is healthy, 3/3. so it is not coredns"."""
    return any(part != clause.text and phrases.USUAL.search(part) for part in split_sentences(message))


def rule_out(found: RuledOut, names: Collection[str]) -> Line | None:
    """Return the line of a cause that was excluded; `None` when nothing telling or blameless is left of it."""
    message = found.by.message
    clause = found.by.list_clauses(MessageKind.RETRACTION)[0]
    if found.guess is None and clause.weight < _UNASKED and not _is_shown(message, clause):
        return None
    if _TOSSED.search(clause.text) or (found.guess is not None and _is_musing(found.guess)):
        return None
    text = word_line(clause.text, names)
    if found.guess is not None and len(find_terms(text)) < 2:
        guessed = word_line(found.guess.reading.clauses[0].text, names)
        text = f"Ruled out: {guessed}" if guessed else text
    if not text:
        return None
    cited = (message.id,) if found.guess is None else (message.id, found.guess.message.id)
    entry = Entry(message.at, text, (message.user,), cited, MessageKind.RETRACTION, Status.RULED_OUT)
    return Line(entry, found.by.terms)
