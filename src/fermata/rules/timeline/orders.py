"""What people tell a bot to do: an act only where the bot answers that it did it.

"hubot, set status green" is read by whoever runs the channel's bots, by who jokes, and by who tries what happens. Only
the bot's own answer tells whether anything came of it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Sequence
from datetime import timedelta

from fermata.domain.trail import Message
from fermata.rules.timeline.terms import find_terms

_SURE_VERBS = (
    r"mark|close|open|tweet|write|delete|remove|revert|unlock|silence|mute|acknowledge|ack|resolve|declare|"
    r"ignore|forget|disregard|override|approve|credit|announce|publish|notify|disable|enable|whitelist|purge|flush|"
    r"kill|pause|resume|send|escalate|assign|add|make|give|tell|say|grant|rename|blame|obey|note(?= that)"
)
_NOUNS = (
    r"set(?! of\b)|put|post|reply|drop|deploy|roll ?back|roll|restart|reboot|scale|lock|page|skip|print|run|merge|"
    r"ship|release|create|update|stop|start|promote|drain|hide|snooze|clear|reset|turn|switch|change|report|list|wipe|archive|edit"
)
"""Verbs that are names of things, too, or tell of the past: "argo rollback started", "hubot set the flag by itself"."""
_VERBS = rf"(?:{_SURE_VERBS}|{_NOUNS})"
_PLEASE = (
    r"(?:(?:please|pls|plz|now|just|hey|kindly|go(?: ahead)? and|can you|could you|would you|will you|you must)[, ]+)*"
)
_ADDRESSED = re.compile(
    r"^\W{0,3}(?P<hey>hey,? |yo |ok )?@?(?P<name>\w[\w.-]{1,39}?)(?P<mark>[,:!]*)\s+(?P<rest>\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_ORDER = re.compile(rf"{_PLEASE}{_VERBS}\b", re.IGNORECASE)
_SURE_ORDER = re.compile(rf"{_PLEASE}(?:{_SURE_VERBS})\b|{_PLEASE}(?<=\w[, ]){_VERBS}\b", re.IGNORECASE)
"""What is no name of a thing, or is asked for: it needs no comma before it."""
_TOLD = re.compile(
    rf"(?:{_NOUNS}|revert)(?::|(?: (?:of|to|from|for) \S+){{0,2}} (?:is|was|has|went|done|finished|completed?|failed|"
    r"started|posted|says?|shows?|at(?= \d)))(?!\w)",
    re.IGNORECASE,
)
"""What a person tells of such a thing: "argocd: rollback to v41 done", "status: update: errors at 3 %"."""
_AFTER_WORDS = re.compile(rf"(?:[:;]|\bplease)\s+{_PLEASE}(?:{_SURE_VERBS})\b", re.IGNORECASE)
"""The same behind other words: "everyone says ship it: unlock production"."""
_NAMED_BOT = re.compile(r"(?<!ro)bot$", re.IGNORECASE)
_READ = 300
_ANSWERED, _NEXT = timedelta(minutes=2), 50
"""How long and how often a bot may speak before an order of that moment counts as not answered."""
_DONE = re.compile(
    r"^\W*(?:ok(?:ay)?|done|sure|yes|roger|aye|will do|on it|got it|success\w*|completed?)\b|\u2705|:white_check_mark:",
    re.IGNORECASE,
)
_REFUSED = re.compile(
    r"\b(?:can(?:no|')t|can not|could(?:n't| not)|won't|will not|(?:not|n't) (?:allowed|permitted|authori[sz]ed|found|"
    r"know|understand|do)|no such|unknown|denied|refus\w+|forbidden|unauthori[sz]ed|invalid|sorry|nice try|nope|failed|"
    r"error|missing|requires?|usage:|did you mean)\b",
    re.IGNORECASE,
)


def list_unheeded(messages: Sequence[Message]) -> frozenset[str]:
    """Return the ids of orders to a bot that no answer of that bot says it carried out.

    Args:
        messages: Of a whole channel, in the order of their time.
    """
    bots: dict[str, list[Message]] = {}
    for message in messages:
        if message.is_bot and (name := _fold(message.user)):
            bots.setdefault(name, []).append(message)
    people = {_fold(message.user) for message in messages if not message.is_bot}
    found: set[str] = set()
    for message in messages:
        name = "" if message.is_bot else _find_ordered(message.text[:_READ], bots.keys(), people)
        if name and not any(_is_done(message, answer) for answer in _list_answers(message, bots.get(name, ()))):
            found.add(message.id)
    return frozenset(found)


def _find_ordered(text: str, bots: Collection[str], people: Collection[str]) -> str:
    """Return the bot that a text gives an order to; empty when it gives none."""
    match = _ADDRESSED.match(text)
    if match is None:
        return ""
    name, is_marked = _fold(match["name"]), bool(match["mark"] or match["hey"]) or text.lstrip().startswith("@")
    # A bot that never writes here is known by its name alone, and only where it is spoken to.
    if name in people or (name not in bots and not (is_marked and _NAMED_BOT.search(name))):
        return ""
    rest = match["rest"]
    if _TOLD.match(rest) is not None:
        return ""
    is_order = (_ORDER.match(rest) or _AFTER_WORDS.search(rest)) if is_marked else _SURE_ORDER.match(rest)
    return name if is_order else ""


def _list_answers(order: Message, said: Sequence[Message]) -> list[Message]:
    """Return what the bot says within minutes, of all that it says."""
    start = bisect_left(said, order.at, key=lambda message: message.at)
    return [message for message in said[start : start + _NEXT] if message.at - order.at <= _ANSWERED]


def _is_done(order: Message, answer: Message) -> bool:
    """Answer whether a bot says that it did what it was told to: in so many words, or in those of the order."""
    text = answer.text[:_READ]
    if _REFUSED.search(text) is not None:
        return False
    shared = find_terms(order.text[:_READ]) & find_terms(text) - find_terms(answer.user)
    return _DONE.search(text) is not None or bool(shared)


def _fold(handle: str) -> str:
    return handle.lstrip("@").lower()
