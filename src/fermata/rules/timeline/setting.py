"""What surrounds a message: who says it, what was asked just before, how long nobody spoke, what is new in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta

from fermata.domain.trail import Message, Participant
from fermata.rules.timeline.reading import is_question
from fermata.rules.timeline.talk import Heard

_ROLES = (
    (
        "ROLE_LEAD",
        re.compile(r"\b(?:ic|command\w*|lead|manager|head|director|chief|cto|ceo|coordinator|chair|owner)\b"),
    ),
    ("ROLE_SCRIBE", re.compile(r"\b(?:scribe|secretary|protocol|notes)\b")),
    (
        "ROLE_OUTSIDE",
        re.compile(
            r"\b(?:support|care|success|desk|sales|account|liaison|community|comms|communication\w*|marketing|"
            r"product|nurse|"
            r"doctor|clinic\w*|teacher|professor|lecturer|business|legal|finance|user|customer\w*|operations manager|"
            r"field|"
            r"moderator|player|contributor|partner\w*)\b"
        ),
    ),
)
_MANY = 3
"""People whose reaction says that a message matters."""
_ASKED = timedelta(minutes=4)
_LONG = timedelta(minutes=5)
_SHORT = timedelta(seconds=25)
_ACK = re.compile(
    r"^\W*(?:thanks?|thx|ty|nice|great|good|ok(?:ay)?|k|ack|yes|\+1|noted|copy|wow|ouch|oh|ugh|damn|cool|perfect|"
    r"well done|phew|"
    r"finally|lol|oof|noo+|yay|gracias|merci|danke|obrigad[oa])\b",
    re.IGNORECASE,
)


def list_settings(heard: Sequence[Heard], people: Mapping[str, Participant]) -> dict[str, tuple[str, ...]]:
    """Return the marks of what surrounds each message that says something, by its id.

    Args:
        heard: Of the whole channel, in the order of their time.
    """
    roles = {name: _name_roles(person.role) for name, person in people.items()}
    known: set[str] = set()
    settings = {}
    for index, item in enumerate(heard):
        if not item.reading.clauses:
            continue
        message = item.message
        marks = list(roles.get(message.user, ()))
        if index:
            marks += _mark_before(message, heard[index - 1].message)
        if index + 1 < len(heard):
            marks += _mark_after(message, heard[index + 1].message)
        marks += ["PINNED"] if message.is_pinned else []
        marks += ["REACTED"] if sum(message.reactions.values()) >= _MANY else []
        fresh = len(item.terms - known)
        known |= item.terms
        marks.append(f"TERMS_{min(len(item.terms), 8) // 2}")
        marks.append("NEWS_NONE" if not fresh else "NEWS_ALL" if fresh == len(item.terms) else "NEWS_SOME")
        settings[message.id] = tuple(marks)
    return settings


def is_outside(role: str) -> bool:
    """Answer whether somebody of this role speaks for users rather than for systems."""
    return "ROLE_OUTSIDE" in _name_roles(role)


def _name_roles(role: str) -> tuple[str, ...]:
    text = role.lower()
    return tuple(name for name, words in _ROLES if words.search(text))


def _mark_before(message: Message, before: Message) -> list[str]:
    gap = message.at - before.at
    marks = ["AFTER_SILENCE"] if gap >= _LONG else ["AT_ONCE"] if gap <= _SHORT else []
    if before.user == message.user:
        marks.append("GOES_ON")
    elif is_question(before.text) and gap <= _ASKED:
        marks.append("WAS_ASKED")
    return marks


def _mark_after(message: Message, after: Message) -> list[str]:
    if after.user == message.user or after.at - message.at > _ASKED:
        return []
    return ["ANSWERED"] if _ACK.match(after.text) else ["ASKED_AFTER"] if is_question(after.text) else []
