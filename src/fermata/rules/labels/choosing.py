"""Which of the messages that rules left out a model is asked about: those that they left out with the least certainty.

What was taken back and what tells its reader what to write is not among them: no word of a model brings it back, so
none is spent on it. What seems another incident's is: rules that follow a misleading title lose half of an incident.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fermata.domain.trail import Message, MessageKind, PostmortemDraft, Status, Trail
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
_BOT = -1.0
_LONG = 60
"""Characters from which a message of no known form may hold news."""
_NEAR = timedelta(minutes=2)
_MARKED = 2.5
"""What people pinned or reacted to, they found telling."""
_LEAST = -4.5
_SEEN = ("detected", "declared")
_NEVER = datetime.min.replace(tzinfo=UTC)
_NUMBERS = re.compile(r"(?<==)\S+|\S*\d\S*")
_READ = 100
"""Characters of a bot's message by which it is the same again."""
_LATELY = timedelta(minutes=30)
"""In which a bot that says the same says nothing new: later, an alert fires again."""
_FOREIGN = -1.0
"""What seems another incident's may be: it stands behind what is this one's."""
_PART = -2.0
"""What a line cites beside another message may be an event of its own."""
_APART = timedelta(seconds=60)
_WORD = re.compile(r"[a-z']+|\+?\d+")
_CHATTER = frozenset(
    """
    +1 a again ah aha all also am and any anyone are back btw cheers coffee come coming cool eh er fair for fun fyi good
    got great ha haha hah hang heh hello hey hi hm hmm hmmm hold how i i'm im in is it it's its joining just k kk let
    lgtm lol looking luck lunch make man me mhm minute moment morning my nice now of oh ok okay omg on one oof ouch
    please pls re sec so sorry sure ta thank thanks that that's the there this thx to too ty u ugh um wait watching we
    welcome well what whoa wow yay yeah yep yes yikes you your
    """.split()  # noqa: SIM905 - as a list, these words would be a page
)
"""What is said of nothing else than the talk itself."""


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
    is_foreign: bool = False
    """Rules take it for another incident's."""
    is_part: bool = False
    """A line of another message cites it, too."""


def list_uncertain(trail: Trail, draft: PostmortemDraft) -> list[Uncertain]:
    """Return the messages that have no line of their own and that may be news, the least certain omission first."""
    told, parts = _sort_cited(trail, draft)
    heard, topics = find_topics(trail, choose_shifts(trail))
    withdrawn = _list_withdrawn(heard, topics.foreign)
    settings = list_settings(heard, trail.people)
    times = sorted(found.at for found in draft.key_times.values())
    # Until it is known, somebody who asks whether it is them alone is the first to see it.
    seen = max((draft.key_times[name].at for name in _SEEN if name in draft.key_times), default=_NEVER)
    # What a line tells already, a bot need not tell again.
    forms: dict[str, datetime] = {}
    for item in heard:
        if item.message.id in told:
            _is_again(item, forms)
    found = []
    for item in heard:
        message = item.message
        if message.id in told or phrases.ORDERED.search(message.text[:LONGEST_READ]):
            continue
        is_retraction = bool(item.list_clauses(MessageKind.RETRACTION))
        if (message.id in withdrawn and not is_retraction) or _is_again(item, forms):
            continue
        if _says_nothing(message) or (message.at > seen and _only_asks(message)):
            continue
        is_foreign, is_part = message.id in topics.foreign, message.id in parts
        score = _weigh(item, topics.words, settings.get(message.id, ())) + _weigh_place(message, times)
        if score >= _LEAST:
            score += _FOREIGN * is_foreign + _PART * is_part
            is_guess = item.reading.kind is MessageKind.HYPOTHESIS
            found.append(Uncertain(message, item, score, is_guess, is_retraction, is_foreign, is_part))
    return sorted(found, key=lambda one: (-one.score, one.message.at, one.message.id))


def _sort_cited(trail: Trail, draft: PostmortemDraft) -> tuple[set[str], set[str]]:
    """Return the messages that lines tell, and those that a line cites beside what it tells, minutes away."""
    at = {message.id: message.at for message in trail.messages}
    told: set[str] = set()
    parts: set[str] = set()
    for entry in draft.entries:
        told.add(entry.citations[0])
        for citation in entry.citations[1:]:
            is_apart = citation in at and abs(at[citation] - entry.at) > _APART and entry.status is Status.CONFIRMED
            (parts if is_apart else told).add(citation)
    return told, parts - told


def _list_withdrawn(heard: Sequence[Heard], foreign: Collection[str]) -> set[str]:
    """Return the guesses that were taken back: of this incident, and of what seems another's."""
    found: set[str] = set()
    for is_foreign in (False, True):
        talk = [item for item in heard if item.reading.clauses and (item.message.id in foreign) is is_foreign]
        found |= settle_guesses(talk).withdrawn
    return found


def _is_again(item: Heard, forms: dict[str, datetime]) -> bool:
    """Answer whether the same was said before: by a bot lately and numbers apart, by people letter by letter."""
    message = item.message
    text = message.text[:_READ]
    form = f"{message.user} {_NUMBERS.sub('0', text)}" if message.is_bot else text.lower().strip()
    before = forms.get(form)
    forms[form] = message.at
    return before is not None and (not message.is_bot or abs(message.at - before) <= _LATELY)


def _says_nothing(message: Message) -> bool:
    """Answer whether a message is talk about talk: "lol", "thanks", "looking"."""
    return message.text.isascii() and _CHATTER.issuperset(_WORD.findall(message.text.lower()))


def _only_asks(message: Message) -> bool:
    sentences = split_sentences(message)
    return bool(sentences) and all(one.endswith("?") and not one.endswith("??") for one in sentences)


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
