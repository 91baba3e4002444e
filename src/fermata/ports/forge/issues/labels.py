"""What an issue's labels and its being open say of the incident. Pure.

A card is text for people, and this reads it: its title begins with the severity, its subtitle with the state.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from fermata.domain.alert import Severity
from fermata.domain.card import Card
from fermata.ports.card_state import CARD_STATES, find_card_state

NEEDS_PERSON = "needs-person"
_OVER = frozenset({"resolved", "merged"})
_SEVERITY = re.compile(rf"\[({'|'.join(Severity)})\] ")


@dataclass(frozen=True, slots=True)
class IssueState:
    """What an issue is to say besides its text."""

    labels: tuple[str, ...]
    """Severity and state, without the label of every issue."""
    is_over: bool
    """Nothing more is to be done: the issue is closed."""


def read_state(card: Card) -> IssueState:
    """Return what a card says; of a card that is no incident's (a digest) nothing."""
    severity = _SEVERITY.match(card.title)
    state = find_card_state(card)
    labels = ([f"severity/{severity[1]}"] if severity else []) + ([state] if state else [])
    return IssueState(tuple(labels), is_over=state in _OVER)


def find_outdated(labels: Iterable[str], kept: Iterable[str]) -> tuple[str, ...]:
    """Return the labels that Fermata gave an issue and that are true no more; those of people are never among them."""
    ours = {*CARD_STATES, *(f"severity/{severity}" for severity in Severity)}
    wanted = {label.lower() for label in kept}
    return tuple(label for label in labels if label.lower() in ours - wanted)


def was_over(labels: Iterable[str]) -> bool:
    """Answer whether the labels say that Fermata took the incident for ended."""
    return any(label.lower() in _OVER for label in labels)


def says_needs_person(labels: Iterable[str]) -> bool:
    """Answer whether the labels say already that a person must act."""
    return any(label.lower() == NEEDS_PERSON for label in labels)
