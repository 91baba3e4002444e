"""What people in a chat are told by a new message, because a changed one tells nobody. Pure.

Of a card that stands in a room already, two things are news: a plan waits for a decision; and a person must act after
all, because what they were told of last (a plan, an end) did not settle it. Good news can be read on the card: nobody
is woken by it. Whoever rejects a plan knows of it, and the first look's own result is under the message that rang.
"""

from __future__ import annotations

from dataclasses import dataclass

from fermata.domain.card import Card
from fermata.ports.card_plan import list_plan_rows
from fermata.ports.card_state import find_card_state
from fermata.ports.chat.nonce import find_nonce

_PERSON, _OVER = "person", "over"
_ENDS = frozenset({"mitigated", "resolved"})
_CALLS = frozenset({"A person must act", "No action proposed"})
_LONGEST = 500
"""Characters of why a person must act; the card has all of it, and a telephone shows the first line."""


@dataclass(frozen=True, slots=True)
class News:
    """What a card says that is to be remembered of it, and told where it is news."""

    key: str
    """What a receipt keeps: equal keys are one piece of news."""
    text: str = ""
    """The line; empty for what is only remembered."""
    is_sequel: bool = False
    """Whether it is news only to those who were told of something before."""

    def is_due(self, told: str) -> bool:
        """Answer whether people are to be told.

        Args:
            told: Key of what they were told of, or could read on the card, last; empty for nothing yet.
        """
        return bool(self.text) and self.key != told and bool(told or not self.is_sequel)

    def write(self, told: str) -> str:
        """Return the line; where it is of another plan than the one before, that one is said to be over.

        Args:
            told: As for `is_due`.
        """
        is_next_plan = not self.is_sequel and told not in ("", _PERSON, _OVER)
        return _join(self.text, "The plan that was told before it cannot be decided any more." if is_next_plan else "")


def find_news(card: Card) -> News | None:
    """Return what a card says that may be news; `None` while something goes on and nobody has to do anything."""
    if card.can_decide:
        return News(find_nonce(card), _write_plan(card)) if card.plan_digest else None
    state = find_card_state(card)
    if state == "needs-person":
        return News(_PERSON, _write_call(card), is_sequel=True)
    return News(_OVER) if state in _ENDS else None


def _write_plan(card: Card) -> str:
    """Return which plan waits, how risky it is, what it touches, and until when it can be decided."""
    rows = list_plan_rows(card)
    plan = next((row.text for row in rows if row.label == "Plan"), "")
    facts = [row.text for row in rows if row.label == "Blast radius"]
    risks = list(dict.fromkeys(row.text for row in rows if row.label == "Risk"))
    told = "; ".join([*([plan] if plan else []), *([f"risk {' and '.join(risks)}"] if risks else []), *facts])
    until = f"Open until {card.expires_at:%Y-%m-%d %H:%M} UTC." if card.expires_at else ""
    return _join(f"A plan waits for a decision: {card.title}.", f"{told}." if told else "", until)


def _write_call(card: Card) -> str:
    why = " ".join(text for section in card.sections if section.heading in _CALLS for text in section.paragraphs)
    short = why if len(why) <= _LONGEST else f"{why[:_LONGEST].rsplit(' ', 1)[0]} ..."
    return _join(f"A person must act: {card.title}.", short)


def _join(*parts: str) -> str:
    return " ".join(part for part in parts if part)
