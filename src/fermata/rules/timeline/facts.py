"""Which messages tell the incident's events: those not taken back, telling enough, news, and of its time."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from fermata.domain.trail import KeyTime, MessageKind, Participant
from fermata.rules.timeline import endings, phrases
from fermata.rules.timeline.alarms import Bots
from fermata.rules.timeline.deploys import disclaims
from fermata.rules.timeline.guesses import Guesses, is_premature
from fermata.rules.timeline.harm import counts_harm
from fermata.rules.timeline.posts import State
from fermata.rules.timeline.reading import Clause, Stage
from fermata.rules.timeline.setting import list_settings
from fermata.rules.timeline.standing import find_needed, list_standings
from fermata.rules.timeline.talk import Heard
from fermata.rules.timeline.weights import ENOUGH, SURE, mark_ties, weigh_more
from fermata.rules.timeline.words import Words

_UNWEIGHED = (MessageKind.HYPOTHESIS, MessageKind.RETRACTION)
_MONITORED = (Stage.ALERTED, Stage.CLEARED)
"""What a monitor says is news or not by what it said before, not by its words."""
_EXACT = 1e-9
"""Weights have one digit: what is just enough must not hang on how its sum is rounded."""
_CLEARS_LATE = timedelta(minutes=60)
_OVER = (Stage.MITIGATED, Stage.RESOLVED)
_READ = 300
"""Characters of a message in which it gives up an idea."""
_BESIDE_GUESS = 2.5
"""What a sentence needs more beside a guess: it mostly argues for it."""
_GIVES_UP_IDEA = re.compile(
    r"\b(?:scratch|drop|dropping|dropped|forget|forgetting|bury|burying|shelve|park|strike|striking) "
    r"(?:the|that|this|my|our) "
    r"(?:[\w/-]+ ){0,3}?(?:idea|theory|thought|hunch|suspicion|guess|hypothesis|angle|lead)\b|"
    r"\b(?:idea|theory|thought|hunch|suspicion|guess|hypothesis|angle) (?:is|was|are) (?:then )?"
    r"(?:dead|out|gone|off|over|moot)\b|"
    r"\b(?:dropping|forget|scratch) (?:that|this|it)(?: (?:one|then))?\W*$|\bforget the (?=[A-Z])|"
    r"\bnot (?:it|that|them|this)(?: (?:then|either))?\W*$|\b(?:is|are|looks) innocent\b|\bwithdrawn\W*$|"
    r"\b(?:so|and),? (?:it(?:'s| is) |that(?:'s| is) )?not (?:the |my |our |your )?[\w/-]+\W*$",
    re.IGNORECASE,
)
"""How people give up an idea of the cause: what they say beside it is why, and no event."""
_USUAL_TALK = 60
"""Messages that may tell an event in a channel of the usual size: where there are more, hardly more of them do."""
_LONG = 200
"""Messages of people from which on it counts how each stands among the others."""
_MAY_TELL = -1.0
"""What a sentence must weigh to count as one: chatter is no sign of how much is told."""
_RARER = 0.5
"""How far the odds of an event fall with the talk around it: a half of what they would where none came with it."""
_PLAIN = 5
"""Words within which an action is told plainly."""
_TOLD_PLAINLY = 0.8
"""What such a sentence must weigh by itself: shortness and novelty tell nothing against it."""
_CLOCK = re.compile(
    r"\d[:h]\d\d|\b(?:quarter|half|five|ten|twenty|\d{1,2}) (?:to|past|before|after) \w+|\b\d{1,2} ?[ap]m\b",
    re.IGNORECASE,
)
_SUMS_UP = re.compile(
    r"^\W*(?:final(?:ly)?|(?:in )?total|overall|all in all|correction|for the (?:record|docs?|minutes|timeline|report|"
    r"log))\b(?=.*\d)",
    re.IGNORECASE,
)
"""How people say what it came to, once it is over."""
_NAMES_CAUSE = re.compile(
    r"^\W*(?:the |so |final |actual |real )*(?:root cause|cause|contributing factor)\b ?(?::|-|=|is\b|was\b)",
    re.IGNORECASE,
)
"""How people name the cause by that word, which is often hours later."""
_SHIPPED = Words(r"\b(?:shipp?|releas|deploy|merg|push|updat|upgrad|chang|switch|went (?:out|live)|roll(?:ed|s)? out)")
_CALL_TAKEN_BACK = re.compile(r"resolv|\bclos(?:e|ing)|all[ -]?clear", re.IGNORECASE)
_CALL = 5
"""Gaps between words up to which a sentence says little else than such a call."""
_RECALLED = timedelta(minutes=10)
_HURT = timedelta(minutes=5)
AFTERWORD = timedelta(minutes=2)
"""After an end, in which what is said is still of it."""
_LEADS = timedelta(minutes=2)
"""Before the start, in which a bot tells of what started it."""
_EVE = timedelta(days=1)
"""Before the start and after the last key time, in which something may still tell of it."""
_TICKET = re.compile(r"\W*[A-Z]{2,10}-\d+\b")
"""What begins with a ticket is a row of a list of tickets, each of another matter."""
_OPEN = (State.INVESTIGATING, State.IDENTIFIED, State.MONITORING)


def find_facts(
    heard: Sequence[Heard],
    own: Sequence[Heard],
    guesses: Guesses,
    words: Collection[str],
    people: Mapping[str, Participant],
    *,
    relapses: Sequence[datetime],
) -> list[Heard]:
    """Return the messages that tell events, each with the sentences that do, in the order of their time.

    Args:
        heard: The whole channel.
        own: The incident's own messages.
        words: The incident's telling words.
        relapses: When people said that it is back.
    """
    settings = list_settings(heard, people)
    bots = Bots(heard, words)
    relapsed = _list_relapsed(own, relapses)
    found = []
    over: datetime | None = None
    # Where little is said, most of it is of the incident, whoever says it.
    standings = list_standings(heard) if sum(not item.message.is_bot for item in heard) >= _LONG else {}
    usual = ENOUGH + _weigh_talk(heard)
    for item in _list_kept(own, guesses):
        standing = standings.get(item.message.id)
        needed = usual if standing is None else find_needed(standing)
        least = (ENOUGH if item.message.is_bot else needed) - weigh_more(settings[item.message.id])
        anchored = _anchor(item, words, least, is_relapse=item.message.id in relapsed)
        if not anchored.reading.clauses or (item.message.is_bot and not bots.is_news(anchored)):
            continue
        stage = anchored.reading.clauses[0].stage
        # A monitor that says long after people what they said already is no news.
        if over is not None and stage is Stage.CLEARED and item.message.at - over > _CLEARS_LATE:
            continue
        if stage is Stage.ALERTED:
            over = None
        elif over is None and _is_told_over(anchored):
            over = item.message.at
        found.append(anchored)
    return found


def cut_to_incident(
    told: Sequence[Heard], key_times: Mapping[str, KeyTime], relapses: Sequence[datetime]
) -> list[Heard]:
    """Leave out what bots did before anything was wrong, what was said after the end, and ends that did not hold."""
    resolved = key_times.get("resolved")
    begins = min((key_times[name].at for name in ("started", "detected") if name in key_times), default=None)
    turned_back = _list_turned_back(told)
    first = None if begins is None else begins - _EVE
    last = max((found.at for found in key_times.values()), default=None)
    kept = []
    for item in told:
        # Of an export of a whole month most days are none of the incident's.
        is_other_day = (first is not None and item.message.at < first) or (
            last is not None and item.message.at > last + _EVE
        )
        if is_other_day:
            continue
        if begins is not None and item.message.is_bot and item.message.at < begins - _LEADS:
            continue
        if _is_end(item) and (is_premature(item, relapses) or _is_outlived(item, key_times)):
            continue
        if item.message.id in turned_back:
            continue
        is_after = resolved is not None and not resolved.is_inferred and item.message.at > resolved.at + AFTERWORD
        clauses = tuple(clause for clause in item.reading.clauses if not is_after or _is_afterword(clause))
        if is_premature(item, relapses):
            clauses = tuple(map(_demote, clauses))
        if clauses:
            kept.append(_replace_clauses(item, clauses))
    return kept


def add_key_times(told: Sequence[Heard], own: Sequence[Heard], key_times: Mapping[str, KeyTime]) -> list[Heard]:
    """Return what is told with what the key times are taken from: however little its words weigh, it is an event."""
    missing = {time.citation for time in key_times.values()} - {item.message.id for item in told}
    return sorted([*told, *(item for item in own if item.message.id in missing)], key=lambda item: item.message.at)


def _list_relapsed(own: Sequence[Heard], relapses: Sequence[datetime]) -> set[str]:
    """Return the ids of the messages that say it is back, soon after people told that it was better.

    An end that was called and did not hold is no line, and so is what takes the call back: "un-resolved".
    """
    taken_back = {
        relapses[bisect_right(relapses, item.message.at)]
        for item in own
        if _is_told_better(item) and is_premature(item, relapses)
    }
    return {item.message.id for item in own if item.message.at in taken_back}


def _tells_relapse(text: str) -> bool:
    """Answer whether a sentence says what is back, and not only that the call was none."""
    is_call = _CALL_TAKEN_BACK.search(text) is not None and text.count(" ") <= _CALL
    return endings.RELAPSED.search(text) is not None and not is_call


def _demote(clause: Clause) -> Clause:
    """Return an end that did not hold as what it was: something that somebody saw."""
    if clause.stage is not Stage.MITIGATED:
        return clause
    return replace(clause, stage=None, kind=MessageKind.OBSERVATION)


def _list_kept(own: Sequence[Heard], guesses: Guesses) -> Iterator[Heard]:
    """Yield what was not taken back; what else one says that takes something back may stand."""
    for item in own:
        if item.message.id not in guesses.withdrawn:
            yield item
        elif item.list_clauses(MessageKind.RETRACTION):
            clauses = item.reading.clauses
            sure = tuple(clause for clause in clauses if clause.kind not in _UNWEIGHED and clause.weight >= SURE)
            if sure:
                yield _replace_clauses(item, sure)


def _weigh_talk(heard: Sequence[Heard]) -> float:
    """Return what a person's sentence needs more for all the talk around it, as logarithm of the odds."""
    talk = sum(
        not item.message.is_bot and any(clause.weight > _MAY_TELL for clause in item.reading.clauses) for item in heard
    )
    return _RARER * math.log(max(talk, _USUAL_TALK) / _USUAL_TALK)


def _anchor(item: Heard, words: Collection[str], least: float, *, is_relapse: bool) -> Heard:
    """Return a message without the sentences that tell no event, by their own words and the incident's in them.

    Args:
        least: What a sentence must weigh, the incident's words in it counted.
        is_relapse: It takes back an end that was told: the sentence that does is an event, in whatever words.
    """
    text = item.message.text
    guesses = bool(item.list_clauses(MessageKind.HYPOTHESIS)) or disclaims(text)
    guesses = guesses or (not item.message.is_bot and _GIVES_UP_IDEA.search(text[:_READ]) is not None)
    needed = least + (_BESIDE_GUESS if guesses else 0.0)
    clauses = tuple(
        clause
        for clause in item.reading.clauses
        if clause.kind in _UNWEIGHED
        or clause.stage in _MONITORED
        or (_is_plain_action(item, clause, words) and not guesses)
        or (is_relapse and _tells_relapse(clause.text))
        or (_tells_harm(item, clause) and not guesses)
        # "I shipped it an hour ago. Could that be it?" tells no action, but what is suspected.
        or (
            clause.weight + weigh_more(mark_ties(item.list_terms(clause), words)) >= needed - _EXACT
            and not (guesses and _SHIPPED.search(clause.text))
        )
    )
    return _replace_clauses(item, clauses)


def _tells_harm(item: Heard, clause: Clause) -> bool:
    """Answer whether a person counts what was harmed, or says for how long users were: that is looked for later.

    By its own words it must be as likely as not: what people say around it counts neither for it nor against it.
    """
    is_seen = not item.message.is_bot and clause.kind is MessageKind.OBSERVATION and clause.weight >= ENOUGH
    return is_seen and _TICKET.match(clause.text) is None and counts_harm(clause.text)


def _is_plain_action(item: Heard, clause: Clause, words: Collection[str]) -> bool:
    """Answer whether a sentence says in few words what was done to what the incident is about: "restarted checkout"."""
    is_plain = clause.kind is MessageKind.ACTION and clause.is_known and clause.text.count(" ") < _PLAIN
    return is_plain and clause.weight >= _TOLD_PLAINLY and bool(item.list_terms(clause).intersection(words))


def _replace_clauses(item: Heard, clauses: tuple[Clause, ...]) -> Heard:
    return item if clauses == item.reading.clauses else replace(item, reading=replace(item.reading, clauses=clauses))


def _is_told_better(item: Heard) -> bool:
    return _is_told_over(item) and not _is_end(item)


def _is_told_over(item: Heard) -> bool:
    return not item.message.is_bot and any(clause.stage in _OVER for clause in item.reading.clauses)


def _is_end(item: Heard) -> bool:
    is_posted = item.message.is_bot and endings.RESOLVED_POST.search(item.message.text) is not None
    return is_posted or item.tells(Stage.RESOLVED)


def _is_outlived(item: Heard, key_times: Mapping[str, KeyTime]) -> bool:
    """Answer whether people called it resolved too early: it was called so again long after, or went on hurting."""
    if item.message.is_bot or not item.tells(Stage.RESOLVED):
        return False
    later = {"resolved": _RECALLED, "mitigated": _HURT}
    return any(name in key_times and key_times[name].at - item.message.at > gap for name, gap in later.items())


def _list_turned_back(told: Sequence[Heard]) -> set[str]:
    """Return the ids of a status page's ends that the page itself took back by a later state."""
    found: set[str] = set()
    ends: dict[str, list[str]] = {}
    for item in told:
        states = {clause.post for clause in item.reading.clauses}
        if State.RESOLVED in states:
            ends.setdefault(item.message.user, []).append(item.message.id)
        elif states.intersection(_OPEN):
            found.update(ends.pop(item.message.user, ()))
    return found


def _is_afterword(clause: Clause) -> bool:
    """Answer whether a sentence said after the end is part of the story: when it began, why, and who was told."""
    is_dated = phrases.STARTED.search(clause.text) is not None and _CLOCK.search(clause.text) is not None
    return (
        is_dated
        or _SUMS_UP.search(clause.text) is not None
        or _NAMES_CAUSE.search(clause.text) is not None
        or clause.is_recap
        or clause.kind is MessageKind.COMMUNICATION
        or clause.stage is not None
    )
