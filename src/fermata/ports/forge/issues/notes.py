"""What is told by a comment, because nobody hears of an edit: a forge notifies of comments only. Pure.

A plan that waits, another plan in its place, that a person must act, and what came of it. That an incident is over the
forge tells by itself, since its issue is closed; what somebody decided is told by the answer to them.
"""

from __future__ import annotations

import hashlib

from fermata.domain.card import Card
from fermata.kit.markdown import write_inline
from fermata.ports.card_plan import list_plan_rows
from fermata.ports.chat.nonce import find_nonce
from fermata.ports.forge.issues.labels import read_state
from fermata.ports.forge.issues.records import Issue
from fermata.ports.forge.issues.text import write_marker

_TOLD = {"needs-person": "A person must act", "mitigated": "Mitigated: it is watched until its alerts end"}
"""States that nobody else tells of, by their label."""
_REASONS = frozenset({"A person must act", "No action proposed"})
_PLAN = "Plan"
_RESULT = "Result"


def write_note(issue: Issue, card: Card, key: str) -> str:
    """Return the comment that an issue gets before its text becomes that of a card; empty when there is no news."""
    labels = {label.lower() for label in issue.labels}
    news = [_TOLD[label] for label in read_state(card).labels if label in _TOLD and label not in labels]
    if card.can_decide and f"approve {find_nonce(card)}" not in issue.body:
        news.append("A plan waits for a decision")
    if not news:
        return ""
    lines = [
        f"**{news[0]}.** The text above is up to date.",
        *(f"- {write_inline(text)}" for text in _list_facts(card)),
    ]
    text = "\n".join(lines)
    digest = hashlib.sha256(f"{text}{find_nonce(card)}".encode()).hexdigest()[:16]
    return f"{write_marker('note', f'{key} {digest}')}\n\n{text}\n"


def _list_facts(card: Card) -> list[str]:
    facts = [
        f"{row.label}: {row.text}" for section in card.sections if section.heading == _RESULT for row in section.rows
    ]
    facts += [text for section in card.sections if section.heading in _REASONS for text in section.paragraphs]
    if card.can_decide:
        facts += [row.text for row in list_plan_rows(card) if row.label == _PLAN]
    return facts
