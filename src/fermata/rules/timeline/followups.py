"""What is to be done afterwards, and which causes people agree on: both are said in passing, and never settled here."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta
from itertools import islice

from fermata.domain.trail import Entry, MessageKind
from fermata.rules.timeline import phrases
from fermata.rules.timeline.reading import LONGEST_READ, split_sentences
from fermata.rules.timeline.talk import Heard
from fermata.rules.timeline.terms import find_terms
from fermata.rules.timeline.wording import word_line

# "follow ups: 1) a lint rule 2) an alert": where each begins.
_NUMBER = re.compile(r"(?:^|\s)\(?\d{1,2}[.)]\s+(?=\S)")
_FEWEST = 2
# "AI: add an alert" is an action item; for whoever gives orders to a reader it is the reader's name.
_ITEM = re.compile(r"^\W*ai\W+", re.IGNORECASE)
_TAKEN = re.compile(r"^\W*(?:i'?ll|i will|i can) (?=(?:take|do|own|write|add|handle)\b)", re.IGNORECASE)
_ASKS = re.compile(
    r"^\W*(?:(?:do |does )?(?:we|you|all|everybody|everyone|anybody) (?:all )?agree[ds]?|agreed)\W*\?",
    re.IGNORECASE,
)
_AGREES = re.compile(r"^\W*(?:yes|yep|yeah|yup|agreed?|correct|exactly|confirmed|\+1)\b", re.IGNORECASE)
_ADVISED = re.compile(r"\b(?:should|must|ought|let'?s|have to|options?)\b", re.IGNORECASE)
_ANSWERED = timedelta(minutes=5)
_MOST_ANSWERS = 5


def list_follow_ups(heard: Sequence[Heard], foreign: Collection[str], names: Collection[str]) -> tuple[Entry, ...]:
    """Return the follow-ups that people name ("action item: ...", "we should add an alert on ...") or take over.

    Args:
        foreign: Ids of messages of other incidents.
        names: Handles of people, of whom nothing blaming is told.
    """
    found: list[Entry] = []
    named: set[str] = set()
    for item in heard:
        if item.message.is_bot or item.message.id in foreign:
            continue
        for text in _list_named(item, named):
            if not _is_order(item) and (line := word_line(text, names)):
                named |= find_terms(text)
                found.append(_enter(item, line, MessageKind.DECISION))
    return tuple(found)


def _is_order(item: Heard) -> bool:
    """Answer whether a message tells its reader what to write: no word of it is a follow-up, nor a cause."""
    return phrases.ORDERED.search(_ITEM.sub("", item.message.text[:LONGEST_READ])) is not None


def _list_named(item: Heard, named: Collection[str]) -> Iterator[str]:
    text = " ".join(item.message.text[:LONGEST_READ].split())
    may_list = ") " in text or ". " in text
    numbers = list(islice(_NUMBER.finditer(text), _FEWEST)) if may_list else []
    if len(numbers) == _FEWEST and phrases.FOLLOW_UP.search(text[: numbers[1].start()]):
        # One box each would be one ticket for all of them: a box is known by its message.
        yield text
        return
    for sentence in split_sentences(item.message):
        taken = _TAKEN.match(sentence)
        if phrases.FOLLOW_UP.search(sentence):
            yield sentence
        elif taken is not None and find_terms(sentence) & set(named):
            yield sentence[taken.end() :]


def list_agreed(heard: Sequence[Heard], foreign: Collection[str], names: Collection[str]) -> tuple[Entry, ...]:
    """Return the causes that somebody sums up, asks whether all agree, and somebody else does.

    Each cites who says it and who agrees. They are candidates like all else that people found.
    """
    found = []
    for position, item in enumerate(heard):
        is_passed = item.message.is_bot or item.message.id in foreign
        if is_passed or "?" not in item.message.text or _is_order(item):
            continue
        parts = split_sentences(item.message)
        if len(parts) < _FEWEST or not _ASKS.match(parts[-1]) or not _is_cause(parts[-2]):
            continue
        agreed = next(_list_agreeing(item, heard[position + 1 : position + 1 + _MOST_ANSWERS]), None)
        text = word_line(parts[-2], names)
        if agreed is not None and text:
            found.append(_enter(item, text, MessageKind.OBSERVATION, agreed.message.id))
    return tuple(found)


def _is_cause(text: str) -> bool:
    is_plan = (
        phrases.INTENT.search(text)
        or phrases.DECIDED.search(text)
        or phrases.CONDITIONAL.search(text)
        or _ADVISED.search(text)
    )
    is_told = phrases.CAUSE.search(text) or phrases.FOUND.search(text)
    return is_told is not None and not is_plan and phrases.WITHDRAWN.search(text) is None


def _list_agreeing(item: Heard, answers: Sequence[Heard]) -> Iterator[Heard]:
    for answer in answers:
        is_other = answer.message.user != item.message.user and not answer.message.is_bot
        if is_other and answer.message.at - item.message.at <= _ANSWERED and _AGREES.match(answer.message.text):
            yield answer


def _enter(item: Heard, text: str, kind: MessageKind, *more: str) -> Entry:
    return Entry(item.message.at, text, (item.message.user,), (item.message.id, *more), kind)
