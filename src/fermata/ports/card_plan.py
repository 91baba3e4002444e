"""What a card says of the plan that it proposes, or of the rehearsal. Pure.

A card is text for people, and this reads it. Only the sections that Fermata itself heads so are read: elsewhere a row
bears the name of an alert, of a change or of a runbook, and whoever names one `Plan` must not write what people read
before they approve. A test holds the headings against the cards that are really written.
"""

from __future__ import annotations

from fermata.domain.card import Card, CardRow

_HEADINGS = frozenset({"Proposed", "Approval", "Rehearsal"})
_STEP = "Proposed, step "


def list_plan_rows(card: Card) -> tuple[CardRow, ...]:
    """Return the rows about what is proposed and who may approve it, in their order; none of a card without a plan."""
    return tuple(
        row
        for section in card.sections
        if section.heading in _HEADINGS or section.heading.startswith(_STEP)
        for row in section.rows
    )
