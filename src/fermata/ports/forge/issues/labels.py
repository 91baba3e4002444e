"""What an issue's labels and its being open say of the incident. Pure.

A card is text for people, and this reads it: its title begins with the severity, its subtitle with the state. A test
holds these words against every state that a card can be written for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from fermata.domain.alert import Severity
from fermata.domain.card import Card

_STATES = {
    "open": "investigating",
    "being investigated": "investigating",
    "held": "held",
    "a person must act": "needs-person",
    "the approved plan is being executed": "approved",
    "executed, being verified": "executed",
    "mitigated": "mitigated",
    "resolved": "resolved",
    "merged into another incident": "merged",
}
_OVER = frozenset({"resolved", "merged"})
_REJECTED = "rejected"
_DECIDED = frozenset({"Approval", "The last plan"})
"""Where a card says what was decided."""
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
    state = _STATES.get(re.split("[;:]", card.subtitle, maxsplit=1)[0], "")
    if state == "needs-person" and _is_rejected(card):
        state = _REJECTED
    labels = ([f"severity/{severity[1]}"] if severity else []) + ([state] if state else [])
    return IssueState(tuple(labels), is_over=state in _OVER)


def find_outdated(labels: Iterable[str], kept: Iterable[str]) -> tuple[str, ...]:
    """Return the labels that Fermata gave an issue and that are true no more; those of people are never among them."""
    ours = {*_STATES.values(), _REJECTED, *(f"severity/{severity}" for severity in Severity)}
    wanted = {label.lower() for label in kept}
    return tuple(label for label in labels if label.lower() in ours - wanted)


def was_over(labels: Iterable[str]) -> bool:
    """Answer whether the labels say that Fermata took the incident for ended."""
    return any(label.lower() in _OVER for label in labels)


def _is_rejected(card: Card) -> bool:
    rows = [row for section in card.sections if section.heading in _DECIDED for row in section.rows]
    return any(row.label == "Decision" and row.text.startswith(_REJECTED) for row in rows)
