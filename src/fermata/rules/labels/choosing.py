"""Which of the messages that rules left out a model is asked about: those that they left out with the least certainty.

What is another incident's, what was taken back, and what tells its reader what to write is not among them: no word of a
model brings it back, so none is spent on it.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fermata.domain.trail import Message, MessageKind, PostmortemDraft, Trail
from fermata.rules.timeline import phrases
from fermata.rules.timeline.guesses import settle_guesses
from fermata.rules.timeline.incident import choose_shifts, find_topics
from fermata.rules.timeline.reading import LONGEST_READ, split_sentences
from fermata.rules.timeline.setting import list_settings
from fermata.rules.timeline.talk import Heard
from fermata.rules.timeline.weights import find_anchors, weigh_more

_UNWEIGHED = (MessageKind.HYPOTHESIS, MessageKind.RETRACTION)
_GUESSED = -2.0
"""What a guess weighs: nobody confirmed it, and somebody may have."""
_TAKEN_BACK = 0.5
"""What excludes something and is told nowhere: rarely without a reason."""
_SILENT = -3.5
"""What says nothing that rules know, before its form speaks for it."""
_BOT = -1.5
_LONG = 60
"""Characters from which a message of no known form may hold news."""
_NEAR = timedelta(minutes=2)
_MARKED = 2.5
"""What people pinned or reacted to, they found telling."""
_LEAST = -4.5
_NUMBERS = re.compile(r"(?<==)\S+|\S*\d\S*")
_READ = 100
"""Characters of a bot's message by which it is the same again."""


@dataclass(frozen=True, slots=True)
class Uncertain:
    """A message that no line cites, and that may have to be in one."""

    message: Message
    heard: Heard
    score: float
    """How much speaks for it, as logarithm of the odds."""
    is_guess: bool = False
    """It can be told only as suspected."""
    is_retraction: bool = False
    """It can be told only as ruled out."""


def list_uncertain(trail: Trail, draft: PostmortemDraft) -> list[Uncertain]:
    """Return the messages that no line cites and that may be news, the least certain omission first."""
    cited = {citation for entry in draft.entries for citation in entry.citations}
    heard, topics = find_topics(trail, choose_shifts(trail))
    own = [item for item in heard if item.message.id not in topics.foreign]
    withdrawn = settle_guesses([item for item in own if item.reading.clauses]).withdrawn
    settings = list_settings(heard, trail.people)
    times = sorted(found.at for found in draft.key_times.values())
    # What a line tells already, a bot need not tell again.
    forms: set[str] = set()
    for item in own:
        if item.message.id in cited:
            _is_again(item, forms)
    found = []
    for item in own:
        message = item.message
        if message.id in cited or phrases.ORDERED.search(message.text[:LONGEST_READ]):
            continue
        is_retraction = bool(item.list_clauses(MessageKind.RETRACTION))
        if (message.id in withdrawn and not is_retraction) or _is_again(item, forms) or _only_asks(message):
            continue
        score = _weigh(item, topics.words, settings.get(message.id, ())) + _weigh_place(message, times)
        if score >= _LEAST:
            is_guess = item.reading.kind is MessageKind.HYPOTHESIS
            found.append(Uncertain(message, item, score, is_guess=is_guess, is_retraction=is_retraction))
    return sorted(found, key=lambda one: (-one.score, one.message.at, one.message.id))


def _is_again(item: Heard, forms: set[str]) -> bool:
    """Answer whether the same was said before: by a bot numbers apart, by people letter by letter."""
    text = item.message.text[:_READ]
    form = f"{item.message.user} {_NUMBERS.sub('0', text)}" if item.message.is_bot else text.lower().strip()
    is_again = form in forms
    forms.add(form)
    return is_again


def _only_asks(message: Message) -> bool:
    sentences = split_sentences(message)
    return bool(sentences) and all(sentence.endswith("?") for sentence in sentences)


def _weigh(item: Heard, words: Collection[str], setting: Sequence[str]) -> float:
    clauses = item.reading.clauses
    told = [
        clause.weight + weigh_more(find_anchors(clause.text, words))
        for clause in clauses
        if clause.kind not in _UNWEIGHED
    ]
    score = max(told) + weigh_more(setting) if told else _SILENT
    if item.list_clauses(MessageKind.RETRACTION):
        score = max(score, _TAKEN_BACK)
    elif len(told) < len(clauses):
        score = max(score, _GUESSED)
    return score


def _weigh_place(message: Message, times: Sequence[datetime]) -> float:
    """Return what speaks for a message beside its words: its length, its place, what people made of it."""
    score = 0.0
    if message.is_bot:
        score += _BOT
    elif len(message.text) >= _LONG:
        score += 1
    if message.is_pinned or message.reactions:
        score += _MARKED
    if bisect_right(times, message.at + _NEAR) > bisect_left(times, message.at - _NEAR):
        score += 1
    return score
