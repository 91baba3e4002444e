"""In which state a card says that its incident is, in one word. Pure.

A card is text for people, and this reads it: its subtitle begins with the state. Forges label by it, chats tell by it
what is news. A test holds these words against every state that a card can be written for.
"""

from __future__ import annotations

import re

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
_REJECTED = "rejected"
CARD_STATES = frozenset({*_STATES.values(), _REJECTED})
"""All words there are."""
_DECIDED = frozenset({"Approval", "The last plan"})
"""Where a card says what was decided."""


def find_card_state(card: Card) -> str:
    """Return the word for a card's state; empty for a card that is no incident's (a digest, a rehearsal).

    A person must act in two ways: because somebody rejected the plan (`rejected`), and otherwise (`needs-person`).
    """
    state = _STATES.get(re.split("[;:]", card.subtitle, maxsplit=1)[0], "")
    return _REJECTED if state == "needs-person" and _is_rejected(card) else state


def _is_rejected(card: Card) -> bool:
    rows = [row for section in card.sections if section.heading in _DECIDED for row in section.rows]
    return any(row.label == "Decision" and row.text.startswith(_REJECTED) for row in rows)
