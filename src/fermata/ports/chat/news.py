"""What people in a chat are told by a new message, because a changed one tells nobody. Pure.

Of a card that stands in a room already, three things are news: a plan waits for a decision; a person must act after
all, because what they were told of last (a plan, an end) did not settle it; and the plan they were told of last was
carried out and did. That one is good news, which nobody is woken by: it is told where whoever follows reads it. Whoever
rejects a plan knows of it, and the first look's own result is under the message that rang.
"""

from __future__ import annotations

from dataclasses import dataclass

from fermata.domain.action import Outcome
from fermata.domain.card import Card
from fermata.domain.execution import VerificationVerdict
from fermata.ports.card_plan import list_plan_rows
from fermata.ports.card_state import find_card_state
from fermata.ports.chat.nonce import find_nonce

_PERSON, _OVER, _DONE = "person", "over", "done"
_ENDS = frozenset({"mitigated", "resolved"})
_CALLS = frozenset({"A person must act", "No action proposed"})
_RESULT = "Result"
_RESTORED = f"{VerificationVerdict.RESTORED.value} "
"""How a card's row about the verification begins where the steady state holds again."""
_AFTER = "After: "
_PLANS = frozenset({"Proposed", "Approval", "The last plan"})
"""Where a card says what its plan is and who approved it, also after it was carried out."""
_LONGEST = 500
"""Characters of why a person must act, or of what was measured; the card has all of it, a telephone the first line."""


@dataclass(frozen=True, slots=True)
class News:
    """What a card says that is to be remembered of it, and told where it is news."""

    key: str
    """What a receipt keeps: equal keys are one piece of news."""
    text: str = ""
    """The line; empty for what is only remembered."""
    is_sequel: bool = False
    """Whether it is news only to those who were told of something before."""
    follows: str = ""
    """Key of the one thing that it is news after; empty for anything."""
    is_good: bool = False
    """Whether nobody has to do anything: it is told without ringing."""

    def is_due(self, told: str) -> bool:
        """Answer whether people are to be told.

        Args:
            told: Key of what they were told of, or could read on the card, last; empty for nothing yet.
        """
        is_after = told == self.follows if self.follows else bool(told or not self.is_sequel)
        return bool(self.text) and self.key != told and is_after

    def write(self, told: str) -> str:
        """Return the line; where it is of another plan than the one before, that one is said to be over.

        Args:
            told: As for `is_due`.
        """
        is_next_plan = not self.is_sequel and told not in ("", _PERSON, _OVER) and not told.startswith(_DONE)
        return _join(self.text, "The plan that was told before it cannot be decided any more." if is_next_plan else "")


def find_news(card: Card) -> News | None:
    """Return what a card says that may be news; `None` while something goes on and nobody has to do anything."""
    if card.can_decide:
        return News(find_nonce(card), _write_plan(card)) if card.plan_digest else None
    state = find_card_state(card)
    if state == "needs-person":
        return News(_PERSON, _write_call(card), is_sequel=True)
    if card.plan_digest and (result := _write_result(card)):
        nonce = find_nonce(card)
        return News(f"{_DONE} {nonce}", result, is_sequel=True, follows=nonce, is_good=True)
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
    return _join(f"A person must act: {card.title}.", _cut(why))


def _write_result(card: Card) -> str:
    """Return that the plan was carried out, on whose word, and what was measured; empty unless it did settle it."""
    rows = [row for section in card.sections if section.heading == _RESULT for row in section.rows]
    verified = next((row.text for row in rows if row.label == "Verified" and row.text.startswith(_RESTORED)), "")
    if not verified:
        return ""
    plan = [row for section in card.sections if section.heading in _PLANS for row in section.rows]
    what = next((row.text for row in plan if row.label == "Plan"), "")
    people = dict.fromkeys(row.text.partition(" as ")[0] for row in plan if row.label == "Approved by")
    told = "; ".join([*([what] if what else []), *([f"approved by {' and '.join(people)}"] if people else [])])
    after = [f"{row.label.removeprefix(_AFTER)}: {row.text}" for row in rows if row.label.startswith(_AFTER)]
    measured = _cut("; ".join([verified, *after]))
    is_partial = any(row.text.startswith(f"{Outcome.FAILED.value}: ") for row in rows)
    done = "in part only, and what was measured is well again" if is_partial else "and it helped"
    return _join(f"The plan was carried out {done}: {card.title}.", f"{told}." if told else "", measured)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rsplit(' ', 1)[0]} ..."


def _join(*parts: str) -> str:
    return " ".join(part for part in parts if part)
