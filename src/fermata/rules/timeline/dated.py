"""When a signal came that nobody passed on at once: "pager went off at 09:47", "first customer mail at 14:02".

A room that is opened for an incident holds none of what led to it. Who comes from the alert says when it fired, and
that is when it was detected, not when somebody told of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta

from fermata.domain.trail import KeyTime, Participant
from fermata.rules.timeline.stated import StatedTime, find_stated_times
from fermata.rules.timeline.talk import Heard
from fermata.rules.timeline.words import Words

_SIGNAL = (
    r"(?:(?<!\bno )(?:alerts?|alarms?|pager|pages?|pagerduty|opsgenie|monitors?|alertmanager|grafana|datadog)"
    r" (?:[\w()'-]+ ){0,3}?"
    r"(?:fired|went off|came in|triggered|rang|alerted|paged|woke|sent|got|arrived|popped)|"
    r"\b(?:alerts?|alarms?|pages?|pager)(?= at )|"
    r"\b(?:got|was|were|been) (?:paged|alerted|called by pagerduty)|"
    r"\bfirst (?:\w+ ){0,2}?(?:alerts?|pages?|reports?|e?mails?|tickets?|complaints?|calls?|messages?|tweets?))"
)
_DATED = re.compile(
    rf"\b{_SIGNAL}\b(?:[ ,]+(?:at|in|came|from|was|us|me|oncall|on-call|already)\b){{0,3}}[ ,]*$", re.IGNORECASE
)
"""What stands right before the minute."""
_UNSURE = Words(
    r"\b(?:should|would|could|might|may|never|did ?n[o']t|didn'?t|hasn'?t|haven'?t|wasn'?t|no (?:alert|page|alarm)|"
    r"yesterday|last (?:week|month|time|night)|(?:mon|tues|wednes|thurs|fri|satur|sun)day|unrelated|separate|other|"
    r"different|false|resolved|cleared|closed|recovered|silenced|test)\b"
)
"""What makes it no signal of this incident, or none at all."""
_LONGEST = timedelta(minutes=60)
"""From a signal to the first that is heard of it."""
_SOON = timedelta(minutes=30)
"""From the first that is heard, in which people say what brought them."""


def find_dated_signal(talk: Sequence[Heard], people: Mapping[str, Participant], detected: KeyTime) -> KeyTime | None:
    """Return the earliest alert or report that somebody dates before the first sign; `None`: nobody does.

    Args:
        talk: All that is said of the incident, in the order of its time.
        people: Of the channel, whose zones their times of day are in.
        detected: The first sign that is heard.
    """
    found: list[KeyTime] = []
    for item in talk:
        if item.message.is_bot or not timedelta(0) <= item.message.at - detected.at <= _SOON:
            continue
        for clause in item.reading.clauses:
            found += _read(item, clause.text, people)
    near = [time for time in found if timedelta(0) < detected.at - time.at <= _LONGEST]
    return min(near, key=lambda time: time.at, default=None)


def _read(item: Heard, text: str, people: Mapping[str, Participant]) -> list[KeyTime]:
    if _UNSURE.search(text) is not None or text.rstrip().endswith("?"):
        return []
    zone = people.get(item.message.user, Participant(item.message.user)).zone
    return [
        KeyTime(stated.at, item.message.id, "somebody says when the first sign of it came")
        for stated in find_stated_times(text, item.message.at, zone)
        if not stated.is_rough and dates_signal(text, stated)
    ]


def dates_signal(text: str, stated: StatedTime) -> bool:
    """Answer whether a minute that a sentence names is the one at which an alert or a report came."""
    return _DATED.search(text[: stated.position]) is not None
